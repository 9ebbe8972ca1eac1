/* SPDX-License-Identifier: Apache-2.0
 *
 * A mechanism may need less for its signature than it asks room for when it seals, so the two parts
 * are put together afterwards. Opening goes by what it asks for: there is no length on the wire.
 */
#include "credssp/seal.h"

#include "credssp/ts_request.h"

/* MS-CSSP 2.2.1: the fields are encrypted. A mechanism that only signs would leave them readable.
 */
static enum result signature_room(const struct negossp_context* inner, size_t* room)
{
	struct mech_session session;

	negossp_session(inner, &session);
	REQUIRE(session.granted & MECH_CONFIDENTIALITY, RESULT_POLICY);
	*room = session.security_trailer;
	return RESULT_OK;
}

enum result credssp_seal(struct negossp_context* inner, struct bytes plain, struct blob* field)
{
	struct secret data = SECRET_EMPTY;
	struct secret signature = SECRET_EMPTY;
	struct writer writer = writer_make(TS_REQUEST_LIMIT);
	size_t used = 0;
	enum result result = signature_room(inner, &used);

	if (result == RESULT_OK)
		result = secret_set(&data, plain);
	if (result == RESULT_OK)
		result = secret_alloc(&signature, used);
	if (result != RESULT_OK)
		goto out;
	struct mech_part part = { data.data, data.len, false };
	if ((result = negossp_wrap(inner, true, &part, 1, signature.data, &used)) != RESULT_OK)
		goto out;
	writer_bytes(&writer, bytes_make(signature.data, used));
	writer_bytes(&writer, secret_bytes(&data));
	result = writer_take(&writer, field);
out:
	secret_free(&data);
	secret_free(&signature);
	return result;
}

enum result credssp_unseal(struct negossp_context* inner, struct bytes field, struct secret* plain)
{
	struct secret data = SECRET_EMPTY;
	size_t room = 0;

	TRY(signature_room(inner, &room));
	REQUIRE(field.len >= room, RESULT_ALTERED);
	TRY(secret_set(&data, bytes_make(field.data + room, field.len - room)));
	struct mech_part part = { data.data, data.len, false };
	const enum result result = negossp_unwrap(inner, true, &part, 1, bytes_make(field.data, room));
	if (result != RESULT_OK)
	{
		secret_free(&data);
		return result == RESULT_MALFORMED ? RESULT_ALTERED : result;
	}
	secret_free(plain);
	*plain = data;
	return RESULT_OK;
}
