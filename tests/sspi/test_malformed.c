/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens that are no tokens, at every leg, in both roles, framed and bare: empty, cut at every
 * length, far too long, garbage, of another leg, of another exchange. Each must be refused with the
 * status of the design's table, no output, a fresh last error and a context that is good for
 * deletion only. Run under AddressSanitizer this is also where over-reads and leaks show.
 *
 * CVE-2020-11086, -11087, -11088, -13396 and FreeRDP 12603 (short messages), CVE-2017-11462 and
 * CVE-2014-4344 (calls on a context after an error, empty continuation token).
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

struct replacement
{
	unsigned leg;
	const uint8_t* data; /* NULL: the token's own first `len` bytes */
	size_t len;
	size_t keep; /* own bytes in front of data */
};

static void replace(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct replacement* with = arg;
	if (leg != with->leg)
		return;
	if (!with->data)
	{
		sspi_token_set(token, token->data, with->len);
		return;
	}
	const size_t keep = with->keep < token->len ? with->keep : token->len;
	uint8_t* joined = malloc(keep + with->len + 1);
	assert_non_null(joined);
	memcpy(joined, token->data, keep);
	memcpy(joined + keep, with->data, with->len);
	sspi_token_set(token, joined, keep + with->len);
	free(joined);
}

static struct sspi_setup make_setup(bool framed, struct replacement* with)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	if (!framed)
		setup.client_package = setup.server_package = "NTLM";
	setup.tamper = replace;
	setup.tamper_arg = with;
	return setup;
}

static struct sspi_end* receiver(struct sspi_pair* pair, unsigned leg)
{
	return leg % 2 ? &pair->server : &pair->client;
}

/* The good exchange whose tokens serve as material. */
static void record(struct sspi_pair* pair, bool framed)
{
	struct sspi_setup setup = make_setup(framed, NULL);
	setup.tamper = NULL;
	assert_true(sspi_pair_connect(pair, &setup));
}

/* Whether a bare NEGOTIATE may be this and the exchange fails only at the MIC, as Version and the
 * names are optional (MS-NLMP 2.2.1.1). */
static bool may_fail_later(bool framed, unsigned leg)
{
	return !framed && leg == 1;
}

/* Framed and bare: a good exchange, and a pair one of whose tokens `with` replaces. */
static void try_replacements(void (*try)(bool framed, const struct sspi_pair* good,
                                         struct sspi_pair* pair, struct replacement* with))
{
	for (unsigned framed = 0; framed < 2; framed++)
	{
		struct sspi_pair good;
		struct sspi_pair pair;
		struct replacement with = { 0 };
		const struct sspi_setup setup = make_setup(framed, &with);
		record(&good, framed);
		assert_true(sspi_pair_open(&pair, &setup));
		try(framed, &good, &pair, &with);
		sspi_pair_close(&pair);
		sspi_pair_close(&good);
	}
}

static void cut_at_every_length(bool framed, const struct sspi_pair* good, struct sspi_pair* pair,
                                struct replacement* with)
{
	for (with->leg = 1; with->leg <= good->leg_count; with->leg++)
	{
		struct sspi_end* end = receiver(pair, with->leg);
		for (with->len = 0; with->len < good->legs[with->leg - 1].len; with->len++)
		{
			sspi_pair_reset(pair);
			assert_false(sspi_pair_run(pair));
			if (may_fail_later(framed, with->leg) && with->len >= 16)
				expect_failed(&pair->server);
			else
				expect_refused(end, SEC_E_INVALID_TOKEN);
			expect_dead(end);
		}
	}
}

static void test_token_cut_at_every_length(void** state)
{
	(void)state;
	try_replacements(cut_at_every_length);
}

/* One octet of one token is changed; what the line about the exchange then says. */
struct spoil
{
	unsigned leg;
	const char* text; /* the octet is `skip` behind this text's start */
	size_t skip;
	bool follow; /* not that one, but what the offset that begins there points at */
	uint8_t octet;
};

static void spoil_token(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct spoil* with = arg;
	if (leg != with->leg)
		return;
	uint8_t* at = memmem(token->data, token->len, with->text, strlen(with->text));
	assert_non_null(at);
	at[with->follow ? at[with->skip] : with->skip] = with->octet;
}

