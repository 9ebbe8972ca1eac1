/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: in which order AUTHENTICATE is judged, and that the work is the same for everyone.
 * Who does not know the password learns nothing of what else is wrong, and neither does somebody
 * who changed a message on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "ntlm/authenticate.h"
#include "ntlm/bindings.h"
#include "ntlm/flags.h"
#include "ntlm_pair.h"

/* --- what is computed and compared (the linker's --wrap) ------------------------------------- */

static unsigned hmacs;
static struct bytes compared[16];
static size_t compared_count;

bool __real_secret_equal(struct bytes a, struct bytes b);
bool __wrap_secret_equal(struct bytes a, struct bytes b);
enum result __real_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac);
enum result __wrap_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac);

bool __wrap_secret_equal(struct bytes a, struct bytes b)
{
	assert_true(compared_count < sizeof(compared) / sizeof(compared[0]));
	compared[compared_count++] = b;
	return __real_secret_equal(a, b);
}

enum result __wrap_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac)
{
	hmacs++;
	return __real_crypto_hmac_md5(key, parts, count, mac);
}

/* OpenSSL's, whose time says nothing of the content. */
static unsigned memcmps;
int __real_CRYPTO_memcmp(const void* a, const void* b, size_t len);
int __wrap_CRYPTO_memcmp(const void* a, const void* b, size_t len);
int __wrap_CRYPTO_memcmp(const void* a, const void* b, size_t len)
{
	memcmps++;
	return __real_CRYPTO_memcmp(a, b, len);
}

static bool was_compared(struct bytes value)
{
	for (size_t i = 0; i < compared_count; i++)
	{
		if (bytes_equal(compared[i], value))
			return true;
	}
	return false;
}

/* --- the order ------------------------------------------------------------------------------- */

/* MsvAvTargetName "a". */
static const uint8_t target_pair[] = { 9, 0, 2, 0, 'a', 0 };

static struct mech_report judged(struct forge* forge, enum result expected)
{
	struct pair_config config = pair_defaults();
	struct pair pair;

	config.accepted_target = "b";
	forge->extra_pairs = BYTES_OF(target_pair);
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, forge), expected);
	struct mech_report report = pair_server_report(&pair);
	pair_close(&pair);
	return report;
}

static void test_the_MIC_is_judged_before_policy(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	struct mech_report report = judged(&forge, RESULT_WRONG_TARGET);
	assert_int_equal(report.mic, MECH_CHECK_OK);
	assert_int_equal(report.target_name, MECH_CHECK_FAILED);
	forge.mic = FORGE_MIC_WRONG;
	report = judged(&forge, RESULT_ALTERED);
	assert_int_equal(report.mic, MECH_CHECK_FAILED);
	assert_int_equal(report.target_name, MECH_CHECK_NOT_LOOKED_AT);
}

static void test_the_proof_is_judged_before_the_MIC(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.mic = FORGE_MIC_WRONG;
	forge.password = "wrong";
	const struct mech_report report = judged(&forge, RESULT_LOGON_DENIED);
	assert_int_equal(report.proof, MECH_CHECK_FAILED);
	assert_int_equal(report.mic, MECH_CHECK_NOT_LOOKED_AT);
	assert_int_equal(report.target_name, MECH_CHECK_NOT_LOOKED_AT);
}

enum
{
	NONE = MECH_CHECK_NONE,
	UNSEEN = MECH_CHECK_NOT_LOOKED_AT,
	RIGHT = MECH_CHECK_OK,
	WRONG = MECH_CHECK_FAILED
};

