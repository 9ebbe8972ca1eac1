/* SPDX-License-Identifier: Apache-2.0
 *
 * The known attacks of support/attack.h through the exported tables: who gets the changed token
 * refuses it, both ends come out of it with nothing, and the next exchange on the same credentials
 * works.
 */
#include "attack.h"
#include "expect.h"

static unsigned exchanges;

static void change(unsigned leg, struct sspi_token* token, void* arg)
{
	struct blob blob = BLOB_EMPTY;

	attack_set(&blob, bytes_make(token->data, token->len));
	attack_apply(arg, leg, &blob);
	sspi_token_set(token, blob.data, blob.len);
	blob_free(&blob);
}

static void expect_held(struct sspi_pair* pair, struct attack_run* run, bool framed)
{
	const unsigned leg = attack_refused_at(run->attack);
	const struct sspi_end* const end = leg % 2 ? &pair->server : &pair->client;

	if (sspi_pair_run(pair) || pair->leg_count != leg || end->status >= 0 ||
	    (run->status != SEC_E_OK && end->status != run->status) ||
	    (leg < 4 && pair->server.phase == SSPI_FINAL) ||
	    (framed && pair->client.phase == SSPI_FINAL))
	{
		log_capture_print();
		fail_msg("%s, variant %u: client 0x%08X, server 0x%08X after leg %u",
		         framed ? "in SPNEGO" : "bare", run->variant, (unsigned)pair->client.status,
		         (unsigned)pair->server.status, pair->leg_count);
	}
	expect_failed(end);
	expect_dead(leg % 2 ? &pair->server : &pair->client);
}

