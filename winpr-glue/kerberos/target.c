/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking target names apart.
 */
#include "kerberos/target.h"

void target_host(struct bytes target, char* host, size_t size)
{
	const size_t slash = utf16_find(target, 0, '/');
	const size_t first = slash < target.len ? slash + 2 : 0;
	/* An IPv6 literal has colons of its own, and no port unless it is in brackets. */
	const bool bracketed = utf16_find(target, first, '[') == first && first < target.len;
	size_t last = utf16_find(target, first, bracketed ? ']' : ':');

	if (bracketed && last < target.len)
		last += 2;
	else if (!bracketed && utf16_find(target, last + 2, ':') < target.len)
		last = target.len;
	host[0] = '\0';
	if ((last - first) / 2 >= size)
		return;
	for (size_t i = 0; i < (last - first) / 2; i++)
	{
		const uint64_t unit = little_endian_get(target.data + first + 2 * i, 2);

		host[i] = unit < 0x80 ? (char)unit : '\0';
		host[i + 1] = '\0';
		if (host[i] == '\0')
		{
			host[0] = '\0';
			return;
		}
	}
}