static void test_the_log_names_message_and_field(void** state)
{
	(void)state;
	static const struct
	{
		struct spoil spoil;
		const char* role;
		const char* reason;
	} rows[] = {
		/* NtChallengeResponseFields' offset + 65536 (MS-NLMP 2.2.1.3). */
		{ { 3, "NTLMSSP", 26, false, 1 },
		  "role=acceptor",
		  "reason=\"AUTHENTICATE: NtChallengeResponse lies outside of the message\"" },
		/* TargetInfo's first pair, MsvAvNbDomainName, becomes another (MS-NLMP 2.2.2.1). */
		{ { 2, "NTLMSSP", 44, true, 1 },
		  "role=initiator",
		  "reason=\"CHALLENGE: MsvAvNbComputerName appears twice\"" },
		{ { 2, "NTLMSSP", 44, true, 7 },
		  "role=initiator",
		  "reason=\"CHALLENGE: MsvAvTimestamp has a wrong size\"" },
		/* An OCTET STRING becomes an OID, a negState 9 (RFC 4178 4.2). */
		{ { 1, "\xA2\x2A\x04", 2, false, 6 },
		  "role=acceptor",
		  "reason=\"NegTokenInit: mechToken is not well formed\"" },
		{ { 2, "\x0A\x01\x01", 2, false, 9 },
		  "role=initiator",
		  "reason=\"NegTokenResp: negState is none of RFC 4178's\"" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct sspi_pair pair;
		struct spoil spoil = rows[i].spoil;
		struct sspi_setup setup = make_setup(true, NULL);
		setup.tamper = spoil_token;
		setup.tamper_arg = &spoil;
		log_capture_clear();
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(receiver(&pair, spoil.leg), SEC_E_INVALID_TOKEN);
		sspi_pair_close(&pair);
		if (!log_capture_find(WLOG_WARN, rows[i].role, rows[i].reason))
		{
			log_capture_print();
			fail_msg("not logged: %s", rows[i].reason);
		}
	}
}

static void put_token_of_200_kilobytes(bool framed, const struct sspi_pair* good,
                                       struct sspi_pair* pair, struct replacement* with)
{
	static uint8_t much[200000];

	(void)framed;
	with->data = much;
	with->len = sizeof(much);
	for (with->leg = 1; with->leg <= good->leg_count; with->leg++)
		for (unsigned kind = 0; kind < 3; kind++)
		{
			/* Zeros; a DER element that fills all of it; the right token and then zeros. */
			const uint8_t head[] = { with->leg == 1 ? 0x60 : 0xa1, 0x83, 0x03, 0x0d, 0x3b };
			memset(much, 0, sizeof(head));
			if (kind == 1)
				memcpy(much, head, sizeof(head));
			with->keep = kind == 2 ? SIZE_MAX : 0;
			sspi_pair_reset(pair);
			assert_false(sspi_pair_run(pair));
			expect_refused(receiver(pair, with->leg), SEC_E_INVALID_TOKEN);
			expect_dead(receiver(pair, with->leg));
		}
}

static void test_token_of_200_kilobytes(void** state)
{
	(void)state;
	try_replacements(put_token_of_200_kilobytes);
}

static uint32_t random_state;

static uint32_t next_random(void) /* xorshift32: the same numbers in every run */
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void put_garbage(bool framed, const struct sspi_pair* good, struct sspi_pair* pair,
                        struct replacement* with)
{
	uint8_t garbage[1200];

	with->data = garbage;
	for (with->leg = 1; with->leg <= good->leg_count; with->leg++)
		for (unsigned round = 0; round < 200; round++)
		{
			with->len = 1 + next_random() % sizeof(garbage);
			for (size_t i = 0; i < with->len; i++)
				garbage[i] = (uint8_t)next_random();
			const size_t own = good->legs[with->leg - 1].len;
			with->keep = round % 2 ? next_random() % own : 0;
			sspi_pair_reset(pair);
			assert_false(sspi_pair_run(pair));
			if (framed || !with->keep)
				expect_failed(receiver(pair, with->leg));
			expect_dead(receiver(pair, with->leg));
			if (with->leg < 4)
				assert_int_not_equal(pair->server.phase, SSPI_FINAL);
		}
}

static void test_garbage_alone_and_behind_a_good_beginning(void** state)
{
	(void)state;
	random_state = 0x2545F491u;
	try_replacements(put_garbage);
}

static void put_another_leg(bool framed, const struct sspi_pair* good, struct sspi_pair* pair,
                            struct replacement* with)
{
	(void)framed;
	for (with->leg = 1; with->leg <= good->leg_count; with->leg++)
		for (unsigned other = 1; other <= good->leg_count; other++)
		{
			if (other == with->leg)
				continue;
			with->data = good->legs[other - 1].data;
			with->len = good->legs[other - 1].len;
			sspi_pair_reset(pair);
			assert_false(sspi_pair_run(pair));
			expect_refused(receiver(pair, with->leg), SEC_E_OUT_OF_SEQUENCE);
			expect_dead(receiver(pair, with->leg));
		}
}

static void test_token_of_another_leg(void** state)
{
	(void)state;
	try_replacements(put_another_leg);
}

static void put_the_same_leg(bool framed, const struct sspi_pair* good, struct sspi_pair* pair,
                             struct replacement* with)
{
	(void)framed;
	/* NEGOTIATE holds nothing that is new each time; from CHALLENGE on all is bound. */
	for (with->leg = 2; with->leg <= good->leg_count; with->leg++)
	{
		with->data = good->legs[with->leg - 1].data;
		with->len = good->legs[with->leg - 1].len;
		sspi_pair_reset(pair);
		assert_false(sspi_pair_run(pair));
		if (with->leg == 4)
			expect_refused(&pair->client, SEC_E_MESSAGE_ALTERED);
		else /* another server challenge: NTProofStr cannot be right */
			expect_refused(&pair->server, SEC_E_LOGON_DENIED);
	}
}

static void test_token_of_the_same_leg_of_another_exchange(void** state)
{
	(void)state;
	try_replacements(put_the_same_leg);
}

static void test_token_again_after_completion(void** state)
{
	(void)state;
	for (unsigned framed = 0; framed < 2; framed++)
	{
		struct sspi_pair good;
		struct sspi_token out = { NULL, 0 };
		record(&good, framed);
		for (unsigned leg = 0; leg < good.leg_count; leg++)
		{
			struct sspi_end* end = receiver(&good, leg + 1);
			(void)sspi_end_step(end, &good.legs[leg], &out);
			expect_refused(end, SEC_E_OUT_OF_SEQUENCE);
		}
		sspi_token_free(&out);
		sspi_pair_close(&good);
	}
}

static void test_output_buffer_too_small(void** state)
{
	(void)state;
	struct sspi_pair good;
	struct sspi_pair pair;
	record(&good, true);
	for (unsigned leg = 1; leg <= good.leg_count; leg++)
		for (ULONG cut = 1; cut < 4; cut++)
		{
			struct sspi_setup setup = make_setup(true, NULL);
			setup.tamper = NULL;
			assert_true(sspi_pair_open(&pair, &setup));
			struct sspi_token token = { NULL, 0 };
			for (unsigned step = 1; step <= leg; step++)
			{
				struct sspi_end* end = receiver(&pair, step - 1);
				struct sspi_token out = { NULL, 0 };
				if (step == leg)
					end->output_room = cut == 3 ? 0 : (ULONG)good.legs[leg - 1].len / cut - 1;
				(void)sspi_end_step(end, &token, &out);
				sspi_token_free(&token);
				token = out;
			}
			expect_refused(receiver(&pair, leg - 1), SEC_E_BUFFER_TOO_SMALL);
			expect_dead(receiver(&pair, leg - 1));
			sspi_token_free(&token);
			sspi_pair_close(&pair);
		}
	sspi_pair_close(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_cut_at_every_length),
		cmocka_unit_test(test_the_log_names_message_and_field),
		cmocka_unit_test(test_token_of_200_kilobytes),
		cmocka_unit_test(test_garbage_alone_and_behind_a_good_beginning),
		cmocka_unit_test(test_token_of_another_leg),
		cmocka_unit_test(test_token_of_the_same_leg_of_another_exchange),
		cmocka_unit_test(test_token_again_after_completion),
		cmocka_unit_test(test_output_buffer_too_small),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
