/* SPDX-License-Identifier: Apache-2.0
 *
 * TSCredentials and its three kinds, as they come out of a client's authInfo: a naive reader tells
 * whether the input may be read as each of them, and as what; what was read is written, and read
 * again as the same.
 */
#include "credssp/ts_credentials.h"

#include <string.h>

#include "input.h"
#include "naive_der.h"

enum
{
	SEQUENCE = 0x30,
	INTEGER = 2,
	OCTETS = 4
};

/* A SEQUENCE of those fields, of which the first `needed` are there. */
static bool naive_sequence(struct bytes text, const uint8_t* tags, unsigned count, unsigned needed,
                           struct naive_fields* fields)
{
	struct bytes body;
	bool there =
	    naive_der_only(text, SEQUENCE, &body) && naive_der_fields(body, tags, count, fields);

	for (unsigned i = 0; there && i < needed; i++)
		there = fields->present[i];
	return there;
}

/* The same where the SEQUENCE's head is taken off already, as of a field. */
static bool naive_body(struct bytes body, const uint8_t* tags, unsigned count, unsigned needed,
                       struct naive_fields* fields)
{
	bool there = naive_der_fields(body, tags, count, fields);

	for (unsigned i = 0; there && i < needed; i++)
		there = fields->present[i];
	return there;
}

/* Reads back what was written, down to what its kind is read from. */
static struct bytes opened(const struct secret* plain, uint32_t type)
{
	struct ts_credentials outer = { 0, BYTES_EMPTY };

	JUDGE(ts_credentials_check(secret_bytes(plain), NULL) == RESULT_OK, "written and wrong");
	JUDGE(ts_credentials_parse(secret_bytes(plain), &outer, NULL) == RESULT_OK, "unreadable");
	JUDGE(outer.type == type, "another type");
	return outer.credentials;
}

/* --- by password -------------------------------------------------------------------------------
 */

static bool read_password(struct bytes text)
{
	static const uint8_t tags[] = { OCTETS, OCTETS, OCTETS };
	struct ts_password_creds creds = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct secret written = SECRET_EMPTY;
	struct naive_fields fields;
	const bool is = naive_sequence(text, tags, 3, 3, &fields);

	JUDGE((ts_password_creds_parse(text, &creds, NULL) == RESULT_OK) == is, "TSPasswordCreds");
	if (is && ts_password_creds_write(&creds, &written) == RESULT_OK)
	{
		struct ts_password_creds again;
		JUDGE(bytes_equal(creds.domain, fields.content[0]) &&
		          bytes_equal(creds.user, fields.content[1]) &&
		          bytes_equal(creds.password, fields.content[2]),
		      "another password");
		JUDGE(ts_password_creds_parse(opened(&written, 1), &again, NULL) == RESULT_OK, "again");
		JUDGE(bytes_equal(creds.domain, again.domain) && bytes_equal(creds.user, again.user) &&
		          bytes_equal(creds.password, again.password),
		      "written as another");
	}
	secret_free(&written);
	return is;
}

/* --- by smart card ------------------------------------------------------------------------------
 */

static bool same_card(const struct ts_smart_card_creds* a, const struct ts_smart_card_creds* b)
{
	return a->key_spec == b->key_spec && bytes_equal(a->pin, b->pin) &&
	       bytes_equal(a->card_name, b->card_name) && bytes_equal(a->reader_name, b->reader_name) &&
	       bytes_equal(a->container_name, b->container_name) &&
	       bytes_equal(a->csp_name, b->csp_name) && bytes_equal(a->user_hint, b->user_hint) &&
	       bytes_equal(a->domain_hint, b->domain_hint);
}

static bool read_card(struct bytes text)
{
	static const uint8_t tags[] = { OCTETS, SEQUENCE, OCTETS, OCTETS };
	static const uint8_t csp_tags[] = { INTEGER, OCTETS, OCTETS, OCTETS, OCTETS };
	struct ts_smart_card_creds creds = { .key_spec = 0 };
	struct ts_smart_card_creds naive = { .key_spec = 0 };
	struct secret written = SECRET_EMPTY;
	struct naive_fields fields;
	struct naive_fields csp;
	const bool is = naive_sequence(text, tags, 4, 2, &fields) &&
	                naive_body(fields.content[1], csp_tags, 5, 1, &csp) &&
	                naive_der_u32(csp.content[0], &naive.key_spec);

	JUDGE((ts_smart_card_creds_parse(text, &creds, NULL) == RESULT_OK) == is, "TSSmartCardCreds");
	if (!is)
		return false;
	naive = (struct ts_smart_card_creds){ fields.content[0], naive.key_spec,   csp.content[1],
		                                  csp.content[2],    csp.content[3],   csp.content[4],
		                                  fields.content[2], fields.content[3] };
	JUDGE(same_card(&creds, &naive), "another card");
	if (ts_smart_card_creds_write(&creds, &written) == RESULT_OK)
	{
		struct ts_smart_card_creds again;
		JUDGE(ts_smart_card_creds_parse(opened(&written, 2), &again, NULL) == RESULT_OK, "again");
		JUDGE(same_card(&again, &naive), "written as another");
	}
	secret_free(&written);
	return true;
}

