/* SPDX-License-Identifier: Apache-2.0 */
#include "naive_text.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <wctype.h>

bool naive_convert(iconv_t how, struct bytes from, struct blob* to)
{
	char* in = (char*)(uintptr_t)from.data;
	size_t in_left = from.len;
	size_t room = 2 * from.len + 4;
	char* out = calloc(1, room);

	*to = (struct blob){ (uint8_t*)out, room };
	iconv(how, NULL, NULL, NULL, NULL);
	const bool done = from.len == 0 || iconv(how, &in, &in_left, &out, &room) != (size_t)-1;
	to->len -= room;
	return done && in_left == 0;
}

bool naive_utf16(struct bytes utf8, struct blob* to)
{
	static iconv_t how;

	if (!how && (how = iconv_open("UTF-16LE", "UTF-8")) == (iconv_t)-1)
		abort();
	return naive_convert(how, utf8, to);
}

/* Windows' (MS-UCODEREF 3.1.5.3), a unit at a time, is older than the C library's: Georgian and
 * Cherokee have no case there. Nor has a letter whose upper case is another letter's too, but for
 * final sigma. */
unsigned naive_upper(unsigned unit)
{
	static locale_t unicode;

	if (!unicode && !(unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0)))
		abort();
	const bool georgian = unit >= 0x10D0 && unit < 0x1100;
	const bool cherokee = (unit >= 0x13F8 && unit < 0x13FE) || (unit >= 0xAB70 && unit < 0xABC0);
	const wint_t mapped = towupper_l(unit, unicode);
	if (unit == 0x3C2)
		return 0x3A3;
	return georgian || cherokee || mapped > 0xFFFF || towlower_l(mapped, unicode) != unit ? unit
	                                                                                      : mapped;
}

static unsigned upper_at(struct bytes text, size_t at)
{
	return naive_upper(text.data[at] | (unsigned)text.data[at + 1] << 8);
}

bool naive_same_name(struct bytes a, struct bytes b)
{
	for (size_t i = 0; a.len == b.len && i + 1 < a.len; i += 2)
		if (upper_at(a, i) != upper_at(b, i))
			return false;
	return a.len == b.len && a.len % 2 == 0;
}
