/* SPDX-License-Identifier: Apache-2.0
 *
 * Two contexts over scripted mechanisms, and the wire between them, which a test may lay hands on.
 *
 * Scripts as spnego_pair_init() leaves them, the same key on both sides:
 *   Kerberos   K-AP-REQ -> <- K-AP-REP                                  needs no MIC
 *   U2U        U-TGT-REQ -> <- U-TGT-REP  U-AP-REQ -> <- U-AP-REP        needs no MIC
 *   NTLM       N-NEGOTIATE -> <- N-CHALLENGE  N-AUTHENTICATE ->          demands one
 */
#ifndef NEGOSSP_TESTS_SPNEGO_PAIR_H
#define NEGOSSP_TESTS_SPNEGO_PAIR_H

#include "fake_mech.h"
#include "negossp.h"
#include "spnego/message.h"

#define PAIR_MAX_LEGS 12
#define NO_MIC BYTES_EMPTY

struct spnego_side
{
	struct fake_script kerberos;
	struct fake_script u2u;
	struct fake_script ntlm;
	struct negossp_context* context;
	enum result result;
	bool complete;
};

struct spnego_pair
{
	struct spnego_side initiator;
	struct spnego_side acceptor;
	struct blob wire[PAIR_MAX_LEGS]; /* every token as it was sent, before tampering */
	unsigned legs;
};

/* Fills the scripts. Change them before spnego_side_open(). */
void spnego_pair_init(struct spnego_pair* pair);
/* Makes the context with offers by letter, in order: "KN" is Kerberos, then NTLM; "U" is U2U. */
void spnego_side_open(struct spnego_side* side, enum mech_role role, enum negossp_framing framing,
                      const char* offers);
/* Both sides framed with SPNEGO. */
void spnego_pair_open(struct spnego_pair* pair, const char* initiator, const char* acceptor);
/* One step of one side; the output is the caller's to free. */
enum result spnego_side_step(struct spnego_side* side, struct bytes token, struct blob* output);
/* One step that must succeed; `token` is freed. */
void spnego_side_take(struct spnego_side* side, struct blob token, struct blob* output);
/* Likewise, and out comes a NegTokenResp with this state, this responseToken (NULL: none), and a
 * mechListMIC or none. */
void spnego_side_answers(struct spnego_side* side, struct blob token, enum neg_state state,
                         const char* text, bool mic);
struct negossp_report spnego_side_report(const struct spnego_side* side);

/* Called with each token (leg 0 is the initiator's first) on its way; may replace it. */
typedef void (*spnego_tamper)(void* data, unsigned leg, struct blob* token);
/* Carries tokens to and fro until both sides are complete or one fails. */
void spnego_pair_run(struct spnego_pair* pair, spnego_tamper tamper, void* data);
/* The same, with `by` in the place of the token of one leg; `by` is freed. */
void spnego_pair_run_swapped(struct spnego_pair* pair, unsigned leg, struct blob by);
/* Frees both and asserts that every mechanism context was closed once. */
void spnego_pair_close(struct spnego_pair* pair);
/* Whether both sides are complete with the mechanism of this name. */
bool spnego_pair_complete(const struct spnego_pair* pair, const char* mech);

/* The parsed token of a leg; the test fails if it does not parse. */
struct neg_token_init spnego_pair_init_at(const struct spnego_pair* pair, unsigned leg);
struct neg_token_resp spnego_pair_resp_at(const struct spnego_pair* pair, unsigned leg);

/* Tokens made by hand; the caller's to free. `mechs` by letter as above, with "k" for Kerberos'
 * second OID, "X" for NEGOEX, "P" for PKU2U and "?" for an OID that nobody knows. NULL texts are
 * left out. */
struct blob spnego_make_list(const char* mechs);
struct blob spnego_make_init(const char* mechs, const char* token, struct bytes mic);
struct blob spnego_make_resp(enum neg_state state, char mech, const char* token, struct bytes mic);

struct bytes spnego_oid(char mech);
bool spnego_is_text(struct bytes bytes, const char* text);

#endif
