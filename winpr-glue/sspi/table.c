/* SPDX-License-Identifier: Apache-2.0
 *
 * The two tables. Every entry that SSPI names is filled, version 3 reaches through
 * SetCredentialsAttributes; what we do not do answers SEC_E_UNSUPPORTED_FUNCTION itself, so that no
 * caller meets a NULL.
 */
#include "sspi/table.h"

static SecurityFunctionTableA functions_a = {
	.dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3,
	.EnumerateSecurityPackagesA = package_enumerate_a,
	.QueryCredentialsAttributesA = credential_query_a,
	.AcquireCredentialsHandleA = credential_acquire_a,
	.FreeCredentialsHandle = credential_free,
	.InitializeSecurityContextA = context_initiate_a,
	.AcceptSecurityContext = context_accept,
	.CompleteAuthToken = context_complete,
	.DeleteSecurityContext = context_delete,
	.ApplyControlToken = context_apply_control,
	.QueryContextAttributesA = attribute_query_a,
	.ImpersonateSecurityContext = context_impersonate,
	.RevertSecurityContext = context_revert,
	.MakeSignature = message_sign,
	.VerifySignature = message_verify,
	.FreeContextBuffer = free_context_buffer,
	.QuerySecurityPackageInfoA = package_query_a,
	.ExportSecurityContext = context_export,
	.ImportSecurityContextA = context_import_a,
	.AddCredentialsA = credential_add_a,
	.QuerySecurityContextToken = context_query_token,
	.EncryptMessage = message_encrypt,
	.DecryptMessage = message_decrypt,
	.SetContextAttributesA = attribute_set_a,
	.SetCredentialsAttributesA = credential_set_a,
};

static SecurityFunctionTableW functions_w = {
	.dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3,
	.EnumerateSecurityPackagesW = package_enumerate_w,
	.QueryCredentialsAttributesW = credential_query_w,
	.AcquireCredentialsHandleW = credential_acquire_w,
	.FreeCredentialsHandle = credential_free,
	.InitializeSecurityContextW = context_initiate_w,
	.AcceptSecurityContext = context_accept,
	.CompleteAuthToken = context_complete,
	.DeleteSecurityContext = context_delete,
	.ApplyControlToken = context_apply_control,
	.QueryContextAttributesW = attribute_query_w,
	.ImpersonateSecurityContext = context_impersonate,
	.RevertSecurityContext = context_revert,
	.MakeSignature = message_sign,
	.VerifySignature = message_verify,
	.FreeContextBuffer = free_context_buffer,
	.QuerySecurityPackageInfoW = package_query_w,
	.ExportSecurityContext = context_export,
	.ImportSecurityContextW = context_import_w,
	.AddCredentialsW = credential_add_w,
	.QuerySecurityContextToken = context_query_token,
	.EncryptMessage = message_encrypt,
	.DecryptMessage = message_decrypt,
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
