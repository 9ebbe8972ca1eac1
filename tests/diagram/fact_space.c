/* SPDX-License-Identifier: Apache-2.0
 *
 * Points and cubes of facts. See fact_space.h.
 */
#include "fact_space.h"

/* Points are numbers of mixed radix: the first fact is the lowest digit. */
static const unsigned sizes[FACT_COUNT] = {
	[FACT_FORM] = SPNEGO_FORM_COUNT,
	[FACT_CLAIM] = NEG_STATE_ABSENT + 1,
	[FACT_CHOICE] = SPNEGO_CHOICE_COUNT,
	[FACT_TOKEN] = 2,
	[FACT_MIC] = 2,
	[FACT_MIC_OK] = 2,
	[FACT_STEP] = SPNEGO_STEP_COUNT,
	[FACT_COMPLETE] = 2,
	[FACT_OUTPUT] = 2,
	[FACT_DEMANDS_MIC] = 2,
};

static size_t weight(enum fact fact)
{
	size_t product = 1;
	for (unsigned i = 0; i < fact; i++)
		product *= sizes[i];
	return product;
}

unsigned fact_size(enum fact fact)
{
	return sizes[fact];
}

unsigned fact_all(enum fact fact)
{
	return (1U << sizes[fact]) - 1;
}

size_t point_of(const struct spnego_facts* facts)
{
	const unsigned values[FACT_COUNT] = {
		[FACT_FORM] = facts->form,     [FACT_CLAIM] = facts->claim,
		[FACT_CHOICE] = facts->choice, [FACT_TOKEN] = facts->token,
		[FACT_MIC] = facts->mic,       [FACT_MIC_OK] = facts->mic_ok,
		[FACT_STEP] = facts->step,     [FACT_COMPLETE] = facts->complete,
		[FACT_OUTPUT] = facts->output, [FACT_DEMANDS_MIC] = facts->demands_mic,
	};
	size_t point = 0;
	for (unsigned i = FACT_COUNT; i > 0; i--)
		point = point * sizes[i - 1] + values[i - 1];
	return point;
}

unsigned point_value(size_t point, enum fact fact)
{
	return (unsigned)(point / weight(fact) % sizes[fact]);
}

size_t point_with(size_t point, enum fact fact, unsigned value)
{
	return point - point_value(point, fact) * weight(fact) + value * weight(fact);
}

bool cube_holds(const struct cube* cube, size_t point)
{
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		const size_t value = point % sizes[fact];
		if ((cube->values[fact] >> value & 1U) == 0)
			return false;
		point /= sizes[fact];
	}
	return true;
}
