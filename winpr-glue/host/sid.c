/* SPDX-License-Identifier: Apache-2.0
 *
 * SIDs as text and back (MS-DTYP 2.4.2.1).
 */
#include "host/sid.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool sid_number(const char** text, uint32_t* number)
{
	char* end = NULL;

	if (**text < '0' || **text > '9')
		return false;
	const unsigned long long value = strtoull(*text, &end, 10);
	*text = end;
	*number = (uint32_t)value;
	return value <= UINT32_MAX;
}

bool sid_parse(const char* text, struct sid* sid)
{
	uint32_t authority = 0;

	*sid = (struct sid){ .revision = 1 };
	if (strncmp(text, "S-1-", 4) != 0)
		return false;
	text += 4;
	if (!sid_number(&text, &authority))
		return false;
	for (size_t i = 0; i < 4; i++)
		sid->authority[2 + i] = (uint8_t)(authority >> (24 - 8 * i));
	while (*text == '-' && sid->count < SID_MAX_SUB)
	{
		text++;
		if (!sid_number(&text, &sid->sub[sid->count]))
			return false;
		sid->count++;
	}
	return sid->count > 0 && *text == '\0';
}

void sid_format(const struct sid* sid, char text[SID_TEXT_SIZE])
{
	uint64_t authority = 0;
	size_t used;

	for (size_t i = 0; i < sizeof(sid->authority); i++)
		authority = authority << 8 | sid->authority[i];
	used = (size_t)snprintf(text, SID_TEXT_SIZE, "S-%u-%" PRIu64, sid->revision, authority);
	for (size_t i = 0; i < sid->count && i < SID_MAX_SUB; i++)
		used += (size_t)snprintf(text + used, SID_TEXT_SIZE - used, "-%" PRIu32, sid->sub[i]);
}

bool sid_equal(const struct sid* a, const struct sid* b)
{
	return a->revision == b->revision && a->count == b->count && a->count <= SID_MAX_SUB &&
	       memcmp(a->authority, b->authority, sizeof(a->authority)) == 0 &&
	       memcmp(a->sub, b->sub, a->count * sizeof(a->sub[0])) == 0;
}
