/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server must decide, in every state and for every combination of facts, written by hand
 * from MS-CSSP 2.2.1 and 3.1.5 and the design; and the properties that all of it must have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "credssp_rows.h"

#define S(x) VALUE(SERVER_##x)
#define E(x) VALUE(CREDSSP_##x)
#define F(x) VALUE(CREDSSP_##x)
#define STANDS VALUE(CREDSSP_VERSION_STANDS)
#define TOKEN(x) VALUE(CREDSSP_TOKEN_##x)
#define SOME_TOKEN (TOKEN(NEW) | TOKEN(REPEATED))
#define NONCE(x) VALUE(CREDSSP_NONCE_##x)
#define OPENED(x) VALUE(CREDSSP_OPENED_##x)

#define ANY (S(NEGO_TOKEN) | S(PUB_KEY_INFO) | S(AUTH_INFO))
#define FOREIGN (VALUE(CLIENT_START) | VALUE(CLIENT_NEGO_TOKEN) | VALUE(CLIENT_PUB_KEY_INFO))

/* MS-CSSP 2.2.1: errorCode; 3.1.5: the hash and its nonce. */
#define TELLS_ERRORS (VALUE(3) | VALUE(4) | VALUE(6))
#define TELLS_NO_ERRORS (VALUE(2) | VALUE(5))
#define ECHOES (VALUE(2) | VALUE(3) | VALUE(4))
#define HASHES (VALUE(5) | VALUE(6))

#define DIES(why) .next = CREDSSP_DEAD, .action = CREDSSP_FAIL, .result = RESULT_##why
#define DOES(what, then) .next = (then), .action = CREDSSP_##what
#define SENDS(what, then) .next = (then), .action = CREDSSP_SEND, .say = (what)

/* A message with nothing in it that is refused anyway. */
#define CLEAN .events = E(MESSAGE), .forms = F(TS_REQUEST), .versions = STANDS, .error_code = NO
#define NONCE_FINE .nonces = NONCE(NONE) | NONCE(KNOWN)

