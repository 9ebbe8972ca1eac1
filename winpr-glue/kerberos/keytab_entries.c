/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers are little-endian: version, time, the length of the name; then the name.
 */
#include "kerberos/keytab_entries.h"

#include <string.h>

#define NUMBERS 8 /* bytes: version and time, which nobody reads */

void keytab_entry_write(struct writer* writer, const char* principal, uint32_t version,
                        uint32_t time)
{
	const size_t len = strlen(principal);

	if (len > UINT16_MAX)
		return;
	writer_u32le(writer, version);
	writer_u32le(writer, time);
	writer_u16le(writer, (uint16_t)len);
	writer_bytes(writer, bytes_make((const uint8_t*)principal, len));
}

bool keytab_entry_next(struct reader* entries, struct bytes* principal)
{
	uint16_t len = 0;

	return reader_skip(entries, NUMBERS) == RESULT_OK && reader_u16le(entries, &len) == RESULT_OK &&
	       reader_take(entries, len, principal) == RESULT_OK;
}
