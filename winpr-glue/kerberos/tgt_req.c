/* SPDX-License-Identifier: Apache-2.0
 *
 * KERB-TGT-REQUEST ::= SEQUENCE { pvno [0], msg-type [1], server-name [2], realm [3] OPTIONAL }, of
 * which WinPR has both names optional; a request that names no server is of no use here.
 */
#include "kerberos/tgt_req.h"

#define PVNO 5         /* RFC 4120 5.2 */
#define KRB_TGT_REQ 16 /* draft-swift-win2k-krb-user2user 5.1 */

/* Behind what is there already, with a '/' between the two. */
static enum result append(char name[TGT_REQ_NAME_SIZE], size_t* used, struct bytes part)
{
	const size_t slash = *used > 0;

	REQUIRE(part.len > 0 && part.len < TGT_REQ_NAME_SIZE - *used - slash, RESULT_MALFORMED);
	for (size_t i = 0; i < part.len; i++)
	{
		const uint8_t c = part.data[i];
		REQUIRE(c > ' ' && c < 0x7F && c != '@' && c != '\\', RESULT_MALFORMED);
	}
	if (slash)
		name[(*used)++] = '/';
	bytes_copy((uint8_t*)name + *used, part);
	*used += part.len;
	name[*used] = '\0';
	return RESULT_OK;
}

/* PrincipalName (RFC 4120 5.2.2). */
static enum result read_name(struct bytes content, char name[TGT_REQ_NAME_SIZE])
{
	struct reader fields = reader_make(content);
	struct bytes type;
	struct bytes strings;
	struct bytes part = BYTES_EMPTY;
	size_t used = 0;

	TRY(der_read_explicit(&fields, 0, DER_INTEGER, &type));
	TRY(der_read_explicit(&fields, 1, DER_SEQUENCE, &strings));
	TRY(reader_end(&fields));
	struct reader parts = reader_make(strings);
	while (reader_left(&parts) > 0)
	{
		TRY(der_read(&parts, DER_GENERAL_STRING, &part));
		TRY(append(name, &used, part));
	}
	REQUIRE(used > 0, RESULT_MALFORMED);
	return RESULT_OK;
}

static enum result read_number(struct reader* fields, unsigned number, uint32_t expected)
{
	struct bytes content;
	uint32_t value = 0;

	TRY(der_read_explicit(fields, number, DER_INTEGER, &content));
	TRY(der_parse_u32(content, &value));
	REQUIRE(value == expected, RESULT_MALFORMED);
	return RESULT_OK;
}

enum result tgt_req_parse(struct bytes body, struct tgt_req* request)
{
	struct reader outer = reader_make(body);
	struct tgt_req read = { "", "" };
	struct bytes content;
	size_t used = 0;

	TRY(der_read(&outer, DER_SEQUENCE, &content));
	TRY(reader_end(&outer));
	struct reader fields = reader_make(content);
	TRY(read_number(&fields, 0, PVNO));
	TRY(read_number(&fields, 1, KRB_TGT_REQ));
	TRY(der_read_explicit(&fields, 2, DER_SEQUENCE, &content));
	TRY(read_name(content, read.name));
	if (der_next_is(&fields, DER_CONTEXT_0 + 3))
	{
		TRY(der_read_explicit(&fields, 3, DER_GENERAL_STRING, &content));
		TRY(append(read.realm, &used, content));
	}
	TRY(reader_end(&fields));
	*request = read;
	return RESULT_OK;
}
