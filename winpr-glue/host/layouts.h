/* SPDX-License-Identifier: Apache-2.0
 *
 * The two layouts of WinPR's pAuthData, member by member: the headers of FreeRDP before 3.31 do not
 * have the second, and those of FreeRDP 4 will not have the first. A module for every FreeRDP 3
 * reads and writes both.
 *
 * V1 (flag 0x100, to 3.30) is what a C compiler makes of the members. In V2 (flag 0x200, from 3.31)
 * every member is 8-aligned, and the structures grow at their end: a member is there only if the
 * size that the structure begins with reaches past it.
 */
#ifndef NEGOSSP_GLUE_LAYOUTS_H
#define NEGOSSP_GLUE_LAYOUTS_H

#include <stdalign.h>

#include <winpr/sspi.h>

/* Kerberos' members, which are the same in both but for where they stand. */
#define LAYOUT_KERBEROS_STRINGS(MEMBER)                                                            \
	MEMBER(const char*, kdc_url)                                                                   \
	MEMBER(const char*, keytab)                                                                    \
	MEMBER(const char*, cache)                                                                     \
	MEMBER(const char*, armor_cache)                                                               \
	MEMBER(const char*, pkinit_anchors)                                                            \
	MEMBER(const char*, pkinit_identity)
#define LAYOUT_KERBEROS_NUMBERS(MEMBER)                                                            \
	MEMBER(BOOL, with_pac)                                                                         \
	MEMBER(INT32, start_time) /* seconds, all three */                                             \
	MEMBER(INT32, renew_time)                                                                      \
	MEMBER(INT32, life_time)

/* --- V1 --------------------------------------------------------------------------------------- */

struct layout_ntlm_v1
{
	const char* sam_file;
	psSspiNtlmHashCallback hash_callback;
	void* hash_callback_argument;
};

#define LAYOUT_MEMBER(type, name) type name;
struct layout_kerberos_v1
{
	LAYOUT_KERBEROS_STRINGS(LAYOUT_MEMBER)
	LAYOUT_KERBEROS_NUMBERS(LAYOUT_MEMBER)
	BYTE cert_sha1[20];
};
#undef LAYOUT_MEMBER

struct layout_identity_v1
{
	SEC_WINNT_AUTH_IDENTITY_EXW identity;
	const struct layout_ntlm_v1* ntlm;
	const struct layout_kerberos_v1* kerberos;
};

/* --- V2 --------------------------------------------------------------------------------------- */

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

/* Also the form in which the glue itself keeps them. Strings may be NULL. */
#define LAYOUT_MEMBER(type, name) alignas(8) type name;
struct kerberos_settings
{
	alignas(8) UINT32 size;
	LAYOUT_KERBEROS_STRINGS(LAYOUT_MEMBER)
	LAYOUT_KERBEROS_NUMBERS(LAYOUT_MEMBER)
	alignas(8) BYTE cert_sha1[20];
};
#undef LAYOUT_MEMBER

#define LAYOUT_REVISION_1 1u

/* In the Flags of an EXW, which both layouts begin with: which of them it is. */
#define LAYOUT_FLAG_V1 0x100u
#define LAYOUT_FLAG_V2 0x200u

struct layout_identity
{
	alignas(8) SEC_WINNT_AUTH_IDENTITY_EXW identity;
	alignas(8) UINT32 revision;
	alignas(8) const void* ntlm;
	alignas(8) const void* kerberos;
};

/* --- from one to the other -------------------------------------------------------------------- */

/* Strings are borrowed. `size` becomes that of the whole structure. */
void layout_kerberos_from_v1(const struct layout_kerberos_v1* from, struct kerberos_settings* to);
void layout_kerberos_to_v1(const struct kerberos_settings* from, struct layout_kerberos_v1* to);

#endif
