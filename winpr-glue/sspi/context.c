/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of contexts, and the entries that only look at one.
 *
 * Not supported, for our packages as for WinPR's (to 3.32): ApplyControlToken,
 * ExportSecurityContext, ImportSecurityContext, QuerySecurityContextToken.
 */
#include "sspi/context.h"

#include <stdlib.h>

#include "host/cancel.h"
#include "host/flags.h"
#include "host/foreign.h"
#include "host/status.h"
#include "log/log.h"
#include "sspi/table.h"

/* --- life ------------------------------------------------------------------------------------- */

static void context_destroy(struct handle_object* object)
{
	struct context* const context = (struct context*)(void*)object;

	if (context->foreign.dwLower || context->foreign.dwUpper)
		(void)FOREIGN_CALL(foreign_table_a(), DeleteSecurityContext, &context->foreign);
	context_report(context, SEC_E_UNFINISHED_CONTEXT_DELETED);
	negossp_context_free(context->core);
	blob_free(&context->bindings);
	for (size_t i = 0; i < NAME_ALL; i++)
		blob_free(&context->names[i]);
	credential_release(context->credential);
	free(context);
}

/* False for a thread that is in a call on it already. */
static bool context_lock(struct context* context)
{
	const int cancel = cancel_hold();

	if (pthread_mutex_lock(&context->object.lock) != 0)
	{
		cancel_allow(cancel);
		return false;
	}
	context->cancel = cancel;
	return true;
}

struct context* context_new(struct credential* credential, enum mech_role role)
{
	struct context* const context = calloc(1, sizeof(*context));

	if (!context)
		return NULL;
	handle_object_init(&context->object, HANDLE_CONTEXT, context_destroy);
	handle_object_keep(&credential->object);
	context->credential = credential;
	context->role = role;
	/* As context_enter() would: balanced by context_leave(). */
	handle_object_keep(&context->object);
	(void)context_lock(context);
	return context;
}

struct context* context_enter(const SecHandle* handle)
{
	struct context* const context = (struct context*)(void*)handle_get(handle, HANDLE_CONTEXT);

	if (!context || context_lock(context))
		return context;
	context_release(context);
	return NULL;
}

void context_leave(struct context* context)
{
	if (!context)
		return;
	const int cancel = context->cancel;
	pthread_mutex_unlock(&context->object.lock);
	context_release(context);
	cancel_allow(cancel);
}

void context_release(struct context* context)
{
	if (context)
		handle_object_release(&context->object);
}

/* --- what one says of itself ------------------------------------------------------------------ */

bool context_is_foreign(const struct context* context)
{
	return context->credential->package == PACKAGE_FOREIGN;
}

ULONG context_attributes(const struct context* context)
{
	uint32_t flags = flags_from_request(context->role, context->request);
	ULONG attributes = flags_ask_allocate(context->request) ? ISC_RET_ALLOCATED_MEMORY : 0;

	if (negossp_is_complete(context->core))
	{
		struct mech_session session;

		negossp_session(context->core, &session);
		flags = session.granted;
	}
	attributes |= flags_to_attributes(context->role, flags);
	return attributes;
}

enum result context_apply_workstation(struct context* context)
{
	const struct bytes name = blob_bytes(&context->names[NAME_WORKSTATION]);
	void* ntlm = NULL;

	if (name.len == 0 || context->role != MECH_INITIATOR ||
	    negossp_chosen(context->core, &ntlm) != ntlm_mech())
		return RESULT_OK;
	const enum result result = ntlm_context_override(ntlm, NTLM_OVERRIDE_WORKSTATION, name);
	return result == RESULT_OUT_OF_SEQUENCE ? RESULT_OK : result;
}

void context_report(struct context* context, SECURITY_STATUS status)
{
	struct negossp_report report;
	enum log_ending ending = LOG_ABANDONED;

	if (!context->core || context->reported)
		return;
	context->reported = true;
	if (context->dead)
		ending = LOG_FAILED;
	else if (negossp_is_complete(context->core))
		ending = LOG_COMPLETE;
	if (!log_exchange_is_wanted(ending))
		return;
	negossp_describe(context->core, &report);
	log_exchange(&report, ending, status);
}

/* --- entries ---------------------------------------------------------------------------------- */

SECURITY_STATUS SEC_ENTRY context_delete(PCtxtHandle handle)
{
	struct handle_object* const object = handle_close(handle, HANDLE_CONTEXT);
	const int cancel = cancel_hold();

	if (object)
		handle_object_release(object);
	cancel_allow(cancel);
	if (!object)
		return status_leave(SEC_E_INVALID_HANDLE);
	return status_leave(SEC_E_OK);
}

/* Entries that no package has, WinPR's included: only the handle is looked at. */
static SECURITY_STATUS context_unsupported(PCtxtHandle handle)
{
	struct context* const context = context_enter(handle);

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	context_leave(context);
	return status_leave(SEC_E_UNSUPPORTED_FUNCTION);
}

/* Neither NTLM nor SPNEGO has anything to complete; where WinPR's packages have, they are asked. */
SECURITY_STATUS SEC_ENTRY context_complete(PCtxtHandle handle, PSecBufferDesc token)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status = SEC_E_OK;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
		status = FOREIGN_CALL(foreign_table_a(), CompleteAuthToken, &context->foreign, token);
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY context_apply_control(PCtxtHandle handle, PSecBufferDesc input)
{
	(void)input;
	return context_unsupported(handle);
}

SECURITY_STATUS SEC_ENTRY context_export(PCtxtHandle handle, ULONG flags, PSecBuffer packed,
                                         HANDLE* token)
{
	(void)flags;
	(void)packed;
	(void)token;
	return context_unsupported(handle);
}

SECURITY_STATUS SEC_ENTRY context_query_token(PCtxtHandle handle, HANDLE* token)
{
	(void)token;
	return context_unsupported(handle);
}

SECURITY_STATUS SEC_ENTRY context_import_a(SEC_CHAR* package, PSecBuffer packed, HANDLE token,
                                           PCtxtHandle handle)
{
	(void)package;
	(void)packed;
	(void)token;
	(void)handle;
	return status_leave(SEC_E_UNSUPPORTED_FUNCTION);
}

SECURITY_STATUS SEC_ENTRY context_import_w(SEC_WCHAR* package, PSecBuffer packed, HANDLE token,
                                           PCtxtHandle handle)
{
	(void)package;
	return context_import_a(NULL, packed, token, handle);
}

/* There is nobody to become: off Windows a logon makes no token. FreeRDP's servers call both and
 * want SEC_E_OK for an accepted client. */
static SECURITY_STATUS context_impersonation(PCtxtHandle handle, bool revert)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status = SEC_E_NO_IMPERSONATION;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
		status =
		    revert ? FOREIGN_CALL(foreign_table_a(), RevertSecurityContext, &context->foreign)
		           : FOREIGN_CALL(foreign_table_a(), ImpersonateSecurityContext, &context->foreign);
	else if (context->role == MECH_ACCEPTOR && !context->dead && negossp_is_complete(context->core))
		status = SEC_E_OK;
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY context_impersonate(PCtxtHandle handle)
{
	return context_impersonation(handle, false);
}

SECURITY_STATUS SEC_ENTRY context_revert(PCtxtHandle handle)
{
	return context_impersonation(handle, true);
}
