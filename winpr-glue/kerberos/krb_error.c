/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 4120 5.9.1, of which code and times are of interest; and 7.5.9 in words.
 */
#include "kerberos/krb_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "kerberos/token.h"

/* --- reading ---------------------------------------------------------------------------------- */

enum krb_error_tag
{
	TAG_GENERALIZED_TIME = 0x18,
	TAG_KRB_ERROR = 0x7E, /* [APPLICATION 30] */
	TAG_STIME = DER_CONTEXT_0 + 4,
	TAG_ERROR_CODE = DER_CONTEXT_0 + 6
};

static enum result read_digits(struct reader* reader, size_t count, int* value)
{
	int read = 0;

	for (size_t i = 0; i < count; i++)
	{
		uint8_t digit = 0;

		TRY(reader_u8(reader, &digit));
		REQUIRE(digit >= '0' && digit <= '9', RESULT_MALFORMED);
		read = read * 10 + (digit - '0');
	}
	*value = read;
	return RESULT_OK;
}

/* KerberosTime (RFC 4120 5.2.3): YYYYMMDDHHMMSSZ, and never anything else. */
static enum result read_time(struct bytes content, int64_t* seconds)
{
	struct reader reader = reader_make(content);
	struct tm parts = { 0 };
	uint8_t zone = 0;

	TRY(read_digits(&reader, 4, &parts.tm_year));
	TRY(read_digits(&reader, 2, &parts.tm_mon));
	TRY(read_digits(&reader, 2, &parts.tm_mday));
	TRY(read_digits(&reader, 2, &parts.tm_hour));
	TRY(read_digits(&reader, 2, &parts.tm_min));
	TRY(read_digits(&reader, 2, &parts.tm_sec));
	TRY(reader_u8(&reader, &zone));
	REQUIRE(zone == 'Z' && reader_left(&reader) == 0, RESULT_MALFORMED);
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	*seconds = timegm(&parts);
	return RESULT_OK;
}

static enum result read_fields(struct bytes fields, struct krb_error* error)
{
	struct reader reader = reader_make(fields);
	bool coded = false;

	while (reader_left(&reader) > 0)
	{
		struct bytes content;
		struct bytes value;
		uint8_t tag = 0;

		TRY(der_read_any(&reader, &tag, &content, NULL));
		struct reader inner = reader_make(content);
		if (tag == TAG_STIME)
		{
			TRY(der_read(&inner, TAG_GENERALIZED_TIME, &value));
			error->timed = read_time(value, &error->time) == RESULT_OK;
		}
		else if (tag == TAG_ERROR_CODE)
		{
			TRY(der_read(&inner, DER_INTEGER, &value));
			TRY(der_parse_u32(value, &error->code));
			coded = true;
		}
	}
	return coded ? RESULT_OK : RESULT_MALFORMED;
}

enum result krb_error_parse(struct bytes token, struct krb_error* error)
{
	struct kerberos_token framed;
	struct krb_error read = { 0 };
	struct bytes message;
	struct bytes fields;

	TRY(kerberos_token_parse(token, &framed));
	REQUIRE(framed.id == TOKEN_ERROR, RESULT_MALFORMED);
	struct reader reader = reader_make(framed.body);
	TRY(der_read(&reader, TAG_KRB_ERROR, &message));
	reader = reader_make(message);
	TRY(der_read(&reader, DER_SEQUENCE, &fields));
	TRY(read_fields(fields, &read));
	*error = read;
	return RESULT_OK;
}

/* --- words ------------------------------------------------------------------------------------ */

#define CODE_SKEW 37
#define WRONG_KEY                                                                                  \
	"the ticket was made with another key than the keytab has: make the keytab anew, or name the " \
	"host to which it belongs"

/* RFC 4120 7.5.9: what an acceptor may say. */
static const struct
{
	uint32_t code;
	const char* name;
	const char* words;
} krb_errors[] = {
	{ 31, "KRB_AP_ERR_BAD_INTEGRITY", WRONG_KEY },
	{ 32, "KRB_AP_ERR_TKT_EXPIRED", "the ticket has expired: get a new one with kinit" },
	{ 33, "KRB_AP_ERR_TKT_NYV",
	  "the ticket is not valid yet: set the clocks of both ends and the KDC" },
	{ 34, "KRB_AP_ERR_REPEAT",
	  "this message was seen before: try again; if that fails too, somebody repeats messages" },
	{ 35, "KRB_AP_ERR_NOT_US",
	  "the ticket is for another name than the keytab has: name the server as its keytab does" },
	{ CODE_SKEW, "KRB_AP_ERR_SKEW", "the clocks differ by too much: set both, with NTP" },
	{ 41, "KRB_AP_ERR_MODIFIED", WRONG_KEY },
	{ 44, "KRB_AP_ERR_BADKEYVER",
	  "the keytab has an older or a newer key than the ticket: make the keytab anew" },
	{ 45, "KRB_AP_ERR_NOKEY", "the keytab has no key for this service: add one" },
	{ 60, "KRB_ERR_GENERIC", "it says no more: see the log of the program there" },
	{ 67, "KRB_AP_ERR_NO_TGT",
	  "there is no ticket-granting ticket for user-to-user: get one there with kinit" },
	{ 69, "KRB_AP_ERR_USER_TO_USER_REQUIRED",
	  "the service takes user-to-user alone: allow u2u in the package list" },
};

void krb_error_words(const struct krb_error* error, enum mech_role role, int64_t now, char* text,
                     size_t size)
{
	const char* const peer = role == MECH_INITIATOR ? "server" : "client";
	const char* name = "an error that Kerberos has no name for here";
	const char* words = "see the log of the program there";
	char skew[64] = "";

	for (size_t i = 0; i < sizeof(krb_errors) / sizeof(krb_errors[0]); i++)
	{
		if (krb_errors[i].code != error->code)
			continue;
		name = krb_errors[i].name;
		words = krb_errors[i].words;
	}
	if (error->code == CODE_SKEW && error->timed && error->time == now)
		(void)snprintf(skew, sizeof(skew), " (the %s's is as ours is now)", peer);
	else if (error->code == CODE_SKEW && error->timed)
		(void)snprintf(skew, sizeof(skew), " (the %s's is %" PRId64 " s %s ours)", peer,
		               error->time > now ? error->time - now : now - error->time,
		               error->time > now ? "ahead of" : "behind");
	(void)snprintf(text, size,
	               "the %s answers, unauthenticated, with Kerberos error %" PRIu32 ", %s%s: %s; "
	               "!kerberos in the package list does without Kerberos",
	               peer, error->code, name, skew, words);
}
