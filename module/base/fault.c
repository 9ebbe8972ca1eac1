/* SPDX-License-Identifier: Apache-2.0
 *
 * A fault's three parts, and the sentence they make.
 */
#include "base/fault.h"

#include <stdio.h>

void fault_begin(struct fault* fault, const char* message, const char* field, const char* problem)
{
	if (fault != NULL)
		*fault = (struct fault){ message, field, problem };
}

void fault_set(struct fault* fault, const char* field, const char* problem)
{
	if (fault != NULL)
		fault_begin(fault, fault->message, field, problem);
}

void fault_text(const struct fault* fault, char* text, size_t size)
{
	(void)snprintf(text, size, "%s: %s %s", fault->message, fault->field, fault->problem);
}
