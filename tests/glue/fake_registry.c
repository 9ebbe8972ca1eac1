/* SPDX-License-Identifier: Apache-2.0
 *
 * Values by path and name, case and all; one key is open at a time, as in the glue's own.
 */
#include "fake_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/registry.h"

#define VALUES_MAX 16

static struct value
{
	const char* path;
	const char* name;
	const char* string; /* NULL: a number */
	uint32_t number;
} values[VALUES_MAX];
static size_t value_count;
static bool lost;

struct registry_key
{
	const char* path;
};

static struct registry_key opened;

void fake_registry_clear(void)
{
	value_count = 0;
	lost = false;
}

void fake_registry_lose(void)
{
	lost = true;
}

bool registry_is_lost(void)
{
	return lost;
}

static void add(struct value value)
{
	if (value_count == VALUES_MAX)
		abort();
	values[value_count++] = value;
}

void fake_registry_string(const char* path, const char* name, const char* value)
{
	add((struct value){ path, name, value, 0 });
}

void fake_registry_number(const char* path, const char* name, uint32_t value)
{
	add((struct value){ path, name, NULL, value });
}

struct registry_key* registry_open(const char* path, bool whole)
{
	/* Only LSA's key is not below the product's. */
	if (whole != (strncmp(path, "System\\", 7) == 0) || opened.path)
		abort();
	for (size_t i = 0; i < value_count; i++)
	{
		if (strcmp(values[i].path, path) == 0)
		{
			opened.path = path;
			return &opened;
		}
	}
	return NULL;
}

void registry_close(struct registry_key* key)
{
	if (key)
		key->path = NULL;
}

static const struct value* find(const struct registry_key* key, const char* name)
{
	for (size_t i = 0; key && i < value_count; i++)
	{
		if (strcmp(values[i].path, key->path) == 0 && strcmp(values[i].name, name) == 0)
			return &values[i];
	}
	return NULL;
}

enum registry_answer registry_number(struct registry_key* key, const char* name, uint32_t* value)
{
	const struct value* const found = find(key, name);

	if (!found || found->string)
		return found ? REGISTRY_UNREADABLE : REGISTRY_NONE;
	*value = found->number;
	return REGISTRY_FOUND;
}

enum registry_answer registry_string(struct registry_key* key, const char* name, char* value,
                                     size_t size)
{
	const struct value* const found = find(key, name);

	if (!found || !found->string || strlen(found->string) >= size)
		return found ? REGISTRY_UNREADABLE : REGISTRY_NONE;
	snprintf(value, size, "%s", found->string);
	return REGISTRY_FOUND;
}
