/* SPDX-License-Identifier: Apache-2.0
 *
 * An SSPI module whose package is done after its first leg, and seals nothing: what FreeRDP's
 * client makes of that is seen from what it sends.
 */
#include <stdlib.h>
#include <string.h>

#include <winpr/sspi.h>

#define TRAILER 16u

static SECURITY_STATUS SEC_ENTRY query_info(SEC_CHAR* name, PSecPkgInfoA* info)
{
	PSecPkgInfoA made = calloc(1, sizeof(*made));

	if (!made)
		return SEC_E_INSUFFICIENT_MEMORY;
	made->wVersion = 1;
	made->cbMaxToken = 64;
	made->Name = name;
	*info = made;
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY free_buffer(void* buffer)
{
	free(buffer);
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY acquire(SEC_CHAR* principal, SEC_CHAR* package, ULONG use,
                                         void* logon, void* data, SEC_GET_KEY_FN get_key,
                                         void* argument, PCredHandle credential, PTimeStamp expiry)
{
	(void)principal, (void)package, (void)use, (void)logon, (void)data, (void)get_key,
	    (void)argument;
	(void)expiry;
	credential->dwLower = credential->dwUpper = 1;
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY forget(PSecHandle handle)
{
	handle->dwLower = handle->dwUpper = 0;
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY initialize(PCredHandle credential, PCtxtHandle context,
                                            SEC_CHAR* target, ULONG flags, ULONG reserved1,
                                            ULONG representation, PSecBufferDesc input,
                                            ULONG reserved2, PCtxtHandle created,
                                            PSecBufferDesc output, PULONG attributes,
                                            PTimeStamp expiry)
{
	(void)credential, (void)context, (void)target, (void)reserved1, (void)representation,
	    (void)input;
	(void)reserved2, (void)expiry;
	created->dwLower = created->dwUpper = 1;
	memcpy(output->pBuffers[0].pvBuffer, "one", 3);
	output->pBuffers[0].cbBuffer = 3;
	*attributes = flags;
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY query(PCtxtHandle context, ULONG attribute, void* value)
{
	SecPkgContext_Sizes* sizes = value;

	(void)context;
	if (attribute != SECPKG_ATTR_SIZES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	memset(sizes, 0, sizeof(*sizes));
	sizes->cbMaxSignature = sizes->cbSecurityTrailer = TRAILER;
	return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY leave_as_it_is(PCtxtHandle context, ULONG quality,
                                                PSecBufferDesc message, ULONG number)
{
	(void)context, (void)quality, (void)message, (void)number;
	return SEC_E_OK;
}

static SecurityFunctionTableA table = {
	.dwVersion = 3,
	.AcquireCredentialsHandleA = acquire,
	.FreeCredentialsHandle = forget,
	.InitializeSecurityContextA = initialize,
	.DeleteSecurityContext = forget,
	.QueryContextAttributesA = query,
	.FreeContextBuffer = free_buffer,
	.QuerySecurityPackageInfoA = query_info,
	.EncryptMessage = leave_as_it_is,
};

__attribute__((visibility("default"))) PSecurityFunctionTableA SEC_ENTRY
InitSecurityInterfaceA(void)
{
	return &table;
}
