/* SPDX-License-Identifier: Apache-2.0
 *
 * Every token of whole handshakes, cut at every length and with every single bit turned; every
 * allocation made to fail. Nothing crashes, nothing leaks, and what still completes does so with
 * the same mechanism.
 *
 * The bits that nothing protects are listed here: a negState that decides nothing, a token or a
 * mechanism that is not taken. Where no MIC is exchanged (Kerberos as the first choice of both,
 * RFC 4178 5) the rest of the list is among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_watch.h"
#include "spnego_pair.h"

struct handshake
{
	const char* name;
	const char* initiator;
	const char* acceptor;
	const char* mech;
	enum negossp_framing framing;
};

static const struct handshake handshakes[] = {
	{ "ntlm", "N", "KN", "NTLM", NEGOSSP_FRAMING_SPNEGO },
	{ "kerberos", "KN", "KN", "Kerberos", NEGOSSP_FRAMING_SPNEGO },
	{ "u2u", "UN", "UN", "Kerberos U2U", NEGOSSP_FRAMING_SPNEGO },
	{ "change", "KN", "N", "NTLM", NEGOSSP_FRAMING_SPNEGO },
	{ "bare", "N", "N", "NTLM", NEGOSSP_FRAMING_BARE },
};
#define HANDSHAKES (sizeof(handshakes) / sizeof(handshakes[0]))

/* Bits whose turning is harmless: both sides still complete, with the same mechanism. */
struct harmless
{
	const char* handshake;
	unsigned leg;
	size_t first; /* bytes */
	size_t last;
	unsigned bits; /* mask; the same in each byte */
	const char* why;
};

static const struct harmless harmless_bits[] = {
	{ "ntlm", 1, 8, 8, 0x02, "accept-incomplete to request-mic: it is sent anyway" },
	{ "ntlm", 2, 8, 8, 0x03, "the client's negState" },
	{ "kerberos", 0, 23, 23, 0x04, "Kerberos' OID to its other one: the same mechanism" },
	{ "kerberos", 0, 31, 40, 0xFF, "NTLM, listed second and not needed" },
	{ "kerberos", 1, 16, 16, 0x04, "Kerberos' OID to its other one: the same mechanism" },
	{ "u2u", 0, 32, 41, 0xFF, "NTLM, listed second and not needed" },
	{ "u2u", 2, 8, 8, 0x03, "the client's negState" },
	{ "change", 0, 41, 41, 0x01, "mechToken to mechListMIC, of the mechanism not taken" },
	{ "change", 0, 45, 52, 0xFF, "the token of the mechanism not taken" },
	{ "change", 1, 8, 8, 0x02, "request-mic to accept-incomplete: the client knows by itself" },
	{ "change", 2, 8, 8, 0x03, "the client's negState" },
	{ "change", 4, 8, 8, 0x03, "the client's negState" },
};
#define HARMLESS (sizeof(harmless_bits) / sizeof(harmless_bits[0]))

static unsigned harmless_size(const struct harmless* harmless)
{
	return (unsigned)(harmless->last - harmless->first + 1) *
	       (unsigned)__builtin_popcount(harmless->bits);
}

static void open_handshake(struct spnego_pair* pair, const struct handshake* handshake)
{
	spnego_pair_init(pair);
	spnego_side_open(&pair->initiator, MECH_INITIATOR, handshake->framing, handshake->initiator);
	spnego_side_open(&pair->acceptor, MECH_ACCEPTOR, NEGOSSP_FRAMING_SPNEGO, handshake->acceptor);
}

struct change
{
	unsigned leg;
	size_t cut; /* length to cut to; SIZE_MAX: no cut */
	size_t bit; /* bit to turn */
	bool applied;
};

static void apply_change(void* data, unsigned leg, struct blob* token)
{
	struct change* change = data;
	if (leg != change->leg)
		return;
	if (change->cut != SIZE_MAX && change->cut < token->len)
	{
		struct blob cut = BLOB_EMPTY;
		assert_int_equal(blob_set(&cut, bytes_make(token->data, change->cut)), RESULT_OK);
		blob_free(token);
		*token = cut;
		change->applied = true;
	}
	else if (change->cut == SIZE_MAX && change->bit < token->len * 8)
	{
		token->data[change->bit / 8] ^= (uint8_t)(1U << (change->bit % 8));
		change->applied = true;
	}
}

static unsigned legs_of(const struct handshake* handshake)
{
	struct spnego_pair pair;
	open_handshake(&pair, handshake);
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, handshake->mech));
	const unsigned legs = pair.legs;
	spnego_pair_close(&pair);
	return legs;
}

static void test_every_truncation_of_every_token_fails(void** state)
{
	(void)state;
	for (size_t i = 0; i < HANDSHAKES; i++)
	{
		const unsigned legs = legs_of(&handshakes[i]);
		for (unsigned leg = 0; leg < legs; leg++)
		{
			struct change change = { leg, 0, 0, true };
			for (; change.applied; change.cut++)
			{
				struct spnego_pair pair;
				change.applied = false;
				open_handshake(&pair, &handshakes[i]);
				spnego_pair_run(&pair, apply_change, &change);
				const struct spnego_side* taker = leg % 2 == 0 ? &pair.acceptor : &pair.initiator;
				if (change.applied)
				{
					assert_int_not_equal(taker->result, RESULT_OK);
					assert_false(negossp_is_complete(taker->context));
				}
				spnego_pair_close(&pair);
			}
		}
	}
}

