/* SPDX-License-Identifier: Apache-2.0
 *
 * An end of an exchange, as the module has it and as the oracle does.
 */
#ifndef NEGOSSP_FUZZ_SESSION_H
#define NEGOSSP_FUZZ_SESSION_H

#include "oracle.h"
#include "session_input.h"
#include "sspi_pair.h"

/* What is counted as reached. */
enum
{
	BY_NTLM = 0, /* complete; and of these three the acceptors behind the initiators */
	BY_BARE_NTLM = 2,
	BY_KERBEROS = 4,
	OPENED_NTLM = 6,
	OPENED_KERBEROS
};

struct fuzz_end
{
	struct sspi_setup setup;
	struct sspi_end sspi;
	struct oracle_setup known;
	struct oracle_setup at_first; /* `known` before a host set anything on the context */
	struct oracle_view view;
	struct oracle_outcome outcome; /* once complete */
	struct oracle_direction send;
	struct oracle_direction receive;
	bool complete;
	bool bare;           /* without SPNEGO; once complete */
	bool kerberos;       /* likewise */
	bool kerberos_ended; /* a context of the scripted WinPR's did */
	bool dead;
};

#define PARTS_MAX 3

/* A protected message: its parts, and which of them are READONLY. */
struct kept
{
	uint8_t trailer[ORACLE_KERBEROS_TRAILER];
	size_t trailer_len;
	struct sspi_token data;
	size_t lens[PARTS_MAX];
	size_t count;
	unsigned read_only; /* bits */
	bool sealed;        /* by EncryptMessage */
	bool there;
};

/* Says what is wrong and ends the run, for libFuzzer to keep the input. */
__attribute__((noreturn)) void session_fault(const struct fuzz_end* end, const char* what);

/* After every step that did not fail. */
void session_judge_step(struct fuzz_end* end);
/* What is refused although nobody has touched the exchange and all of it is right. */
void session_judge_refusal(struct fuzz_end* end);
/* A call that fails gives nothing out, and there is nothing after a failure or the end. */
void session_judge_call(struct fuzz_end* end, enum sspi_phase before, const struct sspi_token* out);
/* Whether an end of this process has to do with this server challenge: an initiator that answered
 * it, or an acceptor that still waits for the answer. */
bool session_answers(const uint8_t* challenge, bool initiator);

/* What a complete end says of itself: its mechanism, and of NTLM key, names and flags. */
void session_check(struct fuzz_end* end);

void session_seal(struct fuzz_end* end, const struct record* record, struct kept* kept);
void session_open(struct fuzz_end* end, const struct record* record, const struct kept* kept);

#endif
