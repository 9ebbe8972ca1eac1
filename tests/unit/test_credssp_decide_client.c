/* SPDX-License-Identifier: Apache-2.0
 *
 * What the client must decide, in every state and for every combination of facts, written by hand
 * from MS-CSSP 2.2.1 and 3.1.5 and the design; and the properties that all of it must have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "credssp_rows.h"

#define S(x) VALUE(CLIENT_##x)
#define E(x) VALUE(CREDSSP_##x)
#define F(x) VALUE(CREDSSP_##x)
#define STANDS VALUE(CREDSSP_VERSION_STANDS)
#define TOKEN(x) VALUE(CREDSSP_TOKEN_##x)
#define OPENED(x) VALUE(CREDSSP_OPENED_##x)

#define REPLY (S(NEGO_TOKEN) | S(PUB_KEY_INFO))
#define FOREIGN (VALUE(SERVER_NEGO_TOKEN) | VALUE(SERVER_PUB_KEY_INFO) | VALUE(SERVER_AUTH_INFO))

/* MS-CSSP 2.2.1: errorCode; 3.1.5: the hash and its nonce. */
#define TELLS_ERRORS (VALUE(3) | VALUE(4) | VALUE(6))
#define TELLS_NO_ERRORS (VALUE(2) | VALUE(5))
#define ECHOES (VALUE(2) | VALUE(3) | VALUE(4))
#define HASHES (VALUE(5) | VALUE(6))

#define DIES(why) .next = CREDSSP_DEAD, .action = CREDSSP_FAIL, .result = RESULT_##why
#define DIES_OF_INNER .next = CREDSSP_DEAD, .action = CREDSSP_FAIL_INNER
#define DOES(what, then) .next = (then), .action = CREDSSP_##what
#define SENDS(what, then) .next = (then), .action = CREDSSP_SEND, .say = (what)

/* A reply with nothing in it that is refused anyway. */
#define CLEAN .events = E(MESSAGE), .forms = F(TS_REQUEST), .versions = STANDS, .error_code = NO

