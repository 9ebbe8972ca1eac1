/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step left behind is looked at as a whole: status, token, buffer and last error are one
 * answer.
 */
#include "expect.h"

#include <string.h>

#include <winpr/error.h>

struct sandbox box;

int box_open(void** state)
{
	(void)state;
	sandbox_open(&box);
	log_capture_start(false);
	sandbox_sam_user(&box, "user", NULL, "Password");
	return 0;
}

int box_close(void** state)
{
	(void)state;
	sandbox_close(&box);
	log_capture_clear();
	return 0;
}

void expect_status_(SECURITY_STATUS actual, SECURITY_STATUS expected, const char* file, int line)
{
	if (actual == expected)
		return;
	print_error("status %s (0x%08X) instead of %s (0x%08X)\n", GetSecurityStatusString(actual),
	            (unsigned)actual, GetSecurityStatusString(expected), (unsigned)expected);
	_fail(file, line);
}

void expect_failed_(const struct sspi_end* end, const char* file, int line)
{
	const char* wrong = NULL;
	if (end->status >= 0)
		wrong = "the step did not fail";
	else if (end->output_len != 0)
		wrong = "a refused step left bytes in the output token";
	else if (end->output_moved)
		wrong = "the caller's output buffer was replaced";
	else if (end->last_error == SSPI_STALE_ERROR || end->last_error == ERROR_SUCCESS)
		wrong = "the last error was not set";
	if (!wrong)
		return;
	print_error("%s (status 0x%08X, last error %u, cbBuffer %u)\n", wrong, (unsigned)end->status,
	            (unsigned)end->last_error, (unsigned)end->output_len);
	_fail(file, line);
}

void expect_refused_(const struct sspi_end* end, SECURITY_STATUS expected, const char* file,
                     int line)
{
	expect_status_(end->status, expected, file, line);
	expect_failed_(end, file, line);
}

void expect_connects_(struct sspi_pair* pair, const struct sspi_setup* setup, unsigned legs,
                      const char* file, int line)
{
	const char* wrong = NULL;
	if (!sspi_pair_connect(pair, setup))
		wrong = "the exchange did not complete";
	else if (pair->leg_count != legs)
		wrong = "the exchange took another number of legs";
	else
		wrong = sspi_pair_chat(pair, 3);
	if (!wrong)
		return;
	print_error("%s: %u legs, client 0x%08X (acquired 0x%08X), server 0x%08X (acquired 0x%08X)\n",
	            wrong, pair->leg_count, (unsigned)pair->client.status,
	            (unsigned)pair->client.acquired, (unsigned)pair->server.status,
	            (unsigned)pair->server.acquired);
	log_capture_print();
	_fail(file, line);
}

void expect_dead_(struct sspi_end* end, const char* file, int line)
{
	if (end->phase != SSPI_IN_PROGRESS)
		return; /* its first call failed: there is no context */
	uint8_t memory[64] = { 0 };
	struct sspi_token token = { memory, sizeof(memory) };
	struct sspi_token out = { NULL, 0 };
	(void)sspi_end_step(end, &token, &out);
	expect_failed_(end, file, line);
	SecBuffer buffers[2] = { { 16, SECBUFFER_TOKEN, memory }, { 16, SECBUFFER_DATA, memory + 16 } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	if (SSPI_ENTRY(end->table, EncryptMessage)(&end->context, 0, &message, 0) >= 0)
	{
		print_error("EncryptMessage works on a dead context\n");
		_fail(file, line);
	}
}
