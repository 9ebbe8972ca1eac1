/* SPDX-License-Identifier: Apache-2.0
 *
 * What an end of CredSSP says after a step, held against the oracle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credssp_session.h"

void credssp_fault(const struct end* end, const char* what)
{
	const struct credssp_report report = credssp_end_report(end->real);
	fprintf(stderr, "the %s of exchange %u: %s (result %d: %s)\n",
	        end->known.inner.initiator ? "client" : "server", end->exchange, what,
	        (int)report.result, report.reason ? report.reason : "-");
	abort();
}

static bool holds(struct part text, struct part what)
{
	for (size_t i = 0; what.len && i + what.len <= text.len; i++)
		if (memcmp(text.data + i, what.data, what.len) == 0)
			return true;
	return false;
}

/* Whether there is something in it to be answered. */
static bool asks(struct part reply)
{
	struct ts_request request;
	return ts_request_parse(bytes_make(reply.data, reply.len), &request, NULL) == RESULT_OK &&
	       request.fields & (TS_NEGO_TOKENS | TS_PUB_KEY_AUTH);
}

/* The version that the peer told first. */
static uint32_t told_version(const struct end* end)
{
	struct ts_request request;
	for (size_t i = 0; i < end->seen.count; i++)
	{
		const struct sspi_token* message = &end->seen.messages[i].token;
		if (!end->seen.messages[i].sent &&
		    ts_request_parse(bytes_make(message->data, message->len), &request, NULL) == RESULT_OK)
			return request.version;
	}
	return 0;
}

void credssp_judge_failure(const struct end* end, struct part reply, bool was_right)
{
	struct ts_request request;
	const uint32_t agreed = oracle_credssp_agreed(&end->known, told_version(end));
	if (credssp_is_complete(end->real->credssp))
		credssp_fault(end, "it failed and is complete");
	if (credssp_credentials(end->real->credssp).len)
		credssp_fault(end, "it failed and has credentials");
	if (was_right && !end->over)
		credssp_fault(end, "it refused what was right");
	if (!reply.len)
		return;
	if (end->over || end->known.inner.initiator ||
	    ts_request_parse(bytes_make(reply.data, reply.len), &request, NULL) != RESULT_OK ||
	    request.fields != TS_ERROR_CODE || agreed == 2 || agreed == 5)
		credssp_fault(end, "it failed and goes on talking");
}

void credssp_judge_success(struct end* end, struct part reply)
{
	struct part opened;
	bool complete = false;
	if (end->over)
		credssp_fault(end, "it went on after its end");
	const char* wrong = oracle_credssp_judge(&end->known, &end->seen, &complete, &opened);
	if (wrong)
		credssp_fault(end, wrong);
	if (complete != credssp_is_complete(end->real->credssp))
		credssp_fault(end,
		              complete ? "it does not say that it is complete" : "it says it is complete");
	if (!complete && !asks(reply))
		credssp_fault(end, "it waits for an answer to nothing");
	if (holds(reply, end->known.credentials))
		credssp_fault(end, "it sends credentials that anybody can read");
	const struct bytes came = credssp_credentials(end->real->credssp);
	if (!end->known.inner.initiator && !part_equal((struct part){ came.data, came.len }, opened))
		credssp_fault(end, "it has other credentials than came");
	end->over = end->complete = complete;
}