/* What a refused client did send is told from what it did not, whatever it was refused for. */
static void test_what_was_not_looked_at_has_its_own_word(void** state)
{
	/* MsvAvTargetName and MsvAvChannelBindings, which is none where it is zeros */
	static const uint8_t named[] = { 9, 0, 2, 0, 'a', 0, 10, 0, 16, 0, 7, 7, 7,
		                             7, 7, 7, 7, 7,   7, 7,  7, 7,  7, 7, 7, 7 };
	static const uint8_t zeros[20] = { 10, 0, 16, 0 };
	static const uint8_t v1[24] = { 1 };
	static const struct
	{
		const char *password, *domain;
		uint32_t clear_flags;
		enum forge_mic mic;
		const uint8_t* pairs;
		bool v1;
		enum result verdict, expected;
		int told[4]; /* proof, MIC, bindings, target name */
	} rows[] = {
		{ "no",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  0,
		  RESULT_LOGON_DENIED,
		  { WRONG, UNSEEN, UNSEEN, UNSEEN } },
		{ "no",
		  "",
		  0,
		  FORGE_MIC_ABSENT,
		  zeros,
		  false,
		  0,
		  RESULT_LOGON_DENIED,
		  { WRONG, NONE, NONE, NONE } },
		{ "Password",
		  "a\\b",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  0,
		  RESULT_MALFORMED,
		  { UNSEEN, UNSEEN, UNSEEN, UNSEEN } },
		{ "Password",
		  "",
		  NTLM_NEGOTIATE_SEAL,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  0,
		  RESULT_ALTERED,
		  { UNSEEN, UNSEEN, UNSEEN, UNSEEN } },
		{ "Password",
		  "",
		  NTLM_NEGOTIATE_SEAL,
		  FORGE_MIC_ABSENT,
		  zeros,
		  false,
		  0,
		  RESULT_ALTERED,
		  { UNSEEN, NONE, NONE, NONE } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  true,
		  0,
		  RESULT_POLICY,
		  { NONE, NONE, NONE, NONE } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  RESULT_NO_CREDENTIALS,
		  RESULT_NO_CREDENTIALS,
		  { UNSEEN, UNSEEN, UNSEEN, UNSEEN } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  RESULT_ACCOUNT_DISABLED,
		  RESULT_ACCOUNT_DISABLED,
		  { RIGHT, UNSEEN, UNSEEN, UNSEEN } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_WRONG,
		  named,
		  false,
		  0,
		  RESULT_ALTERED,
		  { RIGHT, WRONG, UNSEEN, UNSEEN } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  named,
		  false,
		  0,
		  RESULT_BAD_BINDINGS,
		  { RIGHT, RIGHT, WRONG, UNSEEN } },
		{ "Password",
		  "",
		  0,
		  FORGE_MIC_RIGHT,
		  zeros,
		  false,
		  0,
		  RESULT_OK,
		  { RIGHT, RIGHT, NONE, NONE } },
	};
	static const struct channel_bindings ours = { .application = BYTES_LITERAL("tls") };
	const struct bytes not_v2 = BYTES_OF(v1);
	struct pair_config config = pair_defaults();
	(void)state;
	config.server_bindings = &ours;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct forge forge = forge_defaults();
		struct pair pair;
		forge.password = rows[i].password;
		forge.domain = rows[i].domain;
		forge.clear_flags = rows[i].clear_flags;
		forge.mic = rows[i].mic;
		forge.announce_mic = rows[i].mic != FORGE_MIC_ABSENT;
		forge.extra_pairs =
		    bytes_make(rows[i].pairs, rows[i].pairs == named ? sizeof(named) : sizeof(zeros));
		forge.nt = rows[i].v1 ? &not_v2 : NULL;
		pair_open(&pair, &config);
		pair.verdict = rows[i].verdict;
		assert_int_equal(forge_run(&pair, &forge), rows[i].expected);
		const struct mech_report report = pair_server_report(&pair);
		const int told[4] = { (int)report.proof, (int)report.mic, (int)report.bindings,
			                  (int)report.target_name };
		if (memcmp(told, rows[i].told, sizeof(told)) != 0)
			fail_msg("row %zu: %d %d %d %d", i, told[0], told[1], told[2], told[3]);
		pair_close(&pair);
	}
}

/* There, and nobody says what would be right. */
static void test_what_there_is_nothing_to_hold_against_was_not_looked_at(void** state)
{
	static const struct channel_bindings theirs = { .application = BYTES_LITERAL("tls") };
	struct pair_config config = pair_defaults();
	struct pair pair;
	(void)state;
	config.client_bindings = &theirs;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(pair_server_report(&pair).bindings, MECH_CHECK_NOT_LOOKED_AT);
	assert_int_equal(pair_server_report(&pair).target_name, MECH_CHECK_NOT_LOOKED_AT);
	pair_close(&pair);
}

/* --- the work -------------------------------------------------------------------------------- */

static unsigned hmacs_of(const char* user, const char* password)
{
	struct pair_config config = pair_defaults();
	struct pair pair;

	config.user = user;
	config.password = password;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	hmacs = 0;
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
	                 RESULT_LOGON_DENIED);
	pair_close(&pair);
	return hmacs;
}

