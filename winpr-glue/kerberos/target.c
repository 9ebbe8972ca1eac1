/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking target names apart.
 */
#include "kerberos/target.h"

/* One unit of UTF-16LE as ASCII; 0 for anything else. */
static char ascii_at(struct bytes text, size_t index)
{
	const uint8_t* unit = text.data + 2 * index;

	return unit[1] == 0 && unit[0] < 0x80 ? (char)unit[0] : '\0';
}

static size_t find(struct bytes text, size_t from, char wanted)
{
	const size_t units = text.len / 2;

	for (size_t i = from; i < units; i++)
	{
		if (ascii_at(text, i) == wanted)
			return i;
	}
	return units;
}

void target_host(struct bytes target, char* host, size_t size)
{
	const size_t units = target.len / 2;
	const size_t slash = find(target, 0, '/');
	const size_t first = slash < units ? slash + 1 : 0;
	/* An IPv6 literal has colons of its own, and no port unless it is in brackets. */
	const bool bracketed = first < units && ascii_at(target, first) == '[';
	size_t last = find(target, first, bracketed ? ']' : ':');

	if (last < units && (bracketed || find(target, last + 1, ':') < units))
		last = bracketed ? last + 1 : units;
	host[0] = '\0';
	if (last - first >= size)
		return;
	for (size_t i = first; i < last; i++)
	{
		host[i - first] = ascii_at(target, i);
		host[i - first + 1] = '\0';
		if (host[i - first] == '\0')
		{
			host[0] = '\0';
			return;
		}
	}
}
