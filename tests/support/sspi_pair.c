/* SPDX-License-Identifier: Apache-2.0
 *
 * The exchange itself. Tables and credentials are in sspi_acquire.c.
 */
#include "sspi_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>
#include <winpr/string.h>

static void* must(void* memory)
{
	if (!memory)
		abort();
	return memory;
}

void sspi_token_set(struct sspi_token* token, const void* data, size_t len)
{
	uint8_t* copy = NULL;
	if (len)
	{
		/* Exactly as long as the content: an over-read is for the sanitizer to see. */
		copy = must(malloc(len));
		memcpy(copy, data, len);
	}
	free(token->data);
	*token = (struct sspi_token){ copy, len };
}

void sspi_token_free(struct sspi_token* token)
{
	free(token->data);
	*token = (struct sspi_token){ NULL, 0 };
}

static SECURITY_STATUS call_initialize(struct sspi_end* end, CtxtHandle* context,
                                       SecBufferDesc* input, SecBufferDesc* output)
{
	const char* target = end->setup->target;
	if (end->table.a)
	{
		char* copy = target ? must(strdup(target)) : NULL;
		const SECURITY_STATUS status = end->table.a->InitializeSecurityContextA(
		    &end->credential, context, copy, end->flags, 0, SECURITY_NATIVE_DREP, input, 0,
		    &end->context, output, &end->flags, NULL);
		free(copy);
		return status;
	}
	WCHAR* wide = target ? must(ConvertUtf8ToWCharAlloc(target, NULL)) : NULL;
	const SECURITY_STATUS status = end->table.w->InitializeSecurityContextW(
	    &end->credential, context, wide, end->flags, 0, SECURITY_NATIVE_DREP, input, 0,
	    &end->context, output, &end->flags, NULL);
	free(wide);
	return status;
}

static void add_bindings(const struct sspi_end* end, SecBufferDesc* input)
{
	const struct sspi_setup* setup = end->setup;
	const SEC_CHANNEL_BINDINGS* bindings =
	    end->is_server ? setup->server_bindings : setup->client_bindings;
	if (!bindings || (!end->is_server && end->calls < setup->client_bindings_from) ||
	    (end->is_server && setup->server_bindings_until &&
	     end->calls >= setup->server_bindings_until))
		return;
	SecBuffer* buffer = &input->pBuffers[input->cBuffers++];
	buffer->BufferType = SECBUFFER_CHANNEL_BINDINGS;
	buffer->cbBuffer = end->is_server ? setup->server_bindings_len : setup->client_bindings_len;
	union
	{
		const SEC_CHANNEL_BINDINGS* in;
		void* out;
	} unconst = { bindings };
	buffer->pvBuffer = unconst.out;
}

SECURITY_STATUS sspi_end_step(struct sspi_end* end, const struct sspi_token* in,
                              struct sspi_token* out)
{
	SecBuffer inputs[2] = { { 0 } };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, inputs };
	if (in && in->len)
	{
		inputs[0].BufferType = SECBUFFER_TOKEN;
		inputs[0].cbBuffer = (ULONG)in->len;
		inputs[0].pvBuffer = in->data;
	}
	else if (end->calls)
		inputs[0].BufferType = SECBUFFER_TOKEN;
	add_bindings(end, &input);

	void* memory = must(calloc(1, end->output_room ? end->output_room : 1));
	SecBuffer outputs[1] = { { end->output_room, SECBUFFER_TOKEN, memory } };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, outputs };
	CtxtHandle* context = end->context.dwLower || end->context.dwUpper ? &end->context : NULL;

	SetLastError(SSPI_STALE_ERROR);
	if (end->is_server)
		end->status = SSPI_ENTRY(end->table, AcceptSecurityContext)(
		    &end->credential, context, &input, end->flags, SECURITY_NATIVE_DREP, &end->context,
		    &output, &end->flags, NULL);
	else
		end->status = call_initialize(end, context, &input, &output);
	end->last_error = GetLastError();
	end->calls++;
	end->output_len = outputs[0].cbBuffer;
	end->output_moved = outputs[0].pvBuffer != memory;

	sspi_token_free(out);
	if (end->status == SEC_E_OK || end->status == SEC_I_CONTINUE_NEEDED)
		sspi_token_set(out, outputs[0].pvBuffer, outputs[0].cbBuffer);
	if (end->status == SEC_E_OK)
	{
		end->phase = SSPI_FINAL;
		(void)sspi_query(&end->table, &end->context, SECPKG_ATTR_SIZES, &end->sizes);
	}
	else if (end->status == SEC_I_CONTINUE_NEEDED)
		end->phase = SSPI_IN_PROGRESS;
	free(memory);
	return end->status;
}