static void test_an_unknown_user_costs_what_a_wrong_password_costs(void** state)
{
	(void)state;
	const unsigned known = hmacs_of("User", "wrong");
	assert_int_equal(known, 3); /* NTOWFv2, NTProofStr, SessionBaseKey */
	assert_int_equal(hmacs_of("Nobody", "Password"), known);
}

static void test_NTOWFv2_that_is_unknown_costs_what_a_wrong_one_costs(void** state)
{
	static const uint8_t challenge[8] = { 1 };
	static const uint8_t response[16 + 48] = { 1 };
	static const struct key some = { { 1 } };
	const struct verify_request request = { .server_challenge = BYTES_OF(challenge),
		                                    .nt_response = BYTES_OF(response) };
	struct verify_answer answer = { .user_found = MECH_USER_FOUND };

	(void)state;
	hmacs = 0;
	assert_int_equal(ntlm_verify_ntowfv2(&request, &some, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(hmacs, 2);
	assert_int_equal(ntlm_verify_ntowfv2(&request, NULL, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(hmacs, 4);
}

/* secret_equal() alone: the layout rule reads the source, this looks at what happens. */
static void test_proof_and_MICs_are_compared_in_constant_time(void** state)
{
	const struct pair_config config = pair_defaults();
	const struct bytes list = BYTES_LITERAL("list");
	struct ntlm_authenticate answer;
	struct blob mic = BLOB_EMPTY;
	struct pair pair;
	uint8_t data[] = "message";
	uint8_t trailer[16];
	size_t len = sizeof(trailer);
	struct mech_part part = { data, sizeof(data), false };

	(void)state;
	compared_count = 0;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&pair.authenticate), &answer, NULL),
	                 RESULT_OK);
	assert_true(was_compared(bytes_make(answer.nt_response.data, 16)));
	assert_true(was_compared(answer.mic));
	assert_int_equal(ntlm_mech()->mic_make(pair.client, list, &mic), RESULT_OK);
	assert_int_equal(ntlm_mech()->mic_verify(pair.server, list, blob_bytes(&mic)), RESULT_OK);
	assert_true(was_compared(blob_bytes(&mic)));
	assert_int_equal(ntlm_mech()->wrap(pair.client, true, &part, 1, trailer, &len), RESULT_OK);
	assert_int_equal(ntlm_mech()->unwrap(pair.server, true, &part, 1, BYTES_OF(trailer)),
	                 RESULT_OK);
	assert_true(was_compared(BYTES_OF(trailer)));
	blob_free(&mic);
	pair_close(&pair);
}

static void test_secrets_are_compared_by_OpenSSL(void** state)
{
	const struct bytes a = BYTES_LITERAL("one secret");
	const struct bytes b = BYTES_LITERAL("other bits");

	(void)state;
	memcmps = 0;
	assert_true(secret_equal(a, a));
	assert_false(secret_equal(a, b));
	assert_int_equal(memcmps, 2);
}

static void test_channel_bindings_are_compared_in_constant_time(void** state)
{
	const struct ntlm_bindings ours = { true, { 5 } };
	static const uint8_t theirs[16] = { 6 };
	enum mech_check check = MECH_CHECK_NONE;
	const char* reason = NULL;

	(void)state;
	assert_int_equal(
	    ntlm_bindings_check(NTLM_CHECK_REQUIRED, &ours, BYTES_OF(theirs), &check, &reason),
	    RESULT_BAD_BINDINGS);
	assert_true(was_compared(BYTES_OF(theirs)));
}

static int fresh(void** state)
{
	(void)state;
	hmacs = 0;
	compared_count = 0;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_MIC_is_judged_before_policy, fresh),
		cmocka_unit_test_setup(test_the_proof_is_judged_before_the_MIC, fresh),
		cmocka_unit_test_setup(test_what_was_not_looked_at_has_its_own_word, fresh),
		cmocka_unit_test_setup(test_what_there_is_nothing_to_hold_against_was_not_looked_at, fresh),
		cmocka_unit_test_setup(test_an_unknown_user_costs_what_a_wrong_password_costs, fresh),
		cmocka_unit_test_setup(test_NTOWFv2_that_is_unknown_costs_what_a_wrong_one_costs, fresh),
		cmocka_unit_test_setup(test_proof_and_MICs_are_compared_in_constant_time, fresh),
		cmocka_unit_test_setup(test_secrets_are_compared_by_OpenSSL, fresh),
		cmocka_unit_test_setup(test_channel_bindings_are_compared_in_constant_time, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
