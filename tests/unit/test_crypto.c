/* SPDX-License-Identifier: Apache-2.0
 *
 * The crypto path (module/base/crypto.h): FIPS, and OpenSSL failing at every call. What
 * comes out of it is test_digests.c's, test_md4.c's and test_rc4.c's.
 *
 * crypto_init() succeeds once per process, so what concerns it runs in children: this program
 * again, with "child" and what to expect.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/crypto.h"
#include "hex.h"
#include "large_file.h"
#include "openssl_faults.h"
#include "wipe_watch.h"

/* --- failures of others -----------------------------------------------------------------------
 */

static const char* failing; /* a function of the C library, by name */
/* What /proc/sys/crypto/fips_enabled holds; "" where it cannot be opened for want of descriptors;
 * NULL for the real one. */
static const char* kernel_fips;
#define KERNEL_WITHOUT "none"
#define KERNEL_EMPTY "empty"

/* Parameters and arguments come in parentheses of their own. */
#define WRAP(failure, name, parameters, arguments)                                                 \
	int __real_##name parameters;                                                                  \
	int __wrap_##name parameters;                                                                  \
	int __wrap_##name parameters                                                                   \
	{                                                                                              \
		return failing && strcmp(failing, #name) == 0 ? (failure) : __real_##name arguments;       \
	}

WRAP(EAGAIN, pthread_key_create, (pthread_key_t * key, void (*gone)(void*)), (key, gone))
WRAP(ENOMEM, pthread_setspecific, (pthread_key_t key, const void* value), (key, value))

/* OpenSSL's or the C library's; NULL: none. */
static void break_call(const char* name)
{
	failing = name;
	openssl_faults_fail_named(name);
}

FILE* __real_fopen(const char* path, const char* mode) __asm__("__real_" FILE_CALL("fopen"));
FILE* __wrap_fopen(const char* path, const char* mode) __asm__("__wrap_" FILE_CALL("fopen"));
FILE* __wrap_fopen(const char* path, const char* mode)
{
	/* fmemopen() reads only, whatever the qualifier it drops. */
	static char content[8];

	if (!kernel_fips || strcmp(path, "/proc/sys/crypto/fips_enabled") != 0)
		return __real_fopen(path, mode);
	errno = *kernel_fips ? ENOENT : EMFILE;
	if (!*kernel_fips || strcmp(kernel_fips, KERNEL_WITHOUT) == 0)
		return NULL;
	if (strcmp(kernel_fips, KERNEL_EMPTY) == 0)
		return __real_fopen("/dev/null", mode);
	(void)snprintf(content, sizeof(content), "%s", kernel_fips);
	return fmemopen(content, strlen(content), "r");
}

/* --- help ------------------------------------------------------------------------------------- */

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && crypto_available(NULL) ? 0 : -1;
}

/* --- digests ---------------------------------------------------------------------------------- */

static void test_digests_fetch_nothing_after_init(void** state)
{
	const struct bytes data = BYTES_LITERAL("abc");
	uint8_t digest[CRYPTO_DIGEST_SIZE];
	EVP_MD* fetched;

	(void)state;
	/* From here on no provider fits, so whatever is fetched now is not found. */
	assert_int_equal(EVP_set_default_properties(NULL, "provider=none"), 1);
	fetched = EVP_MD_fetch(NULL, "MD5", NULL);
	assert_null(fetched);
	assert_int_equal(crypto_md5(&data, 1, digest), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), &data, 1, digest), RESULT_OK);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	ERR_clear_error();
}

/* --- random bytes ----------------------------------------------------------------------------- */

static void test_random_fills_exactly_what_is_asked_for(void** state)
{
	uint8_t seen[40];
	uint8_t a[40];

	(void)state;
	/* A position that stays zero in eight draws is not drawn (or an accident of 2^-64). */
	memset(seen, 0, sizeof(seen));
	for (size_t draw = 0; draw < 8; draw++)
	{
		memset(a, 0, sizeof(a));
		assert_int_equal(crypto_random(a + 4, 32), RESULT_OK);
		for (size_t i = 0; i < sizeof(a); i++)
			seen[i] |= a[i];
	}
	for (size_t i = 0; i < sizeof(a); i++)
		assert_int_equal(seen[i] != 0, i >= 4 && i < 36);
	assert_int_equal(crypto_random(NULL, 0), RESULT_OK);
	assert_int_equal(crypto_random(a, SIZE_MAX), RESULT_INVALID_ARGUMENT);
	assert_int_equal(crypto_random(a, (size_t)INT_MAX + 1), RESULT_INVALID_ARGUMENT);
}

/* --- failures --------------------------------------------------------------------------------- */

