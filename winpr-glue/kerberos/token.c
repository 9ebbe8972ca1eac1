/* SPDX-License-Identifier: Apache-2.0
 *
 * OID and TOK_ID of a Kerberos token.
 */
#include "kerberos/token.h"

/* 1.2.840.113554.1.2.2, 1.2.840.48018.1.2.2 and 1.2.840.113554.1.2.2.3 */
static const uint8_t oid_kerberos[] = { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_ms_kerberos[] = { 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_u2u[] = { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 };

const struct bytes kerberos_oids[2] = { { oid_kerberos, sizeof(oid_kerberos) },
	                                    { oid_ms_kerberos, sizeof(oid_ms_kerberos) } };
const struct bytes kerberos_u2u_oids[1] = { { oid_u2u, sizeof(oid_u2u) } };

enum result kerberos_token_parse(struct bytes token, struct kerberos_token* parsed)
{
	struct kerberos_token found = { 0 };
	struct bytes inner;
	uint8_t high;
	uint8_t low;

	TRY(der_read_initial_token(token, &found.oid, &inner));
	struct reader reader = reader_make(inner);
	TRY(reader_u8(&reader, &high));
	TRY(reader_u8(&reader, &low));
	found.id = (unsigned)high << 8 | low;
	found.body = reader.rest;
	*parsed = found;
	return RESULT_OK;
}

static bool token_has_oid(struct bytes token, struct bytes oid)
{
	struct kerberos_token parsed;

	return kerberos_token_parse(token, &parsed) == RESULT_OK && bytes_equal(parsed.oid, oid);
}

bool kerberos_token_is_kerberos(struct bytes token)
{
	return token_has_oid(token, kerberos_oids[0]) || token_has_oid(token, kerberos_oids[1]);
}

bool kerberos_token_is_u2u(struct bytes token)
{
	return token_has_oid(token, kerberos_u2u_oids[0]);
}
