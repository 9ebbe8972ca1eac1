/* SPDX-License-Identifier: Apache-2.0
 *
 * Names for the first layout of WinPR's pAuthData (FreeRDP up to 3.30). The headers of 3.31 call it
 * deprecated; the tests take them from there all the same, so that they do not share a mistake of
 * winpr-glue/host/layouts.h. What headers hide (WITHOUT_WINPR_3x_DEPRECATED) is written out, as it
 * stands in those of 3.15.
 */
#ifndef NEGOSSP_TESTS_WINPR_V1_H
#define NEGOSSP_TESTS_WINPR_V1_H

#include <winpr/sspi.h>

#ifdef SEC_WINNT_AUTH_IDENTITY_EXTENDED
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
typedef SEC_WINPR_NTLM_SETTINGS winpr_ntlm_v1;
typedef SEC_WINPR_KERBEROS_SETTINGS winpr_kerberos_v1;
typedef SEC_WINNT_AUTH_IDENTITY_WINPR winpr_identity_v1;
#pragma GCC diagnostic pop
#else
#define SEC_WINNT_AUTH_IDENTITY_EXTENDED 0x100

typedef struct
{
	char* samFile;
	psSspiNtlmHashCallback hashCallback;
	void* hashCallbackArg;
} winpr_ntlm_v1;

typedef struct
{
	char* kdcUrl;
	char* keytab;
	char* cache;
	char* armorCache;
	char* pkinitX509Anchors;
	char* pkinitX509Identity;
	BOOL withPac;
	INT32 startTime;
	INT32 renewLifeTime;
	INT32 lifeTime;
	BYTE certSha1[20];
} winpr_kerberos_v1;

typedef struct
{
	SEC_WINNT_AUTH_IDENTITY_EXW identity;
	winpr_ntlm_v1* ntlmSettings;
	winpr_kerberos_v1* kerberosSettings;
} winpr_identity_v1;
#endif

#endif
