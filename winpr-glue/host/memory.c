/* SPDX-License-Identifier: Apache-2.0
 *
 * Live blocks are kept in a list. FreeContextBuffer may be given a block of WinPR's (a Kerberos
 * context's package info) or one that was freed before; both are told by address, without reading
 * them.
 */
#include "host/memory.h"

#include <pthread.h>
#include <stdlib.h>

struct memory_block
{
	struct memory_block* next;
	size_t size;
	max_align_t content[];
};

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory_block* memory_blocks;

void* memory_alloc(size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	struct memory_block* const block = calloc(1, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	pthread_mutex_lock(&memory_lock);
	block->next = memory_blocks;
	memory_blocks = block;
	pthread_mutex_unlock(&memory_lock);
	return block->content;
}

bool memory_free(void* content)
{
	struct memory_block* found = NULL;

	pthread_mutex_lock(&memory_lock);
	for (struct memory_block** link = &memory_blocks; *link; link = &(*link)->next)
	{
		if ((void*)(*link)->content == content)
		{
			found = *link;
			*link = found->next;
			break;
		}
	}
	pthread_mutex_unlock(&memory_lock);
	if (!found)
		return false;
	secret_wipe(found->content, found->size);
	free(found);
	return true;
}