/* --- by Remote Credential Guard ------------------------------------------------------------------
 */

static bool naive_package(struct bytes body, struct ts_package_cred* cred)
{
	static const uint8_t tags[] = { OCTETS, OCTETS };
	struct naive_fields fields;

	if (!naive_body(body, tags, 2, 2, &fields))
		return false;
	*cred = (struct ts_package_cred){ fields.content[0], fields.content[1] };
	return true;
}

static bool naive_guard(struct bytes text, struct ts_remote_guard_creds* creds)
{
	static const uint8_t tags[] = { SEQUENCE, SEQUENCE };
	struct naive_fields fields;
	struct bytes item;
	struct bytes whole;
	uint8_t tag;

	if (!naive_sequence(text, tags, 2, 1, &fields) ||
	    !naive_package(fields.content[0], &creds->logon))
		return false;
	while (fields.content[1].len > 0)
	{
		if (creds->supplemental_count == TS_MAX_SUPPLEMENTAL ||
		    !naive_der_next(&fields.content[1], &tag, &item, &whole) || tag != SEQUENCE ||
		    !naive_package(item, &creds->supplemental[creds->supplemental_count++]))
			return false;
	}
	return true;
}

static bool same_package(const struct ts_package_cred* a, const struct ts_package_cred* b)
{
	return bytes_equal(a->package_name, b->package_name) &&
	       bytes_equal(a->cred_buffer, b->cred_buffer);
}

static bool same_guard(const struct ts_remote_guard_creds* a, const struct ts_remote_guard_creds* b)
{
	for (size_t i = 0; i < a->supplemental_count; i++)
		if (!same_package(&a->supplemental[i], &b->supplemental[i]))
			return false;
	return a->supplemental_count == b->supplemental_count && same_package(&a->logon, &b->logon);
}

static bool read_guard(struct bytes text)
{
	struct ts_remote_guard_creds creds = { .supplemental_count = 0 };
	struct ts_remote_guard_creds naive = { .supplemental_count = 0 };
	struct secret written = SECRET_EMPTY;
	const bool is = naive_guard(text, &naive);

	JUDGE((ts_remote_guard_creds_parse(text, &creds, NULL) == RESULT_OK) == is, "TSRemoteGuard");
	if (is && ts_remote_guard_creds_write(&creds, &written) == RESULT_OK)
	{
		struct ts_remote_guard_creds again;
		JUDGE(same_guard(&creds, &naive), "another guard");
		JUDGE(ts_remote_guard_creds_parse(opened(&written, 6), &again, NULL) == RESULT_OK, "again");
		JUDGE(same_guard(&again, &naive), "written as another");
	}
	secret_free(&written);
	return is;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	static const uint8_t tags[] = { INTEGER, OCTETS };
	const struct bytes text = bytes_make(data, size);
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct naive_fields fields;
	uint32_t type = 0;
	const bool is =
	    naive_sequence(text, tags, 2, 2, &fields) && naive_der_u32(fields.content[0], &type);

	JUDGE((ts_credentials_parse(text, &outer, NULL) == RESULT_OK) == is, "TSCredentials or not");
	JUDGE(!is || (outer.type == type && bytes_equal(outer.credentials, fields.content[1])),
	      "other");
	const struct bytes inner = is ? outer.credentials : text;
	const bool kinds[] = { read_password(inner), read_card(inner), read_guard(inner) };
	JUDGE(
	    (ts_credentials_check(text, NULL) == RESULT_OK) ==
	        (is && ((type == 1 && kinds[0]) || (type == 2 && kinds[1]) || (type == 6 && kinds[2]))),
	    "checked or not");
	return 0;
}
