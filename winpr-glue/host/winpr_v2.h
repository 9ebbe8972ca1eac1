/* SPDX-License-Identifier: Apache-2.0
 *
 * The second layout of WinPR's pAuthData (FreeRDP from 3.31), member by member, because the headers
 * of earlier releases do not have it. Every member is 8-aligned, and the structures grow at their
 * end: a member is there only if the size that the structure begins with reaches past it.
 */
#ifndef NEGOSSP_GLUE_WINPR_V2_H
#define NEGOSSP_GLUE_WINPR_V2_H

#include <stdalign.h>

#include <winpr/sspi.h>

struct layout_ntlm
{
	alignas(8) UINT32 size;
	alignas(8) const char* sam_file;
	alignas(8) psSspiNtlmHashCallback hash_callback;
	alignas(8) void* hash_callback_argument;
	alignas(8) const char* target_name;
	alignas(8) const char* netbios_computer;
	alignas(8) const char* netbios_domain;
	alignas(8) const char* dns_computer;
	alignas(8) const char* dns_domain;
};

struct layout_kerberos
{
	alignas(8) UINT32 size;
	alignas(8) const char* kdc_url;
	alignas(8) const char* keytab;
	alignas(8) const char* cache;
	alignas(8) const char* armor_cache;
	alignas(8) const char* pkinit_anchors;
	alignas(8) const char* pkinit_identity;
	alignas(8) BOOL with_pac;
	alignas(8) INT32 start_time;
	alignas(8) INT32 renew_time;
	alignas(8) INT32 life_time;
	alignas(8) BYTE cert_sha1[20];
};

struct layout_identity
{
	alignas(8) SEC_WINNT_AUTH_IDENTITY_EXW identity;
	alignas(8) UINT32 revision;
	alignas(8) const void* ntlm;
	alignas(8) const void* kerberos;
};

#define LAYOUT_REVISION_1 1u

#endif
