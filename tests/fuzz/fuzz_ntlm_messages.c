/* SPDX-License-Identifier: Apache-2.0
 *
 * The readers of NTLM's three messages, each given every input, beside what MS-NLMP 2.2.1 says by
 * places in the text; and what was read, written and read again. The input ends where its memory
 * does.
 */
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/flags.h"
#include "ntlm/negotiate.h"

#include <string.h>

#include "input.h"

static uint32_t number(const uint8_t* at, unsigned octets)
{
	uint32_t value = 0;

	while (octets-- > 0)
		value = value << 8 | at[octets];
	return value;
}

/* What stands before any field: as good as ours, of another type, or nothing. */
static enum result naive_head(struct bytes message, unsigned type, size_t most, size_t fixed)
{
	if (message.len > most || message.len < 12 || memcmp(message.data, "NTLMSSP", 8) != 0)
		return RESULT_MALFORMED;
	const uint32_t found = number(message.data + 8, 4);
	if (found != type)
		return found >= 1 && found <= 3 ? RESULT_OUT_OF_SEQUENCE : RESULT_MALFORMED;
	return message.len < fixed ? RESULT_MALFORMED : RESULT_OK;
}

/* The field at a place in the fixed part. The payload's start goes down to it. */
static bool naive_field(struct bytes message, size_t fixed, size_t at, struct bytes* value,
                        size_t* start)
{
	const uint64_t len = number(message.data + at, 2);
	const uint64_t offset = number(message.data + at + 4, 4);

	*value = BYTES_EMPTY;
	if (len == 0)
		return true;
	if (offset < fixed || offset + len > message.len)
		return false;
	*value = bytes_make(message.data + offset, len);
	if (offset < *start)
		*start = offset;
	return true;
}

/* --- NEGOTIATE ------------------------------------------------------------------------------- */

static void read_negotiate(struct bytes message)
{
	struct ntlm_negotiate read = { .flags = 7 };
	struct bytes domain = BYTES_EMPTY;
	struct bytes workstation = BYTES_EMPTY;
	struct blob written = BLOB_EMPTY;
	size_t start = 0;
	enum result expected = naive_head(message, 1, 1024, 16);
	const uint32_t flags = expected == RESULT_OK ? number(message.data + 12, 4) : 7;
	const bool bare = message.len == 16;

	if (expected == RESULT_OK && !bare && message.len < 32)
		expected = RESULT_MALFORMED;
	if (expected == RESULT_OK && !bare && (flags & 0x1000) &&
	    !naive_field(message, 32, 16, &domain, &start))
		expected = RESULT_MALFORMED;
	if (expected == RESULT_OK && !bare && (flags & 0x2000) &&
	    !naive_field(message, 32, 24, &workstation, &start))
		expected = RESULT_MALFORMED;
	JUDGE(ntlm_negotiate_parse(message, &read, NULL) == expected, "NEGOTIATE or not");
	if (expected != RESULT_OK)
	{
		JUDGE(read.flags == 7, "something of no NEGOTIATE");
		return;
	}
	JUDGE(read.flags == flags && bytes_equal(read.domain, domain) &&
	          bytes_equal(read.workstation, workstation),
	      "another NEGOTIATE");
	JUDGE(ntlm_negotiate_write(flags, &written) == RESULT_OK && written.len == 40, "not written");
	JUDGE(ntlm_negotiate_parse(blob_bytes(&written), &read, NULL) == RESULT_OK, "unreadable");
	JUDGE(read.flags == flags && !read.domain.len && !read.workstation.len, "written as another");
	blob_free(&written);
}

/* --- CHALLENGE ------------------------------------------------------------------------------- */

static void read_challenge(struct bytes message)
{
	struct ntlm_challenge read = { .flags = 7 };
	struct ntlm_challenge naive = { .flags = 7 };
	struct blob written = BLOB_EMPTY;
	size_t start = 0;
	enum result expected = naive_head(message, 2, NTLM_MAX_TOKEN, 48);

	if (expected == RESULT_OK)
	{
		naive.flags = number(message.data + 20, 4);
		naive.server_challenge = bytes_make(message.data + 24, 8);
		if (!naive_field(message, 48, 12, &naive.target_name, &start) ||
		    ((naive.flags & 0x800000) && !naive_field(message, 48, 40, &naive.target_info, &start)))
			expected = RESULT_MALFORMED;
	}
	JUDGE(ntlm_challenge_parse(message, &read, NULL) == expected, "CHALLENGE or not");
	if (expected != RESULT_OK)
	{
		JUDGE(read.flags == 7, "something of no CHALLENGE");
		return;
	}
	for (int again = 0; again < 2; again++)
	{
		JUDGE(read.flags == naive.flags &&
		          bytes_equal(read.server_challenge, naive.server_challenge) &&
		          bytes_equal(read.target_name, naive.target_name) &&
		          bytes_equal(read.target_info, naive.target_info),
		      "another CHALLENGE");
		if (again == 0 && ntlm_challenge_write(&naive, &written) != RESULT_OK)
		{
			JUDGE(naive.target_name.len + naive.target_info.len + 56 > NTLM_MAX_TOKEN, "no room");
			break;
		}
		JUDGE(ntlm_challenge_parse(blob_bytes(&written), &read, NULL) == RESULT_OK, "unreadable");
	}
	blob_free(&written);
}

