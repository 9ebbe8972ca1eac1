/* SPDX-License-Identifier: Apache-2.0
 *
 * Every single-bit flip and every truncation of every token of the exchange, and of a sealed
 * message in either direction. The side that was given such a token must never complete, but for
 * the few bits that nothing in the protocol protects; those are listed here, and must change
 * neither the mechanism, the identity nor the keys. No such message is taken, and the one that was
 * sent is taken afterwards.
 */
#include "expect.h"

#include <stdio.h>
#include <string.h>

struct flip
{
	unsigned leg;
	size_t bit;
	uint8_t before;
	uint8_t after;
	size_t neg_state; /* offset of negState's value in the token; 0 when it has none */
};

/* negState's value is the first element of NegTokenResp: a1 .. 30 .. a0 03 0a 01 VV. */
static size_t find_neg_state(const struct sspi_token* token)
{
	static const uint8_t head[] = { 0xa0, 0x03, 0x0a, 0x01 };
	const uint8_t* at =
	    token->len && token->data[0] == 0xa1
	        ? memmem(token->data, token->len < 16 ? token->len : 16, head, sizeof(head))
	        : NULL;
	return at ? (size_t)(at - token->data) + sizeof(head) : 0;
}

static void flip_bit(unsigned leg, struct sspi_token* token, void* arg)
{
	struct flip* flip = arg;
	if (leg != flip->leg)
		return;
	flip->neg_state = find_neg_state(token);
	flip->before = token->data[flip->bit / 8];
	token->data[flip->bit / 8] ^= (uint8_t)(1u << flip->bit % 8);
	flip->after = token->data[flip->bit / 8];
}

/* What no protocol protects: the mechListMIC covers the mechTypes and NTLM's MIC its three
 * messages; negState is under neither (RFC 4178 5). Nothing else may be here, and all of it must be
 * seen. */
static struct harmless
{
	unsigned leg;
	uint8_t before; /* negState (RFC 4178 4.2.2) */
	uint8_t after;
	const char* why;
	size_t seen;
} harmless_bits[] = {
	{ 2, 1, 3, "accept-incomplete to request-mic: the MICs are exchanged anyway (MS-SPNG 3.3.5.1)",
	  0 },
	{ 3, 1, 0, "the initiator says it is done: that decides nothing (RFC 4178 4.2.2)", 0 },
	{ 3, 1, 3, "request-mic is the acceptor's to say (RFC 4178 4.2.2)", 0 },
};
#define HARMLESS (sizeof(harmless_bits) / sizeof(harmless_bits[0]))

static bool is_harmless(const struct flip* flip)
{
	for (size_t i = 0; i < HARMLESS; i++)
	{
		struct harmless* const row = &harmless_bits[i];
		if (flip->neg_state && flip->bit / 8 == flip->neg_state && flip->leg == row->leg &&
		    flip->before == row->before && flip->after == row->after)
		{
			row->seen++;
			return true;
		}
	}
	return false;
}

static const char* check_mechanism(struct sspi_end* end)
{
	SecPkgContext_PackageInfo info = { NULL };
	if (sspi_query(&end->table, &end->context, SECPKG_ATTR_PACKAGE_INFO, &info) != SEC_E_OK)
		return "PACKAGE_INFO cannot be asked for";
	const bool same = strcmp(info.PackageInfo->Name, "NTLM") == 0;
	(void)end->table.a->FreeContextBuffer(info.PackageInfo);
	return same ? NULL : "the mechanism is another one";
}

/* The session's, and those below it, by which messages are sealed. */
static const char* check_keys(struct sspi_pair* pair)
{
	SecPkgContext_SessionKey keys[2] = { { 0, NULL }, { 0, NULL } };
	struct sspi_end* const ends[2] = { &pair->client, &pair->server };
	bool same = true;
	for (size_t i = 0; i < 2; i++)
		same = same && sspi_query(&ends[i]->table, &ends[i]->context, SECPKG_ATTR_SESSION_KEY,
		                          &keys[i]) == SEC_E_OK;
	same = same && keys[0].SessionKeyLength == 16 && keys[1].SessionKeyLength == 16 &&
	       memcmp(keys[0].SessionKey, keys[1].SessionKey, 16) == 0;
	for (size_t i = 0; i < 2; i++)
		if (keys[i].SessionKey)
			(void)ends[i]->table.a->FreeContextBuffer(keys[i].SessionKey);
	return same ? sspi_pair_chat(pair, 1) : "the keys are others";
}

