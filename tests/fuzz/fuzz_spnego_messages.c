/* SPDX-License-Identifier: Apache-2.0
 *
 * The readers of NegTokenInit, NegTokenInit2, NegTokenResp and MechTypeList beside naive ones; what
 * was read, written and read again; and messages made of the input's bytes.
 */
#include "spnego/mech_list.h"
#include "spnego/message.h"

#include <string.h>

#include "input.h"
#include "naive_der.h"

enum
{
	SEQUENCE = 0x30,
	BITS = 3,
	OCTETS = 4,
	OID = 6,
	ENUMERATED = 10,
	GENERAL_STRING = 0x1B
};

/* --- MechTypeList ---------------------------------------------------------------------------- */

/* How many entries, or 0. */
static size_t naive_list(struct bytes list, struct bytes oids[MECH_LIST_MAX + 1])
{
	struct bytes rest;
	struct bytes whole;
	size_t count = 0;
	uint8_t tag;

	if (!naive_der_only(list, SEQUENCE, &rest))
		return 0;
	for (; rest.len > 0 && count <= MECH_LIST_MAX; count++)
		if (!naive_der_next(&rest, &tag, &oids[count], &whole) || tag != OID ||
		    oids[count].len < 1 || oids[count].len > 64)
			return 0;
	return count <= MECH_LIST_MAX ? count : 0;
}

static void read_list(struct bytes list)
{
	struct bytes oids[MECH_LIST_MAX + 1] = { BYTES_EMPTY };
	struct bytes oid = BYTES_EMPTY;
	struct blob written = BLOB_EMPTY;
	char shown[64];
	size_t count = 0;
	const size_t expected = naive_list(list, oids);

	mech_list_describe(list, shown, sizeof(shown));
	JUDGE(strnlen(shown, sizeof(shown)) < sizeof(shown), "a name without an end");
	JUDGE((mech_list_check(list, &count, NULL) == RESULT_OK) == (expected > 0), "a list or not");
	if (expected == 0)
		return;
	JUDGE(count == expected, "another number");
	for (size_t i = 0; i < count; i++)
		JUDGE(mech_list_at(list, i, &oid) == RESULT_OK && oid.data == oids[i].data &&
		          oid.len == oids[i].len,
		      "another entry");
	JUDGE(mech_list_at(list, count, &oid) == RESULT_MALFORMED, "one more");
	JUDGE(mech_list_write(oids, count, &written) == RESULT_OK, "not written");
	JUDGE(mech_list_check(blob_bytes(&written), &count, NULL) == RESULT_OK && count == expected,
	      "written as another");
	for (size_t i = 0; i < count; i++)
		JUDGE(mech_list_at(blob_bytes(&written), i, &oid) == RESULT_OK && bytes_equal(oid, oids[i]),
		      "another entry");
	blob_free(&written);
}

/* --- NegTokenInit ---------------------------------------------------------------------------- */

static bool naive_frame(struct bytes token, struct bytes* inner)
{
	static const uint8_t spnego[] = { 0x2B, 6, 1, 5, 5, 2 };
	struct bytes name;
	struct bytes whole;
	uint8_t tag;

	return naive_der_only(token, 0x60, inner) && naive_der_next(inner, &tag, &name, &whole) &&
	       tag == OID && bytes_equal(name, BYTES_OF(spnego));
}

/* [3] as it is in RFC 4178, or MS-SPNG's hints, with the MIC at [4]. */
static bool naive_init(struct bytes token, struct neg_token_init* init)
{
	static const uint8_t with_hints[] = { SEQUENCE, BITS, OCTETS, SEQUENCE, OCTETS };
	static const uint8_t hints[] = { GENERAL_STRING, OCTETS };
	static const uint8_t without[] = { SEQUENCE, BITS, OCTETS, OCTETS, OCTETS };
	struct naive_fields fields;
	struct naive_fields hint;
	struct bytes choice;
	struct bytes sequence;

	if (!naive_frame(token, &choice) || !naive_der_only(choice, 0xA0, &sequence) ||
	    !naive_der_only(sequence, SEQUENCE, &sequence))
		return false;
	const bool hinted = naive_der_fields(sequence, with_hints, 5, &fields) && fields.present[3];
	if (hinted ? !naive_der_fields(fields.content[3], hints, 2, &hint)
	           : !naive_der_fields(sequence, without, 5, &fields) ||
	                 (fields.present[3] && fields.present[4]))
		return false;
	init->mech_types = fields.whole[0];
	init->mech_token = fields.content[2];
	init->mech_list_mic = fields.content[hinted || fields.present[4] ? 4 : 3];
	return fields.present[0];
}

