/* SPDX-License-Identifier: Apache-2.0
 *
 * The two tables. Every entry that SSPI names is filled, version 3 reaches through
 * SetCredentialsAttributes; what we do not do answers SEC_E_UNSUPPORTED_FUNCTION itself, so that no
 * caller meets a NULL.
 */
#include "sspi/table.h"

/* The entries of which there is one for both. */
#define TABLE_COMMON                                                                               \
	.dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3,                                    \
	.FreeCredentialsHandle = credential_free, .AcceptSecurityContext = context_accept,             \
	.CompleteAuthToken = context_complete, .DeleteSecurityContext = context_delete,                \
	.ApplyControlToken = context_apply_control, .ImpersonateSecurityContext = context_impersonate, \
	.RevertSecurityContext = context_revert, .MakeSignature = message_sign,                        \
	.VerifySignature = message_verify, .FreeContextBuffer = free_context_buffer,                   \
	.ExportSecurityContext = context_export, .QuerySecurityContextToken = context_query_token,     \
	.EncryptMessage = message_encrypt, .DecryptMessage = message_decrypt

static SecurityFunctionTableA functions_a = {
	TABLE_COMMON,
	.EnumerateSecurityPackagesA = package_enumerate_a,
	.QueryCredentialsAttributesA = credential_query_a,
	.AcquireCredentialsHandleA = credential_acquire_a,
	.InitializeSecurityContextA = context_initiate_a,
	.QueryContextAttributesA = attribute_query_a,
	.QuerySecurityPackageInfoA = package_query_a,
	.ImportSecurityContextA = context_import_a,
	.AddCredentialsA = credential_add_a,
	.SetContextAttributesA = attribute_set_a,
	.SetCredentialsAttributesA = credential_set_a,
};

static SecurityFunctionTableW functions_w = {
	TABLE_COMMON,
	.EnumerateSecurityPackagesW = package_enumerate_w,
	.QueryCredentialsAttributesW = credential_query_w,
	.AcquireCredentialsHandleW = credential_acquire_w,
	.InitializeSecurityContextW = context_initiate_w,
	.QueryContextAttributesW = attribute_query_w,
	.QuerySecurityPackageInfoW = package_query_w,
	.ImportSecurityContextW = context_import_w,
	.AddCredentialsW = credential_add_w,
	.SetContextAttributesW = attribute_set_w,
	.SetCredentialsAttributesW = credential_set_w,
};

SecurityFunctionTableA* table_a(void)
{
	return &functions_a;
}

SecurityFunctionTableW* table_w(void)
{
	return &functions_w;
}
