/* SPDX-License-Identifier: Apache-2.0
 *
 * The program exports these, so that the module finds them before libcrypto's and libc's own.
 */
#include "taint.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/rc4.h>

#include <valgrind/memcheck.h>

#define EXPORTED __attribute__((visibility("default")))
#define KEY_LENGTH 16
#define HASH_DIGITS 32
#define MOST_RC4_KEY 256

struct taint taint;

void taint_secret(void* memory, size_t len)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(memory, len);
}

void taint_public(void* memory, size_t len)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(memory, len);
}

bool taint_is_secret(const void* memory, size_t len)
{
	uint8_t bits[256] = { 0 };

	for (size_t at = 0; at < len; at += sizeof(bits))
	{
		const size_t part = len - at < sizeof(bits) ? len - at : sizeof(bits);

		(void)VALGRIND_GET_VBITS((const uint8_t*)memory + at, bits, part);
		for (size_t i = 0; i < part; i++)
			if (bits[i] != 0)
				return true;
	}
	return false;
}

/* What is found behind this program. */
static void real(void* function, size_t size, const char* name)
{
	void* const symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	memcpy(function, &symbol, size);
}

#define REAL(function) real(&(function), sizeof(function), #function + sizeof("real_") - 1)

/* What a comparison comes to is told to the peer anyway; of what, is not. */
EXPORTED int CRYPTO_memcmp(const void* a, const void* b, size_t len)
{
	int (*real_CRYPTO_memcmp)(const void*, const void*, size_t);
	int differ = 0;

	REAL(real_CRYPTO_memcmp);
	taint.compared += taint_is_secret(a, len) || taint_is_secret(b, len);
	if (taint.compare_stops)
	{
		const uint8_t *left = a, *right = b;

		for (size_t i = 0; i < len && !differ; i++)
			differ = left[i] != right[i];
	}
	else
		differ = real_CRYPTO_memcmp(a, b, len);
	taint_public(&differ, sizeof(differ));
	return differ;
}

EXPORTED int RAND_bytes(unsigned char* to, int len)
{
	int (*real_RAND_bytes)(unsigned char*, int);

	REAL(real_RAND_bytes);
	const int result = real_RAND_bytes(to, len);

	if (taint.random_keys && len >= KEY_LENGTH)
		taint_secret(to, (size_t)len);
	return result;
}

/* Where RC4 looks depends on its key, that is RC4: it is let do so, and what it gives is secret. */
EXPORTED void RC4_set_key(RC4_KEY* key, int len, const unsigned char* data)
{
	void (*real_RC4_set_key)(RC4_KEY*, int, const unsigned char*);
	uint8_t copy[MOST_RC4_KEY];

	REAL(real_RC4_set_key);
	if (len < 0 || (size_t)len > sizeof(copy))
		abort();
	memcpy(copy, data, (size_t)len);
	const bool secret = taint_is_secret(copy, (size_t)len);
	taint.keys++;
	taint.keyed += secret;
	if (!taint.rc4_is_watched)
		taint_public(copy, (size_t)len);
	real_RC4_set_key(key, len, copy);
	explicit_bzero(copy, sizeof(copy));
	if (secret)
		taint_secret(key, sizeof(*key));
}

EXPORTED void RC4(RC4_KEY* key, size_t len, const unsigned char* from, unsigned char* to)
{
	void (*real_RC4)(RC4_KEY*, size_t, const unsigned char*, unsigned char*);
	const bool secret = taint_is_secret(key, sizeof(*key)) || taint_is_secret(from, len);

	REAL(real_RC4);
	if (!taint.rc4_is_watched)
		taint_public(key, sizeof(*key));
	real_RC4(key, len, from, to);
	if (secret)
	{
		taint_secret(key, sizeof(*key));
		taint_secret(to, len);
	}
}

static ssize_t read_and_mark(int file, void* to, size_t len)
{
	ssize_t (*real_read)(int, void*, size_t);

	REAL(real_read);
	const ssize_t got = real_read(file, to, len);
	uint8_t* const found =
	    taint.sam_digits && got > 0 ? memmem(to, (size_t)got, taint.sam_digits, HASH_DIGITS) : NULL;
	if (found)
		taint_secret(found, HASH_DIGITS);
	return got;
}

EXPORTED ssize_t read(int file, void* to, size_t len)
{
	return read_and_mark(file, to, len);
}

/* read(2) as fortified code calls it. */
EXPORTED ssize_t __read_chk(int file, void* to, size_t len, size_t room);
EXPORTED ssize_t __read_chk(int file, void* to, size_t len, size_t room)
{
	if (len > room)
		abort();
	return read_and_mark(file, to, len);
}
