/* SPDX-License-Identifier: Apache-2.0
 *
 * Many logons: one after the other and at the same time, without leaving anything open.
 */
#include "nla_check.h"

#include <stdio.h>

#define IN_A_ROW 200
#define AT_ONCE 8

static void log_on_once(const struct nla_options* options, unsigned* duration_ms)
{
	struct nla_result result;

	nla_run(options, &result);
	nla_assert_logon(options, &result);
	*duration_ms += result.duration_ms;
	nla_result_clear(&result);
}

static void test_two_hundred_in_a_row(void** state)
{
	const struct nla_options options = nla_frank(nla_pairing_of(state));
	unsigned spent_ms = 0;

	log_on_once(&options, &spent_ms); /* what the libraries open once and keep */
	const size_t open_before = nla_lab_open_files();
	assert_int_not_equal(open_before, 0);
	spent_ms = 0;
	for (unsigned i = 0; i < IN_A_ROW; i++)
		log_on_once(&options, &spent_ms);
	assert_int_equal(nla_lab_open_files(), open_before);
	print_message("%u logons, %u ms each\n", IN_A_ROW, spent_ms / IN_A_ROW);
}

static void test_eight_at_once(void** state)
{
	const struct nla_options options = nla_frank(nla_pairing_of(state));
	struct nla_pair* pairs[AT_ONCE];
	struct nla_result results[AT_ONCE];
	unsigned spent_ms = 0;

	log_on_once(&options, &spent_ms);
	const size_t open_before = nla_lab_open_files();
	for (unsigned i = 0; i < AT_ONCE; i++)
		pairs[i] = nla_pair_start(&options);
	for (unsigned i = 0; i < AT_ONCE; i++)
	{
		if (pairs[i])
			nla_pair_finish(pairs[i], &results[i]);
	}
	for (unsigned i = 0; i < AT_ONCE; i++)
	{
		assert_non_null(pairs[i]);
		assert_true(results[i].in_time);
		nla_assert_logon(&options, &results[i]);
		nla_result_clear(&results[i]);
	}
	assert_int_equal(nla_lab_open_files(), open_before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_EACH(test_two_hundred_in_a_row),
		NLA_EACH(test_eight_at_once),
	};
	return cmocka_run_group_tests_name("freerdp_load", tests, nla_open_with_frank, nla_lab_close);
}
