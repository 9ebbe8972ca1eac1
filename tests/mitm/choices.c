/* SPDX-License-Identifier: Apache-2.0 */
#include "choices.h"

#include <stdlib.h>

unsigned choices_take(struct choices* choices, unsigned count)
{
	const unsigned depth = choices->depth++;

	if (depth >= CHOICES_MOST || count == 0)
		abort();
	if (depth >= choices->kept)
	{
		choices->at[depth] = 0;
		choices->of[depth] = count;
		choices->kept = depth + 1;
	}
	else if (choices->of[depth] != count)
		abort(); /* the same way does not lead to the same place */
	return choices->at[depth];
}

bool choices_next(struct choices* choices)
{
	choices->depth = 0;
	while (choices->kept > 0 &&
	       choices->at[choices->kept - 1] + 1 == choices->of[choices->kept - 1])
		choices->kept--;
	if (choices->kept == 0)
		return false;
	choices->at[choices->kept - 1]++;
	return true;
}
