/* SPDX-License-Identifier: Apache-2.0
 *
 * DER, element by element: the module's reader beside a naive one, and what the module writes
 * beside what OpenSSL does.
 */
#include "base/der.h"

#include <string.h>

#include <openssl/asn1.h>

#include "input.h"
#include "naive_der.h"

#define DEPTH 6
#define TEXT_SIZE (1u << 19) /* more than an input of INPUT_MOST bytes can ask for */
#define INPUT_MOST 1024

/* The very same bytes, not equal ones. */
static bool is_slice(struct bytes slice, struct bytes expected)
{
	return slice.len == expected.len && (slice.len == 0 || slice.data == expected.data);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_number(struct bytes content)
{
	uint32_t expected = 0;
	uint32_t value = 0xABCD;
	const bool is = naive_der_u32(content, &expected);

	JUDGE((der_parse_u32(content, &value) == RESULT_OK) == is, "a number or not");
	JUDGE(value == (is ? expected : 0xABCD), "another number");
}

/* As an element that must have the tag of the context `number`, and one inside. */
static void read_explicit(struct bytes text, unsigned number, uint8_t inner_tag)
{
	struct reader reader = reader_make(text);
	struct bytes rest = text;
	struct bytes outside;
	struct bytes inside = BYTES_EMPTY;
	struct bytes whole;
	struct bytes content = BYTES_EMPTY;
	uint8_t tag;
	const bool expected = naive_der_next(&rest, &tag, &outside, &whole) && tag == 0xA0 + number &&
	                      naive_der_only(outside, inner_tag, &inside);

	JUDGE((der_read_explicit(&reader, number, inner_tag, &content) == RESULT_OK) == expected,
	      "explicit or not");
	JUDGE(is_slice(reader.rest, expected ? rest : text), "the reader's place");
	JUDGE(is_slice(content, expected ? inside : BYTES_EMPTY), "another element");
}

static void read_initial_token(struct bytes text)
{
	struct bytes oid = BYTES_EMPTY;
	struct bytes inner = BYTES_EMPTY;
	struct bytes rest;
	struct bytes name;
	struct bytes whole;
	uint8_t tag;
	const bool expected =
	    naive_der_only(text, 0x60, &rest) && naive_der_next(&rest, &tag, &name, &whole) && tag == 6;

	JUDGE((der_read_initial_token(text, &oid, &inner) == RESULT_OK) == expected, "a token or not");
	JUDGE(!expected || (is_slice(oid, name) && is_slice(inner, rest)), "another token");
}

static void read_all(struct bytes text, unsigned depth)
{
	struct reader reader = reader_make(text);
	struct bytes rest = text;

	read_initial_token(text);
	for (;;)
	{
		struct bytes expected;
		struct bytes element;
		struct bytes content = BYTES_EMPTY;
		struct bytes whole = BYTES_EMPTY;
		uint8_t tag;
		uint8_t found = 0;
		struct reader again = reader;
		const bool is = naive_der_next(&rest, &tag, &expected, &element);

		JUDGE((der_read_any(&reader, &found, &content, &whole) == RESULT_OK) == is, "readable");
		JUDGE(is_slice(reader.rest, rest), "the reader's place");
		if (!is)
			return;
		JUDGE(found == tag && is_slice(content, expected), "read as another");
		JUDGE(is_slice(whole, element), "another whole");
		read_number(content);
		read_explicit(again.rest, tag & 31u, content.len ? content.data[0] : 0);
		JUDGE(der_read(&again, tag ^ 1, &content) != RESULT_OK, "another tag");
		JUDGE(der_read(&again, tag, &content) == RESULT_OK, "the tag that it has");
		if (depth < DEPTH && (tag & 0x20) != 0)
			read_all(content, depth + 1);
	}
}

/* --- writing --------------------------------------------------------------------------------- */

struct text
{
	uint8_t* data;
	size_t len;
};

/* A head in front of what stands behind `start`. */
static void naive_close(struct text* text, size_t start, uint8_t tag)
{
	uint8_t head[8];
	unsigned char* at = head;
	const size_t len = text->len - start;

	ASN1_put_object(&at, (tag & 0x20) != 0, (int)len, tag & 0x1F, tag & 0xC0);
	memmove(text->data + start + (at - head), text->data + start, len);
	memcpy(text->data + start, head, (size_t)(at - head));
	text->len += (size_t)(at - head);
}

static void naive_add(struct text* text, struct bytes bytes)
{
	if (bytes.len)
		memcpy(text->data + text->len, bytes.data, bytes.len);
	text->len += bytes.len;
}

/* INTEGER as OpenSSL has it: i2d writes a whole element, and numbers need less than 128 octets. */
static void naive_number(struct text* text, uint32_t number)
{
	uint8_t element[16];
	unsigned char* at = element;
	ASN1_INTEGER* const integer = ASN1_INTEGER_new();

	JUDGE(integer && ASN1_INTEGER_set_uint64(integer, number), "no memory");
	const int len = i2d_ASN1_INTEGER(integer, &at);
	ASN1_INTEGER_free(integer);
	naive_add(text, bytes_make(element, (size_t)len));
}

static void write_some(struct bytes* input, struct writer* writer, struct text* text,
                       unsigned depth)
{
	static uint8_t filler[70000];

	for (unsigned op = take(input); input->len > 0 && op % 5 != 4; op = take(input))
	{
		const uint8_t tag = (uint8_t)(take(input) % 31 | (op & 0xE0));
		const size_t start = text->len;

		if (op % 5 == 0 && depth < DEPTH)
		{
			const size_t place = der_begin(writer, tag | 0x20);
			write_some(input, writer, text, depth + 1);
			der_end(writer, place);
			naive_close(text, start, tag | 0x20);
		}
		else if (op % 5 == 1)
		{
			const uint32_t number = take_u32(input);
			der_write_explicit_u32(writer, tag & 31u, 2, number);
			naive_number(text, number);
			naive_close(text, start, (uint8_t)(0xA0 + (tag & 31)));
		}
		else
		{
			/* Of the input, or of a length near those where the length's own grows. */
			const size_t near = text->len < 4096 && op & 0x10 ? 65528 : op & 0x08 ? 248 : 120;
			const struct bytes content = op % 5 == 2 ? take_bytes(input, take(input))
			                                         : bytes_make(filler, near + take(input) % 16);
			naive_add(text, content);
			naive_close(text, start, tag);
			der_write(writer, tag, content);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	static uint8_t memory[TEXT_SIZE];
	struct bytes input = bytes_make(data, size);
	struct writer writer = writer_make(sizeof(memory));
	struct text text = { memory, 0 };

	read_all(input, 0);
	if (size > INPUT_MOST)
		return 0;
	write_some(&input, &writer, &text, 0);
	JUDGE(bytes_equal(writer_written(&writer), bytes_make(text.data, text.len)),
	      "written otherwise");
	writer_drop(&writer);
	return 0;
}