static const struct credssp_row rows[] = {
	/* --- what never happens ------------------------------------------------------------------ */
	{ "nothing after the end or failure", .states = VALUE(CREDSSP_FINAL) | VALUE(CREDSSP_DEAD),
	  DIES(OUT_OF_SEQUENCE) },
	{ "a server's state", .states = FOREIGN, DIES(INTERNAL) },
	{ "START: events that do not happen", .states = S(START), .events = E(OPENED), DIES(INTERNAL) },
	{ "NEGO_TOKEN: events that do not happen", .states = S(NEGO_TOKEN), .events = E(OPENED),
	  DIES(INTERNAL) },
	{ "PUB_KEY_INFO: events that do not happen", .states = S(PUB_KEY_INFO), .events = E(STEPPED),
	  DIES(INTERNAL) },
	{ "PUB_KEY_INFO: nothing is sealed before the inner context is complete",
	  .states = S(PUB_KEY_INFO), .events = E(OPENED), .complete = NO, DIES(INTERNAL) },

	/* --- the first call ---------------------------------------------------------------------- */
	{ "MS-CSSP 3.1.5: the client begins", .states = S(START), .events = E(MESSAGE),
	  .forms = F(NO_BYTES), DOES(STEP, CLIENT_START) },
	{ "an answer to nothing", .states = S(START), .events = E(MESSAGE),
	  .forms = F(TS_REQUEST) | F(MALFORMED), DIES(OUT_OF_SEQUENCE) },
	{ "nothing to log on with", .states = S(START), .events = E(STEPPED), .stepped = NO,
	  DIES_OF_INNER },
	{ "D4: complete at the first call, before there is a version to bind the key for",
	  .states = S(START), .events = E(STEPPED), .stepped = YES, .complete = YES,
	  DIES(UNSUPPORTED) },
	{ "a mechanism without a first token", .states = S(START), .events = E(STEPPED), .stepped = YES,
	  .complete = NO, .output = NO, DIES(INTERNAL) },
	{ "MS-CSSP 3.1.5 step 2: the first token", .states = S(START), .events = E(STEPPED),
	  .stepped = YES, .complete = NO, .output = YES, SENDS(TS_NEGO_TOKENS, CLIENT_NEGO_TOKEN) },

	/* --- every reply ------------------------------------------------------------------------- */
	{ "no reply, or none that is a TSRequest", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(NO_BYTES) | F(MALFORMED), DIES(MALFORMED) },
	{ "a version that policy forbids", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(TS_REQUEST), .versions = VALUE(CREDSSP_VERSION_LOW), DIES(POLICY) },
	{ "D26: a version that changes", .states = REPLY, .events = E(MESSAGE), .forms = F(TS_REQUEST),
	  .versions = VALUE(CREDSSP_VERSION_CHANGED), DIES(OUT_OF_SEQUENCE) },
	{ "MS-CSSP 2.2.1, D32: errorCode, whatever is beside it", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(TS_REQUEST), .versions = STANDS, .error_code = YES, .agreed = TELLS_ERRORS,
	  DIES(REJECTED) },
	{ "MS-CSSP 2.2.1: errorCode in a version that has none", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(TS_REQUEST), .versions = STANDS, .error_code = YES, .agreed = TELLS_NO_ERRORS,
	  DIES(OUT_OF_SEQUENCE) },
	{ "authInfo from a server", .states = REPLY, CLEAN, .auth_info = YES, DIES(OUT_OF_SEQUENCE) },

	/* --- tokens ------------------------------------------------------------------------------ */
	{ "MS-CSSP 3.1.5 step 3: the server's pubKeyAuth answers ours", .states = S(NEGO_TOKEN), CLEAN,
	  .auth_info = NO, .pub_key_auth = YES, DIES(OUT_OF_SEQUENCE) },
	{ "nothing for the mechanism", .states = S(NEGO_TOKEN), CLEAN, .auth_info = NO,
	  .pub_key_auth = NO, .tokens = TOKEN(NONE), DIES(OUT_OF_SEQUENCE) },
	{ "a token; the mechanism knows what to think of one that it has seen", .states = S(NEGO_TOKEN),
	  CLEAN, .auth_info = NO, .pub_key_auth = NO, .tokens = TOKEN(NEW) | TOKEN(REPEATED),
	  DOES(STEP, CLIENT_NEGO_TOKEN) },
	{ "the mechanism's failure is the exchange's", .states = S(NEGO_TOKEN), .events = E(STEPPED),
	  .stepped = NO, DIES_OF_INNER },
	{ "the mechanism goes on", .states = S(NEGO_TOKEN), .events = E(STEPPED), .stepped = YES,
	  .complete = NO, .output = YES, SENDS(TS_NEGO_TOKENS, CLIENT_NEGO_TOKEN) },
	{ "a mechanism that waits in silence", .states = S(NEGO_TOKEN), .events = E(STEPPED),
	  .stepped = YES, .complete = NO, .output = NO, DIES(OUT_OF_SEQUENCE) },
	{ "complete with its last token: the key rides along", .states = S(NEGO_TOKEN),
	  .events = E(STEPPED), .stepped = YES, .complete = YES, .output = YES, .agreed = ECHOES,
	  SENDS(TS_NEGO_TOKENS | TS_PUB_KEY_AUTH, CLIENT_PUB_KEY_INFO) },
	{ "likewise, and the nonce", .states = S(NEGO_TOKEN), .events = E(STEPPED), .stepped = YES,
	  .complete = YES, .output = YES, .agreed = HASHES,
	  SENDS(TS_NEGO_TOKENS | TS_PUB_KEY_AUTH | TS_CLIENT_NONCE, CLIENT_PUB_KEY_INFO) },
	{ "complete with theirs: the key goes alone", .states = S(NEGO_TOKEN), .events = E(STEPPED),
	  .stepped = YES, .complete = YES, .output = NO, .agreed = ECHOES,
	  SENDS(TS_PUB_KEY_AUTH, CLIENT_PUB_KEY_INFO) },
	{ "likewise, with the nonce", .states = S(NEGO_TOKEN), .events = E(STEPPED), .stepped = YES,
	  .complete = YES, .output = NO, .agreed = HASHES,
	  SENDS(TS_PUB_KEY_AUTH | TS_CLIENT_NONCE, CLIENT_PUB_KEY_INFO) },

	/* --- the server's pubKeyAuth ------------------------------------------------------------- */
	{ "a token after the mechanism's last", .states = S(PUB_KEY_INFO), CLEAN, .auth_info = NO,
	  .tokens = TOKEN(NEW), DIES(OUT_OF_SEQUENCE) },
	{ "a server that does not answer", .states = S(PUB_KEY_INFO), CLEAN, .auth_info = NO,
	  .tokens = TOKEN(NONE) | TOKEN(REPEATED), .pub_key_auth = NO, DIES(OUT_OF_SEQUENCE) },
	{ "pubKeyAuth; D2: and their last token once more", .states = S(PUB_KEY_INFO), CLEAN,
	  .auth_info = NO, .tokens = TOKEN(NONE) | TOKEN(REPEATED), .pub_key_auth = YES,
	  DOES(OPEN_PUB_KEY, CLIENT_PUB_KEY_INFO) },
	{ "MS-CSSP 3.1.5 step 5: another key, or a seal that is not theirs", .states = S(PUB_KEY_INFO),
	  .events = E(OPENED), .complete = YES, .opened = OPENED(WRONG) | OPENED(UNSEALED),
	  DIES(ALTERED) },
	{ "MS-CSSP 3.1.5 step 5: the key is right, and the credentials go", .states = S(PUB_KEY_INFO),
	  .events = E(OPENED), .complete = YES, .opened = OPENED(RIGHT), .delegates = YES,
	  .next = CREDSSP_FINAL, .action = CREDSSP_SEND_LAST, .say = TS_AUTH_INFO },
	{ "the key is right, and nothing is to be delegated", .states = S(PUB_KEY_INFO),
	  .events = E(OPENED), .complete = YES, .opened = OPENED(RIGHT), .delegates = NO,
	  .next = CREDSSP_FINAL, .action = CREDSSP_COMPLETE },
};

