/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages under a complete Kerberos context: WinPR's four message functions.
 *
 * A context counts its messages in each direction itself. WinPR's Kerberos takes the number from
 * its caller, and the mechListMIC, when there is one, is the first message of its direction
 * (RFC 4121 4.2.6: the tokens of a direction are numbered in one sequence).
 */
#include "kerberos/kerberos_context.h"

#include "host/foreign.h"

#define WRAP_HEADER_SIZE 16

static enum result protect(struct kerberos_context* context, bool seal, uint8_t* data, size_t len,
                           uint8_t* trailer, size_t* trailer_len)
{
	const size_t needed = seal ? context->sizes.cbSecurityTrailer : context->sizes.cbMaxSignature;

	REQUIRE(*trailer_len >= needed, RESULT_BUFFER_TOO_SMALL);
	REQUIRE(len <= UINT32_MAX, RESULT_INVALID_ARGUMENT);
	SecBuffer buffers[2] = { { (ULONG)needed, SECBUFFER_TOKEN, trailer },
		                     { (ULONG)len, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };

	kerberos_credential_lock(context->credential);
	const SECURITY_STATUS status = seal
	                                   ? FOREIGN_CALL(foreign_table_w(), EncryptMessage,
	                                                  &context->handle, 0, &message, context->sent)
	                                   : FOREIGN_CALL(foreign_table_w(), MakeSignature,
	                                                  &context->handle, 0, &message, context->sent);
	kerberos_credential_unlock(context->credential);
	REQUIRE(status == SEC_E_OK, RESULT_CRYPTO);
	context->sent++;
	*trailer_len = buffers[0].cbBuffer;
	return RESULT_OK;
}

static enum result check_in_place(struct kerberos_context* context, bool sealed,
                                  SecBuffer buffers[2])
{
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;

	kerberos_credential_lock(context->credential);
	const SECURITY_STATUS status =
	    sealed ? FOREIGN_CALL(foreign_table_w(), DecryptMessage, &context->handle, &message,
	                          context->received, &qop)
	           : FOREIGN_CALL(foreign_table_w(), VerifySignature, &context->handle, &message,
	                          context->received, &qop);
	kerberos_credential_unlock(context->credential);
	REQUIRE(status == SEC_E_OK, status == SEC_E_INVALID_TOKEN ? RESULT_MALFORMED : RESULT_ALTERED);
	context->received++;
	return RESULT_OK;
}

/* A sealed message's header, of which WinPR before 3.30 takes EC (RFC 4121 4.2.6.2) for an offset
 * into the token that nothing bounds, and libkrb5 decrypts before it verifies. WinPR's other checks
 * leave no other value than 0. */
static bool header_is_safe(struct bytes trailer)
{
	return trailer.len >= WRAP_HEADER_SIZE && trailer.data[4] == 0 && trailer.data[5] == 0;
}

/* WinPR decrypts in place and may have changed the data when it fails, so it works on copies. The
 * message as it became goes to `out`, unless that is NULL. */
static enum result check(struct kerberos_context* context, bool sealed, struct bytes message,
                         struct bytes trailer, uint8_t* out)
{
	struct secret data = SECRET_EMPTY;
	struct blob token = BLOB_EMPTY;

	REQUIRE(message.len <= UINT32_MAX && trailer.len <= UINT32_MAX, RESULT_MALFORMED);
	REQUIRE(!sealed || header_is_safe(trailer), RESULT_MALFORMED);
	TRY(secret_set(&data, message));
	enum result result = blob_set(&token, trailer);
	if (result != RESULT_OK)
		goto out;
	SecBuffer buffers[2] = { { (ULONG)token.len, SECBUFFER_TOKEN, token.data },
		                     { (ULONG)data.len, SECBUFFER_DATA, data.data } };
	result = check_in_place(context, sealed, buffers);
	if (result == RESULT_OK && out)
		bytes_copy(out, secret_bytes(&data));
out:
	secret_free(&data);
	blob_free(&token);
	return result;
}

enum result kerberos_wrap(void* opaque, bool seal, struct mech_part* parts, size_t count,
                          uint8_t* trailer, size_t* trailer_len)
{
	struct kerberos_context* context = opaque;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(count == 1 && !(seal && parts[0].sign_only), RESULT_UNSUPPORTED);
	return protect(context, seal, parts[0].data, parts[0].len, trailer, trailer_len);
}

enum result kerberos_unwrap(void* opaque, bool sealed, struct mech_part* parts, size_t count,
                            struct bytes trailer)
{
	struct kerberos_context* context = opaque;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(count == 1 && !(sealed && parts[0].sign_only), RESULT_UNSUPPORTED);
	return check(context, sealed, bytes_make(parts[0].data, parts[0].len), trailer, parts[0].data);
}

enum result kerberos_mic_make(void* opaque, struct bytes message, struct blob* mic)
{
	struct kerberos_context* context = opaque;
	struct blob data = BLOB_EMPTY;
	uint8_t signature[256];
	size_t used = sizeof(signature);

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	/* WinPR's buffers are not const. */
	TRY(blob_set(&data, message));
	const enum result result = protect(context, false, data.data, data.len, signature, &used);
	blob_free(&data);
	return result == RESULT_OK ? blob_set(mic, bytes_make(signature, used)) : result;
}

enum result kerberos_mic_verify(void* opaque, struct bytes message, struct bytes mic)
{
	struct kerberos_context* context = opaque;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	return check(context, false, message, mic, NULL);
}
