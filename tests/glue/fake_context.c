/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts of the scripted WinPR. As its packages do, a first call that fails leaves nothing.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_object.h"
#include "fake_token.h"
#include "fake_winpr.h"

/* --- steps ------------------------------------------------------------------------------------ */

/* The old context, or a new one. */
static SECURITY_STATUS context_of(PCredHandle credential, PCtxtHandle handle,
                                  PCtxtHandle new_handle, bool initiator,
                                  struct fake_object** context)
{
	struct fake_object* const with = fake_object_of(credential, FAKE_CREDENTIAL);
	if (!with || !fake_object_is_found(with))
		return SEC_E_INVALID_HANDLE;
	with->uses++;
	if (handle && handle->dwLower)
	{
		*context = fake_object_of(handle, FAKE_CONTEXT);
		return *context ? SEC_E_OK : SEC_E_INVALID_HANDLE;
	}
	struct fake_object* const made = fake_object_new(FAKE_CONTEXT, new_handle);
	if (!made)
		return SEC_E_INSUFFICIENT_MEMORY;
	made->carrier = with->carrier;
	made->u2u = with->u2u;
	made->initiator = initiator;
	made->owner_uses = &with->uses;
	pthread_mutex_lock(&fake_lock);
	fake.contexts++;
	pthread_mutex_unlock(&fake_lock);
	*context = made;
	return SEC_E_OK;
}

static SECURITY_STATUS fail(const struct fake_object* context, PCtxtHandle new_handle,
                            SECURITY_STATUS status)
{
	if (context->steps == 0)
		(void)fake_object_free(new_handle, FAKE_CONTEXT, &fake.contexts);
	return status;
}

static void note_call(const char* target, ULONG request, ULONG representation, ULONG reserved1,
                      ULONG reserved2)
{
	pthread_mutex_lock(&fake_lock);
	if (target)
		snprintf(fake.target, sizeof(fake.target), "%s", target);
	fake.flags = request;
	fake.representation = representation;
	fake.reserved[0] = reserved1;
	fake.reserved[1] = reserved2;
	pthread_mutex_unlock(&fake_lock);
}

static void note_buffers(const SecBufferDesc* input, const SecBufferDesc* output)
{
	pthread_mutex_lock(&fake_lock);
	fake.room = output->pBuffers[0].cbBuffer;
	fake.bindings_len = 0;
	for (ULONG i = 0; input && i < input->cBuffers; i++)
	{
		const SecBuffer* const buffer = &input->pBuffers[i];
		if (buffer->BufferType != SECBUFFER_CHANNEL_BINDINGS ||
		    buffer->cbBuffer > sizeof(fake.bindings))
			continue;
		memcpy(fake.bindings, buffer->pvBuffer, buffer->cbBuffer);
		fake.bindings_len = buffer->cbBuffer;
	}
	pthread_mutex_unlock(&fake_lock);
}

/* `status` of a call that would end the exchange. */
static SECURITY_STATUS end_with(SECURITY_STATUS status)
{
	pthread_mutex_lock(&fake_lock);
	fake.ended += status == SEC_E_OK;
	pthread_mutex_unlock(&fake_lock);
	return status;
}

static SECURITY_STATUS continue_with(const SecBufferDesc* output, struct text token, bool carrier,
                                     bool init)
{
	const SECURITY_STATUS status = fake_token_put(output, token, carrier, init);
	return status == SEC_E_OK ? SEC_I_CONTINUE_NEEDED : status;
}

static SECURITY_STATUS initiate(PCredHandle credential, PCtxtHandle handle, ULONG request,
                                PSecBufferDesc input, PCtxtHandle new_handle, PSecBufferDesc output,
                                PULONG attributes, PTimeStamp expiry)
{
	const bool first = !handle || !handle->dwLower;
	struct fake_object* context = NULL;
	bool completed = true;
	pthread_mutex_lock(&fake_lock);
	fake.initiated++;
	pthread_mutex_unlock(&fake_lock);
	if (first && fake.delay_ms)
		usleep(1000 * fake.delay_ms);
	SECURITY_STATUS status = context_of(credential, handle, new_handle, true, &context);
	if (status != SEC_E_OK)
		return status;
	/* In the checksum of AP-REQ, which is user-to-user's second token. */
	if (first || context->u2u)
		note_buffers(input, output);
	status = first ? fake.initiate : fake.later;
	if (status != SEC_E_OK)
		return fail(context, new_handle, status);
	if (request & ISC_REQ_USE_SESSION_KEY)
		context->u2u = true;
	*attributes = request;
	if (expiry)
		expiry->LowPart = FAKE_EXPIRY;
	if (first)
	{
		const struct text token =
		    context->u2u ? fake_tgt_req("TERMSRV", "server.example") : fake_token_make(false, 1, 0);
		context->steps = 1;
		/* Negotiate always waits for negState; Kerberos itself knows when it is done. */
		return context->carrier || !fake.no_mutual || context->u2u
		           ? continue_with(output, token, context->carrier, true)
		           : end_with(fake_token_put(output, token, false, true));
	}
	const unsigned id = fake_token_id(input, context->carrier, &completed);
	fake.completed = completed;
	if (id == 0x0401 && context->u2u && context->steps == 1 && !(completed && context->carrier))
	{
		const struct text token = fake_token_make(true, 1, 0);
		context->steps = 2;
		return context->carrier || !fake.no_mutual
		           ? continue_with(output, token, context->carrier, false)
		           : end_with(fake_token_put(output, token, false, false));
	}
	if (id != 0x0200 || !completed || context->steps != (context->u2u ? 2u : 1u))
		return SEC_E_INVALID_TOKEN;
	output->pBuffers[0].cbBuffer = 0;
	return end_with(SEC_E_OK);
}