SECURITY_STATUS sspi_end_seal(struct sspi_end* end, const void* plain, size_t len,
                              struct sspi_token* out)
{
	const size_t trailer = end->sizes.cbSecurityTrailer;
	uint8_t* memory = must(calloc(1, trailer + len + 1));
	memcpy(memory + trailer, plain, len);
	SecBuffer buffers[2] = { { (ULONG)trailer, SECBUFFER_TOKEN, memory },
		                     { (ULONG)len, SECBUFFER_DATA, memory + trailer } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	const SECURITY_STATUS status =
	    SSPI_ENTRY(end->table, EncryptMessage)(&end->context, 0, &message, end->send_sequence);
	if (status == SEC_E_OK)
	{
		memmove(memory + buffers[0].cbBuffer, buffers[1].pvBuffer, buffers[1].cbBuffer);
		sspi_token_set(out, memory, buffers[0].cbBuffer + buffers[1].cbBuffer);
		end->send_sequence++;
	}
	free(memory);
	return status;
}

SECURITY_STATUS sspi_end_unseal(struct sspi_end* end, const struct sspi_token* sealed,
                                struct sspi_token* out)
{
	const size_t trailer = end->sizes.cbSecurityTrailer;
	if (sealed->len < trailer)
		return SEC_E_INVALID_TOKEN;
	struct sspi_token copy = { NULL, 0 };
	sspi_token_set(&copy, sealed->data, sealed->len);
	SecBuffer buffers[2] = { { (ULONG)trailer, SECBUFFER_TOKEN, copy.data },
		                     { (ULONG)(copy.len - trailer), SECBUFFER_DATA, copy.data + trailer } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;
	const SECURITY_STATUS status = SSPI_ENTRY(end->table, DecryptMessage)(
	    &end->context, &message, end->receive_sequence, &qop);
	if (status == SEC_E_OK)
	{
		sspi_token_set(out, buffers[1].pvBuffer, buffers[1].cbBuffer);
		end->receive_sequence++;
	}
	sspi_token_free(&copy);
	return status;
}

bool sspi_pair_open(struct sspi_pair* pair, const struct sspi_setup* setup)
{
	*pair = (struct sspi_pair){ .setup = *setup };
	const SECURITY_STATUS client = sspi_end_acquire(&pair->client, &pair->setup, false);
	const SECURITY_STATUS server = sspi_end_acquire(&pair->server, &pair->setup, true);
	return client == SEC_E_OK && server == SEC_E_OK;
}

/* Notes a token as it was sent and lets the test change what is delivered. */
static void carry(struct sspi_pair* pair, struct sspi_token* token)
{
	if (!token->len || pair->leg_count == SSPI_MAX_LEGS)
		return;
	sspi_token_set(&pair->legs[pair->leg_count], token->data, token->len);
	pair->leg_count++;
	if (pair->setup.tamper)
		pair->setup.tamper(pair->leg_count, token, pair->setup.tamper_arg);
}

bool sspi_pair_run(struct sspi_pair* pair)
{
	struct sspi_token token = { NULL, 0 };
	struct sspi_end* ends[2] = { &pair->client, &pair->server };
	for (unsigned call = 0; call < SSPI_MAX_LEGS; call++)
	{
		struct sspi_end* end = ends[call % 2];
		if (call && !token.len && pair->setup.tamper == NULL)
			break;
		if (end->phase == SSPI_FINAL)
			break;
		struct sspi_token answer = { NULL, 0 };
		const SECURITY_STATUS status = sspi_end_step(end, &token, &answer);
		sspi_token_free(&token);
		token = answer;
		if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
			break;
		if (pair->client.phase == SSPI_FINAL && pair->server.phase == SSPI_FINAL && !token.len)
			break;
		carry(pair, &token);
	}
	/* A token left over would have had to be delivered to an end that is complete. */
	const bool done =
	    pair->client.phase == SSPI_FINAL && pair->server.phase == SSPI_FINAL && !token.len;
	sspi_token_free(&token);
	return done;
}

bool sspi_pair_connect(struct sspi_pair* pair, const struct sspi_setup* setup)
{
	return sspi_pair_open(pair, setup) && sspi_pair_run(pair);
}

void sspi_end_reset(struct sspi_end* end)
{
	if (end->phase == SSPI_IN_PROGRESS || end->phase == SSPI_FINAL)
		(void)SSPI_ENTRY(end->table, DeleteSecurityContext)(&end->context);
	if (end->phase != SSPI_NOTHING)
		end->phase = SSPI_CREDENTIAL;
	end->context = (CtxtHandle){ 0 };
	end->calls = 0;
	end->send_sequence = 0;
	end->receive_sequence = 0;
	end->status = SEC_E_OK;
	end->flags = end->is_server ? end->setup->server_flags : end->setup->client_flags;
}

void sspi_end_close(struct sspi_end* end)
{
	sspi_end_reset(end);
	if (end->phase == SSPI_CREDENTIAL)
		(void)SSPI_ENTRY(end->table, FreeCredentialsHandle)(&end->credential);
	end->phase = SSPI_NOTHING;
}

void sspi_pair_reset(struct sspi_pair* pair)
{
	for (unsigned i = 0; i < SSPI_MAX_LEGS; i++)
		sspi_token_free(&pair->legs[i]);
	pair->leg_count = 0;
	sspi_end_reset(&pair->client);
	sspi_end_reset(&pair->server);
}

void sspi_pair_close(struct sspi_pair* pair)
{
	if (!pair->client.setup) /* never opened */
		return;
	sspi_pair_reset(pair);
	sspi_end_close(&pair->client);
	sspi_end_close(&pair->server);
}

static const char* chat_once(struct sspi_end* from, struct sspi_end* to, size_t len)
{
	const char* wrong = NULL;
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	uint8_t* text = must(calloc(1, len));
	for (size_t i = 0; i < len; i++)
		text[i] = (uint8_t)(i * 7 + len);
	if (sspi_end_seal(from, text, len, &sealed) != SEC_E_OK)
		wrong = "EncryptMessage failed";
	else if (len >= 16 && memmem(sealed.data, sealed.len, text, len))
		wrong = "the message was not encrypted";
	else if (sspi_end_unseal(to, &sealed, &plain) != SEC_E_OK)
		wrong = "DecryptMessage failed";
	else if (plain.len != len || memcmp(plain.data, text, len) != 0)
		wrong = "the message arrived changed";
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
	free(text);
	return wrong;
}

const char* sspi_pair_chat(struct sspi_pair* pair, unsigned rounds)
{
	const char* wrong = NULL;
	for (unsigned i = 0; i < rounds && !wrong; i++)
	{
		wrong = chat_once(&pair->client, &pair->server, 1 + (i * 397u) % 4099u);
		if (!wrong)
			wrong = chat_once(&pair->server, &pair->client, 32 + (i * 131u) % 1021u);
	}
	return wrong;
}
