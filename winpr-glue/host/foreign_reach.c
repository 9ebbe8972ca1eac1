/* SPDX-License-Identifier: Apache-2.0
 *
 * The trial, and the lock around WinPR's lists.
 */
#include "host/foreign_reach.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "host/cancel.h"
#include "host/foreign.h"

static pthread_mutex_t buffers_lock = PTHREAD_MUTEX_INITIALIZER;
static int buffers_cancel; /* of the thread that holds it: for cancel_allow() */

void foreign_buffers_lock(void)
{
	const int cancel = cancel_hold();

	pthread_mutex_lock(&buffers_lock);
	buffers_cancel = cancel;
}

void foreign_buffers_unlock(void)
{
	const int cancel = buffers_cancel;

	pthread_mutex_unlock(&buffers_lock);
	cancel_allow(cancel);
}

enum reach
{
	REACH_UNKNOWN,
	REACH_FOUND,
	REACH_LOST
};

/* The number by which the public functions of such a release would find the package, in the form
 * in which a handle holds it: the place in WinPR's list, counted from one and inverted. */
static ULONG_PTR reach_number(const SecurityFunctionTableA* winpr, const char* package)
{
	PSecPkgInfoA infos = NULL;
	ULONG count = 0;
	ULONG_PTR place = 0;

	foreign_buffers_lock();
	if (FOREIGN_CALL(winpr, EnumerateSecurityPackagesA, &count, &infos) == SEC_E_OK)
	{
		for (ULONG i = 0; i < count && place == 0; i++)
			place = strcmp(infos[i].Name, package) == 0 ? i + 1 : 0;
		(void)FOREIGN_CALL(winpr, FreeContextBuffer, infos);
	}
	foreign_buffers_unlock();
	return ~place;
}

static enum reach reach_try(void)
{
	static char package[] = "Kerberos";
	/* 3.10's W reads the names of handles wrongly. */
	const SecurityFunctionTableA* const winpr = foreign_table_a();
	SecPkgCredentials_NamesA names = { NULL };
	CredHandle handle = { 0, 0 };

	if (FOREIGN_CALL(winpr, AcquireCredentialsHandleA, NULL, package, SECPKG_CRED_INBOUND, NULL,
	                 NULL, NULL, NULL, &handle, NULL) != SEC_E_OK)
		return REACH_UNKNOWN;
	const bool lost = FOREIGN_CALL(winpr, QueryCredentialsAttributesA, &handle,
	                               SECPKG_CRED_ATTR_NAMES, &names) == SEC_E_SECPKG_NOT_FOUND;
	/* What cannot be found cannot be freed either, but with the number in the name's place. */
	if (lost)
		handle.dwUpper = reach_number(winpr, package);
	(void)FOREIGN_CALL(winpr, FreeCredentialsHandle, &handle);
	return lost ? REACH_LOST : REACH_FOUND;
}

bool foreign_is_reachable(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static _Atomic(enum reach) reach = REACH_UNKNOWN;
	/* What is asked meanwhile is asked by an appender that gets WinPR's lines about the trial. */
	static _Thread_local bool is_trying;

	if (reach == REACH_UNKNOWN && !is_trying)
	{
		const int cancel = cancel_hold();

		is_trying = true;
		pthread_mutex_lock(&lock);
		if (reach == REACH_UNKNOWN)
			reach = reach_try();
		pthread_mutex_unlock(&lock);
		is_trying = false;
		cancel_allow(cancel);
	}
	return reach != REACH_LOST;
}