static const struct credssp_row rows[] = {
	/* --- what never happens ------------------------------------------------------------------ */
	{ "nothing after the end or failure", .states = VALUE(CREDSSP_FINAL) | VALUE(CREDSSP_DEAD),
	  DIES(OUT_OF_SEQUENCE) },
	{ "a client's state", .states = FOREIGN, DIES(INTERNAL) },
	{ "after the last token there is nothing to step", .states = S(PUB_KEY_INFO) | S(AUTH_INFO),
	  .events = E(STEPPED), DIES(INTERNAL) },
	{ "nothing is sealed before the inner context is complete", .states = ANY, .events = E(OPENED),
	  .complete = NO, DIES(INTERNAL) },

	/* --- every message ----------------------------------------------------------------------- */
	{ "nothing, or nothing that is a TSRequest", .states = ANY, .events = E(MESSAGE),
	  .forms = F(NO_BYTES) | F(MALFORMED), DIES(MALFORMED) },
	{ "D27: a version that policy forbids", .states = ANY, .events = E(MESSAGE),
	  .forms = F(TS_REQUEST), .versions = VALUE(CREDSSP_VERSION_LOW), DIES(POLICY) },
	{ "D26: a version that changes", .states = ANY, .events = E(MESSAGE), .forms = F(TS_REQUEST),
	  .versions = VALUE(CREDSSP_VERSION_CHANGED), DIES(OUT_OF_SEQUENCE) },
	{ "MS-CSSP 2.2.1: errorCode is the server's, in every version", .states = ANY,
	  .events = E(MESSAGE), .forms = F(TS_REQUEST), .versions = STANDS, .error_code = YES,
	  DIES(OUT_OF_SEQUENCE) },
	{ "MS-CSSP 2.2.1: clientNonce is 32 octets, and one", .states = ANY, CLEAN,
	  .nonces = NONCE(WRONG), DIES(MALFORMED) },

	/* --- NegoToken --------------------------------------------------------------------------- */
	{ "authInfo before the key", .states = S(NEGO_TOKEN), CLEAN, NONCE_FINE, .auth_info = YES,
	  DIES(OUT_OF_SEQUENCE) },
	{ "nothing for the mechanism, pubKeyAuth or not", .states = S(NEGO_TOKEN), CLEAN, NONCE_FINE,
	  .auth_info = NO, .tokens = TOKEN(NONE), DIES(OUT_OF_SEQUENCE) },
	{ "a token, and pubKeyAuth perhaps; the mechanism knows what to think of one that it has seen",
	  .states = S(NEGO_TOKEN), CLEAN, NONCE_FINE, .auth_info = NO, .tokens = SOME_TOKEN,
	  DOES(STEP, SERVER_NEGO_TOKEN) },
	{ "MS-CSSP 2.2.1: the client is told that the logon failed", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = NO, .agreed = TELLS_ERRORS, .next = CREDSSP_DEAD,
	  .action = CREDSSP_FAIL_INNER, .say = TS_ERROR_CODE },
	{ "MS-CSSP 2.2.1: but not where there is no errorCode", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = NO, .agreed = TELLS_NO_ERRORS, .next = CREDSSP_DEAD,
	  .action = CREDSSP_FAIL_INNER },
	{ "pubKeyAuth before there is a key to seal it with", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = NO, .pub_key_auth = YES,
	  DIES(OUT_OF_SEQUENCE) },
	{ "the mechanism goes on", .states = S(NEGO_TOKEN), .events = E(STEPPED), .stepped = YES,
	  .complete = NO, .pub_key_auth = NO, .output = YES, SENDS(TS_NEGO_TOKENS, SERVER_NEGO_TOKEN) },
	{ "a mechanism that waits in silence", .states = S(NEGO_TOKEN), .events = E(STEPPED),
	  .stepped = YES, .complete = NO, .pub_key_auth = NO, .output = NO, DIES(OUT_OF_SEQUENCE) },
	{ "the last token goes first where pubKeyAuth is owed", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = YES, .pub_key_auth = NO, .output = YES,
	  SENDS(TS_NEGO_TOKENS, SERVER_PUB_KEY_INFO) },
	{ "pubKeyAuth is missing where the client is owed nothing", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = YES, .pub_key_auth = NO, .output = NO,
	  DIES(OUT_OF_SEQUENCE) },
	{ "MS-CSSP 3.1.5 step 3: pubKeyAuth beside the last token", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = YES, .pub_key_auth = YES, .agreed = ECHOES,
	  DOES(OPEN_PUB_KEY, SERVER_NEGO_TOKEN) },
	{ "likewise, with the nonce that its version needs", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = YES, .pub_key_auth = YES, .agreed = HASHES,
	  .nonces = NONCE(KNOWN), DOES(OPEN_PUB_KEY, SERVER_NEGO_TOKEN) },
	{ "likewise, without", .states = S(NEGO_TOKEN), .events = E(STEPPED), .stepped = YES,
	  .complete = YES, .pub_key_auth = YES, .agreed = HASHES, .nonces = NONCE(NONE) | NONCE(WRONG),
	  DIES(OUT_OF_SEQUENCE) },

	/* --- PubKeyInfo -------------------------------------------------------------------------- */
	{ "a token after the mechanism's last", .states = S(PUB_KEY_INFO), CLEAN, NONCE_FINE,
	  .tokens = SOME_TOKEN, DIES(OUT_OF_SEQUENCE) },
	{ "authInfo before the key", .states = S(PUB_KEY_INFO), CLEAN, NONCE_FINE,
	  .tokens = TOKEN(NONE), .auth_info = YES, DIES(OUT_OF_SEQUENCE) },
	{ "pubKeyAuth is owed", .states = S(PUB_KEY_INFO), CLEAN, NONCE_FINE, .tokens = TOKEN(NONE),
	  .auth_info = NO, .pub_key_auth = NO, DIES(OUT_OF_SEQUENCE) },
	{ "pubKeyAuth alone", .states = S(PUB_KEY_INFO), CLEAN, NONCE_FINE, .tokens = TOKEN(NONE),
	  .auth_info = NO, .pub_key_auth = YES, .agreed = ECHOES,
	  DOES(OPEN_PUB_KEY, SERVER_PUB_KEY_INFO) },
	{ "likewise, with the nonce that its version needs", .states = S(PUB_KEY_INFO), CLEAN,
	  .nonces = NONCE(KNOWN), .tokens = TOKEN(NONE), .auth_info = NO, .pub_key_auth = YES,
	  .agreed = HASHES, DOES(OPEN_PUB_KEY, SERVER_PUB_KEY_INFO) },
	{ "likewise, without", .states = S(PUB_KEY_INFO), CLEAN, .nonces = NONCE(NONE),
	  .tokens = TOKEN(NONE), .auth_info = NO, .pub_key_auth = YES, .agreed = HASHES,
	  DIES(OUT_OF_SEQUENCE) },

	/* --- it was opened ----------------------------------------------------------------------- */
	{ "MS-CSSP 3.1.5 step 4: another key, or a seal that is not theirs",
	  .states = S(NEGO_TOKEN) | S(PUB_KEY_INFO), .events = E(OPENED), .complete = YES,
	  .opened = OPENED(WRONG) | OPENED(UNSEALED), DIES(ALTERED) },
	{ "D3: the answer, together with the last token if that is still owed",
	  .states = S(NEGO_TOKEN) | S(PUB_KEY_INFO), .events = E(OPENED), .complete = YES,
	  .opened = OPENED(RIGHT), .output = YES,
	  SENDS(TS_NEGO_TOKENS | TS_PUB_KEY_AUTH, SERVER_AUTH_INFO) },
	{ "D2: and alone if not", .states = S(NEGO_TOKEN) | S(PUB_KEY_INFO), .events = E(OPENED),
	  .complete = YES, .opened = OPENED(RIGHT), .output = NO,
	  SENDS(TS_PUB_KEY_AUTH, SERVER_AUTH_INFO) },

	/* --- AuthInfo ---------------------------------------------------------------------------- */
	{ "a token after the mechanism's last", .states = S(AUTH_INFO), CLEAN, NONCE_FINE,
	  .tokens = SOME_TOKEN, DIES(OUT_OF_SEQUENCE) },
	{ "pubKeyAuth twice", .states = S(AUTH_INFO), CLEAN, NONCE_FINE, .tokens = TOKEN(NONE),
	  .pub_key_auth = YES, DIES(OUT_OF_SEQUENCE) },
	{ "authInfo is owed", .states = S(AUTH_INFO), CLEAN, NONCE_FINE, .tokens = TOKEN(NONE),
	  .pub_key_auth = NO, .auth_info = NO, DIES(OUT_OF_SEQUENCE) },
	{ "MS-CSSP 3.1.5 step 5: authInfo", .states = S(AUTH_INFO), CLEAN, NONCE_FINE,
	  .tokens = TOKEN(NONE), .pub_key_auth = NO, .auth_info = YES,
	  DOES(OPEN_AUTH_INFO, SERVER_AUTH_INFO) },
	{ "authInfo under a seal that is not theirs", .states = S(AUTH_INFO), .events = E(OPENED),
	  .complete = YES, .opened = OPENED(UNSEALED), DIES(ALTERED) },
	{ "authInfo that holds no credentials", .states = S(AUTH_INFO), .events = E(OPENED),
	  .complete = YES, .opened = OPENED(WRONG), DIES(MALFORMED) },
	{ "the credentials have come", .states = S(AUTH_INFO), .events = E(OPENED), .complete = YES,
	  .opened = OPENED(RIGHT), .next = CREDSSP_FINAL, .action = CREDSSP_COMPLETE },
};

