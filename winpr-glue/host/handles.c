/* SPDX-License-Identifier: Apache-2.0
 *
 * The process-wide table of live objects, under one lock.
 *
 * A place in the table is used again after its object is gone, a serial number is not: on 64-bit
 * machines it cannot wrap, on 32-bit ones a stale handle would have to be kept over four thousand
 * million others and meet its own place again.
 */
#include "host/handles.h"

#include <stdlib.h>

struct handle_place
{
	ULONG_PTR serial;
	struct handle_object* object; /* NULL: free */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle_place* table_places;
static size_t table_count;
static ULONG_PTR table_serial;

void handle_object_init(struct handle_object* object, enum handle_kind kind,
                        void (*destroy)(struct handle_object*))
{
	object->kind = kind;
	object->references = 1;
	object->destroy = destroy;
	pthread_mutex_init(&object->lock, NULL);
}

void handle_object_keep(struct handle_object* object)
{
	pthread_mutex_lock(&table_lock);
	object->references++;
	pthread_mutex_unlock(&table_lock);
}

void handle_object_release(struct handle_object* object)
{
	if (!object)
		return;
	pthread_mutex_lock(&table_lock);
	const bool last = --object->references == 0;
	pthread_mutex_unlock(&table_lock);
	if (!last)
		return;
	pthread_mutex_destroy(&object->lock);
	object->destroy(object);
}

/* A free place, or NULL when memory is short. The table's lock is held. */
static struct handle_place* table_find_free(size_t* index)
{
	for (size_t i = 0; i < table_count; i++)
	{
		if (!table_places[i].object)
		{
			*index = i;
			return &table_places[i];
		}
	}
	const size_t more = table_count ? table_count * 2 : 16;
	struct handle_place* const places = realloc(table_places, more * sizeof(*places));
	if (!places)
		return NULL;
	for (size_t i = table_count; i < more; i++)
		places[i] = (struct handle_place){ 0, NULL };
	*index = table_count;
	table_places = places;
	table_count = more;
	return &table_places[*index];
}

enum result handle_open(struct handle_object* object, SecHandle* handle)
{
	size_t index = 0;

	pthread_mutex_lock(&table_lock);
	struct handle_place* const place = table_find_free(&index);
	if (place)
	{
		/* Zero means "no context" to callers, all ones an invalidated handle. */
		do
			table_serial++;
		while (table_serial == 0 || table_serial == ~(ULONG_PTR)0);
		place->serial = table_serial;
		place->object = object;
		handle->dwLower = table_serial;
		handle->dwUpper = (ULONG_PTR)index + 1;
	}
	pthread_mutex_unlock(&table_lock);
	return place ? RESULT_OK : RESULT_NO_MEMORY;
}

/* The place a handle means, or NULL. The table's lock is held. */
static struct handle_place* table_find(const SecHandle* handle, enum handle_kind kind)
{
	if (!handle || handle->dwUpper == 0 || handle->dwUpper > table_count)
		return NULL;
	struct handle_place* const place = &table_places[handle->dwUpper - 1];
	if (!place->object || place->serial != handle->dwLower || place->object->kind != kind)
		return NULL;
	return place;
}

struct handle_object* handle_get(const SecHandle* handle, enum handle_kind kind)
{
	struct handle_object* object = NULL;

	pthread_mutex_lock(&table_lock);
	const struct handle_place* const place = table_find(handle, kind);
	if (place)
	{
		object = place->object;
		object->references++;
	}
	pthread_mutex_unlock(&table_lock);
	return object;
}

struct handle_object* handle_close(const SecHandle* handle, enum handle_kind kind)
{
	struct handle_object* object = NULL;

	pthread_mutex_lock(&table_lock);
	struct handle_place* const place = table_find(handle, kind);
	if (place)
	{
		object = place->object;
		place->object = NULL;
		place->serial = 0;
	}
	pthread_mutex_unlock(&table_lock);
	return object;
}
