/* SPDX-License-Identifier: Apache-2.0
 *
 * Known attacks over the network: hostile tokens inside of TSRequests, and what is done to
 * CredSSP's own fields. Each is refused, nobody gives credentials away, and the next logon in the
 * same process works.
 */
#include "attack.h"
#include "nla_check.h"

#include <stdio.h>
#include <stdlib.h>

/* Of an attack's variants so many are tried, the first and the last among them; sspi_attacks tries
 * all. */
#define VARIANTS_AT_MOST 3u

static void expect_logon(enum nla_pairing pairing)
{
	const struct nla_options options = nla_frank(pairing);
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_logon(&options, &result);
	nla_result_clear(&result);
}

static void expect_no_logon(const struct nla_options* options)
{
	struct nla_result result;

	nla_run(options, &result);
	nla_assert_no_logon(&result);
	nla_result_clear(&result);
}

/* --- hostile tokens ----------------------------------------------------------------------------
 */

struct hostile
{
	struct attack_run run;
	struct blob token;
};

static void change_token(void* state, enum recorder_from from, unsigned leg,
                         struct ts_request* request)
{
	struct hostile* const hostile = state;

	if (!(request->fields & TS_NEGO_TOKENS))
		return;
	attack_set(&hostile->token, request->nego_token);
	attack_apply(&hostile->run, from == FROM_CLIENT ? 2 * leg - 1 : 2 * leg, &hostile->token);
	request->nego_token = blob_bytes(&hostile->token);
}

/* Who got the token says nothing more, but for the server's verdict. */
static void judge(const struct nla_result* result, const struct attack_run* run)
{
	const unsigned refused = attack_refused_at(run->attack);
	const unsigned leg = (refused + 1) / 2; /* of its side */
	const struct recorded* const verdict = recorder_find(&result->recorder, FROM_SERVER, leg);

	nla_assert_no_logon(result);
	assert_null(recorder_find(&result->recorder, FROM_CLIENT, leg + 1));
	if (refused % 2 == 0 || !verdict)
		return;
	assert_true(verdict->request.fields & TS_ERROR_CODE);
	assert_int_not_equal(verdict->request.error_code, 0);
	assert_false(verdict->request.fields & (TS_NEGO_TOKENS | TS_AUTH_INFO));
}

static void hold(const struct attack* attack, enum nla_pairing pairing)
{
	struct nla_options options = nla_frank(pairing);
	struct hostile hostile = { .run = { .user = options.user, .password = options.password } };
	const unsigned most = attack->variants < VARIANTS_AT_MOST ? attack->variants : VARIANTS_AT_MOST;

	options.change = change_token;
	options.change_state = &hostile;
	for (unsigned i = 0; i < most; i++)
	{
		struct nla_result result;

		attack_begin(&hostile.run, attack, most == 1 ? 0 : i * (attack->variants - 1) / (most - 1));
		nla_run(&options, &result);
		judge(&result, &hostile.run);
		nla_result_clear(&result);
		attack_end(&hostile.run);
	}
	blob_free(&hostile.token);
	expect_logon(pairing);
}

/* Bare, what a client says: there the client is WinPR's own. */
static void test_attack(void** state)
{
	const struct attack* const attack = *state;

	hold(attack, MODULE_TO_MODULE);
	if (!attack_is_framed(attack) && attack->leg % 2)
		hold(attack, STOCK_TO_MODULE);
}

/* --- pubKeyAuth --------------------------------------------------------------------------------
 */

struct seal_change
{
	enum recorder_from who;
	size_t byte;       /* changed; past the end none is */
	size_t len;        /* what is left of it */
	struct blob other; /* not empty: stands in its place */
	bool reflected;    /* the client's own does */
	struct blob seal;
	bool done;
};

static void change_seal(void* state, enum recorder_from from, unsigned leg,
                        struct ts_request* request)
{
	struct seal_change* const change = state;
	const struct bytes seal = request->pub_key_auth;

	(void)leg;
	if (!(request->fields & TS_PUB_KEY_AUTH))
		return;
	if (from != change->who)
	{
		if (change->reflected)
			attack_set(&change->other, seal);
		return;
	}
	attack_set(&change->seal, change->other.len ? blob_bytes(&change->other) : seal);
	if (change->byte < change->seal.len)
		change->seal.data[change->byte] ^= 0x40;
	if (change->len < change->seal.len)
		change->seal.len = change->len;
	request->pub_key_auth = blob_bytes(&change->seal);
	change->done = true;
}

