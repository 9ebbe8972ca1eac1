/* SPDX-License-Identifier: Apache-2.0
 *
 * The object behind a CtxtHandle: one exchange and the session after it. Calls on one context go
 * one at a time, under its object's lock, which no thread is cancelled with (host/cancel.h).
 */
#ifndef NEGOSSP_GLUE_CONTEXT_H
#define NEGOSSP_GLUE_CONTEXT_H

#include "negossp.h"

#include "credential/credential.h"
#include "host/handles.h"

struct context
{
	struct handle_object object;
	struct credential* credential; /* a reference of its own */
	enum mech_role role;
	int cancel; /* of the thread that holds the lock: for cancel_allow() */

	/* our own packages */
	struct negossp_context* core;
	struct kerberos_use kerberos;
	ULONG request;        /* ISC_REQ_ or ASC_REQ_ bits of the first call; later ones are not read:
	                         FreeRDP passes one variable for what it asks and what it is told */
	struct blob bindings; /* SEC_CHANNEL_BINDINGS as last given */
	struct blob names[NAME_ALL]; /* UTF-16LE; those set through an attribute */
	bool dead;                   /* a failed call cannot be repeated */
	bool reported;               /* its line is in the log */

	/* a context of WinPR's; `core` is NULL */
	CtxtHandle foreign;
};

/* A context, locked, with two references: one that context_leave() ends, and one that a handle
 * takes or context_release() gives back. It keeps one to the credential. NULL when memory is short.
 */
struct context* context_new(struct credential* credential, enum mech_role role);
/* The context behind a handle, locked and with a reference; context_leave() ends it. NULL where
 * there is none, or this thread is in a call on it already: a hash callback or a log appender of
 * the host's asks for what its own call has locked. */
struct context* context_enter(const SecHandle* handle);
void context_leave(struct context* context);
/* Gives back the reference of a context that never got a handle. */
void context_release(struct context* context);

bool context_is_foreign(const struct context* context);
/* The bits for pfContextAttr: what was granted once complete, what was asked for before. */
ULONG context_attributes(const struct context* context);
/* Hands a workstation name that was set to the initiator's NTLM, if that is in use and has not sent
 * one yet. RESULT_NO_MEMORY. */
MUST_USE enum result context_apply_workstation(struct context* context);
/* Logs how the exchange ended, once. */
void context_report(struct context* context, SECURITY_STATUS status);

#endif
