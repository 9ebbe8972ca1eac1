/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes of credentials: the user's name is all there is of our own; WinPR's packages have
 * theirs. AddCredentials is not supported.
 */
#include "credential/credential.h"
#include "host/cancel.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "sspi/table.h"

/* SecPkgCredentials_NamesA and W are both one pointer. */
static enum result credential_names(const struct credential* credential, bool wide, void** name)
{
	struct blob account = BLOB_EMPTY;

	REQUIRE(credential->has_identity, RESULT_NO_CREDENTIALS);
	TRY(text_account(blob_bytes(&credential->user), blob_bytes(&credential->domain), &account));
	const enum result result = text_to_memory(blob_bytes(&account), wide, name);
	blob_free(&account);
	return result;
}

static enum result credential_query_ours(const struct credential* credential, ULONG attribute,
                                         void* buffer, bool wide)
{
	void* name = NULL;

	REQUIRE(buffer, RESULT_INVALID_ARGUMENT);
	REQUIRE(attribute == SECPKG_CRED_ATTR_NAMES, RESULT_UNSUPPORTED);
	TRY(credential_names(credential, wide, &name));
	((SecPkgCredentials_NamesA*)buffer)->sUserName = name;
	return RESULT_OK;
}

static SECURITY_STATUS credential_query(PCredHandle handle, ULONG attribute, void* buffer,
                                        bool wide)
{
	const int cancel = cancel_hold();
	struct credential* const credential = credential_get(handle);
	SECURITY_STATUS status = SEC_E_INVALID_HANDLE;

	if (credential && credential->package == PACKAGE_FOREIGN)
		status = FOREIGN_CALL_AW(wide, QueryCredentialsAttributes, &credential->foreign, attribute,
		                         buffer);
	else if (credential)
		status = status_from_result(credential_query_ours(credential, attribute, buffer, wide));
	credential_release(credential);
	cancel_allow(cancel);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY credential_query_a(PCredHandle handle, ULONG attribute, void* buffer)
{
	return credential_query(handle, attribute, buffer, false);
}

SECURITY_STATUS SEC_ENTRY credential_query_w(PCredHandle handle, ULONG attribute, void* buffer)
{
	return credential_query(handle, attribute, buffer, true);
}

static SECURITY_STATUS credential_set(PCredHandle handle, ULONG attribute, void* buffer, ULONG size,
                                      bool wide)
{
	const int cancel = cancel_hold();
	struct credential* const credential = credential_get(handle);
	SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;

	if (!credential)
		status = SEC_E_INVALID_HANDLE;
	else if (credential->package == PACKAGE_FOREIGN)
		status = FOREIGN_CALL_AW(wide, SetCredentialsAttributes, &credential->foreign, attribute,
		                         buffer, size);
	else if (credential->kerberos)
		status = kerberos_credential_set(credential->kerberos, attribute, buffer, size);
	credential_release(credential);
	cancel_allow(cancel);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY credential_set_a(PCredHandle handle, ULONG attribute, void* buffer,
                                           ULONG size)
{
	return credential_set(handle, attribute, buffer, size, false);
}

SECURITY_STATUS SEC_ENTRY credential_set_w(PCredHandle handle, ULONG attribute, void* buffer,
                                           ULONG size)
{
	return credential_set(handle, attribute, buffer, size, true);
}

static SECURITY_STATUS credential_add(PCredHandle handle)
{
	const int cancel = cancel_hold();
	struct credential* const credential = credential_get(handle);
	const bool is_one = credential != NULL;

	credential_release(credential);
	cancel_allow(cancel);
	return status_leave(is_one ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_INVALID_HANDLE);
}

SECURITY_STATUS SEC_ENTRY credential_add_a(PCredHandle handle, SEC_CHAR* principal,
                                           SEC_CHAR* package, UINT32 use, void* auth_data,
                                           SEC_GET_KEY_FN get_key, void* get_key_argument,
                                           PTimeStamp expiry)
{
	(void)principal;
	(void)package;
	(void)use;
	(void)auth_data;
	(void)get_key;
	(void)get_key_argument;
	(void)expiry;
	return credential_add(handle);
}

SECURITY_STATUS SEC_ENTRY credential_add_w(PCredHandle handle, SEC_WCHAR* principal,
                                           SEC_WCHAR* package, UINT32 use, void* auth_data,
                                           SEC_GET_KEY_FN get_key, void* get_key_argument,
                                           PTimeStamp expiry)
{
	(void)principal;
	(void)package;
	(void)use;
	(void)auth_data;
	(void)get_key;
	(void)get_key_argument;
	(void)expiry;
	return credential_add(handle);
}
