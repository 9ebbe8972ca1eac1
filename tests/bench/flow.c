/* SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

bool flow_open(struct flow* flow, const struct sspi_setup* setup)
{
	flow->setup = *setup;
	if (!flow->held)
		flow->held = calloc(FLOW_MOST_HELD, sizeof(*flow->held));
	return flow->held && sspi_end_acquire(&flow->client, &flow->setup, false) == SEC_E_OK &&
	       sspi_end_acquire(&flow->server, &flow->setup, true) == SEC_E_OK;
}

void flow_close(struct flow* flow)
{
	if (!flow->setup.client_table.a) /* never opened */
		return;
	(void)flow_hold(flow, 0);
	sspi_end_close(&flow->client);
	sspi_end_close(&flow->server);
	free(flow->held);
	flow->held = NULL;
}

/* --- handshakes ------------------------------------------------------------------------------- */

static SECURITY_STATUS end_step(struct sspi_end* end, struct sums_message* in,
                                struct sums_message* out)
{
	static char target[] = "TERMSRV/server.example";
	const SecurityFunctionTableA* const table = end->table.a;
	CtxtHandle* const context = end->calls ? &end->context : NULL;
	SecBuffer from = { (ULONG)in->len, end->calls || end->is_server ? SECBUFFER_TOKEN : 0,
		               in->data };
	SecBuffer to = { sizeof(out->data), SECBUFFER_TOKEN, out->data };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, &from };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &to };

	const SECURITY_STATUS status =
	    end->is_server
	        ? table->AcceptSecurityContext(&end->credential, context, &input, end->flags,
	                                       SECURITY_NATIVE_DREP, &end->context, &output,
	                                       &end->flags, NULL)
	        : table->InitializeSecurityContextA(&end->credential, context, target, end->flags, 0,
	                                            SECURITY_NATIVE_DREP, &input, 0, &end->context,
	                                            &output, &end->flags, NULL);
	end->calls++;
	end->phase = status == SEC_E_OK ? SSPI_FINAL : SSPI_IN_PROGRESS;
	out->len = to.cbBuffer;
	return status;
}

bool flow_connect(struct flow* flow)
{
	flow->tokens[1].len = 0;
	for (unsigned call = 0; call < SSPI_MAX_LEGS; call++)
	{
		struct sspi_end* const end = call % 2 ? &flow->server : &flow->client;
		struct sums_message* const out = &flow->tokens[call % 2];

		flow->status = end_step(end, &flow->tokens[(call + 1) % 2], out);
		if (flow->status != SEC_E_OK && flow->status != SEC_I_CONTINUE_NEEDED)
			return false;
		if (flow->client.phase == SSPI_FINAL && flow->server.phase == SSPI_FINAL && !out->len)
			return true;
		if (flow->taken && !sums_exchange_add(flow->taken, out))
			return false;
	}
	return false;
}

void flow_disconnect(struct flow* flow)
{
	sspi_end_reset(&flow->client);
	sspi_end_reset(&flow->server);
}

bool flow_hold(struct flow* flow, size_t count)
{
	for (; flow->held_count < count; flow->held_count++)
	{
		if (!flow_connect(flow))
			return false;
		flow->held[flow->held_count][0] = flow->client.context;
		flow->held[flow->held_count][1] = flow->server.context;
		flow->client.phase = flow->server.phase = SSPI_CREDENTIAL; /* the contexts are not theirs */
		flow_disconnect(flow);
	}
	for (; flow->held_count > count; flow->held_count--)
	{
		CtxtHandle* const pair = flow->held[flow->held_count - 1];

		(void)flow->setup.client_table.a->DeleteSecurityContext(&pair[0]);
		(void)flow->setup.server_table.a->DeleteSecurityContext(&pair[1]);
	}
	return true;
}

bool flow_handshake(struct flow* flow, size_t size)
{
	(void)size;
	const bool connected = flow_connect(flow);
	flow_disconnect(flow);
	return connected;
}

bool flow_refused(struct flow* flow, size_t size)
{
	return !flow_handshake(flow, size) && flow->status == SEC_E_LOGON_DENIED;
}

bool flow_fresh(struct flow* flow, size_t size)
{
	sspi_end_close(&flow->client);
	sspi_end_close(&flow->server);
	return flow_open(flow, &flow->setup) && flow_handshake(flow, size);
}

/* --- messages --------------------------------------------------------------------------------- */

/* In place, both ways: what was sealed is again what it was. */
bool flow_seal(struct flow* flow, size_t size)
{
	const SecurityFunctionTableA* const table = flow->setup.client_table.a;
	SecBuffer parts[] = { { FLOW_TRAILER, SECBUFFER_TOKEN, flow->message },
		                  { (ULONG)size, SECBUFFER_DATA, flow->message + FLOW_TRAILER } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop = 0;

	return table->EncryptMessage(&flow->client.context, 0, &message,
	                             flow->client.send_sequence++) == SEC_E_OK &&
	       table->DecryptMessage(&flow->server.context, &message, flow->server.receive_sequence++,
	                             &qop) == SEC_E_OK;
}

bool flow_sign(struct flow* flow, size_t size)
{
	const SecurityFunctionTableA* const table = flow->setup.client_table.a;
	SecBuffer parts[] = { { (ULONG)size, SECBUFFER_DATA, flow->message + FLOW_TRAILER },
		                  { FLOW_TRAILER, SECBUFFER_TOKEN, flow->message } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop = 0;

	return table->MakeSignature(&flow->client.context, 0, &message, flow->client.send_sequence++) ==
	           SEC_E_OK &&
	       table->VerifySignature(&flow->server.context, &message, flow->server.receive_sequence++,
	                              &qop) == SEC_E_OK;
}
