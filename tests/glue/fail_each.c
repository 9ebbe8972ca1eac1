/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop around alloc_watch_fail(), and the sum of what it tried.
 */
#include "fail_each.h"

#include "alloc_watch.h"
#include "kerberos_pair.h"

static size_t faults;

SECURITY_STATUS fail_each_status(SECURITY_STATUS status)
{
	return status == SEC_E_UNSUPPORTED_FUNCTION && log_capture_find(WLOG_WARN, ".json: ", NULL)
	           ? SEC_E_INSUFFICIENT_MEMORY
	           : status;
}

void fail_each_add(size_t more)
{
	faults += more;
}

void fail_each_expect(size_t at_least, size_t places)
{
	print_message("%zu allocations made to fail, at %zu places\n", faults, alloc_watch_places());
	assert_true(faults >= at_least);
	assert_true(alloc_watch_places() >= places);
}

static void fail_each_of(fail_each_job* run, const void* job, int usual, int short_of_memory,
                         void (*begin)(size_t nth))
{
	size_t refused = 0;
	size_t nth = 0;
	size_t made;

	const size_t live = alloc_watch_live();
	do
	{
		begin(++nth);
		const int status = run(job);
		made = alloc_watch_count();
		alloc_watch_fail(0);
		log_capture_clear();
		if (status != usual && status != short_of_memory)
			fail_msg("allocation %zu: %08x", nth, (unsigned)status);
		refused += status == short_of_memory;
		expect_all_freed();
		assert_int_equal(fake.lists_out, 0);
		assert_int_equal(alloc_watch_live(), live);
	} while (made >= nth && nth < 1000);
	assert_true(made < nth && nth > 1 && refused > 0);
	fail_each_add(nth - 1);
}

void fail_each(fail_each_job* run, const void* job, int usual, int short_of_memory)
{
	/* Whatever is made once in a process is made now, and once in a stripe of the handle table. */
	for (size_t i = 0; i < FAIL_EACH_STRIPES; i++)
	{
		assert_int_equal(run(job), usual);
		log_capture_clear();
	}
	fail_each_of(run, job, usual, short_of_memory, alloc_watch_fail);
	fail_each_of(run, job, usual, short_of_memory, alloc_watch_fail_from);
	assert_int_equal(run(job), usual);
	log_capture_clear();
	expect_all_freed();
}
