/* SPDX-License-Identifier: Apache-2.0
 *
 * TSCredentials and its three kinds, read and written side by side (MS-CSSP 2.2.1.2).
 */
#include "credssp/ts_credentials.h"

#include "credssp/asn1.h"

#define MOST_BYTES 65536 /* a TSRequest holds no more */

static const struct asn1_field cred_type = { 0, DER_INTEGER, "credType" };
static const struct asn1_field credentials_field = { 1, DER_OCTET_STRING, "credentials" };

static const struct asn1_field domain_name = { 0, DER_OCTET_STRING, "domainName" };
static const struct asn1_field user_name = { 1, DER_OCTET_STRING, "userName" };
static const struct asn1_field password = { 2, DER_OCTET_STRING, "password" };

static const struct asn1_field pin = { 0, DER_OCTET_STRING, "pin" };
static const struct asn1_field csp_data = { 1, DER_SEQUENCE, "cspData" };
static const struct asn1_field user_hint = { 2, DER_OCTET_STRING, "userHint" };
static const struct asn1_field domain_hint = { 3, DER_OCTET_STRING, "domainHint" };

static const struct asn1_field key_spec = { 0, DER_INTEGER, "keySpec" };
static const struct asn1_field card_name = { 1, DER_OCTET_STRING, "cardName" };
static const struct asn1_field reader_name = { 2, DER_OCTET_STRING, "readerName" };
static const struct asn1_field container_name = { 3, DER_OCTET_STRING, "containerName" };
static const struct asn1_field csp_name = { 4, DER_OCTET_STRING, "cspName" };

static const struct asn1_field logon_cred = { 0, DER_SEQUENCE, "logonCred" };
static const struct asn1_field supplemental_creds = { 1, DER_SEQUENCE, "supplementalCreds" };
static const struct asn1_field package_name = { 0, DER_OCTET_STRING, "packageName" };
static const struct asn1_field cred_buffer = { 1, DER_OCTET_STRING, "credBuffer" };

/* --- TSCredentials ---------------------------------------------------------------------------- */

enum result ts_credentials_parse(struct bytes plain, struct ts_credentials* credentials,
                                 struct fault* fault)
{
	struct ts_credentials parsed = { 0, BYTES_EMPTY };
	struct reader reader;

	TRY(asn1_open(plain, "TSCredentials", &reader, fault));
	TRY(asn1_read_u32(&reader, &cred_type, &parsed.type, fault));
	TRY(asn1_read(&reader, &credentials_field, &parsed.credentials, fault));
	TRY(asn1_end(&reader, fault));
	*credentials = parsed;
	return RESULT_OK;
}

enum result ts_credentials_check(struct bytes plain, struct fault* fault)
{
	struct ts_credentials outer;
	struct ts_password_creds by_password;
	struct ts_smart_card_creds by_card;
	struct ts_remote_guard_creds by_guard;

	TRY(ts_credentials_parse(plain, &outer, fault));
	switch (outer.type)
	{
		case TS_CREDENTIALS_PASSWORD:
			return ts_password_creds_parse(outer.credentials, &by_password, fault);
		case TS_CREDENTIALS_SMART_CARD:
			return ts_smart_card_creds_parse(outer.credentials, &by_card, fault);
		case TS_CREDENTIALS_REMOTE_GUARD:
			return ts_remote_guard_creds_parse(outer.credentials, &by_guard, fault);
		default:
			fault_set(fault, cred_type.name, "is none of 1, 2 and 6");
			return RESULT_MALFORMED;
	}
}

/* The brackets around the structure that `type` names. */
struct frame
{
	struct writer writer;
	size_t body;
	struct asn1_bracket octets;
	size_t inner;
};

static struct frame frame_begin(enum ts_credentials_type type)
{
	struct frame frame = { .writer = writer_make(MOST_BYTES) };

