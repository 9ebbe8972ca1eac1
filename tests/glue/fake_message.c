/* SPDX-License-Identifier: Apache-2.0
 *
 * Protected messages: the trailer is the direction, its number and a sum, and sealed data is turned
 * over bit by bit.
 */
#include <string.h>

#include "fake_object.h"
#include "fake_winpr.h"

static SECURITY_STATUS protect(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number,
                               bool seal)
{
	const struct fake_object* const context = fake_object_of(handle, FAKE_CONTEXT);
	const size_t size = seal ? FAKE_TRAILER_SIZE : FAKE_SIGNATURE_SIZE;
	fake_count();
	if (!context || fake.protect != SEC_E_OK)
		return context ? fake.protect : SEC_E_INVALID_HANDLE;
	(*context->owner_uses)++;
	SecBuffer* const token = &message->pBuffers[0];
	SecBuffer* const data = &message->pBuffers[1];
	BYTE* const trailer = token->pvBuffer;
	BYTE* const bytes = data->pvBuffer;
	BYTE sum = 0;
	if (token->cbBuffer < size)
		return SEC_E_BUFFER_TOO_SMALL;
	for (ULONG i = 0; i < data->cbBuffer; i++)
	{
		sum = (BYTE)(sum * 31 + bytes[i]);
		bytes[i] = seal ? (BYTE)~bytes[i] : bytes[i];
	}
	memset(trailer, context->initiator ? 'I' : 'A', size);
	trailer[1] = (BYTE)number;
	trailer[2] = sum;
	if (seal)
		trailer[4] = trailer[5] = 0; /* EC */
	token->cbBuffer = (ULONG)size;
	pthread_mutex_lock(&fake_lock);
	fake.sent = number;
	fake.qop = qop;
	pthread_mutex_unlock(&fake_lock);
	return SEC_E_OK;
}

static SECURITY_STATUS check(PCtxtHandle handle, PSecBufferDesc message, ULONG number, bool sealed)
{
	const struct fake_object* const context = fake_object_of(handle, FAKE_CONTEXT);
	fake_count();
	if (!context || fake.check != SEC_E_OK)
		return context ? fake.check : SEC_E_INVALID_HANDLE;
	(*context->owner_uses)++;
	const BYTE* const trailer = message->pBuffers[0].pvBuffer;
	BYTE* const bytes = message->pBuffers[1].pvBuffer;
	BYTE sum = 0;
	if (message->pBuffers[0].cbBuffer < 3)
		return SEC_E_INVALID_TOKEN;
	for (ULONG i = 0; i < message->pBuffers[1].cbBuffer; i++)
	{
		bytes[i] = sealed ? (BYTE)~bytes[i] : bytes[i];
		sum = (BYTE)(sum * 31 + bytes[i]);
	}
	pthread_mutex_lock(&fake_lock);
	fake.received = number;
	pthread_mutex_unlock(&fake_lock);
	return trailer[0] == (context->initiator ? 'A' : 'I') && trailer[1] == (BYTE)number &&
	               trailer[2] == sum
	           ? SEC_E_OK
	           : SEC_E_MESSAGE_ALTERED;
}

SECURITY_STATUS fake_encrypt(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number)
{
	return protect(handle, qop, message, number, true);
}

SECURITY_STATUS fake_sign(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number)
{
	return protect(handle, qop, message, number, false);
}

SECURITY_STATUS fake_decrypt(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop)
{
	if (qop)
		*qop = FAKE_QOP;
	return check(handle, message, number, true);
}

SECURITY_STATUS fake_verify(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop)
{
	if (qop)
		*qop = FAKE_QOP;
	return check(handle, message, number, false);
}