SECURITY_STATUS fake_initiate_a(PCredHandle credential, PCtxtHandle handle, SEC_CHAR* target,
                                ULONG request, ULONG reserved1, ULONG representation,
                                PSecBufferDesc input, ULONG reserved2, PCtxtHandle new_handle,
                                PSecBufferDesc output, PULONG attributes, PTimeStamp expiry)
{
	fake_count_form(false);
	note_call(target ? target : "", request, representation, reserved1, reserved2);
	return initiate(credential, handle, request, input, new_handle, output, attributes, expiry);
}

SECURITY_STATUS fake_initiate_w(PCredHandle credential, PCtxtHandle handle, SEC_WCHAR* target,
                                ULONG request, ULONG reserved1, ULONG representation,
                                PSecBufferDesc input, ULONG reserved2, PCtxtHandle new_handle,
                                PSecBufferDesc output, PULONG attributes, PTimeStamp expiry)
{
	char name[64];
	fake_note(name, sizeof(name), target, fake_units(target));
	fake_count_form(true);
	note_call(name, request, representation, reserved1, reserved2);
	return initiate(credential, handle, request, input, new_handle, output, attributes, expiry);
}

SECURITY_STATUS fake_accept(PCredHandle credential, PCtxtHandle handle, PSecBufferDesc input,
                            ULONG request, ULONG representation, PCtxtHandle new_handle,
                            PSecBufferDesc output, PULONG attributes, PTimeStamp expiry)
{
	struct fake_object* context = NULL;
	bool ignored = true;
	fake_count();
	note_call(NULL, request, representation, 0, 0);
	const SECURITY_STATUS status = context_of(credential, handle, new_handle, false, &context);
	if (status != SEC_E_OK)
		return status;
	if (fake.accept != SEC_E_OK)
		return fail(context, new_handle, fake.accept);
	const unsigned id = fake_token_id(input, false, &ignored);
	context->steps++;
	/* WinPR's writes without looking. */
	*attributes = fake.granted;
	if (expiry)
		expiry->LowPart = FAKE_EXPIRY;
	if (id == 0x0400)
	{
		context->u2u = true;
		return continue_with(output, fake_token_make(true, 4, 1), false, false);
	}
	if (id != 0x0100)
		return SEC_E_INVALID_TOKEN;
	if (!fake.no_mutual)
		return end_with(fake_token_put(output, fake_token_make(context->u2u, 2, 0), false, false));
	output->pBuffers[0].cbBuffer = 0;
	return end_with(SEC_E_OK);
}

/* --- the rest --------------------------------------------------------------------------------- */

SECURITY_STATUS fake_delete(PCtxtHandle handle)
{
	return fake_object_free(handle, FAKE_CONTEXT, &fake.contexts);
}

static SECURITY_STATUS query(bool wide, PCtxtHandle handle, ULONG attribute, void* buffer)
{
	fake_count_form(wide);
	if (!fake_object_of(handle, FAKE_CONTEXT))
		return SEC_E_INVALID_HANDLE;
	if (fake.query != SEC_E_OK)
		return fake.query;
	if (attribute == SECPKG_ATTR_SIZES)
		*(SecPkgContext_Sizes*)buffer =
		    (SecPkgContext_Sizes){ .cbMaxToken = 12256,
			                       .cbMaxSignature = FAKE_SIGNATURE_SIZE,
			                       .cbBlockSize = 1,
			                       .cbSecurityTrailer = FAKE_TRAILER_SIZE };
	else
		*(ULONG*)buffer = attribute;
	return SEC_E_OK;
}

SECURITY_STATUS fake_query_a(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return query(false, handle, attribute, buffer);
}

SECURITY_STATUS fake_query_w(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return query(true, handle, attribute, buffer);
}

static SECURITY_STATUS set(bool wide, PCtxtHandle handle, ULONG attribute, const void* buffer,
                           ULONG size)
{
	fake_count_form(wide);
	if (!fake_object_of(handle, FAKE_CONTEXT))
		return SEC_E_INVALID_HANDLE;
	/* The number of the attribute is its value. */
	return size == sizeof(attribute) && memcmp(buffer, &attribute, size) == 0
	           ? fake.set
	           : SEC_E_INVALID_PARAMETER;
}

SECURITY_STATUS fake_set_a(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	return set(false, handle, attribute, buffer, size);
}

SECURITY_STATUS fake_set_w(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	return set(true, handle, attribute, buffer, size);
}

static SECURITY_STATUS plain(PCtxtHandle handle)
{
	fake_count();
	return fake_object_of(handle, FAKE_CONTEXT) ? fake.other : SEC_E_INVALID_HANDLE;
}

SECURITY_STATUS fake_impersonate(PCtxtHandle handle)
{
	fake.impersonated = true;
	return plain(handle);
}

SECURITY_STATUS fake_revert(PCtxtHandle handle)
{
	fake.impersonated = false;
	return plain(handle);
}

SECURITY_STATUS fake_complete(PCtxtHandle handle, PSecBufferDesc token)
{
	fake.completed_with = token;
	return plain(handle);
}