static bool is_listed(const char* name, const struct change* change, unsigned* seen)
{
	const size_t byte = change->bit / 8;
	for (size_t i = 0; i < HARMLESS; i++)
	{
		const struct harmless* entry = &harmless_bits[i];
		if (strcmp(entry->handshake, name) == 0 && entry->leg == change->leg &&
		    byte >= entry->first && byte <= entry->last &&
		    (entry->bits & (1U << (change->bit % 8))) != 0)
		{
			seen[i]++;
			return true;
		}
	}
	return false;
}

/* One side complete with another mechanism, or both with different ones, would be the end of it. */
static void expect_mech(const struct spnego_side* side, const char* mech)
{
	const struct mech* chosen = negossp_chosen(side->context, NULL);
	if (negossp_is_complete(side->context))
		assert_string_equal(chosen->name, mech);
}

static void test_every_single_bit_of_every_token_counts_or_is_listed(void** state)
{
	unsigned seen[HARMLESS] = { 0 };
	bool surprised = false;
	(void)state;
	for (size_t i = 0; i < HANDSHAKES; i++)
	{
		const unsigned legs = legs_of(&handshakes[i]);
		for (unsigned leg = 0; leg < legs; leg++)
		{
			struct change change = { leg, SIZE_MAX, 0, true };
			for (; change.applied; change.bit++)
			{
				struct spnego_pair pair;
				change.applied = false;
				open_handshake(&pair, &handshakes[i]);
				spnego_pair_run(&pair, apply_change, &change);
				expect_mech(&pair.initiator, handshakes[i].mech);
				expect_mech(&pair.acceptor, handshakes[i].mech);
				if (change.applied && spnego_pair_complete(&pair, handshakes[i].mech) &&
				    !is_listed(handshakes[i].name, &change, seen))
				{
					printf("harmless but not listed: { \"%s\", %u, %zu, %zu }, byte was %02x\n",
					       handshakes[i].name, leg, change.bit / 8, change.bit % 8,
					       pair.wire[leg].data[change.bit / 8]);
					surprised = true;
				}
				spnego_pair_close(&pair);
			}
		}
	}
	assert_false(surprised);
	for (size_t i = 0; i < HARMLESS; i++) /* a bit that is listed and counts is as wrong */
		assert_int_equal(seen[i], harmless_size(&harmless_bits[i]));
}

/* Every allocation of a handshake fails once. Support code that asserts runs with allocations as
 * they are: only the step itself is watched. */
static enum result step_failing(struct spnego_side* side, struct bytes token, struct blob* output,
                                size_t* left)
{
	const struct mech_input input = { token, NULL };
	struct mech_output out = { BLOB_EMPTY, false };
	if (*left > 0)
		alloc_watch_fail(*left);
	const enum result result = negossp_step(side->context, &input, &out);
	const size_t made = alloc_watch_count();
	alloc_watch_fail(0);
	*left = made < *left ? *left - made : 0;
	if (result != RESULT_OK)
		assert_true(out.token.data == NULL && !out.complete);
	*output = out.token;
	return result;
}

/* Returns whether the nth allocation was reached. Whose memory was short says so at once, or goes
 * on with what is whole, by another mechanism at most: nobody else has to find out. */
static bool run_failing(const struct handshake* handshake, size_t nth)
{
	enum result short_of_memory = RESULT_OK; /* of the step in which it was */
	struct spnego_pair pair;
	struct blob token = BLOB_EMPTY;
	size_t left = nth;
	open_handshake(&pair, handshake);
	for (unsigned leg = 0; leg < PAIR_MAX_LEGS; leg++)
	{
		struct spnego_side* side = leg % 2 == 0 ? &pair.initiator : &pair.acceptor;
		struct blob next = BLOB_EMPTY;
		const bool is_ahead = left > 0;
		const enum result result = step_failing(side, blob_bytes(&token), &next, &left);
		if (is_ahead && left == 0)
			short_of_memory = result;
		blob_free(&token);
		token = next;
		if (result != RESULT_OK)
			assert_false(negossp_is_complete(side->context));
		if (result != RESULT_OK || next.len == 0)
			break;
	}
	const bool complete = spnego_pair_complete(&pair, handshake->mech);
	const bool by_any =
	    negossp_is_complete(pair.initiator.context) && negossp_is_complete(pair.acceptor.context);
	blob_free(&token);
	spnego_pair_close(&pair);
	assert_true(left == 0 || complete);
	assert_true(by_any || short_of_memory == RESULT_NO_MEMORY);
	return left == 0;
}

static void test_every_allocation_may_fail(void** state)
{
	(void)state;
	for (size_t i = 0; i < HANDSHAKES; i++)
	{
		size_t nth = 1;
		while (run_failing(&handshakes[i], nth))
			assert_true(++nth < 500);
		assert_true(nth > 3);
	}
}

static void test_a_context_that_cannot_be_allocated_leaves_nothing(void** state)
{
	struct fake_script script = { .key = 1 };
	const struct negossp_offer offer = { fake_ntlm(), &script };
	const struct negossp_config config = { .request = { MECH_INITIATOR, 0,
		                                                BYTES_LITERAL("T\0E\0R\0M\0") },
		                                   .offers = &offer,
		                                   .offer_count = 1 };
	(void)state;
	for (size_t nth = 1; nth <= 2; nth++)
	{
		struct negossp_context* context = NULL;
		alloc_watch_fail(nth);
		const enum result result = negossp_context_new(&config, &context);
		alloc_watch_fail(0);
		assert_int_equal(result, RESULT_NO_MEMORY);
		assert_null(context);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_truncation_of_every_token_fails),
		cmocka_unit_test(test_every_single_bit_of_every_token_counts_or_is_listed),
		cmocka_unit_test(test_every_allocation_may_fail),
		cmocka_unit_test(test_a_context_that_cannot_be_allocated_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
