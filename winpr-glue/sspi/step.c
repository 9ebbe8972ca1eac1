/* SPDX-License-Identifier: Apache-2.0
 *
 * InitializeSecurityContext and AcceptSecurityContext, A and W: one exchange_call each.
 */
#include "sspi/exchange.h"
#include "sspi/table.h"

SECURITY_STATUS SEC_ENTRY context_initiate_a(PCredHandle credential, PCtxtHandle handle,
                                             SEC_CHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry)
{
	return exchange_run(&(struct exchange_call){
	    MECH_INITIATOR, false, credential, handle, target, request, reserved1, representation,
	    input, reserved2, new_handle, output, attributes, expiry });
}

SECURITY_STATUS SEC_ENTRY context_initiate_w(PCredHandle credential, PCtxtHandle handle,
                                             SEC_WCHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry)
{
	return exchange_run(&(struct exchange_call){
	    MECH_INITIATOR, true, credential, handle, target, request, reserved1, representation, input,
	    reserved2, new_handle, output, attributes, expiry });
}

SECURITY_STATUS SEC_ENTRY context_accept(PCredHandle credential, PCtxtHandle handle,
                                         PSecBufferDesc input, ULONG request, ULONG representation,
                                         PCtxtHandle new_handle, PSecBufferDesc output,
                                         PULONG attributes, PTimeStamp expiry)
{
	return exchange_run(&(struct exchange_call){ MECH_ACCEPTOR, false, credential, handle, NULL,
	                                             request, 0, representation, input, 0, new_handle,
	                                             output, attributes, expiry });
}