/* One call that fails, of `call`; and the next, which does not. */
static void assert_failure_is_clean(const char* call, bool hmac)
{
	const struct bytes data = BYTES_LITERAL("data");
	const uint8_t before[CRYPTO_DIGEST_SIZE] = { 0xEE, 0xEE };
	uint8_t out[CRYPTO_DIGEST_SIZE] = { 0xEE, 0xEE };

	wipe_watch_start();
	break_call(call);
	assert_int_equal(hmac ? crypto_hmac_md5(data, &data, 1, out) : crypto_md5(&data, 1, out),
	                 RESULT_CRYPTO);
	break_call(NULL);
	assert_memory_equal(out, before, sizeof(out));
	assert_int_equal(ERR_peek_error(), 0);
	/* What was made before the next message could not be started may be a key. */
	if (!hmac && strcmp(call, "digest_init") == 0)
		assert_int_equal(wipe_watch_count(hex_bytes("8d777f385d3dfec8815d20f7496026dc")), 1);
	wipe_watch_stop();
	assert_int_equal(crypto_md5(&data, 1, out), RESULT_OK);
	assert_true(bytes_equal(BYTES_OF(out), hex_bytes("8d777f385d3dfec8815d20f7496026dc")));
	assert_int_equal(crypto_hmac_md5(data, &data, 1, out), RESULT_OK);
	assert_true(bytes_equal(BYTES_OF(out), hex_bytes("827cb317c7b8e26969a9173b182f2277")));
}

static void test_every_failure_of_openssl_is_reported_and_changes_nothing(void** state)
{
	static const char* const calls[] = { "digest_update", "digest_final", "digest_init" };
	uint8_t out[CRYPTO_DIGEST_SIZE];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_failure_is_clean(calls[i / 2], i % 2 == 0);
	break_call("RAND_bytes");
	assert_int_equal(crypto_random(out, sizeof(out)), RESULT_CRYPTO);
	break_call(NULL);
}

/* A thread that has no context yet: making one fails at `call`. */
static void* first_call_of_a_thread(void* call)
{
	const struct bytes data = BYTES_LITERAL("data");
	uint8_t out[CRYPTO_DIGEST_SIZE];

	break_call(call);
	const enum result failed = crypto_hmac_md5(data, &data, 1, out);
	break_call(NULL);
	return failed == RESULT_CRYPTO && crypto_hmac_md5(data, &data, 1, out) == RESULT_OK ? NULL
	                                                                                    : call;
}

static void test_a_thread_whose_context_cannot_be_made_fails_once(void** state)
{
	static char calls[][24] = { "digest_newctx", "digest_init", "pthread_setspecific" };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
	{
		pthread_t thread;
		void* wrong;
		assert_int_equal(pthread_create(&thread, NULL, first_call_of_a_thread, calls[i]), 0);
		assert_int_equal(pthread_join(thread, &wrong), 0);
		assert_null(wrong);
	}
}

static void* hash_in_a_thread(void* expected)
{
	const struct bytes data = BYTES_LITERAL("data");

	for (size_t i = 0; i < 500; i++)
	{
		uint8_t mac[2 * CRYPTO_DIGEST_SIZE];

		if (crypto_init() != RESULT_OK || crypto_md5(&data, 1, mac) != RESULT_OK ||
		    crypto_hmac_md5(data, &data, 1, mac + CRYPTO_DIGEST_SIZE) != RESULT_OK ||
		    memcmp(mac, expected, sizeof(mac)) != 0)
			return expected;
	}
	return NULL;
}

static void test_threads_share_what_was_fetched(void** state)
{
	const struct bytes data = BYTES_LITERAL("data");
	uint8_t expected[2 * CRYPTO_DIGEST_SIZE];
	pthread_t threads[4];

	(void)state;
	assert_int_equal(crypto_md5(&data, 1, expected), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(data, &data, 1, expected + CRYPTO_DIGEST_SIZE), RESULT_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_in_a_thread, expected), 0);
	for (size_t i = 0; i < 4; i++)
	{
		void* wrong = expected;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
}

/* --- starting: in a process of its own ----------------------------------------------------------
 */

/* In the child: 0, or the number of the line that did not hold. `reason` is a word of the reason
 * why NTLM must not be offered, or "" if it may; `later` likewise, once nothing fails any more. */
#define CHECK(condition)                                                                           \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			(void)fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                          \
			return 1;                                                                              \
		}                                                                                          \
	} while (0)

static int child(const char* reason, const char* later)
{
	const struct bytes data = BYTES_LITERAL("abc");
	const enum result expected = *later ? RESULT_CRYPTO : RESULT_OK;
	uint8_t out[CRYPTO_DIGEST_SIZE] = { 0xEE };
	const char* why = NULL;

	/* Before crypto_init(): unavailable, and said so. */
	CHECK(!crypto_available(&why) && why && *why);
	CHECK(crypto_md5(&data, 1, out) == RESULT_CRYPTO);
	CHECK(crypto_hmac_md5(data, &data, 1, out) == RESULT_CRYPTO);

	why = NULL;
	CHECK(crypto_init() == RESULT_OK);
	CHECK(crypto_available(&why) == !*reason);
	CHECK(crypto_available(NULL) == !*reason);
	CHECK(*reason ? why && strstr(why, reason) : !why);
	CHECK(ERR_peek_error() == 0);
	out[0] = 0xEE;
	CHECK(!*reason || crypto_md5(&data, 1, out) == RESULT_CRYPTO);
	CHECK(!*reason || crypto_hmac_md5(data, &data, 1, out) == RESULT_CRYPTO);
	CHECK(out[0] == 0xEE);
	/* What was a lack of descriptors or memory is looked for again. */
	break_call(NULL);
	kernel_fips = NULL;
	CHECK(crypto_init() == RESULT_OK);
	CHECK(crypto_available(&why) == !*later);
	CHECK(!*later || strstr(why, later));

	CHECK(crypto_md5(&data, 1, out) == expected);
	CHECK(!*later || out[0] == 0xEE);
	CHECK(crypto_hmac_md5(data, &data, 1, out) == expected);
	CHECK(!*later || out[0] == 0xEE);
	CHECK(ERR_peek_error() == 0);
	return 0;
}

