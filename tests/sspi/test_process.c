/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process does around the module: it loads and unloads it, forks, uses one context in many
 * threads, runs out of descriptors, and its SAM file goes, comes back and is another.
 */
#include "expect.h"

#include <dlfcn.h>
#include <endian.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <winpr/error.h>

#define THREADS 8
#define ROUNDS 16

static struct sspi_setup nla(void)
{
	return sspi_setup_nla("user", NULL, "Password", box.sam);
}

static const char* logon(void)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	const char* const failed =
	    sspi_pair_connect(&pair, &setup) ? sspi_pair_chat(&pair, 2) : "not connected";
	sspi_pair_close(&pair);
	return failed;
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Loads it once more and lets it go, and uses it in between. */
static const char* load_and_unload(void)
{
	void* const module = dlopen(NEGOSSP_MODULE_PATH, RTLD_NOW | RTLD_LOCAL);
	union
	{
		void* symbol;
		INIT_SECURITY_INTERFACE_A function;
	} init = { module ? dlsym(module, "InitSecurityInterfaceA") : NULL };
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	if (!init.symbol || init.function()->EnumerateSecurityPackagesA(&count, &infos) != SEC_E_OK ||
	    count == 0 || init.function()->FreeContextBuffer(infos) != SEC_E_OK)
		return "not usable";
	return dlclose(module) == 0 ? NULL : "not unloaded";
}

/* A thread that waits for a KDC may be in it still when its host lets it go. */
static void test_module_stays_where_it_was_loaded(void** state)
{
	(void)state;
	assert_null(load_and_unload());
	void* const module = dlopen(NEGOSSP_MODULE_PATH, RTLD_LAZY | RTLD_NOLOAD);
	assert_non_null(module);
	assert_int_equal(dlclose(module), 0);
}

/* --- threads ---------------------------------------------------------------------------------- */

struct message
{
	uint32_t sequence;
	struct sspi_token sealed;
};

struct thread
{
	pthread_t id;
	void* (*run)(void*);
	struct sspi_pair* shared;
	const char* failed;
	struct message messages[ROUNDS];
};

/* All begin together: one that is done before the next begins races with nobody. */
static pthread_barrier_t start;

static void* thread_main(void* opaque)
{
	const struct thread* const thread = opaque;
	(void)pthread_barrier_wait(&start);
	return thread->run(opaque);
}

