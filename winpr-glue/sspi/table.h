/* SPDX-License-Identifier: Apache-2.0
 *
 * The entries of the two SSPI tables, grouped by the file that has them. Signatures and meaning are
 * Microsoft's (sspi.h as WinPR has it); what an entry does beyond that, or does not do, is said at
 * its definition.
 */
#ifndef NEGOSSP_GLUE_TABLE_H
#define NEGOSSP_GLUE_TABLE_H

#include <winpr/sspi.h>

/* table.c */
SecurityFunctionTableA* table_a(void);
SecurityFunctionTableW* table_w(void);

/* package_info.c */
SECURITY_STATUS SEC_ENTRY package_enumerate_a(ULONG* count, PSecPkgInfoA* infos);
SECURITY_STATUS SEC_ENTRY package_enumerate_w(ULONG* count, PSecPkgInfoW* infos);
SECURITY_STATUS SEC_ENTRY package_query_a(SEC_CHAR* name, PSecPkgInfoA* info);
SECURITY_STATUS SEC_ENTRY package_query_w(SEC_WCHAR* name, PSecPkgInfoW* info);

/* free_buffer.c */
SECURITY_STATUS SEC_ENTRY free_context_buffer(void* buffer);

/* acquire.c and credential_attributes.c */
SECURITY_STATUS SEC_ENTRY credential_acquire_a(LPSTR principal, LPSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry);
SECURITY_STATUS SEC_ENTRY credential_acquire_w(LPWSTR principal, LPWSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry);
SECURITY_STATUS SEC_ENTRY credential_free(PCredHandle handle);
SECURITY_STATUS SEC_ENTRY credential_query_a(PCredHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS SEC_ENTRY credential_query_w(PCredHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS SEC_ENTRY credential_set_a(PCredHandle handle, ULONG attribute, void* buffer,
                                           ULONG size);
SECURITY_STATUS SEC_ENTRY credential_set_w(PCredHandle handle, ULONG attribute, void* buffer,
                                           ULONG size);
SECURITY_STATUS SEC_ENTRY credential_add_a(PCredHandle handle, SEC_CHAR* principal,
                                           SEC_CHAR* package, UINT32 use, void* auth_data,
                                           SEC_GET_KEY_FN get_key, void* get_key_argument,
                                           PTimeStamp expiry);
SECURITY_STATUS SEC_ENTRY credential_add_w(PCredHandle handle, SEC_WCHAR* principal,
                                           SEC_WCHAR* package, UINT32 use, void* auth_data,
                                           SEC_GET_KEY_FN get_key, void* get_key_argument,
                                           PTimeStamp expiry);

/* step.c */
SECURITY_STATUS SEC_ENTRY context_initiate_a(PCredHandle credential, PCtxtHandle handle,
                                             SEC_CHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry);
SECURITY_STATUS SEC_ENTRY context_initiate_w(PCredHandle credential, PCtxtHandle handle,
                                             SEC_WCHAR* target, ULONG request, ULONG reserved1,
                                             ULONG representation, PSecBufferDesc input,
                                             ULONG reserved2, PCtxtHandle new_handle,
                                             PSecBufferDesc output, PULONG attributes,
                                             PTimeStamp expiry);
SECURITY_STATUS SEC_ENTRY context_accept(PCredHandle credential, PCtxtHandle handle,
                                         PSecBufferDesc input, ULONG request, ULONG representation,
                                         PCtxtHandle new_handle, PSecBufferDesc output,
                                         PULONG attributes, PTimeStamp expiry);

/* context.c */
SECURITY_STATUS SEC_ENTRY context_complete(PCtxtHandle handle, PSecBufferDesc token);
SECURITY_STATUS SEC_ENTRY context_delete(PCtxtHandle handle);
SECURITY_STATUS SEC_ENTRY context_apply_control(PCtxtHandle handle, PSecBufferDesc input);
SECURITY_STATUS SEC_ENTRY context_impersonate(PCtxtHandle handle);
SECURITY_STATUS SEC_ENTRY context_revert(PCtxtHandle handle);
SECURITY_STATUS SEC_ENTRY context_export(PCtxtHandle handle, ULONG flags, PSecBuffer packed,
                                         HANDLE* token);
SECURITY_STATUS SEC_ENTRY context_import_a(SEC_CHAR* package, PSecBuffer packed, HANDLE token,
                                           PCtxtHandle handle);
SECURITY_STATUS SEC_ENTRY context_import_w(SEC_WCHAR* package, PSecBuffer packed, HANDLE token,
                                           PCtxtHandle handle);
SECURITY_STATUS SEC_ENTRY context_query_token(PCtxtHandle handle, HANDLE* token);

/* attributes.c */
SECURITY_STATUS SEC_ENTRY attribute_query_a(PCtxtHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS SEC_ENTRY attribute_query_w(PCtxtHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS SEC_ENTRY attribute_set_a(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size);
SECURITY_STATUS SEC_ENTRY attribute_set_w(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size);

/* messages.c */
SECURITY_STATUS SEC_ENTRY message_encrypt(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
                                          ULONG sequence);
SECURITY_STATUS SEC_ENTRY message_decrypt(PCtxtHandle handle, PSecBufferDesc message,
                                          ULONG sequence, PULONG qop);
SECURITY_STATUS SEC_ENTRY message_sign(PCtxtHandle handle, ULONG qop, PSecBufferDesc message,
                                       ULONG sequence);
SECURITY_STATUS SEC_ENTRY message_verify(PCtxtHandle handle, PSecBufferDesc message, ULONG sequence,
                                         PULONG qop);

#endif
