/* SPDX-License-Identifier: Apache-2.0
 *
 * The process-wide table of live objects, in stripes with a lock each, so that threads that work
 * on different contexts seldom wait for each other.
 *
 * A place in the table is used again after its object is gone, a serial number is not: on 64-bit
 * machines it cannot wrap, on 32-bit ones a stale handle would have to be kept over four thousand
 * million others and meet its own place again.
 */
#include "host/handles.h"

#include <stdlib.h>

#define STRIPES 16u

struct handle_place
{
	ULONG_PTR serial;
	struct handle_object* object; /* NULL: free */
	size_t next_free;             /* of a free place; counted from one, 0 is none */
};

/* Each in memory of its own: what one thread writes is then in no other's way. */
struct __attribute__((aligned(128))) stripe
{
	pthread_mutex_t lock;
	struct handle_place* places;
	size_t count;
	size_t first_free; /* likewise */
	ULONG_PTR opened;
};

static struct stripe stripes[STRIPES] = {
	[0 ... STRIPES - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER },
};

void handle_object_init(struct handle_object* object, enum handle_kind kind,
                        void (*destroy)(struct handle_object*))
{
	object->kind = kind;
	object->references = 1;
	object->destroy = destroy;
	pthread_mutexattr_t checked;

	/* With the default kind a thread that comes back into its own call would wait for itself. */
	pthread_mutexattr_init(&checked);
	pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&object->lock, &checked);
	pthread_mutexattr_destroy(&checked);
}

void handle_object_keep(struct handle_object* object)
{
	object->references++;
}

void handle_object_release(struct handle_object* object)
{
	if (!object || --object->references > 0)
		return;
	pthread_mutex_destroy(&object->lock);
	object->destroy(object);
}

/* Of threads that run side by side each has one of its own, as far as they go round: glibc puts
 * their stacks an odd number of pages apart. */
static unsigned stripe_of_thread(void)
{
	return (unsigned)((uintptr_t)pthread_self() / 4096 % STRIPES);
}

/* Credentials are got by one thread for all, as a rule: in that thread's stripe every call of all
 * threads would wait for the others. */
static unsigned stripe_of_turn(void)
{
	static atomic_uint turn;

	return atomic_fetch_add(&turn, 1) % STRIPES;
}

/* Twice the places, the new ones free. The stripe's lock is held, and none is free. */
static bool stripe_grow(struct stripe* stripe)
{
	const size_t more = stripe->count ? stripe->count * 2 : 4;
	struct handle_place* const places = realloc(stripe->places, more * sizeof(*places));

	if (!places)
		return false;
	for (size_t i = stripe->count; i < more; i++)
		places[i] = (struct handle_place){ .next_free = i + 1 < more ? i + 2 : 0 };
	stripe->first_free = stripe->count + 1;
	stripe->places = places;
	stripe->count = more;
	return true;
}

enum result handle_open(struct handle_object* object, SecHandle* handle)
{
	const unsigned number =
	    object->kind == HANDLE_CREDENTIAL ? stripe_of_turn() : stripe_of_thread();
	struct stripe* const stripe = &stripes[number];

	pthread_mutex_lock(&stripe->lock);
	const bool room = stripe->first_free > 0 || stripe_grow(stripe);
	if (room)
	{
		struct handle_place* const place = &stripe->places[stripe->first_free - 1];

		/* Zero means "no context" to callers, all ones an invalidated handle. */
		do
			place->serial = ++stripe->opened * STRIPES + number;
		while (place->serial == 0 || place->serial == ~(ULONG_PTR)0);
		place->object = object;
		handle->dwLower = place->serial;
		handle->dwUpper = stripe->first_free;
		stripe->first_free = place->next_free;
	}
	pthread_mutex_unlock(&stripe->lock);
	return room ? RESULT_OK : RESULT_NO_MEMORY;
}

/* The place a handle means in its stripe, or NULL. The stripe's lock is held. */
static struct handle_place* stripe_find(const struct stripe* stripe, const SecHandle* handle,
                                        enum handle_kind kind)
{
	if (handle->dwUpper == 0 || handle->dwUpper > stripe->count)
		return NULL;
	struct handle_place* const place = &stripe->places[handle->dwUpper - 1];
	if (!place->object || place->serial != handle->dwLower || place->object->kind != kind)
		return NULL;
	return place;
}

struct handle_object* handle_get(const SecHandle* handle, enum handle_kind kind)
{
	struct handle_object* object = NULL;

	if (!handle)
		return NULL;
	struct stripe* const stripe = &stripes[handle->dwLower % STRIPES];
	pthread_mutex_lock(&stripe->lock);
	const struct handle_place* const place = stripe_find(stripe, handle, kind);
	if (place)
	{
		object = place->object;
		handle_object_keep(object);
	}
	pthread_mutex_unlock(&stripe->lock);
	return object;
}

struct handle_object* handle_close(const SecHandle* handle, enum handle_kind kind)
{
	struct handle_object* object = NULL;

	if (!handle)
		return NULL;
	struct stripe* const stripe = &stripes[handle->dwLower % STRIPES];
	pthread_mutex_lock(&stripe->lock);
	struct handle_place* const place = stripe_find(stripe, handle, kind);
	if (place)
	{
		object = place->object;
		place->object = NULL;
		place->next_free = stripe->first_free;
		stripe->first_free = handle->dwUpper;
	}
	pthread_mutex_unlock(&stripe->lock);
	return object;
}
