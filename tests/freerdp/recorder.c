/* SPDX-License-Identifier: Apache-2.0
 *
 * The recorder of TSRequests.
 */
#include "recorder.h"

#include <stdio.h>
#include <string.h>

void recorder_add(struct recorder* recorder, enum recorder_from from, struct bytes message)
{
	struct recorded* const record = &recorder->messages[recorder->count];

	if (recorder->count == RECORDER_MAX || blob_set(&record->message, message) != RESULT_OK)
	{
		recorder->lost++;
		return;
	}
	record->from = from;
	record->parsed =
	    ts_request_parse(blob_bytes(&record->message), &record->request, NULL) == RESULT_OK;
	if (record->parsed && (record->request.fields & TS_NEGO_TOKENS) != 0)
		token_look(record->request.nego_token.data, record->request.nego_token.len, &record->token);
	recorder->count++;
}

void recorder_clear(struct recorder* recorder)
{
	for (size_t i = 0; i < recorder->count; i++)
		blob_free(&recorder->messages[i].message);
	*recorder = (struct recorder){ 0 };
}

static void describe_one(const struct recorded* record, char* text, size_t size)
{
	char token[128] = "";
	char error[32] = "";
	const unsigned fields = record->request.fields;

	if (!record->parsed)
	{
		(void)snprintf(text, size, " malformed");
		return;
	}
	if (fields & TS_NEGO_TOKENS)
	{
		token[0] = ' ';
		token_describe(&record->token, token + 1, sizeof(token) - 1);
	}
	if (fields & TS_ERROR_CODE)
		(void)snprintf(error, sizeof(error), " errorCode=%08X",
		               (unsigned)record->request.error_code);
	(void)snprintf(text, size, "%s%s%s%s", token, fields & TS_AUTH_INFO ? " authInfo" : "",
	               fields & TS_PUB_KEY_AUTH ? " pubKeyAuth" : "", error);
}

void recorder_describe(const struct recorder* recorder, char* text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < recorder->count && used < size; i++)
	{
		char line[256];

		describe_one(&recorder->messages[i], line, sizeof(line));
		const int written = snprintf(text + used, size - used, "%c%s\n",
		                             recorder->messages[i].from == FROM_CLIENT ? '>' : '<', line);
		if (written < 0)
			return;
		used += (size_t)written;
	}
}

const struct recorded* recorder_find(const struct recorder* recorder, enum recorder_from from,
                                     unsigned nth)
{
	for (size_t i = 0; i < recorder->count; i++)
	{
		if (recorder->messages[i].from == from && --nth == 0)
			return &recorder->messages[i];
	}
	return NULL;
}

bool recorder_has(const struct recorder* recorder, enum recorder_from from, enum ts_field field)
{
	for (size_t i = 0; i < recorder->count; i++)
	{
		const struct recorded* const record = &recorder->messages[i];

		if (record->from == from && record->parsed && (record->request.fields & field) != 0)
			return true;
	}
	return false;
}

static const char* nonce_complaint(const struct recorded* record, struct bytes* nonce)
{
	const bool has_nonce = (record->request.fields & TS_CLIENT_NONCE) != 0;

	if (record->from == FROM_SERVER)
		return has_nonce ? "the server sent a clientNonce" : NULL;
	if (!has_nonce || record->request.client_nonce.len != TS_CLIENT_NONCE_SIZE)
		return "the client sent no clientNonce of 32 bytes";
	if (nonce->len != 0 && !bytes_equal(*nonce, record->request.client_nonce))
		return "the clientNonce changed";
	*nonce = record->request.client_nonce;
	return NULL;
}

const char* recorder_complaint(const struct recorder* recorder)
{
	struct bytes nonce = BYTES_EMPTY;

	if (recorder->lost != 0)
		return "more messages than any exchange has";
	for (size_t i = 0; i < recorder->count; i++)
	{
		const struct recorded* const record = &recorder->messages[i];
		const char* complaint = NULL;

		if (!record->parsed)
			return "a message is no TSRequest";
		if (record->request.version != TS_VERSION_NEWEST)
			return "a version other than 6";
		if ((record->request.fields & TS_NEGO_TOKENS) != 0 && record->request.nego_token.len == 0)
			return "an empty negoToken";
		complaint = nonce_complaint(record, &nonce);
		if (complaint)
			return complaint;
	}
	return NULL;
}