static void test_every_state_and_combination_of_facts(void** state)
{
	(void)state;
	assert_true(credssp_rows_hold(rows, sizeof(rows) / sizeof(rows[0]), credssp_decide_client));
}

static void test_failures_are_final(void** state)
{
	(void)state;
	assert_true(credssp_failures_are_final(credssp_decide_client));
}

static bool ends_rightly(void* data, enum credssp_state state, const struct credssp_facts* facts)
{
	const struct credssp_decision is = credssp_decide_client(state, facts);
	const bool proved = state == CLIENT_PUB_KEY_INFO && facts->event == CREDSSP_OPENED &&
	                    facts->complete && facts->opened == CREDSSP_OPENED_RIGHT;
	(void)data;
	if ((is.say & TS_AUTH_INFO) && !(proved && facts->delegates))
		return false;
	return is.next != CREDSSP_FINAL || proved;
}

/* D4: neither SEC_E_OK nor anything else gets past it. */
static void test_nothing_ends_or_is_delegated_before_the_servers_key_was_right(void** state)
{
	(void)state;
	assert_true(credssp_visit_all(ends_rightly, NULL));
}

static bool nonce_is_no_matter(void* data, enum credssp_state state,
                               const struct credssp_facts* facts)
{
	struct credssp_facts without = *facts;
	(void)data;
	without.nonce = CREDSSP_NONCE_NONE;
	const struct credssp_decision with_it = credssp_decide_client(state, facts);
	const struct credssp_decision without_it = credssp_decide_client(state, &without);
	return with_it.next == without_it.next && with_it.action == without_it.action &&
	       with_it.say == without_it.say && with_it.result == without_it.result;
}

static void test_a_servers_nonce_is_never_looked_at(void** state)
{
	(void)state;
	assert_true(credssp_visit_all(nonce_is_no_matter, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_combination_of_facts),
		cmocka_unit_test(test_failures_are_final),
		cmocka_unit_test(test_nothing_ends_or_is_delegated_before_the_servers_key_was_right),
		cmocka_unit_test(test_a_servers_nonce_is_never_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
