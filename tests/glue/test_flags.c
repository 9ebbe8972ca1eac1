/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue: flags. WinPR's bits there and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/flags.h"

static const enum mech_role roles[] = { MECH_INITIATOR, MECH_ACCEPTOR };

/* What is asked for, and nothing else, is one property; or none, and then it is dropped. */
static void test_each_bit_is_one_property_or_none(void** state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		unsigned kept = 0;
		assert_int_equal(flags_from_request(roles[i], 0), 0);
		assert_int_equal(flags_to_request(roles[i], 0), 0);
		assert_int_equal(flags_to_attributes(roles[i], 0), 0);
		for (unsigned bit = 0; bit < 32; bit++)
		{
			const ULONG request = (ULONG)1 << bit;
			const uint32_t flags = flags_from_request(roles[i], request);
			assert_int_equal(flags & (flags - 1), 0);
			assert_int_equal(flags_to_request(roles[i], flags), flags ? request : 0);
			kept += flags != 0;
		}
		assert_int_equal(kept, 12);
	}
}

/* By MSDN's numbers, where the sets differ. */
static void test_roles_have_bits_of_their_own(void** state)
{
	static const struct
	{
		uint32_t flag;
		ULONG isc_req, isc_ret, asc_req, asc_ret;
	} rows[] = {
		{ MECH_INTEGRITY, 0x10000, 0x10000, 0x20000, 0x20000 },
		{ MECH_CONFIDENTIALITY, 0x10, 0x10, 0x10, 0x10 },
		{ MECH_MUTUAL_AUTH, 0x2, 0x2, 0x2, 0x2 },
		{ MECH_REPLAY_DETECT, 0x4, 0x4, 0x4, 0x4 },
		{ MECH_SEQUENCE_DETECT, 0x8, 0x8, 0x8, 0x8 },
		{ MECH_DELEGATE, 0x1, 0x1, 0x1, 0x1 },
		{ MECH_USE_SESSION_KEY, 0x20, 0x20, 0x20, 0x20 },
		{ MECH_DCE_STYLE, 0x200, 0x200, 0x200, 0x200 },
		{ MECH_IDENTIFY, 0x20000, 0x20000, 0x80000, 0x80000 },
		{ MECH_NULL_SESSION, 0x40000, 0x40000, 0x100000, 0x100000 },
		{ MECH_EXTENDED_ERROR, 0x4000, 0x4000, 0x8000, 0x8000 },
		{ MECH_CONNECTION, 0x800, 0x800, 0x800, 0x800 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		assert_int_equal(flags_to_request(MECH_INITIATOR, rows[i].flag), rows[i].isc_req);
		assert_int_equal(flags_to_attributes(MECH_INITIATOR, rows[i].flag), rows[i].isc_ret);
		assert_int_equal(flags_to_request(MECH_ACCEPTOR, rows[i].flag), rows[i].asc_req);
		assert_int_equal(flags_to_attributes(MECH_ACCEPTOR, rows[i].flag), rows[i].asc_ret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bit_is_one_property_or_none),
		cmocka_unit_test(test_roles_have_bits_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
