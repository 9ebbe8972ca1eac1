/* SPDX-License-Identifier: Apache-2.0
 *
 * Challenges of this process that can still be answered: a list through the contexts that
 * issued them, under one lock, so that nothing is allocated and none is forgotten.
 */
#include "ntlm/reflection.h"

#include <pthread.h>

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ntlm_reflection* list_first;

void ntlm_reflection_issued(struct ntlm_reflection* entry, struct bytes challenge)
{
	bytes_copy(entry->challenge, challenge);
	entry->listed = true;
	pthread_mutex_lock(&list_lock);
	entry->next = list_first;
	if (list_first)
		list_first->previous = entry;
	list_first = entry;
	pthread_mutex_unlock(&list_lock);
}

void ntlm_reflection_forget(struct ntlm_reflection* entry)
{
	if (!entry->listed)
		return; /* the common case, in which no other context need be waited for */
	pthread_mutex_lock(&list_lock);
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		list_first = entry->next;
	if (entry->next)
		entry->next->previous = entry->previous;
	pthread_mutex_unlock(&list_lock);
	entry->listed = false;
}

bool ntlm_reflection_answering(struct bytes challenge)
{
	bool found = false;

	pthread_mutex_lock(&list_lock);
	for (struct ntlm_reflection* entry = list_first; entry; entry = entry->next)
	{
		if (bytes_equal(BYTES_OF(entry->challenge), challenge))
			found = entry->answered = true;
	}
	pthread_mutex_unlock(&list_lock);
	return found;
}

bool ntlm_reflection_answered(const struct ntlm_reflection* entry)
{
	pthread_mutex_lock(&list_lock);
	const bool answered = entry->answered;
	pthread_mutex_unlock(&list_lock);
	return answered;
}
