/* SPDX-License-Identifier: Apache-2.0
 *
 * The mechListMIC's own rules, over a mechanism that answers whatever the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spnego/mic.h"

struct answer
{
	enum result result;
	struct bytes mic;
	unsigned calls;
};

static enum result answer_make(void* context, struct bytes message, struct blob* mic)
{
	struct answer* answer = context;
	(void)message;
	answer->calls++;
	return answer->result == RESULT_OK ? blob_set(mic, answer->mic) : answer->result;
}

static enum result answer_verify(void* context, struct bytes message, struct bytes mic)
{
	struct answer* answer = context;
	(void)message;
	(void)mic;
	answer->calls++;
	return answer->result;
}

static const struct mech mech = { .mic_make = answer_make, .mic_verify = answer_verify };

static void test_a_mic_that_repeats_the_token_counts_as_absent(void** state)
{
	(void)state;
	assert_int_equal(spnego_mic_of_response(BYTES_LITERAL("same"), BYTES_LITERAL("same")).len, 0);
	assert_int_equal(spnego_mic_of_response(BYTES_LITERAL("mic"), BYTES_LITERAL("tok")).len, 3);
	assert_int_equal(spnego_mic_of_response(BYTES_LITERAL("mic"), BYTES_EMPTY).len, 3);
	assert_int_equal(spnego_mic_of_response(BYTES_EMPTY, BYTES_LITERAL("tok")).len, 0);
}

static void test_an_empty_mic_is_wrong_without_asking_the_mechanism(void** state)
{
	struct answer answer = { .result = RESULT_OK };
	(void)state;
	assert_int_equal(spnego_mic_verify(&mech, &answer, BYTES_LITERAL("list"), BYTES_EMPTY),
	                 RESULT_ALTERED);
	assert_int_equal(answer.calls, 0);
}

static void test_whatever_is_wrong_with_a_mic_is_altered_but_this_machines_own_faults(void** state)
{
	(void)state;
	for (int result = RESULT_OK; result <= RESULT_INTERNAL; result++)
	{
		struct answer answer = { .result = (enum result)result };
		const enum result is =
		    spnego_mic_verify(&mech, &answer, BYTES_LITERAL("list"), BYTES_LITERAL("mic"));
		const int own = result == RESULT_OK || result == RESULT_NO_MEMORY ||
		                result == RESULT_CRYPTO || result == RESULT_INTERNAL ||
		                result == RESULT_POLICY; /* no integrity, and so no MIC at all */
		assert_int_equal(is, own ? result : RESULT_ALTERED);
	}
}

static void test_a_mechanism_without_a_mic_to_give_is_a_defect(void** state)
{
	struct answer answer = { .result = RESULT_OK, .mic = BYTES_EMPTY };
	struct blob mic = BLOB_EMPTY;
	(void)state;
	assert_int_equal(spnego_mic_make(&mech, &answer, BYTES_LITERAL("list"), &mic), RESULT_INTERNAL);
	answer.result = RESULT_CRYPTO;
	assert_int_equal(spnego_mic_make(&mech, &answer, BYTES_LITERAL("list"), &mic), RESULT_CRYPTO);
	assert_int_equal(mic.len, 0);
	answer = (struct answer){ .result = RESULT_OK, .mic = BYTES_LITERAL("mic") };
	assert_int_equal(spnego_mic_make(&mech, &answer, BYTES_LITERAL("list"), &mic), RESULT_OK);
	assert_int_equal(mic.len, 3);
	blob_free(&mic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mic_that_repeats_the_token_counts_as_absent),
		cmocka_unit_test(test_an_empty_mic_is_wrong_without_asking_the_mechanism),
		cmocka_unit_test(test_whatever_is_wrong_with_a_mic_is_altered_but_this_machines_own_faults),
		cmocka_unit_test(test_a_mechanism_without_a_mic_to_give_is_a_defect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
