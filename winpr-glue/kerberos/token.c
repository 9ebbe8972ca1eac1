/* SPDX-License-Identifier: Apache-2.0
 *
 * OID and TOK_ID of a Kerberos token.
 */
#include "kerberos/token.h"

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
