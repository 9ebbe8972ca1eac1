/* SPDX-License-Identifier: Apache-2.0
 *
 * Many logons: one after the other and at the same time, without leaving anything open.
 */
#include "nla_check.h"

#include <stdio.h>

#define USER "erin"
#define PASSWORD "Many-Times-Over-9"
#define IN_A_ROW 200
#define AT_ONCE 8

static int open_with_accounts(void** state)
{
	static const struct nla_account accounts[] = { { USER, "", PASSWORD } };

	if (nla_lab_open(state) != 0)
		return -1;
	return nla_lab_write_sam("sam", accounts, 1) ? 0 : -1;
}

static struct nla_options ordinary(enum nla_pairing pairing)
{
	return (struct nla_options){
		.pairing = pairing, .user = USER, .domain = "", .password = PASSWORD, .sam = "sam"
	};
}

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
	const struct nla_options options = ordinary(nla_pairing_of(state));
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
	const struct nla_options options = ordinary(nla_pairing_of(state));
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
	return cmocka_run_group_tests_name("freerdp_load", tests, open_with_accounts, nla_lab_close);
}