/* Mechanism, identity and keys of a completed exchange are what they would have been. */
static const char* check_outcome(struct sspi_pair* pair)
{
	const char* wrong = check_mechanism(&pair->client);
	if (!wrong)
		wrong = check_mechanism(&pair->server);
	if (wrong)
		return wrong;
	SecPkgContext_AuthIdentity identity = { 0 };
	if (sspi_query(&pair->server.table, &pair->server.context, SECPKG_ATTR_AUTH_IDENTITY,
	               &identity) != SEC_E_OK)
		return "AUTH_IDENTITY cannot be asked for";
	if (strcmp(identity.User, "user") != 0 || strcmp(identity.Domain, "CORP") != 0)
		return "the identity is another one";
	return check_keys(pair);
}

static size_t flip_all(const struct sspi_setup* base, unsigned legs, bool client_waits)
{
	struct sspi_pair pair;
	struct flip flip = { .leg = 1 };
	struct sspi_setup setup = *base;
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_int_equal(pair.leg_count, legs);
	size_t len[SSPI_MAX_LEGS];
	for (unsigned i = 0; i < legs; i++)
		len[i] = pair.legs[i].len;
	pair.setup.tamper = flip_bit;
	pair.setup.tamper_arg = &flip;

	size_t harmless = 0;
	size_t flips = 0;
	for (flip.leg = 1; flip.leg <= legs; flip.leg++)
		for (flip.bit = 0; flip.bit < len[flip.leg - 1] * 8; flip.bit++)
		{
			struct sspi_end* end = flip.leg % 2 ? &pair.server : &pair.client;
			sspi_pair_reset(&pair);
			flips++;
			const bool done = sspi_pair_run(&pair);
			const char* wrong = NULL;
			if (done && is_harmless(&flip))
			{
				wrong = check_outcome(&pair);
				harmless++;
			}
			else if (done)
				wrong = "both sides completed";
			else if (end->phase == SSPI_FINAL && (end->is_server || client_waits))
				wrong = "the side that got it completed";
			else if (pair.server.status >= 0 && pair.client.status >= 0)
				wrong = "nobody refused it";
			if (!wrong)
				continue;
			fail_msg("leg %u, byte %zu, bit %zu (0x%02x to 0x%02x): %s", flip.leg, flip.bit / 8,
			         flip.bit % 8, flip.before, flip.after, wrong);
		}
	assert_true(flips > 8 * 400); /* three NTLM messages are not shorter */
	print_message("%zu bits of %u tokens: %zu harmless\n", flips, legs, harmless);
	sspi_pair_close(&pair);
	return harmless;
}

struct cut
{
	unsigned leg;
	size_t len;
};

static void cut_token(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct cut* cut = arg;
	if (leg == cut->leg)
		token->len = cut->len;
}

static void cut_all(const struct sspi_setup* base, unsigned legs, bool client_waits)
{
	struct sspi_pair pair;
	struct cut cut = { .leg = 1 };
	struct sspi_setup setup = *base;
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_int_equal(pair.leg_count, legs);
	size_t len[SSPI_MAX_LEGS];
	for (unsigned i = 0; i < legs; i++)
		len[i] = pair.legs[i].len;
	pair.setup.tamper = cut_token;
	pair.setup.tamper_arg = &cut;
	for (cut.leg = 1; cut.leg <= legs; cut.leg++)
		for (cut.len = 0; cut.len < len[cut.leg - 1]; cut.len++)
		{
			const struct sspi_end* const end = cut.leg % 2 ? &pair.server : &pair.client;
			sspi_pair_reset(&pair);
			if (sspi_pair_run(&pair) ||
			    (end->phase == SSPI_FINAL && (end->is_server || client_waits)) ||
			    (pair.server.status >= 0 && pair.client.status >= 0))
				fail_msg("leg %u, cut to %zu bytes, is taken", cut.leg, cut.len);
		}
	sspi_pair_close(&pair);
}

