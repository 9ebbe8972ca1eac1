/* SPDX-License-Identifier: Apache-2.0
 *
 * One call of InitializeSecurityContext or AcceptSecurityContext.
 */
#ifndef NEGOSSP_GLUE_EXCHANGE_H
#define NEGOSSP_GLUE_EXCHANGE_H

#include "sspi/context.h"

struct exchange_call
{
	enum mech_role role;
	bool wide;              /* the form that `target` is in */
	PCredHandle credential; /* may be NULL when `handle` is not */
	PCtxtHandle handle;     /* NULL on the first call */
	void* target;           /* the initiator's; ours look at the first call's alone */
	ULONG request;
	ULONG reserved1;
	ULONG representation;
	PSecBufferDesc input;
	ULONG reserved2;
	PCtxtHandle new_handle;
	PSecBufferDesc output;
	PULONG attributes;
	PTimeStamp expiry;
};

/* Leaves through status_leave(), and the output token empty unless one was written. */
SECURITY_STATUS exchange_run(const struct exchange_call* call);

#endif
