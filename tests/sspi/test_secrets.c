/* SPDX-License-Identifier: Apache-2.0
 *
 * What stays in the process's memory once contexts and credentials are freed: no password, no hash,
 * no key and no state of RC4. Every writable mapping of the process is searched, dead stack, stacks
 * of ended threads and freed heap included. What is searched for lies in read-only memory, or in
 * one place that is left out and that a child writes to, which computes it.
 */
#include "memory_scan.h"
#include "ntlm_flows.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ntlm_secrets* secrets; /* shared with the child, and left out of the search */

/* A child computes the keys, so that no trace of it is in this process. */
static void compute_secrets(const struct flow_run* run)
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0)
		_exit(!flow_secrets(run, secrets));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* --- what is searched for --------------------------------------------------------------------- */

static void expect_none(const char* what, const char* flow, const void* pattern, size_t len)
{
	const size_t found = memory_scan(pattern, len);

	if (found > 0)
		fail_msg("%s: %s stands in memory %zu times", flow, what, found);
}

static void expect_nothing_left(const char* flow)
{
	const struct key* const keys = (const struct key*)secrets;

	expect_none("the password", flow, flow_password, sizeof(flow_password));
	expect_none("the password in UTF-8", flow, flow_password_utf8, sizeof(flow_password_utf8) - 1);
	expect_none("the wrong password", flow, flow_wrong_password, sizeof(flow_wrong_password));
	expect_none("the wrong password in UTF-8", flow, flow_wrong_password_utf8,
	            sizeof(flow_wrong_password_utf8) - 1);
	expect_none("the NT hash", flow, &flow_nt_hash, sizeof(flow_nt_hash));
	expect_none("the hash's digits", flow, flow_hash_digits, sizeof(flow_hash_digits) - 1);
	expect_none("the hash's digits in UTF-16", flow, flow_hash_utf16, sizeof(flow_hash_utf16));
	for (size_t i = 0; i < NTLM_SECRETS; i++)
		expect_none(ntlm_secret_names[i], flow, &keys[i], sizeof(keys[i]));
	if (memory_scan_rc4() > 0)
		fail_msg("%s: a state of RC4 stands in memory", flow);
}

