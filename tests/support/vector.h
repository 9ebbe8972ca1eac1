/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the JSON files of TEST_VECTORS, so that the data stays data.
 *
 * It is no JSON library: it steps over strings correctly and finds the value of a key. A file that
 * does not hold what a test asks for fails that test.
 */
#ifndef NEGOSSP_TEST_VECTOR_H
#define NEGOSSP_TEST_VECTOR_H

#include "base/bytes.h"

struct vector
{
	struct blob text;
};

/* Reads TEST_VECTORS/`file`. */
struct vector vector_open(const char* file);
void vector_close(struct vector* vector);

/* The string under `key` behind the first string that reads `scope` (an object's name, or what its
 * "case" says), NULL for the whole file; a "case" key behind it ends the scope. What is returned is
 * the caller's to free. */
struct blob vector_text(const struct vector* vector, const char* scope, const char* key);
/* The same, decoded from hex. */
struct blob vector_hex(const struct vector* vector, const char* scope, const char* key);
/* The same, as UTF-16LE. */
struct blob vector_utf16(const struct vector* vector, const char* scope, const char* key);

/* Of element number `element` of an array of objects, each of which begins with the key "role": the
 * string under `key`, replacing *text. False when there is no such element. */
bool vector_element(const struct vector* vector, unsigned element, const char* key,
                    struct blob* text);

/* UTF-16LE of a literal in UTF-8; the caller's to free. */
struct blob test_utf16(const char* utf8);
/* Hex of a literal, decoded; the caller's to free. */
struct blob test_hex(const char* hex);
struct blob test_hex_bytes(struct bytes hex);
/* A message of the exchange with Windows Server 2016; the caller's to free. */
struct blob test_server2016(const char* key);
/* A copy in memory of exactly its size, so that ASan sees every byte read past it. */
struct blob test_exact(struct bytes from);
/* The UTF-16LE text reads so. */
void test_assert_text(struct bytes text, const char* utf8);
/* Where `part` first is in `whole`, or SIZE_MAX. */
size_t test_find(struct bytes whole, struct bytes part);

#endif
