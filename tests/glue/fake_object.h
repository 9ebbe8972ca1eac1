/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind the scripted WinPR's handles, and its message functions; for fake_winpr.c.
 */
#ifndef NEGOSSP_TESTS_FAKE_OBJECT_H
#define NEGOSSP_TESTS_FAKE_OBJECT_H

#include <pthread.h>
#include <stdbool.h>

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
};

/* Guards the record in struct fake_winpr. */
extern pthread_mutex_t fake_lock;

/* The live object of that kind, or NULL. */
struct fake_object* fake_object_of(const SecHandle* handle, unsigned magic);
/* Another call of the table. */
void fake_count(void);

SECURITY_STATUS fake_encrypt(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number);
SECURITY_STATUS fake_decrypt(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop);
SECURITY_STATUS fake_sign(PCtxtHandle handle, ULONG qop, PSecBufferDesc message, ULONG number);
SECURITY_STATUS fake_verify(PCtxtHandle handle, PSecBufferDesc message, ULONG number, PULONG qop);

#endif