static void run_threads(struct thread threads[THREADS], void* (*even)(void*), void* (*odd)(void*),
                        struct sspi_pair* shared)
{
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
	{
		threads[i] = (struct thread){ .run = i % 2 ? odd : even, .shared = shared };
		assert_int_equal(pthread_create(&threads[i].id, NULL, thread_main, &threads[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
	(void)pthread_barrier_destroy(&start);
	for (size_t i = 0; i < THREADS; i++)
		if (threads[i].failed)
			fail_msg("thread %zu: %s", i, threads[i].failed);
}

static void* load_often(void* opaque)
{
	struct thread* const thread = opaque;
	for (unsigned i = 0; i < ROUNDS && !thread->failed; i++)
		thread->failed = load_and_unload();
	return NULL;
}

static void* log_on_often(void* opaque)
{
	struct thread* const thread = opaque;
	for (unsigned i = 0; i < ROUNDS && !thread->failed; i++)
		thread->failed = logon();
	return NULL;
}

static void test_module_is_loaded_and_unloaded_beside_logons(void** state)
{
	static struct thread threads[THREADS];
	(void)state;
	assert_null(logon()); /* the tests' own handle of it is made */
	run_threads(threads, load_often, log_on_often, NULL);
}

/* As sspi_end_seal(), which counts for itself: here nobody but the context counts. */
static void* seal_often(void* opaque)
{
	struct thread* const thread = opaque;
	struct sspi_end* const end = &thread->shared->client;
	for (unsigned i = 0; i < ROUNDS && !thread->failed; i++)
	{
		struct sspi_end own = *end;
		struct sspi_token* const sealed = &thread->messages[i].sealed;
		if (sspi_end_seal(&own, "the same text", 13, sealed) != SEC_E_OK)
			thread->failed = "not sealed";
		else
		{
			memcpy(&thread->messages[i].sequence, sealed->data + 12, 4);
			thread->messages[i].sequence = le32toh(thread->messages[i].sequence);
		}
	}
	return NULL;
}

static int by_sequence(const void* a, const void* b)
{
	const uint32_t first = ((const struct message*)a)->sequence;
	const uint32_t second = ((const struct message*)b)->sequence;
	return first < second ? -1 : first > second;
}

/* Calls on one context are one after the other: each message has a number of its own (MS-NLMP
 * 3.4.4: SeqNum is the last of the signature), and all of them arrive. */
static void test_one_context_in_many_threads(void** state)
{
	static struct thread threads[THREADS];
	static struct message all[THREADS * ROUNDS];
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	(void)state;
	assert_true(sspi_pair_connect(&pair, &setup));
	run_threads(threads, seal_often, seal_often, &pair);
	for (size_t i = 0; i < THREADS * ROUNDS; i++)
		all[i] = threads[i / ROUNDS].messages[i % ROUNDS];
	qsort(all, THREADS * ROUNDS, sizeof(all[0]), by_sequence);
	for (size_t i = 0; i < THREADS * ROUNDS; i++)
	{
		struct sspi_token plain = { NULL, 0 };
		assert_int_equal(all[i].sequence, all[0].sequence + i);
		expect_status(sspi_end_unseal(&pair.server, &all[i].sealed, &plain), SEC_E_OK);
		assert_int_equal(plain.len, 13);
		assert_memory_equal(plain.data, "the same text", 13);
		sspi_token_free(&plain);
		sspi_token_free(&all[i].sealed);
	}
	sspi_pair_close(&pair);
}

/* --- fork ------------------------------------------------------------------------------------- */

/* What a child of this process gets as CHALLENGE, and whether it logs on. */
static void child_challenge(const struct sspi_pair* pair, uint8_t challenge[8])
{
	int pipe_ends[2];
	int status = 0;
	assert_int_equal(pipe(pipe_ends), 0);
	const pid_t child = fork();
	if (child == 0)
	{
		/* With the parent's credentials. */
		struct sspi_pair own = *pair;
		const bool connected = sspi_pair_run(&own);
		const uint8_t* const found =
		    connected ? memmem(own.legs[1].data, own.legs[1].len, "NTLMSSP\0\2\0\0\0", 12) : NULL;
		const bool sent = found && write(pipe_ends[1], found + 24, 8) == 8;
		_exit(sent && !sspi_pair_chat(&own, 1) ? 0 : 1);
	}
	(void)close(pipe_ends[1]);
	const ssize_t got = read(pipe_ends[0], challenge, 8);
	(void)close(pipe_ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(got, 8);
}

/* As krdp does for each session: children log on, and draw numbers of their own. */
static void test_children_log_on_with_numbers_of_their_own(void** state)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	uint8_t challenges[3][8];
	(void)state;
	assert_null(logon());
	assert_true(sspi_pair_open(&pair, &setup));
	for (size_t i = 0; i < 3; i++)
		child_challenge(&pair, challenges[i]);
	assert_memory_not_equal(challenges[0], challenges[1], 8);
	assert_memory_not_equal(challenges[0], challenges[2], 8);
	assert_memory_not_equal(challenges[1], challenges[2], 8);
	assert_true(sspi_pair_run(&pair));
	sspi_pair_close(&pair);
}

/* --- what runs out, and what goes --------------------------------------------------------------
 */

static void expect_refusal(struct sspi_pair* pair, SECURITY_STATUS status, const char* why)
{
	log_capture_clear();
	sspi_pair_reset(pair);
	assert_false(sspi_pair_run(pair));
	expect_status(pair->server.status, status);
	assert_non_null(log_capture_find(WLOG_WARN, why, NULL));
}

static void expect_logon(struct sspi_pair* pair)
{
	sspi_pair_reset(pair);
	assert_true(sspi_pair_run(pair));
	assert_null(sspi_pair_chat(pair, 1));
}

static void test_no_descriptor_is_left(void** state)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	struct rlimit before;
	(void)state;
	assert_true(sspi_pair_open(&pair, &setup));
	expect_logon(&pair);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const int free_one = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(free_one >= 0);
	(void)close(free_one);
	const struct rlimit none = { (rlim_t)free_one, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 3; i++)
		expect_refusal(&pair, SEC_E_NO_CREDENTIALS, "Too many open files");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_logon(&pair);
	/* None was lost meanwhile. */
	const int again = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(again, free_one);
	(void)close(again);
	sspi_pair_close(&pair);
}

/* Gone before the server has its credentials already: whatever it gets of them, nobody is let in,
 * and what there is works as soon as there are descriptors again. */
static void test_no_descriptor_is_left_from_the_start(void** state)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	struct rlimit before;
	(void)state;
	assert_null(logon()); /* the tests' own handle of the module is made */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const int free_one = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)close(free_one);
	const struct rlimit none = { (rlim_t)free_one, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	log_capture_clear();
	const bool acquired = sspi_pair_open(&pair, &setup);
	const bool connected = acquired && sspi_pair_run(&pair);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(connected);
	if (acquired)
	{
		expect_status(pair.server.status, SEC_E_NO_CREDENTIALS);
		assert_non_null(log_capture_find(WLOG_WARN, "Too many open files", NULL));
		expect_logon(&pair);
	}
	else
		assert_non_null(log_capture_find(WLOG_WARN, "nobody can log on", NULL));
	sspi_pair_close(&pair);
	assert_null(logon());
	const int again = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(again, free_one);
	(void)close(again);
}

/* The process's very first: nothing that could not be had then is missing afterwards. */
static void test_first_logon_of_all_without_a_descriptor(void** state)
{
	struct sspi_setup setup = nla();
	struct sspi_pair pair;
	struct rlimit before;
	(void)state;
	/* In capitals at the server, which needs a locale. */
	sandbox_sam_user(&box, "J\xc3\x96RG", NULL, "Password");
	setup.user = "j\xc3\xb6rg";
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const struct rlimit none = { 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	log_capture_clear();
	const bool connected = sspi_pair_open(&pair, &setup) && sspi_pair_run(&pair);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(connected);
	assert_true(log_capture_find(WLOG_WARN, "fips_enabled cannot be read", NULL) ||
	            log_capture_find(WLOG_INFO, "fips_enabled cannot be read", NULL));
	sspi_pair_close(&pair);
	assert_true(sspi_pair_open(&pair, &setup));
	expect_logon(&pair);
	sspi_pair_close(&pair);
}

/* In a child, since root reads everything: as nobody. */
static int log_on_as_nobody(void)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	if (!sspi_pair_open(&pair, &setup) || (geteuid() == 0 && setuid(65534) != 0))
		return 1;
	log_capture_clear();
	if (sspi_pair_run(&pair) || pair.server.status != SEC_E_NO_CREDENTIALS ||
	    !log_capture_find(WLOG_WARN, "SAM file \"", "Permission denied"))
		return 2;
	sspi_pair_close(&pair);
	return 0;
}

static void test_sam_file_that_may_not_be_read(void** state)
{
	int status = 0;
	(void)state;
	assert_null(logon());
	assert_int_equal(chmod(box.sam, 0), 0);
	const pid_t child = fork();
	if (child == 0)
		_exit(log_on_as_nobody());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(box.sam, 0600), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_null(logon());
}

static void write_sam(const char* content)
{
	FILE* const file = fopen(box.sam, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The file is looked at for each logon, and never kept. */
static void test_sam_file_goes_and_comes_back(void** state)
{
	const struct sspi_setup setup = nla();
	struct sspi_pair pair;
	char content[4096] = "";
	char away[400];
	(void)state;
	FILE* const file = fopen(box.sam, "r");
	assert_true(file && fread(content, 1, sizeof(content) - 1, file) > 0);
	(void)fclose(file);
	(void)snprintf(away, sizeof(away), "%s.away", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	expect_logon(&pair);
	/* Gone, a folder, empty, cut, another password. */
	assert_int_equal(rename(box.sam, away), 0);
	expect_refusal(&pair, SEC_E_NO_CREDENTIALS, "No such file");
	assert_int_equal(mkdir(box.sam, 0700), 0);
	expect_refusal(&pair, SEC_E_NO_CREDENTIALS, "it is not a regular file");
	assert_int_equal(rmdir(box.sam), 0);
	write_sam("");
	expect_refusal(&pair, SEC_E_LOGON_DENIED, "SAM file");
	write_sam("user:::00112233");
	expect_refusal(&pair, SEC_E_LOGON_DENIED, "no usable NT hash");
	write_sam("user:::00112233445566778899aabbccddeeff:::\n");
	expect_refusal(&pair, SEC_E_LOGON_DENIED, "wrong password");
	assert_int_equal(rename(away, box.sam), 0);
	expect_logon(&pair);
	sspi_pair_close(&pair);
}

/* --- many at once ----------------------------------------------------------------------------- */

#define HALF_OPEN 10000
#define NEGOTIATE_MAX 1024
#define EACH_MAX 4096 /* NEGOTIATE, CHALLENGE, and what a context is */

/* Of clients that send NEGOTIATE and no more, each as long as it may be. */
static void test_half_open_contexts_are_bounded(void** state)
{
	static CtxtHandle kept[HALF_OPEN];
	struct sspi_setup setup = nla();
	struct sspi_token negotiate = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };
	uint8_t padded[NEGOTIATE_MAX + 1] = { 0 };
	struct sspi_pair pair;
	(void)state;
	setup.client_package = "NTLM";
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	memcpy(padded, out.data, out.len);
	sspi_token_set(&negotiate, padded, NEGOTIATE_MAX);
	const size_t before = mallinfo2().uordblks;
	for (size_t i = 0; i < HALF_OPEN; i++)
	{
		pair.server.context = (CtxtHandle){ 0 };
		expect_status(sspi_end_step(&pair.server, &negotiate, &out), SEC_I_CONTINUE_NEEDED);
		kept[i] = pair.server.context;
	}
	const size_t grown = mallinfo2().uordblks - before;
	print_message("             %zu bytes for each of %d\n", grown / HALF_OPEN, HALF_OPEN);
	assert_true(grown <= (size_t)HALF_OPEN * EACH_MAX);
	for (size_t i = 0; i < HALF_OPEN; i++)
		expect_status(SSPI_ENTRY(pair.server.table, DeleteSecurityContext)(&kept[i]), SEC_E_OK);
	pair.server.context = (CtxtHandle){ 0 };
	sspi_token_set(&negotiate, padded, NEGOTIATE_MAX + 1);
	expect_status(sspi_end_step(&pair.server, &negotiate, &out), SEC_E_INVALID_TOKEN);
	pair.server.context = (CtxtHandle){ 0 };
	pair.server.phase = SSPI_CREDENTIAL;
	sspi_token_free(&negotiate);
	sspi_token_free(&out);
	sspi_pair_close(&pair);
	assert_null(logon());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_logon_of_all_without_a_descriptor),
		cmocka_unit_test(test_module_stays_where_it_was_loaded),
		cmocka_unit_test(test_module_is_loaded_and_unloaded_beside_logons),
		cmocka_unit_test(test_one_context_in_many_threads),
		cmocka_unit_test(test_children_log_on_with_numbers_of_their_own),
		cmocka_unit_test(test_no_descriptor_is_left),
		cmocka_unit_test(test_no_descriptor_is_left_from_the_start),
		cmocka_unit_test(test_sam_file_that_may_not_be_read),
		cmocka_unit_test(test_sam_file_goes_and_comes_back),
		cmocka_unit_test(test_half_open_contexts_are_bounded),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