static void expect_found(const char* what, const struct key* key, size_t least)
{
	const size_t found = memory_scan(key, sizeof(*key));

	if (found < least)
		fail_msg("%s stands in memory %zu times, and not %zu", what, found, least);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_the_search_finds_what_is_there(void** state)
{
	uint8_t* heap = malloc(100);
	uint8_t stack[sizeof(flow_nt_hash)];
	volatile uint32_t rc4[257] = { 0 };

	(void)state;
	assert_non_null(heap);
	assert_int_equal(memory_scan(&flow_nt_hash, sizeof(flow_nt_hash)), 0);
	memcpy(heap + 7, &flow_nt_hash, sizeof(flow_nt_hash));
	memcpy(stack, &flow_nt_hash, sizeof(stack));
	assert_int_equal(memory_scan(&flow_nt_hash, sizeof(flow_nt_hash)), 2);
	assert_memory_equal(stack, &flow_nt_hash, sizeof(stack));
	explicit_bzero(heap, 100);
	explicit_bzero(stack, sizeof(stack));
	free(heap);
	assert_int_equal(memory_scan(&flow_nt_hash, sizeof(flow_nt_hash)), 0);

	assert_int_equal(memory_scan_rc4(), 0);
	for (unsigned i = 0; i < 256; i++)
		rc4[i] = (i * 77 + 5) & 0xFF;
	assert_int_equal(memory_scan_rc4(), 1);
	rc4[128] = rc4[256] + 256;
	assert_int_equal(memory_scan_rc4(), 0);
}

/* In a child, where it may stay. AddressSanitizer writes over its first bytes alone. */
static void test_the_search_finds_what_was_freed(void** state)
{
	const size_t half = sizeof(flow_hash_utf16) / 2;
	int status = -1;
	const pid_t child = fork();

	(void)state;
	if (child == 0)
	{
		for (int i = 0; i < 2; i++)
		{
			uint8_t* const heap = malloc(sizeof(flow_hash_utf16));
			volatile uint8_t* const to = heap;

			for (size_t at = 0; heap && at < sizeof(flow_hash_utf16); at++)
				to[at] = i == 0 ? ((const uint8_t*)flow_hash_utf16)[at] : 0;
			free(heap);
		}
		_exit(memory_scan((const uint8_t*)flow_hash_utf16 + half, half) != 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* While an exchange is there, so are its keys. */
static void test_the_search_finds_the_secrets_of_what_is_open(void** state)
{
	struct flow_run run = { .flow = FLOW_FOUR_LEGS };

	(void)state;
	(void)flow_run(&run);
	compute_secrets(&run);
	expect_found("NTOWFv2", &secrets->ntowfv2, 1);
	expect_found("ExportedSessionKey", &secrets->exported, 2);
	for (int i = 0; i < 2; i++)
	{
		expect_found("a signing key", &secrets->signing[i], 2);
		expect_found("a sealing key", &secrets->sealing[i], 2);
	}
	assert_true(memory_scan_rc4() >= 4);
	sspi_pair_close(&run.pair);
	expect_nothing_left("four legs");
}

static void test_the_search_finds_the_hash_of_the_application(void** state)
{
	struct flow_run run = { .flow = FLOW_APPLICATION };

	(void)state;
	(void)flow_run(&run);
	expect_found("the NT hash", &flow_nt_hash, 1);
	sspi_pair_close(&run.pair);
	expect_none("the NT hash", run.flow->name, &flow_nt_hash, sizeof(flow_nt_hash));
}

static void test_nothing_is_left_of_any_exchange(void** state)
{
	(void)state;
	for (size_t i = 0; i < FLOWS; i++)
	{
		const struct flow* const flow = &flows[i];
		struct flow_run run = { .flow = flow };

		(void)flow_run(&run);
		compute_secrets(&run);
		sspi_pair_close(&run.pair);
		expect_nothing_left(flow->name);
	}
}

/* --- stacks of ended threads ------------------------------------------------------------------ */

static const uint8_t planted[16] = "planted, no key";

static void* plant(void* wipe)
{
	volatile uint8_t on_the_stack[2048];

	for (size_t i = 0; i < sizeof(on_the_stack); i++)
		on_the_stack[i] = wipe ? 0 : planted[i % sizeof(planted)];
	return NULL;
}

static void* run_whole(void* argument)
{
	struct flow_run* const run = argument;

	(void)flow_run(run);
	sspi_pair_close(&run->pair);
	return NULL;
}

/* On a stack of ours: what was on one of libc's may have gone back to the kernel. */
static void in_a_thread(void* (*start)(void*), void* argument)
{
	static _Alignas(4096) uint8_t stack[1 << 20];
	pthread_attr_t attributes;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstack(&attributes, stack, sizeof(stack)), 0);
	assert_int_equal(pthread_create(&thread, &attributes, start, argument), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

static void test_nothing_is_left_of_an_exchange_in_a_thread_that_has_ended(void** state)
{
	struct flow_run run = { .flow = FLOW_FOUR_LEGS };

	(void)state;
	in_a_thread(plant, NULL);
	assert_true(memory_scan(planted, sizeof(planted)) > 0);
	in_a_thread(plant, &run);
	assert_int_equal(memory_scan(planted, sizeof(planted)), 0);

	in_a_thread(flow_run, &run);
	compute_secrets(&run);
	sspi_pair_close(&run.pair);
	expect_nothing_left("a thread, closed in another");
	in_a_thread(run_whole, &run);
	expect_nothing_left("a thread");
}

static int set_up(void** state)
{
	(void)state;
	log_capture_start(false);
	secrets =
	    mmap(NULL, sizeof(*secrets), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (secrets == MAP_FAILED)
		return -1;
	memory_scan_leave_out(secrets, sizeof(*secrets));
	return flow_sandbox() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_search_finds_what_is_there),
		cmocka_unit_test(test_the_search_finds_what_was_freed),
		cmocka_unit_test(test_the_search_finds_the_secrets_of_what_is_open),
		cmocka_unit_test(test_the_search_finds_the_hash_of_the_application),
		cmocka_unit_test(test_nothing_is_left_of_any_exchange),
		cmocka_unit_test(test_nothing_is_left_of_an_exchange_in_a_thread_that_has_ended),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
