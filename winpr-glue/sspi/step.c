/* SPDX-License-Identifier: Apache-2.0
 *
 * InitializeSecurityContext and AcceptSecurityContext, A and W.
 */
#include "host/buffers.h"
#include "sspi/exchange.h"
#include "host/foreign.h"
#include "host/status.h"
#include "sspi/table.h"
#include "host/text.h"

/* Ours, with the target name converted; `converted` is the conversion's result. */
static SECURITY_STATUS initiate_ours(struct exchange_call* call, enum result converted,
                                     struct blob* target)
{
	SECURITY_STATUS status;

	if (converted == RESULT_OK)
	{
		call->target = blob_bytes(target);
		status = exchange_run(call);
	}
	else
	{
		(void)buffer_output_begin(call->output);
		status = status_leave(converted == RESULT_NO_MEMORY ? SEC_E_INSUFFICIENT_MEMORY
		                                                    : SEC_E_TARGET_UNKNOWN);
	}
	blob_free(target);
	return status;
}

SECURITY_STATUS SEC_ENTRY context_initiate_a(PCredHandle credential, PCtxtHandle handle,
                                             SEC_CHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry)
{
	struct exchange_call call = { .role = MECH_INITIATOR,
		                          .credential = credential,
		                          .handle = handle,
		                          .request = request,
		                          .input = input,
		                          .new_handle = new_handle,
		                          .output = output,
		                          .attributes = attributes,
		                          .expiry = expiry };
	struct blob name = BLOB_EMPTY;
	struct exchange_foreign foreign;

	if (!exchange_is_foreign(credential, handle))
		return initiate_ours(&call, text_from_string(target, &name), &name);
	SECURITY_STATUS status = exchange_foreign_begin(&call, &foreign);
	if (status != SEC_E_OK)
		return status;
	status = FOREIGN_CALL(foreign_table_a(), InitializeSecurityContextA,
	                      &foreign.context->credential->foreign, foreign.old_handle, target,
	                      request, reserved1, representation, input, reserved2,
	                      &foreign.context->foreign, output, attributes, expiry);
	return exchange_foreign_end(&call, &foreign, status);
}

SECURITY_STATUS SEC_ENTRY context_initiate_w(PCredHandle credential, PCtxtHandle handle,
                                             SEC_WCHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry)
{
	struct exchange_call call = { .role = MECH_INITIATOR,
		                          .credential = credential,
		                          .handle = handle,
		                          .request = request,
		                          .input = input,
		                          .new_handle = new_handle,
		                          .output = output,
		                          .attributes = attributes,
		                          .expiry = expiry };
	struct blob name = BLOB_EMPTY;
	struct exchange_foreign foreign;

	if (!exchange_is_foreign(credential, handle))
		return initiate_ours(&call, text_from_wide_string(target, &name), &name);
	SECURITY_STATUS status = exchange_foreign_begin(&call, &foreign);
	if (status != SEC_E_OK)
		return status;
	status = FOREIGN_CALL(foreign_table_w(), InitializeSecurityContextW,
	                      &foreign.context->credential->foreign, foreign.old_handle, target,
	                      request, reserved1, representation, input, reserved2,
	                      &foreign.context->foreign, output, attributes, expiry);
	return exchange_foreign_end(&call, &foreign, status);
}

SECURITY_STATUS SEC_ENTRY context_accept(PCredHandle credential, PCtxtHandle handle,
                                         PSecBufferDesc input, ULONG request, ULONG representation,
                                         PCtxtHandle new_handle, PSecBufferDesc output,
                                         PULONG attributes, PTimeStamp expiry)
{
	const struct exchange_call call = { .role = MECH_ACCEPTOR,
		                                .credential = credential,
		                                .handle = handle,
		                                .request = request,
		                                .input = input,
		                                .new_handle = new_handle,
		                                .output = output,
		                                .attributes = attributes,
		                                .expiry = expiry };
	struct exchange_foreign foreign;

	if (!exchange_is_foreign(credential, handle))
		return exchange_run(&call);
	SECURITY_STATUS status = exchange_foreign_begin(&call, &foreign);
	if (status != SEC_E_OK)
		return status;
	status = FOREIGN_CALL(foreign_table_a(), AcceptSecurityContext,
	                      &foreign.context->credential->foreign, foreign.old_handle, input, request,
	                      representation, &foreign.context->foreign, output, attributes, expiry);
	return exchange_foreign_end(&call, &foreign, status);
}
