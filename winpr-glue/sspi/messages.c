/* SPDX-License-Identifier: Apache-2.0
 *
 * EncryptMessage, DecryptMessage, MakeSignature and VerifySignature.
 *
 * Buffers are one TOKEN and any number of DATA, in place. A DATA buffer marked READONLY is signed
 * and left as it is: FreeRDP's RPC gateway sends headers so. Only TOKEN may get shorter; FreeRDP
 * closes the gap itself.
 */
#include "host/buffers.h"
#include "host/foreign.h"
#include "host/status.h"
#include "sspi/context.h"
#include "sspi/table.h"

#define MESSAGE_MAX_PARTS 32u
#define MESSAGE_WRAP_NO_ENCRYPT 0x80000001u /* SECQOP_WRAP_NO_ENCRYPT */

struct message
{
	SecBuffer* token;
	struct mech_part parts[MESSAGE_MAX_PARTS];
	size_t count;
};

static enum result message_add_part(struct message* message, const SecBuffer* buffer)
{
	REQUIRE(message->count < MESSAGE_MAX_PARTS, RESULT_INVALID_ARGUMENT);
	REQUIRE(buffer->pvBuffer || buffer->cbBuffer == 0, RESULT_INVALID_ARGUMENT);
	message->parts[message->count++] = (struct mech_part){
		.data = buffer->pvBuffer,
		.len = buffer->cbBuffer,
		.sign_only = buffer_is_read_only(buffer),
	};
	return RESULT_OK;
}

static enum result message_parse(const SecBufferDesc* description, struct message* message)
{
	*message = (struct message){ .count = 0 };
	REQUIRE(description && description->pBuffers, RESULT_MALFORMED);
	for (ULONG i = 0; i < description->cBuffers; i++)
	{
		SecBuffer* const buffer = &description->pBuffers[i];

		if (buffer_type(buffer) == SECBUFFER_DATA)
			TRY(message_add_part(message, buffer));
		else if (buffer_type(buffer) == SECBUFFER_TOKEN)
		{
			REQUIRE(!message->token, RESULT_MALFORMED);
			message->token = buffer;
		}
	}
	REQUIRE(message->token && message->count > 0, RESULT_MALFORMED);
	REQUIRE(message->token->pvBuffer || message->token->cbBuffer == 0, RESULT_INVALID_ARGUMENT);
	return RESULT_OK;
}

/* Whether ours can protect messages: after the end and before a failure. */
static bool message_is_ready(const struct context* context)
{
	return !context->dead && negossp_is_complete(context->core);
}

static bool message_is_confidential(const struct context* context)
{
	struct mech_session session;

	negossp_session(context->core, &session);
	return (session.granted & MECH_CONFIDENTIALITY) != 0;
}

/* What the caller wants encrypted and the context cannot encrypt must not go out in clear: CredSSP
 * would send a password so. */
static enum result message_check_seal(const struct context* context, const struct message* message)
{
	REQUIRE(!message_is_confidential(context), RESULT_OK);
	for (size_t i = 0; i < message->count; i++)
		REQUIRE(message->parts[i].sign_only, RESULT_UNSUPPORTED);
	return RESULT_OK;
}

static enum result message_wrap(struct context* context, bool seal,
                                const SecBufferDesc* description)
{
	struct message message;

	TRY(message_parse(description, &message));
	if (seal)
		TRY(message_check_seal(context, &message));
	size_t room = message.token->cbBuffer;
	TRY(negossp_wrap(context->core, seal, message.parts, message.count, message.token->pvBuffer,
	                 &room));
	message.token->cbBuffer = (ULONG)room;
	return RESULT_OK;
}

static enum result message_unwrap(struct context* context, bool sealed,
                                  const SecBufferDesc* description, PULONG qop)
{
	struct message message;
	struct bytes trailer;

	REQUIRE(message_is_ready(context), RESULT_OUT_OF_SEQUENCE);
	TRY(message_parse(description, &message));
	TRY(buffer_bytes(message.token, &trailer));
	TRY(negossp_unwrap(context->core, sealed, message.parts, message.count, trailer));
	if (qop)
		*qop = sealed && !message_is_confidential(context) ? MESSAGE_WRAP_NO_ENCRYPT : 0;
	return RESULT_OK;
}

/* EncryptMessage, `seal`, and MakeSignature. */
static SECURITY_STATUS message_protect(PCtxtHandle handle, bool seal, ULONG qop,
                                       PSecBufferDesc message, ULONG sequence)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
		status = seal ? FOREIGN_CALL(foreign_table_a(), EncryptMessage, &context->foreign, qop,
		                             message, sequence)
		              : FOREIGN_CALL(foreign_table_a(), MakeSignature, &context->foreign, qop,
		                             message, sequence);
	else if (!message_is_ready(context))
		status = SEC_E_OUT_OF_SEQUENCE;
	else if (qop != 0 && !(seal && qop == MESSAGE_WRAP_NO_ENCRYPT))
		status = SEC_E_QOP_NOT_SUPPORTED;
	else
		status = status_from_result(message_wrap(context, seal && qop == 0, message));
	context_leave(context);
	return status_leave(status);
}

/* DecryptMessage, `sealed`, and VerifySignature. */
static SECURITY_STATUS message_check(PCtxtHandle handle, bool sealed, PSecBufferDesc message,
                                     ULONG sequence, PULONG qop)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
		status = sealed ? FOREIGN_CALL(foreign_table_a(), DecryptMessage, &context->foreign,
		                               message, sequence, qop)
		                : FOREIGN_CALL(foreign_table_a(), VerifySignature, &context->foreign,
		                               message, sequence, qop);
	else
		status = status_from_result(message_unwrap(context, sealed, message, qop));
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY message_encrypt(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
                                          ULONG sequence)
{
	return message_protect(handle, true, qop, message, sequence);
}

SECURITY_STATUS SEC_ENTRY message_decrypt(PCtxtHandle handle, PSecBufferDesc message,
                                          ULONG sequence, PULONG qop)
{
	return message_check(handle, true, message, sequence, qop);
}

SECURITY_STATUS SEC_ENTRY message_sign(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
                                       ULONG sequence)
{
	return message_protect(handle, false, qop, message, sequence);
}

SECURITY_STATUS SEC_ENTRY message_verify(PCtxtHandle handle, PSecBufferDesc message, ULONG sequence,
                                         PULONG qop)
{
	return message_check(handle, false, message, sequence, qop);
}