static bool same_init(const struct neg_token_init* a, const struct neg_token_init* b)
{
	return bytes_equal(a->mech_types, b->mech_types) && bytes_equal(a->mech_token, b->mech_token) &&
	       bytes_equal(a->mech_list_mic, b->mech_list_mic);
}

static void init_goes_round(const struct neg_token_init* init)
{
	struct blob token = BLOB_EMPTY;
	struct neg_token_init again;

	JUDGE(neg_token_init_write(init, &token) == RESULT_OK, "not written");
	JUDGE(neg_token_init_parse(blob_bytes(&token), &again, NULL) == RESULT_OK, "unreadable");
	JUDGE(same_init(init, &again), "written as another");
	blob_free(&token);
}

static void read_init(struct bytes token)
{
	const struct neg_token_init untouched = { BYTES_EMPTY, BYTES_LITERAL("x"), BYTES_EMPTY };
	struct neg_token_init init = untouched;
	struct neg_token_init naive = untouched;
	struct bytes inner;
	const bool is = naive_init(token, &naive);

	JUDGE(neg_token_is_init(token) == naive_frame(token, &inner), "claims to be one or not");
	JUDGE((neg_token_init_parse(token, &init, NULL) == RESULT_OK) == is, "NegTokenInit or not");
	JUDGE(same_init(&init, is ? &naive : &untouched), "another NegTokenInit");
	if (is)
	{
		init_goes_round(&init);
		read_list(init.mech_types);
	}
}

/* --- NegTokenResp ---------------------------------------------------------------------------- */

static bool naive_resp(struct bytes token, struct neg_token_resp* resp)
{
	static const uint8_t tags[] = { ENUMERATED, OID, OCTETS, OCTETS };
	struct naive_fields fields;
	struct bytes sequence;
	uint32_t state = NEG_STATE_ABSENT;

	if (!naive_der_only(token, 0xA1, &sequence) || !naive_der_only(sequence, SEQUENCE, &sequence) ||
	    !naive_der_fields(sequence, tags, 4, &fields) ||
	    (fields.present[0] && (!naive_der_u32(fields.content[0], &state) || state > 3)) ||
	    (fields.present[1] && fields.content[1].len == 0))
		return false;
	*resp = (struct neg_token_resp){ (enum neg_state)state, fields.content[1], fields.content[2],
		                             fields.content[3] };
	return true;
}

static bool same_resp(const struct neg_token_resp* a, const struct neg_token_resp* b)
{
	return a->neg_state == b->neg_state && bytes_equal(a->supported_mech, b->supported_mech) &&
	       bytes_equal(a->response_token, b->response_token) &&
	       bytes_equal(a->mech_list_mic, b->mech_list_mic);
}

static void resp_goes_round(const struct neg_token_resp* resp)
{
	struct blob token = BLOB_EMPTY;
	struct neg_token_resp again;

	JUDGE(neg_token_resp_write(resp, &token) == RESULT_OK, "not written");
	JUDGE(neg_token_resp_parse(blob_bytes(&token), &again, NULL) == RESULT_OK, "unreadable");
	JUDGE(same_resp(resp, &again), "written as another");
	blob_free(&token);
}

static void read_resp(struct bytes token)
{
	const struct neg_token_resp untouched = { .response_token = BYTES_LITERAL("x") };
	struct neg_token_resp resp = untouched;
	struct neg_token_resp naive = untouched;
	const bool is = naive_resp(token, &naive);

	JUDGE(neg_token_is_resp(token) == (token.len > 0 && token.data[0] == 0xA1), "claims to be one");
	JUDGE((neg_token_resp_parse(token, &resp, NULL) == RESULT_OK) == is, "NegTokenResp or not");
	JUDGE(same_resp(&resp, is ? &naive : &untouched), "another NegTokenResp");
	if (is)
		resp_goes_round(&resp);
}

/* Of parts of the input, which are anything: what is written can be read. */
static void write_both(struct bytes input)
{
	struct neg_token_resp resp = { .neg_state = (enum neg_state)(take(&input) % 5) };

	resp.supported_mech = take_bytes(&input, take(&input));
	resp.response_token = take_bytes(&input, take(&input));
	resp.mech_list_mic = input;
	resp_goes_round(&resp);
	const struct neg_token_init init = { BYTES_LITERAL("\x30\x03\x06\x01\x2A"), resp.response_token,
		                                 input };
	init_goes_round(&init);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	const struct bytes input = bytes_make(data, size);

	read_init(input);
	read_resp(input);
	read_list(input);
	write_both(input);
	return 0;
}