static void expect_taken(struct sspi_end* to, const struct sspi_token* sealed, bool taken)
{
	struct sspi_token plain = { NULL, 0 };
	const SECURITY_STATUS status = sspi_end_unseal(to, sealed, &plain);
	if ((status == SEC_E_OK) != taken)
		fail_msg("a message of %zu bytes: status %08x", sealed->len, (unsigned)status);
	sspi_token_free(&plain);
}

static void change_message(struct sspi_end* from, struct sspi_end* to)
{
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token changed = { NULL, 0 };
	assert_int_equal(sspi_end_seal(from, "thirty-one bytes, and one of it", 31, &sealed), SEC_E_OK);
	assert_int_equal(sealed.len, 16 + 31);
	for (size_t bit = 0; bit < sealed.len * 8; bit++)
	{
		sspi_token_set(&changed, sealed.data, sealed.len);
		changed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_taken(to, &changed, false);
	}
	/* What is shorter than a signature: test_messages.c. */
	for (size_t len = 16; len < sealed.len; len++)
	{
		sspi_token_set(&changed, sealed.data, len);
		expect_taken(to, &changed, false);
	}
	expect_taken(to, &sealed, true);
	expect_taken(to, &sealed, false); /* and once */
	sspi_token_free(&changed);
	sspi_token_free(&sealed);
}

static void change_messages(const struct sspi_setup* setup)
{
	struct sspi_pair pair;
	assert_true(sspi_pair_connect(&pair, setup));
	for (int i = 0; i < 2; i++)
	{
		change_message(&pair.client, &pair.server);
		change_message(&pair.server, &pair.client);
	}
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

static struct sspi_setup framed(void)
{
	return sspi_setup_nla("user", "CORP", "Password", box.sam);
}

static struct sspi_setup bare(void)
{
	struct sspi_setup setup = framed();
	setup.client_package = "NTLM";
	return setup;
}

static void test_every_truncation_of_a_framed_exchange(void** state)
{
	const struct sspi_setup setup = framed();
	(void)state;
	cut_all(&setup, 4, true);
}

static void test_every_truncation_of_a_bare_exchange(void** state)
{
	const struct sspi_setup setup = bare();
	(void)state;
	cut_all(&setup, 3, false);
}

static void test_every_change_of_a_sealed_message(void** state)
{
	const struct sspi_setup setups[] = { framed(), bare() };
	(void)state;
	change_messages(&setups[0]);
	change_messages(&setups[1]);
}

static void test_every_flipped_bit_of_a_framed_exchange(void** state)
{
	(void)state;
	const struct sspi_setup setup = framed();
	assert_int_equal(flip_all(&setup, 4, true), HARMLESS);
	for (size_t i = 0; i < HARMLESS; i++)
		if (harmless_bits[i].seen != 1)
			fail_msg("listed, and %zu times seen: %s", harmless_bits[i].seen, harmless_bits[i].why);
}

static void test_every_flipped_bit_of_a_bare_exchange(void** state)
{
	(void)state;
	/* Bare NTLM has no answer to AUTHENTICATE, so the client cannot know that its CHALLENGE was
	 * changed: the server refuses, and CredSSP's pubKeyAuth never comes. */
	const struct sspi_setup setup = bare();
	assert_int_equal(flip_all(&setup, 3, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_flipped_bit_of_a_framed_exchange),
		cmocka_unit_test(test_every_flipped_bit_of_a_bare_exchange),
		cmocka_unit_test(test_every_truncation_of_a_framed_exchange),
		cmocka_unit_test(test_every_truncation_of_a_bare_exchange),
		cmocka_unit_test(test_every_change_of_a_sealed_message),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
