/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind a SecHandle.
 *
 * A SecHandle given to a caller holds no pointer: dwLower is a serial number that is never given
 * out twice and dwUpper a place in a table. So a handle that is null, stale, freed twice, of the
 * other kind or of another provider is recognised without touching memory that is not ours.
 *
 * Objects are counted. The table holds one reference; a call takes another for its duration, so an
 * object that another thread deletes meanwhile lives until the call has ended. An object's `lock`
 * lets one call at a time into one context; a thread that holds it already gets EDEADLK.
 */
#ifndef NEGOSSP_GLUE_HANDLES_H
#define NEGOSSP_GLUE_HANDLES_H

#include <pthread.h>
#include <stdatomic.h>

#include <winpr/sspi.h>

#include "mech.h"

enum handle_kind
{
	HANDLE_CREDENTIAL,
	HANDLE_CONTEXT
};

/* The head of every object behind a handle; `destroy` frees the whole object. */
struct handle_object
{
	enum handle_kind kind;
	atomic_uint references;
	pthread_mutex_t lock;
	void (*destroy)(struct handle_object* object);
};

/* Prepares a head with one reference, which belongs to the caller. */
void handle_object_init(struct handle_object* object, enum handle_kind kind,
                        void (*destroy)(struct handle_object*));
/* Another reference to an object that the caller already has one of. */
void handle_object_keep(struct handle_object* object);
/* Gives a reference back; the last one destroys. NULL is fine. */
void handle_object_release(struct handle_object* object);

/* Puts an object into the table and fills *handle. The caller's reference becomes the table's;
 * on RESULT_NO_MEMORY it stays the caller's and *handle is untouched. */
MUST_USE enum result handle_open(struct handle_object* object, SecHandle* handle);
/* The live object of that kind, with a reference for the caller, or NULL. */
struct handle_object* handle_get(const SecHandle* handle, enum handle_kind kind);
/* Takes the object out of the table: the handle is dead from here on. The table's reference
 * becomes the caller's. NULL if there is no such object. */
struct handle_object* handle_close(const SecHandle* handle, enum handle_kind kind);

#endif
