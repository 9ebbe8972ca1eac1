/* SPDX-License-Identifier: Apache-2.0
 *
 * The crypto path (module/base/crypto.h): published vectors, FIPS, and OpenSSL failing
 * at every call. MD4 and RC4, our own, have programs of their own.
 *
 * crypto_init() acts once per process, so what concerns it runs in children: this program again,
 * with "child" and what to expect. The linker's --wrap puts a function of this file before every
 * OpenSSL call that crypto.c makes.
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

/* --- OpenSSL's failures ----------------------------------------------------------------------- */

static const char* failing; /* the function that fails, by name */
/* What /proc/sys/crypto/fips_enabled holds; "" where it cannot be opened for want of descriptors;
 * NULL for the real one. */
static const char* kernel_fips;
#define KERNEL_WITHOUT "none"
#define KERNEL_EMPTY "empty"

#define FAILS(name) (failing && strcmp(failing, name) == 0)
/* Parameters and arguments come in parentheses of their own. */
#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                                 \
	type __wrap_##name parameters;                                                                 \
	type __wrap_##name parameters                                                                  \
	{                                                                                              \
		return FAILS(#name) ? (type)0 : __real_##name arguments;                                   \
	}

WRAP(EVP_MD*, EVP_MD_fetch, (OSSL_LIB_CTX * lib, const char* name, const char* properties),
     (lib, name, properties))
WRAP(EVP_MAC*, EVP_MAC_fetch, (OSSL_LIB_CTX * lib, const char* name, const char* properties),
     (lib, name, properties))
WRAP(EVP_MAC_CTX*, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac))
WRAP(int, EVP_MAC_CTX_set_params, (EVP_MAC_CTX * context, const OSSL_PARAM* params),
     (context, params))
WRAP(EVP_MAC_CTX*, EVP_MAC_CTX_dup, (const EVP_MAC_CTX* context), (context))
WRAP(int, EVP_MAC_init,
     (EVP_MAC_CTX * context, const unsigned char* key, size_t len, const OSSL_PARAM* params),
     (context, key, len, params))
WRAP(int, EVP_MAC_update, (EVP_MAC_CTX * context, const unsigned char* data, size_t len),
     (context, data, len))
WRAP(int, EVP_MAC_final, (EVP_MAC_CTX * context, unsigned char* out, size_t* len, size_t size),
     (context, out, len, size))
WRAP(EVP_MD_CTX*, EVP_MD_CTX_new, (void), ())
WRAP(int, EVP_DigestInit_ex2, (EVP_MD_CTX * context, const EVP_MD* md, const OSSL_PARAM* params),
     (context, md, params))
WRAP(int, EVP_DigestUpdate, (EVP_MD_CTX * context, const void* data, size_t len),
     (context, data, len))
WRAP(int, EVP_DigestFinal_ex, (EVP_MD_CTX * context, unsigned char* out, unsigned* len),
     (context, out, len))
WRAP(int, RAND_bytes, (unsigned char* to, int len), (to, len))

FILE* __real_fopen(const char* path, const char* mode);
FILE* __wrap_fopen(const char* path, const char* mode);
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

static struct bytes text(const char* from)
{
	return bytes_make((const uint8_t*)from, strlen(from));
}

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && crypto_available(NULL) ? 0 : -1;
}

/* --- digests ---------------------------------------------------------------------------------- */

static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char digits80[] =
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

static void test_md5_vectors_of_rfc_1321(void** state)
{
	const char* const vectors[][2] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ alphanumeric, "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ digits80, "57edf4a22be3c955ac49da2e2107b67a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		const struct bytes message = text(vectors[i][0]);
		uint8_t digest[CRYPTO_DIGEST_SIZE];

		assert_int_equal(crypto_md5(&message, 1, digest), RESULT_OK);
		assert_true(bytes_equal(BYTES_OF(digest), hex_bytes(vectors[i][1])));
	}
	uint8_t digest[CRYPTO_DIGEST_SIZE];
	assert_int_equal(crypto_md5(NULL, 0, digest), RESULT_OK);
	assert_true(bytes_equal(BYTES_OF(digest), hex_bytes(vectors[0][1])));
}

