/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted WinPR from the inside: what stands behind its handles, and the entries of its
 * tables.
 */
#ifndef NEGOSSP_TESTS_FAKE_OBJECT_H
#define NEGOSSP_TESTS_FAKE_OBJECT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winpr/sspi.h>

#define FAKE_CREDENTIAL 0x43524544u
#define FAKE_CONTEXT 0x43545854u

struct fake_object
{
	unsigned magic;
	bool carrier; /* of the package Negotiate */
	bool u2u;
	bool initiator;
	unsigned steps;
	/* How often a credential and its contexts were used: counted without a lock, as WinPR's
	 * krb5_context is used without one, so that a sanitizer sees who does not lock. */
	unsigned uses;
	unsigned* owner_uses;
	struct fake_object* next; /* of all that are live: what nobody can free is no leak of ours */
};

/* Guards the record in struct fake_winpr. */
extern pthread_mutex_t fake_lock;

/* NULL when memory is short. */
struct fake_object* fake_object_new(unsigned magic, SecHandle* handle);
/* The live object of that kind, or NULL. */
struct fake_object* fake_object_of(const SecHandle* handle, unsigned magic);
/* Whether WinPR's public functions find its package. */
bool fake_object_is_found(const struct fake_object* object);
SECURITY_STATUS fake_object_free(SecHandle* handle, unsigned magic, int* live);

/* Another call of the table; of an entry that exists in A and W. */
void fake_count(void);
void fake_count_form(bool wide);
/* UTF-16 as the ASCII that it is, cut to fit. */
void fake_note(char* to, size_t size, const void* wide, size_t units);
size_t fake_units(const WCHAR* wide);

/* --- entries ---------------------------------------------------------------------------------- */

SECURITY_STATUS fake_acquire_a(LPSTR principal, LPSTR package, ULONG use, void* logon,
                               void* auth_data, SEC_GET_KEY_FN key, void* argument,
                               PCredHandle handle, PTimeStamp expiry);
SECURITY_STATUS fake_acquire_w(LPWSTR principal, LPWSTR package, ULONG use, void* logon,
                               void* auth_data, SEC_GET_KEY_FN key, void* argument,
                               PCredHandle handle, PTimeStamp expiry);
SECURITY_STATUS fake_free_credential(PCredHandle handle);
SECURITY_STATUS fake_query_credential_a(PCredHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS fake_query_credential_w(PCredHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS fake_set_credential_a(PCredHandle handle, ULONG attribute, void* buffer,
                                      ULONG size);
SECURITY_STATUS fake_set_credential_w(PCredHandle handle, ULONG attribute, void* buffer,
                                      ULONG size);

SECURITY_STATUS fake_initiate_a(PCredHandle credential, PCtxtHandle handle, SEC_CHAR* target,
                                ULONG request, ULONG reserved1, ULONG representation,
                                PSecBufferDesc input, ULONG reserved2, PCtxtHandle new_handle,
                                PSecBufferDesc output, PULONG attributes, PTimeStamp expiry);
SECURITY_STATUS fake_initiate_w(PCredHandle credential, PCtxtHandle handle, SEC_WCHAR* target,
                                ULONG request, ULONG reserved1, ULONG representation,
                                PSecBufferDesc input, ULONG reserved2, PCtxtHandle new_handle,
                                PSecBufferDesc output, PULONG attributes, PTimeStamp expiry);
SECURITY_STATUS fake_accept(PCredHandle credential, PCtxtHandle handle, PSecBufferDesc input,
                            ULONG request, ULONG representation, PCtxtHandle new_handle,
                            PSecBufferDesc output, PULONG attributes, PTimeStamp expiry);
SECURITY_STATUS fake_delete(PCtxtHandle handle);
SECURITY_STATUS fake_query_a(PCtxtHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS fake_query_w(PCtxtHandle handle, ULONG attribute, void* buffer);
SECURITY_STATUS fake_set_a(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size);
SECURITY_STATUS fake_set_w(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size);
SECURITY_STATUS fake_impersonate(PCtxtHandle handle);
SECURITY_STATUS fake_revert(PCtxtHandle handle);
SECURITY_STATUS fake_complete(PCtxtHandle handle, PSecBufferDesc token);

SECURITY_STATUS fake_encrypt(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number);
SECURITY_STATUS fake_decrypt(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop);
SECURITY_STATUS fake_sign(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number);
SECURITY_STATUS fake_verify(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop);

#endif
