/* SPDX-License-Identifier: Apache-2.0
 *
 * The man in the middle, searched: see search.h for what a run is, moves.h for what he can do and
 * judge.h for what must hold all the same.
 *
 *     mitm_search [quick | slow | full [TEST]]
 *
 * How far each goes is in the table of bounds; `full` is run by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "search.h"

enum depth
{
	QUICK,
	SLOW,
	FULL
};

static enum depth depth = QUICK;
static struct ntlm_world* shared;

#define ANY 99u

static void report(const char* what, const struct tally* tally)
{
	print_message("  %s: %lu runs (%lu untouched), %lu deliveries; complete: %lu initiators, %lu "
	              "acceptors, %lu pairs\n",
	              what, tally->runs, tally->untouched, tally->deliveries, tally->initiators,
	              tally->acceptors, tally->pairs);
	assert_true(tally->untouched > 0 && tally->pairs >= tally->untouched);
}

static void search_offers(const char* const (*offers)[2], size_t count, struct setup setup,
                          const struct bounds* bounds, const char* what)
{
	struct tally tally = { .runs = 0 };

	setup.shared = shared;
	for (size_t i = 0; i < count; i++)
	{
		setup.offers[0] = offers[i][0];
		setup.offers[1] = offers[i][1];
		search(&setup, bounds, &tally);
	}
	report(what, &tally);
}

#define OFFERS(...)                                                                                \
	static const char* const offers[][2] = { __VA_ARGS__ };                                        \
	enum                                                                                           \
	{                                                                                              \
		COUNT = sizeof(offers) / sizeof(offers[0])                                                 \
	}

static void test_scripted_mechanisms_in_one_session(void** state)
{
	OFFERS({ "K", "K" }, { "N", "N" }, { "U", "U" }, { "KN", "N" }, { "KN", "K" }, { "KN", "KN" },
	       { "KN", "NK" }, { "NK", "K" }, { "NK", "KN" }, { "UN", "KUN" }, { "UK", "KN" },
	       { "KUN", "UN" }, { "KUN", "KUN" });
	static const struct bounds bounds[] = { { 2, 2, 8 }, { 3, 4, 8 }, { 3, 5, 8 } };

	(void)state;
	search_offers(offers, COUNT, (struct setup){ .sessions = 1 }, &bounds[depth], "scripted");
}

/* Complete with its first token: that of the initiator, which nothing answers (RFC 4178 5 (c)). */
static void test_one_token_in_one_session(void** state)
{
	OFFERS({ "K", "K" }, { "KN", "K" }, { "KN", "KN" }, { "NK", "K" }, { "UK", "KN" });
	static const struct bounds bounds[] = { { 2, 2, 8 }, { 3, 5, 8 }, { ANY, 6, 8 } };

	(void)state;
	search_offers(offers, COUNT, (struct setup){ .sessions = 1, .one_token = true }, &bounds[depth],
	              "one token");
}

static void test_ntlm_in_one_session(void** state)
{
	OFFERS({ "N", "KN" }, { "KN", "N" }, { "NK", "N" }, { "KN", "KN" });
	static const struct bounds bounds[] = { { 2, 2, 8 }, { 3, 3, 8 }, { 3, 4, 8 } };

	(void)state;
	search_offers(offers, COUNT, (struct setup){ .sessions = 1, .ntlm = true }, &bounds[depth],
	              "NTLM in SPNEGO");
}

static void test_bare_ntlm_in_one_session(void** state)
{
	OFFERS({ "N", "N" }, { "N", "KN" });
	static const struct bounds bounds[] = { { 2, 2, 6 }, { ANY, 5, 6 }, { ANY, ANY, 6 } };
	const struct setup setup = { .sessions = 1, .ntlm = true, .framing = NEGOSSP_FRAMING_BARE };

	(void)state;
	search_offers(offers, COUNT, setup, &bounds[depth], "bare NTLM");
}

static void test_scripted_mechanisms_in_two_sessions(void** state)
{
	OFFERS({ "N", "N" }, { "KN", "N" }, { "KN", "KN" }, { "UN", "KUN" });
	static const struct bounds bounds[] = { { 1, 1, 14 }, { 1, 3, 14 }, { 2, 3, 14 } };

	(void)state;
	search_offers(offers, COUNT, (struct setup){ .sessions = 2 }, &bounds[depth],
	              "scripted, two sessions");
}

static void test_ntlm_in_two_sessions(void** state)
{
	OFFERS({ "N", "N" }, { "KN", "N" });
	static const struct bounds bounds[] = { { 1, 1, 14 }, { 1, 2, 14 }, { 1, 3, 14 } };

	(void)state;
	search_offers(offers, COUNT, (struct setup){ .sessions = 2, .ntlm = true }, &bounds[depth],
	              "NTLM in SPNEGO, two sessions");
}

static void test_bare_ntlm_in_two_sessions(void** state)
{
	OFFERS({ "N", "N" });
	static const struct bounds bounds[] = { { 1, 1, 10 }, { 1, 3, 10 }, { 1, 4, 10 } };
	const struct setup setup = { .sessions = 2, .ntlm = true, .framing = NEGOSSP_FRAMING_BARE };

	(void)state;
	search_offers(offers, COUNT, setup, &bounds[depth], "bare NTLM, two sessions");
}

static void test_bound_ntlm_in_two_sessions(void** state)
{
	OFFERS({ "N", "N" });
	static const struct bounds bounds[] = { { 1, 1, 10 }, { 1, 2, 10 }, { 1, 3, 10 } };
	const struct setup setup = {
		.sessions = 2, .ntlm = true, .bound = true, .framing = NEGOSSP_FRAMING_BARE
	};

	(void)state;
	search_offers(offers, COUNT, setup, &bounds[depth], "bound NTLM, two sessions");
}

/* A word that is none of these would search less than was asked for, or nothing, and pass. */
static int usage(void)
{
	print_error("usage: mitm_search [quick | slow | full [TEST]]\n");
	return 2;
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripted_mechanisms_in_one_session),
		cmocka_unit_test(test_one_token_in_one_session),
		cmocka_unit_test(test_ntlm_in_one_session),
		cmocka_unit_test(test_bare_ntlm_in_one_session),
		cmocka_unit_test(test_scripted_mechanisms_in_two_sessions),
		cmocka_unit_test(test_ntlm_in_two_sessions),
		cmocka_unit_test(test_bare_ntlm_in_two_sessions),
		cmocka_unit_test(test_bound_ntlm_in_two_sessions),
	};

	static const char* const depths[] = { [QUICK] = "quick", [SLOW] = "slow", [FULL] = "full" };
	bool known = argc < 3;

	while (argc > 1 && strcmp(argv[1], depths[depth]) != 0)
	{
		if (depth == FULL)
			return usage();
		depth++;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		known = known || strcmp(argv[2], tests[i].name) == 0;
	if (!known)
		return usage();
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	shared = world_share();
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_unshare(shared);
	return failed;
}
