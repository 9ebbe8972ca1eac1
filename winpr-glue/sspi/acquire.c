/* SPDX-License-Identifier: Apache-2.0
 *
 * AcquireCredentialsHandle and FreeCredentialsHandle: whose package it is decides who makes the
 * credential, and both kinds stand behind handles of ours. The principal and the logon session that
 * a caller may name are WinPR's packages' alone to look at, as is its key function.
 */
#include "host/cancel.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "sspi/package_info.h"
#include "sspi/table.h"

#define ACQUIRE_USE_FLAGS (SECPKG_CRED_AUTOLOGON_RESTRICTED | SECPKG_CRED_PROCESS_POLICY_ONLY)

/* A call of either form; `principal` and `package` are in the form's own strings. */
struct acquire_call
{
	bool wide;
	void* principal;
	void* package;
	ULONG use;
	void* logon_id;
	void* auth_data;
	SEC_GET_KEY_FN get_key;
	void* get_key_argument;
	PCredHandle handle;
	PTimeStamp expiry;
};

/* Puts a handle of WinPR's behind one of ours. */
static SECURITY_STATUS acquire_foreign(const struct acquire_call* call)
{
	if (!package_foreign_is_usable())
		return status_leave(SEC_E_SECPKG_NOT_FOUND);
	struct credential* const credential = credential_new(PACKAGE_FOREIGN, call->use);
	if (!credential)
		return status_leave_result(RESULT_NO_MEMORY);
	SECURITY_STATUS status =
	    FOREIGN_CALL_AW(call->wide, AcquireCredentialsHandle, call->principal, call->package,
	                    call->use, call->logon_id, call->auth_data, call->get_key,
	                    call->get_key_argument, &credential->foreign, call->expiry);
	credential->acquired = status == SEC_E_OK;
	if (status == SEC_E_OK && handle_open(&credential->object, call->handle) != RESULT_OK)
		status = SEC_E_INSUFFICIENT_MEMORY;
	if (status != SEC_E_OK)
		credential_release(credential);
	return status_leave(status);
}

static enum result acquire_ours(const struct acquire_call* call, enum package package)
{
	struct credential* credential = NULL;

	TRY(credential_acquire(package, call->use, call->auth_data, &credential));
	const enum result result = handle_open(&credential->object, call->handle);
	if (result != RESULT_OK)
		credential_release(credential);
	else if (call->expiry)
		*call->expiry = (TimeStamp){ .LowPart = UINT32_MAX, .HighPart = INT32_MAX };
	return result;
}

static SECURITY_STATUS acquire(const struct acquire_call* call)
{
	struct blob name = BLOB_EMPTY;
	const ULONG unknown = ~(ULONG)(SECPKG_CRED_BOTH | ACQUIRE_USE_FLAGS);

	if (!call->package)
		return status_leave(SEC_E_SECPKG_NOT_FOUND);
	const enum result named = text_from_either(call->package, call->wide, &name);
	if (named != RESULT_OK)
		return named == RESULT_NO_MEMORY ? status_leave_result(named)
		                                 : status_leave(SEC_E_SECPKG_NOT_FOUND);
	const enum package package = package_by_name(blob_bytes(&name));
	blob_free(&name);
	if (!call->handle || (call->use & SECPKG_CRED_BOTH) == 0 || (call->use & unknown) != 0)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	const int cancel = cancel_hold();
	const SECURITY_STATUS status = package == PACKAGE_FOREIGN
	                                   ? acquire_foreign(call)
	                                   : status_leave_result(acquire_ours(call, package));
	cancel_allow(cancel);
	return status;
}

SECURITY_STATUS SEC_ENTRY credential_acquire_a(LPSTR principal, LPSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry)
{
	return acquire(&(struct acquire_call){ false, principal, package, use, logon_id, auth_data,
	                                       get_key, get_key_argument, handle, expiry });
}

SECURITY_STATUS SEC_ENTRY credential_acquire_w(LPWSTR principal, LPWSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry)
{
	return acquire(&(struct acquire_call){ true, principal, package, use, logon_id, auth_data,
	                                       get_key, get_key_argument, handle, expiry });
}

SECURITY_STATUS SEC_ENTRY credential_free(PCredHandle handle)
{
	struct handle_object* const object = handle_close(handle, HANDLE_CREDENTIAL);
	const int cancel = cancel_hold();

	if (object)
		handle_object_release(object);
	cancel_allow(cancel);
	if (!object)
		return status_leave(SEC_E_INVALID_HANDLE);
	return status_leave(SEC_E_OK);
}
