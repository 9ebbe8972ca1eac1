/* SPDX-License-Identifier: Apache-2.0
 *
 * An end of CredSSP, as the project has it and as the oracle does.
 */
#ifndef NEGOSSP_FUZZ_CREDSSP_SESSION_H
#define NEGOSSP_FUZZ_CREDSSP_SESSION_H

#include "credssp_pair.h"
#include "oracle_credssp.h"

struct end
{
	unsigned exchange;
	struct credssp_end* real;
	struct oracle_credssp known;
	struct oracle_view seen; /* whole messages */
	bool over;               /* complete, or failed */
	bool complete;
};

/* Says what is wrong and ends the run, for libFuzzer to keep the input. */
__attribute__((noreturn)) void credssp_fault(const struct end* end, const char* what);

/* After a step that did not fail; its messages were seen, and `reply` is its answer. */
void credssp_judge_success(struct end* end, struct part reply);
/* After one that did: a server may say why, in errorCode and nothing else, where the version has
 * one. What was right in all may not be refused. */
void credssp_judge_failure(const struct end* end, struct part reply, bool was_right);

#endif
