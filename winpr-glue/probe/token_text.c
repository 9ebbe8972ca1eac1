/* SPDX-License-Identifier: Apache-2.0
 *
 * What is undecided is left to what a token begins with (decode_knows()).
 */
#include "token_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "ntlm/field.h"

#define DUMP_BYTES 16 /* a line */

static const char no_memory[] = "there is not enough memory";
static const char too_many[] = "there are more than 64 tokens";

static const char* token_add(struct tokens* tokens, struct bytes bytes)
{
	if (tokens->count == TOKENS_MOST)
		return too_many;
	if (blob_set(&tokens->token[tokens->count], bytes) != RESULT_OK)
		return no_memory;
	tokens->count++;
	return NULL;
}

static const char* token_append(struct tokens* tokens, struct bytes bytes)
{
	struct blob* const last = &tokens->token[tokens->count - 1];
	struct writer writer = writer_make(TOKEN_TEXT_LIMIT);

	writer_bytes(&writer, blob_bytes(last));
	writer_bytes(&writer, bytes);
	return writer_take(&writer, last) == RESULT_OK ? NULL : no_memory;
}

static struct bytes line_next(struct bytes* rest)
{
	const uint8_t* const end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
	const size_t len = end ? (size_t)(end - rest->data) : rest->len;
	const struct bytes line = bytes_make(rest->data, len);

	*rest = bytes_make(rest->data + len + (end ? 1 : 0), rest->len - len - (end ? 1 : 0));
	return line;
}

/* --- WLog's dumps ----------------------------------------------------------------------------- */

/* "0016 4e 54 4c ... NTL": the bytes of a dump's line that goes on at `offset`, whatever the log
 * wrote in front of it. Their number; 0: there is no such line. */
static size_t dump_line(struct bytes line, size_t offset, uint8_t* bytes)
{
	char digits[24];
	const int len = snprintf(digits, sizeof(digits), "%04zu ", offset);
	const uint8_t* at = memmem(line.data, line.len, digits, (size_t)len);
	size_t count = 0;

	if (!at || (at > line.data && !isspace(at[-1])))
		return 0;
	for (at += len; count < DUMP_BYTES && line.data + line.len - at >= 3 && at[2] == ' '; at += 3)
	{
		if (bytes_from_hex(bytes_make(at, 2), &bytes[count]) != RESULT_OK)
			break;
		count++;
	}
	return count;
}

/* False: there is no dump in it. */
static bool dumps_read(struct tokens* tokens, struct bytes content, const char** problem)
{
	struct bytes rest = content;
	size_t offset = 0;
	bool found = false;

	*problem = NULL;
	while (rest.len > 0 && !*problem)
	{
		const struct bytes line = line_next(&rest);
		uint8_t bytes[DUMP_BYTES];
		size_t count = offset > 0 ? dump_line(line, offset, bytes) : 0;

		if (count > 0)
			*problem = token_append(tokens, bytes_make(bytes, count));
		else if ((count = dump_line(line, 0, bytes)) > 0)
		{
			*problem = token_add(tokens, bytes_make(bytes, count));
			offset = 0;
		}
		found = found || count > 0;
		offset = count == DUMP_BYTES ? offset + count : count > 0 ? 0 : offset;
	}
	return found;
}

/* --- digits ----------------------------------------------------------------------------------- */

static int base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char* const at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648 4, with its padding; `to` has room for text.len bytes. */
static bool base64_read(struct bytes text, uint8_t* to, size_t* len)
{
	uint32_t bits = 0;
	size_t padding = 0;

	*len = 0;
	if (text.len % 4 != 0)
		return false;
	for (size_t i = 0; i < text.len; i++)
	{
		const int digit = text.data[i] == '=' && i + 2 >= text.len ? 0 : base64_digit(text.data[i]);
		if (digit < 0 || (padding > 0 && text.data[i] != '='))
			return false;
		padding += text.data[i] == '=';
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 == 3)
		{
			for (unsigned shift = 24; shift > 0;)
				to[(*len)++] = (uint8_t)(bits >> (shift -= 8));
			bits = 0;
		}
	}
	*len -= padding;
	return text.len > 0;
}

/* The line without what people put between digits, in `to`, which has room for all of it. */
static struct bytes line_digits(struct bytes line, uint8_t* to)
{
	size_t len = 0;

	for (size_t i = 0; i < line.len; i++)
	{
		if (!isspace(line.data[i]) && line.data[i] != ':')
			to[len++] = line.data[i];
	}
	const size_t prefix = len > 2 && to[0] == '0' && to[1] == 'x' ? 2 : 0;
	return bytes_make(to + prefix, len - prefix);
}

/* How many bytes the element that begins here says that it has (X.690 8.1.3), in whole; 0: it does
 * not say. */
static size_t der_promised(struct bytes from)
{
	size_t len = 0;

	if (from.len < 2 || from.data[1] < 0x80)
		return from.len < 2 ? 0 : 2u + from.data[1];
	const size_t octets = from.data[1] & 0x7Fu;
	if (octets == 0 || octets > 3 || from.len < 2 + octets)
		return 0;
	for (size_t i = 0; i < octets; i++)
		len = len << 8 | from.data[2 + i];
	return 2 + octets + len;
}

/* Whether a line goes on with the token before it, as base64 of 64 characters a line does. */
static bool line_continues(const struct tokens* tokens, struct bytes line)
{
	if (tokens->count == 0)
		return false;
	const struct bytes last = blob_bytes(&tokens->token[tokens->count - 1]);
	/* NTLM's messages do not say where they end. */
	return ntlm_is_message(last) ? !decode_knows(line) : der_promised(last) > last.len;
}

static const char* line_read(struct tokens* tokens, struct bytes line)
{
	uint8_t* const digits = malloc(2 * line.len + 1);
	const char* problem = "it is neither hexadecimal digits nor base64";
	size_t len = 0;

	if (!digits)
		return no_memory;
	const struct bytes text = line_digits(line, digits);
	uint8_t* const to = digits + line.len;
	if (text.len == 0 || line.data[0] == '#')
		problem = NULL;
	else if (bytes_from_hex(text, to) == RESULT_OK)
		len = text.len / 2;
	else if (!base64_read(text, to, &len))
		len = 0;
	const struct bytes bytes = bytes_make(to, len);
	if (len > 0)
		problem =
		    line_continues(tokens, bytes) ? token_append(tokens, bytes) : token_add(tokens, bytes);
	free(digits);
	return problem;
}

const char* tokens_read(struct tokens* tokens, struct bytes content, size_t* line)
{
	const char* problem = NULL;
	struct bytes rest = content;

	*line = 0;
	if (decode_knows(content))
		return token_add(tokens, content);
	if (dumps_read(tokens, content, &problem))
		return problem;
	while (rest.len > 0 && !problem)
	{
		++*line;
		problem = line_read(tokens, line_next(&rest));
	}
	return problem;
}

void tokens_free(struct tokens* tokens)
{
	for (size_t i = 0; i < tokens->count; i++)
		blob_free(&tokens->token[i]);
	tokens->count = 0;
}