static void test_every_state_and_combination_of_facts(void** state)
{
	(void)state;
	assert_true(credssp_rows_hold(rows, sizeof(rows) / sizeof(rows[0]), credssp_decide_server));
}

static void test_failures_are_final(void** state)
{
	(void)state;
	assert_true(credssp_failures_are_final(credssp_decide_server));
}

static bool proceeds_rightly(void* data, enum credssp_state state,
                             const struct credssp_facts* facts)
{
	const struct credssp_decision is = credssp_decide_server(state, facts);
	const bool opened =
	    facts->event == CREDSSP_OPENED && facts->complete && facts->opened == CREDSSP_OPENED_RIGHT;
	(void)data;
	/* Nobody sees our pubKeyAuth, or gets to AuthInfo, whose own was not right. */
	if (((is.say & TS_PUB_KEY_AUTH) != 0 || (is.next == SERVER_AUTH_INFO && state != is.next)) &&
	    !(opened && (state == SERVER_NEGO_TOKEN || state == SERVER_PUB_KEY_INFO)))
		return false;
	return is.next != CREDSSP_FINAL || (opened && state == SERVER_AUTH_INFO);
}

static void test_the_end_is_reached_by_a_right_key_and_then_credentials(void** state)
{
	(void)state;
	assert_true(credssp_visit_all(proceeds_rightly, NULL));
}

static bool binds_with_nonce(void* data, enum credssp_state state,
                             const struct credssp_facts* facts)
{
	const struct credssp_decision is = credssp_decide_server(state, facts);
	(void)data;
	return is.action != CREDSSP_OPEN_PUB_KEY || facts->agreed < 5 ||
	       facts->nonce == CREDSSP_NONCE_KNOWN;
}

static void test_no_hash_is_looked_at_without_a_nonce(void** state)
{
	(void)state;
	assert_true(credssp_visit_all(binds_with_nonce, NULL));
}

static bool sends_once(void* data, enum credssp_state state, const struct credssp_facts* facts)
{
	const struct credssp_decision is = credssp_decide_server(state, facts);
	(void)data;
	return (is.say & TS_NEGO_TOKENS) == 0 || facts->output;
}

/* What was sent is no output any more, so the last token cannot go out twice. */
static void test_tokens_are_sent_when_the_mechanism_has_one(void** state)
{
	(void)state;
	assert_true(credssp_visit_all(sends_once, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_combination_of_facts),
		cmocka_unit_test(test_failures_are_final),
		cmocka_unit_test(test_the_end_is_reached_by_a_right_key_and_then_credentials),
		cmocka_unit_test(test_no_hash_is_looked_at_without_a_nonce),
		cmocka_unit_test(test_tokens_are_sent_when_the_mechanism_has_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