static void expect_seal_refused(enum nla_pairing pairing, struct seal_change* change)
{
	struct nla_options options = nla_frank(pairing);
	struct nla_result result;

	change->done = false;
	options.change = change_seal;
	options.change_state = change;
	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	assert_true(change->done);
	nla_result_clear(&result);
	blob_free(&change->seal);
}

/* NTLM's signature and a SHA-256. */
#define SEAL_SIZE (16 + 32)

static void test_CVE_2018_0886_every_byte_of_pubKeyAuth(void** state)
{
	(void)state;
	for (size_t byte = 0; byte < SEAL_SIZE; byte++)
	{
		struct seal_change change = { .who = FROM_CLIENT, .byte = byte, .len = SIZE_MAX };

		expect_seal_refused(byte % 2 ? STOCK_TO_MODULE : MODULE_TO_MODULE, &change);
		change.who = FROM_SERVER;
		expect_seal_refused(MODULE_TO_MODULE, &change);
	}
	expect_logon(MODULE_TO_MODULE);
}

/* What another exchange's client said, of the same key; and the client's own, sent back to it. */
static void test_CVE_2018_0886_pubKeyAuth_of_somebody_else(void** state)
{
	const enum nla_pairing pairings[] = { STOCK_TO_MODULE, MODULE_TO_MODULE };

	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		const struct nla_options options = nla_frank(pairings[i]);
		struct seal_change change = { .who = FROM_CLIENT, .byte = SIZE_MAX, .len = SIZE_MAX };
		struct nla_result result;

		nla_run(&options, &result);
		nla_assert_logon(&options, &result);
		const struct recorded* const said =
		    recorder_find(&result.recorder, FROM_CLIENT, 2 + (unsigned)i);
		assert_int_equal(said->request.pub_key_auth.len, SEAL_SIZE);
		attack_set(&change.other, said->request.pub_key_auth);
		nla_result_clear(&result);
		expect_seal_refused(pairings[i], &change);
		change.who = FROM_SERVER;
		change.reflected = true;
		expect_seal_refused(pairings[i], &change);
		blob_free(&change.other);
		expect_logon(pairings[i]);
	}
}

/* The seal is right, and yet for another nonce. */
static void change_nonce(void* state, enum recorder_from from, unsigned leg,
                         struct ts_request* request)
{
	struct blob* const nonce = state;

	(void)from;
	(void)leg;
	if (!(request->fields & TS_CLIENT_NONCE))
		return;
	attack_set(nonce, request->client_nonce);
	nonce->data[31] ^= 1;
	request->client_nonce = blob_bytes(nonce);
}

static void test_CVE_2018_0886_another_nonce(void** state)
{
	struct nla_options options = nla_frank(MODULE_TO_MODULE);
	struct blob nonce = BLOB_EMPTY;

	(void)state;
	options.change = change_nonce;
	options.change_state = &nonce;
	expect_no_logon(&options);
	options.pairing = STOCK_TO_MODULE;
	expect_no_logon(&options);
	blob_free(&nonce);
	expect_logon(STOCK_TO_MODULE);
}

static void test_FreeRDP_41b719a89_pubKeyAuth_shorter_than_a_signature(void** state)
{
	(void)state;
	for (size_t len = 1; len < 16; len += 7)
	{
		struct seal_change change = { .who = FROM_CLIENT, .byte = SIZE_MAX, .len = len };

		expect_seal_refused(STOCK_TO_MODULE, &change);
		expect_seal_refused(MODULE_TO_MODULE, &change);
	}
	expect_logon(STOCK_TO_MODULE);
	expect_logon(MODULE_TO_MODULE);
}

/* --- what the server checks against ------------------------------------------------------------
 */

