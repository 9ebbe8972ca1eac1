/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM that was not asked to sign: it works where nobody asked for more, and has no mechListMIC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ntlm/flags.h"
#include "ntlm/negotiate.h"
#include "ntlm_pair.h"

#define VOID_MIC BYTES_LITERAL("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")

/* RFC 4178 5. Whoever must have one all the same is told why there is none. */
static void expect_no_mechListMIC(void* end)
{
	struct mech_report report;
	struct blob mic = BLOB_EMPTY;

	assert_false(ntlm_mech()->demands_mic(end));
	assert_int_equal(ntlm_mech()->mic_make(end, BYTES_LITERAL("list"), &mic), RESULT_POLICY);
	assert_int_equal(
	    ntlm_mech()->mic_verify(end, BYTES_LITERAL("list"), BYTES_LITERAL("\1\0\0\0............")),
	    RESULT_POLICY);
	assert_int_equal(mic.len, 0);
	/* MS-NLMP 2.2.2.5, ALWAYS_SIGN: this one says nothing, any other is refused */
	assert_true(ntlm_mech()->mic_is_void(end, VOID_MIC));
	assert_false(ntlm_mech()->mic_is_void(end, BYTES_LITERAL("\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0")));
	assert_false(ntlm_mech()->mic_is_void(end, BYTES_EMPTY));
	ntlm_mech()->describe(end, &report);
	assert_non_null(strstr(report.reason, "not agreed on message signing"));
}

static void test_server_that_grants_no_signing_leaves_no_mechListMIC(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	config.client_asks = 0;
	config.server_asks = 0;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	pair.challenge.data[20] &= (uint8_t)~NTLM_NEGOTIATE_SIGN;
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	expect_no_mechListMIC(pair.client);
	/* MS-NLMP 3.1.5.1.2: nor is there a key to be sent. */
	struct ntlm_transcript transcript;
	ntlm_context_transcript(pair.client, &transcript);
	assert_int_equal(transcript.encrypted_session_key.len, 0);
	pair_close(&pair);
}

static void test_client_that_offers_no_signing_leaves_no_mechListMIC(void** state)
{
	(void)state;
	/* with the key that nobody needs, and without */
	for (int no_key = 0; no_key < 2; no_key++)
	{
		struct pair_config config = pair_defaults();
		struct forge forge = forge_defaults();
		struct pair pair;

		config.server_asks = 0;
		forge.no_key = no_key;
		pair_open(&pair, &config);
		assert_int_equal(ntlm_negotiate_write(0xE0088205, &pair.negotiate), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		struct blob message = forge_authenticate(&pair, &forge);
		assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&message)), RESULT_OK);
		assert_int_equal(pair_server_report(&pair).mic, MECH_CHECK_OK);
		assert_int_equal(pair_session(pair.server).granted & MECH_INTEGRITY, 0);
		expect_no_mechListMIC(pair.server);
		blob_free(&message);
		pair_close(&pair);
	}
}

static void test_what_says_nothing_is_a_wrong_MIC_where_signing_was_agreed_on(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_false(ntlm_mech()->mic_is_void(pair.server, VOID_MIC));
	assert_int_equal(ntlm_mech()->mic_verify(pair.server, BYTES_LITERAL("list"), VOID_MIC),
	                 RESULT_ALTERED);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_that_grants_no_signing_leaves_no_mechListMIC),
		cmocka_unit_test(test_client_that_offers_no_signing_leaves_no_mechListMIC),
		cmocka_unit_test(test_what_says_nothing_is_a_wrong_MIC_where_signing_was_agreed_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
