/* SPDX-License-Identifier: Apache-2.0
 *
 * Server challenges of this process. See reflection.h.
 */
#include "ntlm/reflection.h"

#include <stdatomic.h>

#define RING_SIZE 256

/* A challenge is kept as two 32-bit halves, which every platform has atomics for. A reader may see
 * the halves of two different entries; that such a pair equals a random challenge does not happen.
 */
struct ring
{
	atomic_uint next;
	_Atomic(uint32_t) low[RING_SIZE];
	_Atomic(uint32_t) high[RING_SIZE];
};

static struct ring ring_issued;
static struct ring ring_answered;

static bool halves_read(struct bytes challenge, uint32_t* low, uint32_t* high)
{
	struct reader reader = reader_make(challenge);

	return reader_u32le(&reader, low) == RESULT_OK && reader_u32le(&reader, high) == RESULT_OK;
}

static void ring_add(struct ring* ring, struct bytes challenge)
{
	uint32_t low = 0;
	uint32_t high = 0;

	if (!halves_read(challenge, &low, &high))
		return;
	const unsigned slot = atomic_fetch_add(&ring->next, 1U) % RING_SIZE;
	atomic_store(&ring->low[slot], low);
	atomic_store(&ring->high[slot], high);
}

static bool ring_has(struct ring* ring, struct bytes challenge)
{
	uint32_t low = 0;
	uint32_t high = 0;

	/* Empty slots are zero; an all-zero challenge is drawn once in 2^64 and not worth a flag. */
	if (!halves_read(challenge, &low, &high) || (low == 0 && high == 0))
		return false;
	for (unsigned i = 0; i < RING_SIZE; i++)
	{
		if (atomic_load(&ring->low[i]) == low && atomic_load(&ring->high[i]) == high)
			return true;
	}
	return false;
}

void ntlm_reflection_issued(struct bytes challenge)
{
	ring_add(&ring_issued, challenge);
}

bool ntlm_reflection_answering(struct bytes challenge)
{
	if (!ring_has(&ring_issued, challenge))
		return false;
	ring_add(&ring_answered, challenge);
	return true;
}

bool ntlm_reflection_answered(struct bytes challenge)
{
	return ring_has(&ring_answered, challenge);
}
