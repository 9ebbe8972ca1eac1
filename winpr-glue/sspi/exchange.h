/* SPDX-License-Identifier: Apache-2.0
 *
 * One call of InitializeSecurityContext or AcceptSecurityContext on one of our own packages.
 */
#ifndef NEGOSSP_GLUE_EXCHANGE_H
#define NEGOSSP_GLUE_EXCHANGE_H

#include "sspi/context.h"

struct exchange_call
{
	enum mech_role role;
	PCredHandle credential; /* may be NULL when `handle` is not */
	PCtxtHandle handle;     /* NULL on the first call */
	struct bytes target;    /* UTF-16LE; the initiator's first call */
	ULONG request;
	PSecBufferDesc input;
	PCtxtHandle new_handle;
	PSecBufferDesc output;
	PULONG attributes;
	PTimeStamp expiry;
};

/* Leaves through status_leave(), and the output token empty unless one was written. */
SECURITY_STATUS exchange_run(const struct exchange_call* call);
/* Whether the call is on one of WinPR's packages. False also for handles that are none. */
bool exchange_is_foreign(const SecHandle* credential, const SecHandle* handle);

/* The same on one of WinPR's packages: finds or makes the object for it. */
struct exchange_foreign
{
	struct context* context;
	PCtxtHandle old_handle; /* what to pass as phContext */
	bool is_new;
};

/* Not SEC_E_OK: the call cannot go on. Else exchange_foreign_end() must follow, with the status
 * WinPR gave; it gives the new handle out or throws the object away. */
SECURITY_STATUS exchange_foreign_begin(const struct exchange_call* call,
                                       struct exchange_foreign* foreign);
SECURITY_STATUS exchange_foreign_end(const struct exchange_call* call,
                                     struct exchange_foreign* foreign, SECURITY_STATUS status);

#endif
