/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets that memcheck follows: memory that is marked as undefined makes all that is computed from
 * it undefined, and memcheck reports each branch and each address that depends on that. negossp.so
 * is the one that is installed; what it calls of libcrypto and of the C library is taken in between
 * here, where a secret comes into it, and where something stops being one.
 */
#ifndef NEGOSSP_TESTS_TAINT_H
#define NEGOSSP_TESTS_TAINT_H

#include <stdbool.h>
#include <stddef.h>

struct taint
{
	bool random_keys;       /* 16 random bytes or more have a session key in them */
	const char* sam_digits; /* the SAM file's digits, 32, are secret when they are read */
	bool rc4_is_watched;    /* RC4 is given secrets as they are, and so reported */
	bool compare_stops;     /* two secrets are compared as memcmp(3) does it, and so reported */
	unsigned compared;      /* how many comparisons were of secrets */
	unsigned keys, keyed;   /* RC4's, and how many of them were secret */
};

extern struct taint taint;

/* From now on it is secret; from now on everybody may know it. */
void taint_secret(void* memory, size_t len);
void taint_public(void* memory, size_t len);
/* Whether any of it is secret; not seen by memcheck. */
bool taint_is_secret(const void* memory, size_t len);

#endif
