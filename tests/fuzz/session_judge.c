/* SPDX-License-Identifier: Apache-2.0
 *
 * What an end says after a call, held against the oracle.
 */
#include "session.h"

#include <string.h>

static void judge_answer(struct fuzz_end* end, const struct oracle_legs* legs)
{
	struct oracle_outcome outcome;
	const char* wrong = end->known.initiator ? oracle_judge_answer(&end->known, legs, &outcome)
	                                         : oracle_judge_logon(&end->known, legs, &outcome);
	if (wrong)
		session_fault(end, wrong);
	/* An initiator asks when it answers, and later the acceptor may be done. */
	const bool asks = !end->known.initiator || legs->turns == legs->authenticate_at + 1;
	if (end->known.refuses_reflection && asks &&
	    session_answers(legs->ntlm[1].whole.data + 24, !end->known.initiator))
		session_fault(end, "it took part in a reflection");
}

void session_judge_step(struct fuzz_end* end)
{
	struct oracle_legs legs;
	const char* wrong = oracle_legs(&end->view, end->known.initiator, &legs);
	if (wrong || (wrong = oracle_judge_mech(&end->known, &legs)))
		session_fault(end, wrong);
	if (legs.ntlm[2].type)
		judge_answer(end, &legs);
	if (end->sspi.status != SEC_E_OK)
		return;
	if ((wrong = oracle_judge(&end->known, &end->view, &end->outcome)))
		session_fault(end, wrong);
	end->complete = true;
	end->bare = legs.bare;
	end->kerberos = legs.mech != ORACLE_NTLM;
	if (end->kerberos && !end->kerberos_ended)
		session_fault(end, "Kerberos completed that WinPR did not complete");
	oracle_direction(&end->send, end->outcome.key, end->known.initiator);
	oracle_direction(&end->receive, end->outcome.key, !end->known.initiator);
	end->send.sequence = end->outcome.mic_sent;
	end->receive.sequence = end->outcome.mic_received;
	session_check(end);
}

void session_judge_refusal(struct fuzz_end* end)
{
	struct oracle_legs legs;
	struct oracle_outcome outcome;
	if (end->sspi.phase != SSPI_IN_PROGRESS || oracle_legs(&end->view, end->known.initiator, &legs))
		return;
	/* What an acceptor refuses of Kerberos' it does not answer, and its answer is the end. */
	if (!legs.ntlm[2].type && !(legs.kerberos && end->known.initiator))
		return;
	const char* wrong = end->known.initiator ? oracle_judge(&end->known, &end->view, &outcome)
	                                         : oracle_judge_logon(&end->known, &legs, &outcome);
	const bool reflected = end->known.refuses_reflection && !end->known.initiator;
	if (!wrong && !reflected)
		session_fault(end, "it refused what was right");
}

void session_judge_call(struct fuzz_end* end, enum sspi_phase before, const struct sspi_token* out)
{
	const bool failed = end->sspi.status < 0;
	if (end->sspi.output_moved)
		session_fault(end, "it put a buffer of its own in the caller's place");
	if (failed && end->sspi.output_len)
		session_fault(end, "it failed and gave a token out");
	if (!failed && (end->dead || before == SSPI_FINAL))
		session_fault(end, "it went on after its end");
	if (end->sspi.status == SEC_E_OK && before == SSPI_CREDENTIAL && end->known.initiator)
		session_fault(end, "it was complete at once");
	if (end->sspi.status == SEC_I_CONTINUE_NEEDED && !out->len)
		session_fault(end, "it waits for an answer to nothing");
}
