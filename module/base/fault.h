/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a message breaks the rules of its own format, for the one who has to find out why a logon
 * failed: "AUTHENTICATE: NtChallengeResponse lies outside of the message".
 *
 * A parser is handed a struct fault, or NULL by whoever does not ask, and keeps in it what it is
 * about to read. So the fault means something after RESULT_MALFORMED only. It holds nothing of the
 * message itself: all three parts are literals.
 */
#ifndef NEGOSSP_BASE_FAULT_H
#define NEGOSSP_BASE_FAULT_H

#include <stddef.h>

#include "base/result.h"

#define FAULT_TEXT_SIZE 128 /* bytes that the longest text needs, its NUL included */

struct fault
{
	const char* message; /* "CHALLENGE" */
	const char* field;   /* as the specification calls it: "MsvAvTimestamp" */
	const char* problem; /* "appears twice"; NULL: there is none */
};

/* Another message is read. The other two are the fault of whatever fails without a fault_set(). */
void fault_begin(struct fault* fault, const char* message, const char* field, const char* problem);
/* In the message that is being read. */
void fault_set(struct fault* fault, const char* field, const char* problem);
/* "message: field problem", cut to `size` bytes with the NUL. */
void fault_text(const struct fault* fault, char* text, size_t size);

/* Leaves the function with RESULT_MALFORMED and the fault set when the condition does not hold. */
#define WELL_FORMED(condition, fault, field, problem)                                              \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			fault_set(fault, field, problem);                                                      \
			return RESULT_MALFORMED;                                                               \
		}                                                                                          \
	} while (0)

#endif