static void test_hmac_md5_vectors_of_rfc_2202(void** state)
{
	/* A key or data of one repeated octet is written as that octet and a count. */
	static const struct
	{
		const char* key;
		uint8_t key_octet;
		size_t key_count;
		const char* data;
		uint8_t data_octet;
		size_t data_count;
		const char* mac;
	} vectors[] = {
		{ NULL, 0x0b, 16, "Hi There", 0, 0, "9294727a3638bb1c13f48ef8158bfc9d" },
		{ "Jefe", 0, 0, "what do ya want for nothing?", 0, 0, "750c783e6ab0b503eaa86e310a5db738" },
		{ NULL, 0xaa, 16, NULL, 0xdd, 50, "56be34521d144c88dbb8c733f0e8b3f6" },
		{ "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
		  "\x16\x17\x18\x19",
		  0, 0, NULL, 0xcd, 50, "697eaf0aca3a3aea3a75164746ffaa79" },
		{ NULL, 0x0c, 16, "Test With Truncation", 0, 0, "56461ef2342edc00f9bab995690efd4c" },
		{ NULL, 0xaa, 80, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
		  "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
		{ NULL, 0xaa, 80,
		  "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data", 0, 0,
		  "6f630fad67cda0ee1fb1f562db3aa53e" },
		/* Not of the RFC: no key and no data, by the definition in RFC 2104. */
		{ NULL, 0, 0, NULL, 0, 0, "74e6f7298a9c2d168935f58c001bad88" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		uint8_t key_run[80];
		uint8_t data_run[80];
		uint8_t mac[CRYPTO_DIGEST_SIZE];
		struct bytes key = bytes_make(key_run, vectors[i].key_count);
		struct bytes data = bytes_make(data_run, vectors[i].data_count);

		memset(key_run, vectors[i].key_octet, sizeof(key_run));
		memset(data_run, vectors[i].data_octet, sizeof(data_run));
		if (vectors[i].key)
			key = text(vectors[i].key);
		if (vectors[i].data)
			data = text(vectors[i].data);
		assert_int_equal(crypto_hmac_md5(key, &data, 1, mac), RESULT_OK);
		assert_true(bytes_equal(BYTES_OF(mac), hex_bytes(vectors[i].mac)));
	}
}

static void test_hmac_md5_without_a_key_does_not_reuse_one(void** state)
{
	const struct bytes data = BYTES_LITERAL("data");
	uint8_t first[CRYPTO_DIGEST_SIZE];
	uint8_t keyed[CRYPTO_DIGEST_SIZE];
	uint8_t second[CRYPTO_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_hmac_md5(BYTES_EMPTY, &data, 1, first), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), &data, 1, keyed), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_EMPTY, &data, 1, second), RESULT_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, keyed, sizeof(first));
}

static void test_digests_concatenate_their_parts(void** state)
{
	const struct bytes parts[] = { BYTES_LITERAL("message"), BYTES_EMPTY, BYTES_LITERAL(" "),
		                           BYTES_LITERAL("digest") };
	const struct bytes whole = BYTES_LITERAL("message digest");
	uint8_t a[CRYPTO_DIGEST_SIZE];
	uint8_t b[CRYPTO_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_md5(parts, 4, a), RESULT_OK);
	assert_int_equal(crypto_md5(&whole, 1, b), RESULT_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), parts, 4, a), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), &whole, 1, b), RESULT_OK);
	assert_memory_equal(a, b, sizeof(a));
}

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