/* --- AUTHENTICATE ---------------------------------------------------------------------------- */

/* The fields in the order of the fixed part. */
static void fields_of(struct ntlm_authenticate* message, struct bytes* fields[6])
{
	fields[0] = &message->lm_response;
	fields[1] = &message->nt_response;
	fields[2] = &message->domain;
	fields[3] = &message->user;
	fields[4] = &message->workstation;
	fields[5] = &message->encrypted_session_key;
}

static bool same(struct ntlm_authenticate* a, struct ntlm_authenticate* b)
{
	struct bytes* fields_a[6];
	struct bytes* fields_b[6];

	fields_of(a, fields_a);
	fields_of(b, fields_b);
	for (int i = 0; i < 6; i++)
		if (!bytes_equal(*fields_a[i], *fields_b[i]))
			return false;
	return a->flags == b->flags;
}

/* A place for the MIC is behind Version, or in its place where there is none. */
static size_t naive_mic(size_t start, uint32_t flags)
{
	if (start >= 88)
		return 72;
	return start >= 80 && !(flags & 0x2000000) ? 64 : 0;
}

/* The three messages one behind the other, with zeros for the MIC. */
static void mic_input(struct bytes message, size_t mic)
{
	const struct bytes first = bytes_make(message.data, message.len / 3);
	struct blob input = BLOB_EMPTY;

	JUDGE(ntlm_mic_input_write(first, message, message, mic, &input) == RESULT_OK, "no input");
	JUDGE(input.len == first.len + 2 * message.len, "its length");
	for (size_t i = 0; i < input.len; i++)
	{
		const size_t at = i < first.len ? i : (i - first.len) % message.len;
		const bool zero = mic && i >= first.len + message.len && at >= mic && at < mic + 16;
		JUDGE(input.data[i] == (zero ? 0 : message.data[at]), "what the MIC covers");
	}
	blob_free(&input);
}

static void write_authenticate(struct ntlm_authenticate* naive)
{
	struct ntlm_authenticate again = { 0 };
	struct blob written = BLOB_EMPTY;
	struct bytes* fields[6];
	size_t mic = 0;
	size_t len = 88;

	fields_of(naive, fields);
	for (int i = 0; i < 6; i++)
		len += fields[i]->len;
	if (ntlm_authenticate_write(naive, &written, &mic) != RESULT_OK)
	{
		JUDGE(len > NTLM_MAX_TOKEN, "no room");
		return;
	}
	JUDGE(written.len == len && mic == 72, "its length");
	JUDGE(ntlm_authenticate_parse(blob_bytes(&written), &again, NULL) == RESULT_OK, "unreadable");
	JUDGE(same(naive, &again) && again.mic_offset == 72, "written as another");
	blob_free(&written);
}

static void read_authenticate(struct bytes message)
{
	struct ntlm_authenticate read = { .flags = 7 };
	struct ntlm_authenticate naive = { .flags = 7 };
	struct bytes* fields[6];
	size_t start = message.len;
	enum result expected = naive_head(message, 3, NTLM_MAX_TOKEN, 64);

	fields_of(&naive, fields);
	if (expected == RESULT_OK)
		naive.flags = number(message.data + 60, 4);
	for (size_t i = 0; i < 6 && expected == RESULT_OK; i++)
		if (!naive_field(message, 64, 12 + 8 * i, fields[i], &start))
			expected = RESULT_MALFORMED;
	JUDGE(ntlm_authenticate_parse(message, &read, NULL) == expected, "AUTHENTICATE or not");
	if (expected != RESULT_OK)
	{
		JUDGE(read.flags == 7, "something of no AUTHENTICATE");
		return;
	}
	const size_t mic = naive_mic(start, naive.flags);
	JUDGE(same(&read, &naive), "another AUTHENTICATE");
	JUDGE(read.mic_offset == mic && read.mic.len == (mic ? 16 : 0) &&
	          (!mic || read.mic.data == message.data + mic),
	      "the MIC's place");
	mic_input(message, mic);
	write_authenticate(&naive);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	const struct bytes message = bytes_make(data, size);

	read_negotiate(message);
	read_challenge(message);
	read_authenticate(message);
	return 0;
}