	frame.body = der_begin(&frame.writer, DER_SEQUENCE);
	der_write_explicit_u32(&frame.writer, cred_type.number, cred_type.type, type);
	frame.octets = asn1_begin(&frame.writer, &credentials_field);
	frame.inner = der_begin(&frame.writer, DER_SEQUENCE);
	return frame;
}

/* The writer wipes what it leaves behind. */
static enum result frame_take(struct frame* frame, struct secret* plain)
{
	der_end(&frame->writer, frame->inner);
	asn1_close(&frame->writer, frame->octets);
	der_end(&frame->writer, frame->body);

	enum result result = frame->writer.error;
	if (result == RESULT_OK)
		result = secret_set(plain, writer_written(&frame->writer));
	writer_drop(&frame->writer);
	return result;
}

/* --- TSPasswordCreds -------------------------------------------------------------------------- */

enum result ts_password_creds_parse(struct bytes plain, struct ts_password_creds* creds,
                                    struct fault* fault)
{
	struct ts_password_creds parsed = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct reader reader;

	TRY(asn1_open(plain, "TSPasswordCreds", &reader, fault));
	TRY(asn1_read(&reader, &domain_name, &parsed.domain, fault));
	TRY(asn1_read(&reader, &user_name, &parsed.user, fault));
	TRY(asn1_read(&reader, &password, &parsed.password, fault));
	TRY(asn1_end(&reader, fault));
	*creds = parsed;
	return RESULT_OK;
}

enum result ts_password_creds_write(const struct ts_password_creds* creds, struct secret* plain)
{
	struct frame frame = frame_begin(TS_CREDENTIALS_PASSWORD);

	asn1_write(&frame.writer, &domain_name, creds->domain);
	asn1_write(&frame.writer, &user_name, creds->user);
	asn1_write(&frame.writer, &password, creds->password);
	return frame_take(&frame, plain);
}

/* --- TSSmartCardCreds ------------------------------------------------------------------------- */

static enum result csp_data_parse(struct bytes content, struct ts_smart_card_creds* creds,
                                  struct fault* fault)
{
	struct reader reader = reader_make(content);

	TRY(asn1_read_u32(&reader, &key_spec, &creds->key_spec, fault));
	TRY(asn1_read_optional(&reader, &card_name, &creds->card_name, fault));
	TRY(asn1_read_optional(&reader, &reader_name, &creds->reader_name, fault));
	TRY(asn1_read_optional(&reader, &container_name, &creds->container_name, fault));
	TRY(asn1_read_optional(&reader, &csp_name, &creds->csp_name, fault));
	return asn1_end(&reader, fault);
}

enum result ts_smart_card_creds_parse(struct bytes plain, struct ts_smart_card_creds* creds,
                                      struct fault* fault)
{
	struct ts_smart_card_creds parsed = { .key_spec = 0 };
	struct bytes csp = BYTES_EMPTY;
	struct reader reader;

	TRY(asn1_open(plain, "TSSmartCardCreds", &reader, fault));
	TRY(asn1_read(&reader, &pin, &parsed.pin, fault));
	TRY(asn1_read(&reader, &csp_data, &csp, fault));
	TRY(csp_data_parse(csp, &parsed, fault));
	TRY(asn1_read_optional(&reader, &user_hint, &parsed.user_hint, fault));
	TRY(asn1_read_optional(&reader, &domain_hint, &parsed.domain_hint, fault));
	TRY(asn1_end(&reader, fault));
	*creds = parsed;
	return RESULT_OK;
}

enum result ts_smart_card_creds_write(const struct ts_smart_card_creds* creds, struct secret* plain)
{
	struct frame frame = frame_begin(TS_CREDENTIALS_SMART_CARD);