static void test_every_failure_of_openssl_is_reported_and_changes_nothing(void** state)
{
	static const char* const md5_calls[] = { "EVP_MD_CTX_new", "EVP_DigestInit_ex2",
		                                     "EVP_DigestUpdate", "EVP_DigestFinal_ex" };
	static const char* const hmac_calls[] = { "EVP_MAC_CTX_dup", "EVP_MAC_init", "EVP_MAC_update",
		                                      "EVP_MAC_final" };
	const struct bytes data = BYTES_LITERAL("data");
	uint8_t out[CRYPTO_DIGEST_SIZE];
	uint8_t before[CRYPTO_DIGEST_SIZE];

	(void)state;
	memset(out, 0xEE, sizeof(out));
	memset(before, 0xEE, sizeof(before));
	for (size_t i = 0; i < 4; i++)
	{
		failing = md5_calls[i];
		assert_int_equal(crypto_md5(&data, 1, out), RESULT_CRYPTO);
		failing = hmac_calls[i];
		assert_int_equal(crypto_hmac_md5(data, &data, 1, out), RESULT_CRYPTO);
		assert_memory_equal(out, before, sizeof(out));
	}
	failing = "RAND_bytes";
	assert_int_equal(crypto_random(out, sizeof(out)), RESULT_CRYPTO);
	failing = NULL;
	assert_int_equal(crypto_md5(&data, 1, out), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(data, &data, 1, out), RESULT_OK);
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
 * why NTLM must not be offered, or "" if it may. */
#define CHECK(condition)                                                                           \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			(void)fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                          \
			return 1;                                                                              \
		}                                                                                          \
	} while (0)

static int child(const char* reason)
{
	const struct bytes data = BYTES_LITERAL("abc");
	const enum result expected = *reason ? RESULT_CRYPTO : RESULT_OK;
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
	/* A later recovery of OpenSSL changes nothing: it is decided once. */
	failing = NULL;
	kernel_fips = NULL;
	CHECK(crypto_init() == RESULT_OK);
	CHECK(crypto_available(NULL) == !*reason);

	out[0] = 0xEE;
	CHECK(crypto_md5(&data, 1, out) == expected);
	CHECK(!*reason || out[0] == 0xEE);
	CHECK(crypto_hmac_md5(data, &data, 1, out) == expected);
	CHECK(!*reason || out[0] == 0xEE);
	CHECK(ERR_peek_error() == 0);
	return 0;
}

/* Runs this program as child(reason) with that OpenSSL configuration, that kernel and that failing
 * function, and returns its exit status. */
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
			            (char*)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)unlink(path);
	(void)rmdir(folder);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

#define PLAIN "# nothing\n"

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
}

static void test_openssl_without_hmac_forbids_ntlm(void** state)
{
	static const char* const calls[] = { "EVP_MAC_fetch", "EVP_MAC_CTX_new",
		                                 "EVP_MAC_CTX_set_params" };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_int_equal(run_child(PLAIN, KERNEL_WITHOUT, calls[i], "HMAC"), 0);
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5_vectors_of_rfc_1321),
		cmocka_unit_test(test_hmac_md5_vectors_of_rfc_2202),
		cmocka_unit_test(test_hmac_md5_without_a_key_does_not_reuse_one),
		cmocka_unit_test(test_digests_concatenate_their_parts),
		cmocka_unit_test(test_digests_fetch_nothing_after_init),
		cmocka_unit_test(test_random_fills_exactly_what_is_asked_for),
		cmocka_unit_test(test_every_failure_of_openssl_is_reported_and_changes_nothing),
		cmocka_unit_test(test_threads_share_what_was_fetched),
		cmocka_unit_test(test_init_succeeds_on_an_ordinary_machine),
		cmocka_unit_test(test_fips_by_default_properties_forbids_ntlm),
		cmocka_unit_test(test_fips_by_the_kernel_forbids_ntlm),
		cmocka_unit_test(test_fips_that_cannot_be_read_forbids_ntlm),
		cmocka_unit_test(test_openssl_without_md5_forbids_ntlm),
		cmocka_unit_test(test_openssl_without_hmac_forbids_ntlm),
	};

	if (argc == 5 && strcmp(argv[1], "child") == 0)
	{
		kernel_fips = argv[2];
		failing = argv[3];
		return child(argv[4]);
	}
	return cmocka_run_group_tests(tests, setup, NULL);
}
