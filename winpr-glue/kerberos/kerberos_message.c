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

static enum result protect(struct kerberos_context* context, bool seal, struct bytes in,
                           uint8_t* data, uint8_t* trailer, size_t* trailer_len)
{
	const SecurityFunctionTableW* winpr = foreign_table_w();
	const size_t needed = seal ? context->sizes.cbSecurityTrailer : context->sizes.cbMaxSignature;

	REQUIRE(*trailer_len >= needed, RESULT_BUFFER_TOO_SMALL);
	REQUIRE(in.len <= UINT32_MAX, RESULT_INVALID_ARGUMENT);
	SecBuffer buffers[2] = { { (ULONG)needed, SECBUFFER_TOKEN, trailer },
		                     { (ULONG)in.len, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };

	kerberos_credential_lock(context->credential);
	const SECURITY_STATUS status =
	    seal ? winpr->EncryptMessage(&context->handle, 0, &message, context->sent)
	         : winpr->MakeSignature(&context->handle, 0, &message, context->sent);
	kerberos_credential_unlock(context->credential);
	REQUIRE(status == SEC_E_OK, RESULT_CRYPTO);
	context->sent++;
	*trailer_len = buffers[0].cbBuffer;
	return RESULT_OK;
}

/* WinPR decrypts in place and may have changed the data when it fails, so it works on `data`, a
 * copy of the caller's. */
static enum result check(struct kerberos_context* context, bool sealed, uint8_t* data, size_t len,
                         uint8_t* trailer, size_t trailer_len)
{
	const SecurityFunctionTableW* winpr = foreign_table_w();
	SecBuffer buffers[2] = { { (ULONG)trailer_len, SECBUFFER_TOKEN, trailer },
		                     { (ULONG)len, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;

	REQUIRE(len <= UINT32_MAX && trailer_len <= UINT32_MAX, RESULT_MALFORMED);
	kerberos_credential_lock(context->credential);
	const SECURITY_STATUS status =
	    sealed ? winpr->DecryptMessage(&context->handle, &message, context->received, &qop)
	           : winpr->VerifySignature(&context->handle, &message, context->received, &qop);
	kerberos_credential_unlock(context->credential);
	REQUIRE(status == SEC_E_OK, status == SEC_E_INVALID_TOKEN ? RESULT_MALFORMED : RESULT_ALTERED);
	context->received++;
	return RESULT_OK;
}

enum result kerberos_wrap(void* opaque, bool seal, struct mech_part* parts, size_t count,
                          uint8_t* trailer, size_t* trailer_len)
{
	struct kerberos_context* context = opaque;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(count == 1 && !(seal && parts[0].sign_only), RESULT_UNSUPPORTED);
	return protect(context, seal, bytes_make(parts[0].data, parts[0].len), parts[0].data, trailer,
	               trailer_len);
}

enum result kerberos_unwrap(void* opaque, bool sealed, struct mech_part* parts, size_t count,
                            struct bytes trailer)
{
	struct kerberos_context* context = opaque;
	struct secret data = SECRET_EMPTY;
	struct blob token = BLOB_EMPTY;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(count == 1 && !(sealed && parts[0].sign_only), RESULT_UNSUPPORTED);
	TRY(secret_set(&data, bytes_make(parts[0].data, parts[0].len)));
	enum result result = blob_set(&token, trailer);
	if (result == RESULT_OK)
		result = check(context, sealed, data.data, data.len, token.data, token.len);
	if (result == RESULT_OK)
		bytes_copy(parts[0].data, secret_bytes(&data));
	secret_free(&data);
	blob_free(&token);
	return result;
}

enum result kerberos_mic_make(void* opaque, struct bytes message, struct blob* mic)
{
	struct kerberos_context* context = opaque;
	struct blob data = BLOB_EMPTY;
	uint8_t signature[256];
	size_t used = sizeof(signature);

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	TRY(blob_set(&data, message));
	enum result result = protect(context, false, message, data.data, signature, &used);
	if (result == RESULT_OK)
		result = blob_set(mic, bytes_make(signature, used));
	blob_free(&data);
	return result;
}

enum result kerberos_mic_verify(void* opaque, struct bytes message, struct bytes mic)
{
	struct kerberos_context* context = opaque;
	struct blob data = BLOB_EMPTY;
	struct blob token = BLOB_EMPTY;

	REQUIRE(context->complete, RESULT_OUT_OF_SEQUENCE);
	TRY(blob_set(&data, message));
	enum result result = blob_set(&token, mic);
	if (result == RESULT_OK)
		result = check(context, false, data.data, data.len, token.data, token.len);
	blob_free(&data);
	blob_free(&token);
	return result;
}