	asn1_write(&frame.writer, &pin, creds->pin);
	const struct asn1_bracket csp = asn1_begin(&frame.writer, &csp_data);
	der_write_explicit_u32(&frame.writer, key_spec.number, key_spec.type, creds->key_spec);
	asn1_write_optional(&frame.writer, &card_name, creds->card_name);
	asn1_write_optional(&frame.writer, &reader_name, creds->reader_name);
	asn1_write_optional(&frame.writer, &container_name, creds->container_name);
	asn1_write_optional(&frame.writer, &csp_name, creds->csp_name);
	asn1_close(&frame.writer, csp);
	asn1_write_optional(&frame.writer, &user_hint, creds->user_hint);
	asn1_write_optional(&frame.writer, &domain_hint, creds->domain_hint);
	return frame_take(&frame, plain);
}

/* --- TSRemoteGuardCreds ----------------------------------------------------------------------- */

static enum result package_cred_parse(struct bytes content, struct ts_package_cred* cred,
                                      struct fault* fault)
{
	struct reader reader = reader_make(content);

	TRY(asn1_read(&reader, &package_name, &cred->package_name, fault));
	TRY(asn1_read(&reader, &cred_buffer, &cred->cred_buffer, fault));
	return asn1_end(&reader, fault);
}

static enum result supplemental_parse(struct bytes content, struct ts_remote_guard_creds* creds,
                                      struct fault* fault)
{
	struct reader list = reader_make(content);

	while (reader_left(&list) > 0)
	{
		struct bytes item = BYTES_EMPTY;

		WELL_FORMED(creds->supplemental_count < TS_MAX_SUPPLEMENTAL, fault, supplemental_creds.name,
		            "are too many");
		fault_set(fault, supplemental_creds.name, "are not well formed");
		TRY(der_read(&list, DER_SEQUENCE, &item));
		TRY(package_cred_parse(item, &creds->supplemental[creds->supplemental_count++], fault));
	}
	return RESULT_OK;
}

enum result ts_remote_guard_creds_parse(struct bytes plain, struct ts_remote_guard_creds* creds,
                                        struct fault* fault)
{
	struct ts_remote_guard_creds parsed = { .supplemental_count = 0 };
	struct bytes logon = BYTES_EMPTY;
	struct bytes supplemental = BYTES_EMPTY;
	struct reader reader;

	TRY(asn1_open(plain, "TSRemoteGuardCreds", &reader, fault));
	TRY(asn1_read(&reader, &logon_cred, &logon, fault));
	TRY(package_cred_parse(logon, &parsed.logon, fault));
	TRY(asn1_read_optional(&reader, &supplemental_creds, &supplemental, fault));
	TRY(supplemental_parse(supplemental, &parsed, fault));
	TRY(asn1_end(&reader, fault));
	*creds = parsed;
	return RESULT_OK;
}

static void package_cred_write(struct writer* writer, const struct ts_package_cred* cred)
{
	asn1_write(writer, &package_name, cred->package_name);
	asn1_write(writer, &cred_buffer, cred->cred_buffer);
}

static void supplemental_write(struct writer* writer, const struct ts_remote_guard_creds* creds)
{
	if (creds->supplemental_count == 0)
		return;
	const struct asn1_bracket list = asn1_begin(writer, &supplemental_creds);
	for (size_t i = 0; i < creds->supplemental_count; i++)
	{
		const size_t item = der_begin(writer, DER_SEQUENCE);

		package_cred_write(writer, &creds->supplemental[i]);
		der_end(writer, item);
	}
	asn1_close(writer, list);
}

enum result ts_remote_guard_creds_write(const struct ts_remote_guard_creds* creds,
                                        struct secret* plain)
{
	REQUIRE(creds->supplemental_count <= TS_MAX_SUPPLEMENTAL, RESULT_INVALID_ARGUMENT);
	struct frame frame = frame_begin(TS_CREDENTIALS_REMOTE_GUARD);
	const struct asn1_bracket logon = asn1_begin(&frame.writer, &logon_cred);

	package_cred_write(&frame.writer, &creds->logon);
	asn1_close(&frame.writer, logon);
	supplemental_write(&frame.writer, creds);
	return frame_take(&frame, plain);
}
