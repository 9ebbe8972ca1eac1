/* SPDX-License-Identifier: Apache-2.0
 *
 *     constant_time_refusal sam|callback PACKAGE LEVEL KNOWN UNKNOWN
 *
 * Under callgrind: a server refuses clients with a wrong password and clients that nobody knows, in
 * turn. Counted is the call of AcceptSecurityContext that takes the AUTHENTICATE and no more; each
 * is written down under its name, "wrong" or "unknown", after both have been there once. LEVEL is
 * that of the server's log, which goes to /dev/null. The two names have one length. The file has
 * lines for KNOWN and for others.
 *
 * Ends with 0 when each was refused, all with one status.
 */
#include "sandbox.h"
#include "sspi_pair.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/winpr.h>
#include <winpr/wlog.h>

#include <valgrind/callgrind.h>

#define ROUNDS 4
#define USERS 10

static const char* known;

static void must(bool right, const char* what)
{
	if (right)
		return;
	(void)fprintf(stderr, "constant_time_refusal: not so: %s\n", what);
	exit(1);
}

static SECURITY_STATUS answer_if_known(void* argument, const SEC_WINNT_AUTH_IDENTITY* identity,
                                       const SecBuffer* proof_input, const BYTE* random_key,
                                       const BYTE* mic, const SecBuffer* mic_input, BYTE* hash)
{
	static const BYTE another[16] = { 1 };
	const bool found = (char)WIDE(((const WCHAR*)identity->User)[0]) == known[0];
	int major = 0, minor = 0, revision = 0;

	(void)argument, (void)proof_input, (void)random_key, (void)mic, (void)mic_input;
	winpr_get_version(&major, &minor, &revision);
	if (found)
		memcpy(hash, another, sizeof(another));
	return found == (minor >= 24) ? SEC_E_OK : 1;
}

static void log_to_nowhere(const char* level)
{
	static char name[] = "null";
	static char path[] = "/dev";
	wLog* const root = WLog_GetRoot();

	must(WLog_SetLogAppenderType(root, WLOG_APPENDER_FILE) &&
	         WLog_ConfigureAppender(WLog_GetLogAppender(root), "outputfilename", name) &&
	         WLog_ConfigureAppender(WLog_GetLogAppender(root), "outputfilepath", path) &&
	         WLog_OpenAppender(root) && WLog_SetStringLogLevel(root, level),
	     "there is a log");
}

static bool is_authenticate(const struct sspi_token* token)
{
	const uint8_t* const at = token->len ? memmem(token->data, token->len, "NTLMSSP", 8) : NULL;

	return at && at[8] == 3;
}

/* Runs to the AUTHENTICATE, and has that counted. */
static SECURITY_STATUS refuse(struct sspi_pair* pair, const char* name)
{
	struct sspi_token token = { NULL, 0 };
	struct sspi_token answer = { NULL, 0 };
	SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;

	for (int call = 0; call < 4 && !is_authenticate(&token); call++)
	{
		status = sspi_end_step(call % 2 ? &pair->server : &pair->client, &token, &answer);
		sspi_token_free(&token);
		token = answer;
		answer = (struct sspi_token){ NULL, 0 };
	}
	must(is_authenticate(&token), "the client answered");
	CALLGRIND_TOGGLE_COLLECT;
	status = sspi_end_step(&pair->server, &token, &answer);
	CALLGRIND_TOGGLE_COLLECT;
	CALLGRIND_DUMP_STATS_AT(name);
	sspi_token_free(&token);
	sspi_pair_reset(pair);
	return status;
}

static void pair_open(struct sspi_pair* pair, const struct sandbox* box, char** arguments,
                      const char* user)
{
	struct sspi_setup setup = sspi_setup_nla(user, NULL, "another", box->sam);

	setup.client_package = setup.server_package = arguments[2];
	setup.package_list = "!kerberos,!u2u";
	setup.hash_callback = strcmp(arguments[1], "callback") == 0 ? answer_if_known : NULL;
	must(sspi_pair_open(pair, &setup), "credentials were had");
}

static void sam_fill(const struct sandbox* box)
{
	for (unsigned i = 0; i < USERS; i++)
	{
		char other[] = "other0";

		other[5] = (char)('0' + i);
		if (i == USERS / 2)
			sandbox_sam_user(box, known, NULL, "Password");
		sandbox_sam_user(box, other, NULL, "Password");
	}
}

int main(int count, char** arguments)
{
	struct sandbox box;
	struct sspi_pair pairs[2];
	SECURITY_STATUS first = SEC_E_OK;

	must(count == 6, "usage: sam|callback PACKAGE LEVEL KNOWN UNKNOWN");
	known = arguments[4];
	sandbox_open(&box);
	log_to_nowhere(arguments[3]);
	sam_fill(&box);
	for (unsigned i = 0; i < 2; i++)
		pair_open(&pairs[i], &box, arguments, arguments[4 + i]);
	for (unsigned i = 0; i < 2 * ROUNDS; i++)
	{
		const SECURITY_STATUS status = refuse(&pairs[i % 2], i < 2   ? "first"
		                                                     : i % 2 ? "unknown"
		                                                             : "wrong");

		first = i ? first : status;
		must(status < 0 && status == first, "each is refused, and all alike");
	}
	for (unsigned i = 0; i < 2; i++)
		sspi_pair_close(&pairs[i]);
	sandbox_close(&box);
	return 0;
}