static void hold(const struct attack* attack, bool framed)
{
	struct attack_run run = { .user = "user", .password = "Password" };
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct sspi_pair pair;

	if (!framed)
		setup.client_package = "NTLM";
	setup.tamper = change;
	setup.tamper_arg = &run;
	assert_true(sspi_pair_open(&pair, &setup));
	for (unsigned variant = 0; variant < attack->variants; variant++)
	{
		log_capture_clear();
		attack_begin(&run, attack, variant);
		exchanges++;
		expect_held(&pair, &run, framed);
		attack_end(&run);
		sspi_pair_reset(&pair);
	}
	pair.setup.tamper = NULL;
	assert_true(sspi_pair_run(&pair));
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

static void test_attack(void** state)
{
	const struct attack* const attack = *state;

	hold(attack, true);
	if (!attack_is_framed(attack))
		hold(attack, false);
}

/* --- calls at the wrong time -------------------------------------------------------------------
 */

/* Every entry that takes a context; none of them may work. */
static void call_everything(struct sspi_end* end)
{
	uint8_t memory[64] = { 0 };
	uint8_t answer[4096];
	SecBuffer buffers[2] = { { 16, SECBUFFER_TOKEN, memory }, { 16, SECBUFFER_DATA, memory + 16 } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;

	assert_true(SSPI_ENTRY(end->table, EncryptMessage)(&end->context, 0, &message, 0) < 0);
	assert_true(SSPI_ENTRY(end->table, DecryptMessage)(&end->context, &message, 0, &qop) < 0);
	assert_true(SSPI_ENTRY(end->table, MakeSignature)(&end->context, 0, &message, 0) < 0);
	assert_true(SSPI_ENTRY(end->table, VerifySignature)(&end->context, &message, 0, &qop) < 0);
	assert_true(SSPI_ENTRY(end->table, ImpersonateSecurityContext)(&end->context) < 0);
	assert_true(SSPI_ENTRY(end->table, RevertSecurityContext)(&end->context) < 0);
	/* What must not be told yet: the session's key, and to a server who it is. */
	static const ULONG secret[] = { SECPKG_ATTR_SESSION_KEY, SECPKG_ATTR_NAMES, 1001 };
	for (size_t i = 0; i < (end->is_server ? 3 : 1); i++)
		assert_true(sspi_query(&end->table, &end->context, secret[i], answer) < 0);
}

/* And the exchange goes on as if nobody had asked. */
static void test_CVE_2015_2695_calls_on_a_half_built_context(void** state)
{
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct sspi_token token[2] = { { NULL, 0 }, { NULL, 0 } };
	struct sspi_pair pair;

	(void)state;
	assert_true(sspi_pair_open(&pair, &setup));
	for (unsigned leg = 1; leg <= 5; leg++)
	{
		struct sspi_end* const end = leg % 2 ? &pair.client : &pair.server;
		assert_true(sspi_end_step(end, &token[leg % 2], &token[(leg + 1) % 2]) >= 0);
		if (end->phase == SSPI_IN_PROGRESS)
			call_everything(end);
	}
	assert_int_equal(pair.client.phase, SSPI_FINAL);
	assert_int_equal(pair.server.phase, SSPI_FINAL);
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_token_free(&token[0]);
	sspi_token_free(&token[1]);
	sspi_pair_close(&pair);
}

/* A context that failed is still the caller's to delete, once. */
static void test_CVE_2017_11462_failed_context_lives_until_it_is_deleted(void** state)
{
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "wrong", box.sam);
	struct sspi_pair pair;

	(void)state;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	for (unsigned i = 0; i < 3; i++)
		call_everything(&pair.server);
	CtxtHandle* const context = &pair.server.context;
	expect_status(SSPI_ENTRY(pair.server.table, DeleteSecurityContext)(context), SEC_E_OK);
	call_everything(&pair.server);
	expect_status(SSPI_ENTRY(pair.server.table, DeleteSecurityContext)(context),
	              SEC_E_INVALID_HANDLE);
	pair.server.phase = SSPI_CREDENTIAL;
	sspi_pair_close(&pair);
}

/* What a client has sealed for the server it talks to is worth nothing in another's exchange, nor
 * to itself. */
static void test_CVE_2018_0886_seal_relayed_or_reflected(void** state)
{
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct sspi_token seal = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	struct sspi_pair ours;
	struct sspi_pair others;

	(void)state;
	assert_true(sspi_pair_connect(&ours, &setup));
	assert_true(sspi_pair_connect(&others, &setup));
	expect_status(sspi_end_seal(&ours.client, "the binding of a public key, in 32", 32, &seal),
	              SEC_E_OK);
	expect_status(sspi_end_unseal(&others.server, &seal, &plain), SEC_E_MESSAGE_ALTERED);
	expect_status(sspi_end_unseal(&ours.client, &seal, &plain), SEC_E_MESSAGE_ALTERED);
	expect_status(sspi_end_unseal(&ours.server, &seal, &plain), SEC_E_OK);
	sspi_token_free(&seal);
	sspi_token_free(&plain);
	sspi_pair_close(&ours);
	sspi_pair_close(&others);
}

/* So that what is refused above is refused for what is wrong with it. */
static void test_an_honest_forger_is_let_in(void** state)
{
	struct attack_run run = { .user = "user", .password = "Password" };
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct sspi_pair pair;

	(void)state;
	setup.client_package = "NTLM";
	setup.tamper = change;
	setup.tamper_arg = &run;
	attack_begin(&run, &attack_that_is_none, 0);
	(void)sspi_pair_connect(&pair, &setup);
	expect_status(pair.server.status, SEC_E_OK);
	assert_int_equal(pair.server.phase, SSPI_FINAL);
	attack_end(&run);
	sspi_pair_close(&pair);
}

int main(void)
{
	struct CMUnitTest tests[ATTACKS_AT_MOST + 4] = {
		cmocka_unit_test(test_an_honest_forger_is_let_in),
		cmocka_unit_test(test_CVE_2015_2695_calls_on_a_half_built_context),
		cmocka_unit_test(test_CVE_2017_11462_failed_context_lives_until_it_is_deleted),
		cmocka_unit_test(test_CVE_2018_0886_seal_relayed_or_reflected),
	};
	const size_t count = 4 + attack_tests(tests + 4, test_attack);

	const int failed = _cmocka_run_group_tests("sspi_attacks", tests, count, box_open, box_close);
	print_message("%u exchanges with an attack in them\n", exchanges);
	return failed;
}