#define PLAIN "# nothing\n"

/* Runs this program as child() with that OpenSSL configuration, which stays, and with that kernel
 * and that failing function, which do not, and returns its exit status. */
static int run_child(const char* configuration, const char* kernel, const char* fail,
                     const char* reason)
{
	char folder[] = "crypto-XXXXXX";
	char path[64];
	FILE* file;
	int status = -1;
	pid_t pid;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/openssl.cnf", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(configuration, file);
	assert_int_equal(fclose(file), 0);

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
	{
		if (setenv("OPENSSL_CONF", path, 1) == 0)
			(void)execl("/proc/self/exe", "unit_crypto", "child", kernel, fail, reason,
			            strcmp(configuration, PLAIN) == 0 ? "" : reason, (char*)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)unlink(path);
	(void)rmdir(folder);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void test_init_succeeds_on_an_ordinary_machine(void** state)
{
	(void)state;
	assert_int_equal(run_child(PLAIN, KERNEL_WITHOUT, "", ""), 0);
	assert_int_equal(run_child(PLAIN, "0\n", "", ""), 0);
}

static void test_fips_by_default_properties_forbids_ntlm(void** state)
{
	(void)state;
	assert_int_equal(run_child("openssl_conf = init\n"
	                           "[init]\n"
	                           "alg_section = algorithm_section\n"
	                           "[algorithm_section]\n"
	                           "default_properties = fips=yes\n",
	                           KERNEL_WITHOUT, "", "default_properties"),
	                 0);
}

static void test_fips_by_the_kernel_forbids_ntlm(void** state)
{
	(void)state;
	assert_int_equal(run_child(PLAIN, "1\n", "", "kernel is in FIPS"), 0);
}

static void test_fips_that_cannot_be_read_forbids_ntlm(void** state)
{
	(void)state;
	assert_int_equal(run_child(PLAIN, "", "", "cannot be read"), 0);
	assert_int_equal(run_child(PLAIN, KERNEL_EMPTY, "", "cannot be read"), 0);
}

static void test_openssl_without_md5_forbids_ntlm(void** state)
{
	(void)state;
	/* Only the provider that has encoders and nothing else. */
	assert_int_equal(run_child("openssl_conf = init\n"
	                           "[init]\n"
	                           "providers = provider_section\n"
	                           "[provider_section]\n"
	                           "base = base_section\n"
	                           "[base_section]\n"
	                           "activate = 1\n",
	                           KERNEL_WITHOUT, "", "no MD5"),
	                 0);
	assert_int_equal(run_child(PLAIN, KERNEL_WITHOUT, "EVP_MD_fetch", "no MD5"), 0);
	assert_int_equal(run_child(PLAIN, KERNEL_WITHOUT, "OSSL_PROVIDER_query_operation", "no MD5"),
	                 0);
}

static void test_a_process_without_thread_specific_data_has_no_ntlm(void** state)
{
	(void)state;
	assert_int_equal(run_child(PLAIN, KERNEL_WITHOUT, "pthread_key_create", "thread-specific"), 0);
}

int main(int argc, char** argv)
{
	wipe_watch_stop(); /* it is not for threads */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests_fetch_nothing_after_init),
		cmocka_unit_test(test_random_fills_exactly_what_is_asked_for),
		cmocka_unit_test(test_every_failure_of_openssl_is_reported_and_changes_nothing),
		cmocka_unit_test(test_a_thread_whose_context_cannot_be_made_fails_once),
		cmocka_unit_test(test_threads_share_what_was_fetched),
		cmocka_unit_test(test_init_succeeds_on_an_ordinary_machine),
		cmocka_unit_test(test_fips_by_default_properties_forbids_ntlm),
		cmocka_unit_test(test_fips_by_the_kernel_forbids_ntlm),
		cmocka_unit_test(test_fips_that_cannot_be_read_forbids_ntlm),
		cmocka_unit_test(test_openssl_without_md5_forbids_ntlm),
		cmocka_unit_test(test_a_process_without_thread_specific_data_has_no_ntlm),
	};

	if (argc == 6 && strcmp(argv[1], "child") == 0)
	{
		kernel_fips = argv[2];
		break_call(argv[3]);
		return child(argv[4], argv[5]);
	}
	return cmocka_run_group_tests(tests, setup, NULL);
}