static void test_CVE_2022_24882_account_without_a_hash(void** state)
{
	static const char* const users[] = { "nohash", "zerohash", "lmonly" };
	static const char* const passwords[] = { "", "Password" };
	char path[256];

	(void)state;
	nla_lab_path("hashless", path, sizeof(path));
	FILE* const file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("nohash:::::::\n"
	                  "zerohash:::00000000000000000000000000000000:::\n"
	                  "lmonly::e52cac67419a9a224a3b108f3fa6cb6d::::\n",
	                  file) >= 0);
	assert_int_equal(fclose(file), 0);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		for (size_t j = 0; j < sizeof(passwords) / sizeof(passwords[0]); j++)
		{
			struct nla_options options = nla_frank(MODULE_TO_MODULE);

			options.sam = "hashless";
			options.user = users[i];
			options.password = passwords[j];
			expect_no_logon(&options);
		}
	expect_logon(MODULE_TO_MODULE);
}

static void test_CVE_2022_24883_SAM_file_that_cannot_be_opened(void** state)
{
	static const char* const files[] = { "no-such-file", "." };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct nla_options options = nla_frank(STOCK_TO_MODULE);

		options.sam = files[i];
		expect_no_logon(&options);
		options.pairing = MODULE_TO_MODULE;
		expect_no_logon(&options);
	}
	expect_logon(MODULE_TO_MODULE);
}

static void expect_refused_where(const char* name, const char* value, enum nla_pairing pairing)
{
	const struct nla_options options = nla_frank(pairing);

	assert_int_equal(setenv(name, value, 1), 0);
	expect_no_logon(&options);
	assert_int_equal(unsetenv(name), 0);
	expect_logon(pairing);
}

/* Client and server of one process look as a reflected logon does. */
static void test_CVE_2025_33073_reflection(void** state)
{
	(void)state;
	expect_refused_where("NEGOSSP_REFLECTION", "refuse", MODULE_TO_MODULE);
}

/* FreeRDP's NLA gives no bindings: where they are required nobody can be relayed. */
static void test_CVE_2021_36942_required_channel_bindings(void** state)
{
	(void)state;
	expect_refused_where("NEGOSSP_CHANNEL_BINDINGS", "required", MODULE_TO_MODULE);
	expect_refused_where("NEGOSSP_CHANNEL_BINDINGS", "required", STOCK_TO_MODULE);
}

/* A logon that was meant for another server. */
static void test_CVE_2025_55234_logon_for_another_target(void** state)
{
	(void)state;
	assert_int_equal(setenv("NEGOSSP_TARGET_CHECK", "required", 1), 0);
	const struct nla_options options = nla_frank(MODULE_TO_MODULE);
	assert_int_equal(setenv("NEGOSSP_TARGET_NAME", "TERMSRV/other.example", 1), 0);
	expect_no_logon(&options);
	assert_int_equal(setenv("NEGOSSP_TARGET_NAME", "TERMSRV/127.0.0.1", 1), 0);
	expect_logon(MODULE_TO_MODULE);
	assert_int_equal(unsetenv("NEGOSSP_TARGET_NAME"), 0);
	assert_int_equal(unsetenv("NEGOSSP_TARGET_CHECK"), 0);
}

int main(void)
{
	static const struct CMUnitTest own[] = {
		cmocka_unit_test(test_CVE_2018_0886_every_byte_of_pubKeyAuth),
		cmocka_unit_test(test_CVE_2018_0886_pubKeyAuth_of_somebody_else),
		cmocka_unit_test(test_CVE_2018_0886_another_nonce),
		cmocka_unit_test(test_FreeRDP_41b719a89_pubKeyAuth_shorter_than_a_signature),
		cmocka_unit_test(test_CVE_2022_24882_account_without_a_hash),
		cmocka_unit_test(test_CVE_2022_24883_SAM_file_that_cannot_be_opened),
		cmocka_unit_test(test_CVE_2025_33073_reflection),
		cmocka_unit_test(test_CVE_2021_36942_required_channel_bindings),
		cmocka_unit_test(test_CVE_2025_55234_logon_for_another_target),
	};
	const size_t own_count = sizeof(own) / sizeof(own[0]);
	struct CMUnitTest tests[sizeof(own) / sizeof(own[0]) + ATTACKS_AT_MOST];

	for (size_t i = 0; i < own_count; i++)
		tests[i] = own[i];
	return _cmocka_run_group_tests("freerdp_attacks", tests,
	                               own_count + attack_tests(tests + own_count, test_attack),
	                               nla_open_with_frank, nla_lab_close);
}
