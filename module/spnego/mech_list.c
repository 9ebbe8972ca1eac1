/* SPDX-License-Identifier: Apache-2.0
 *
 * Walking, writing and naming MechTypeLists. An entry is found by walking from the front each time:
 * lists are short, and nothing but the raw bytes is kept that could disagree with them.
 */
#include "spnego/mech_list.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/der.h"

#define MAX_OID 64 /* bytes of content; the longest in use has 11 */
#define MAX_LIST (MECH_LIST_MAX * (MAX_OID + 2) + 4)
#define MAX_NAME 48 /* bytes of one described entry with its NUL */

struct known_oid
{
	const char* name;
	struct bytes oid;
};

static const struct known_oid known_oids[] = {
	/* 1.3.6.1.4.1.311.2.2.10, what MS-SPNG peers list for MS-NLMP */
	{ "NTLM", { (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A", 10 } },
	/* 1.2.840.113554.1.2.2, MS-SPNG 3.1.5.2 */
	{ "Kerberos", { (const uint8_t*)"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02", 9 } },
	/* 1.2.840.48018.1.2.2: the one above with a number cut to 16 bits, from Windows 2000 on */
	{ "MS-Kerberos", { (const uint8_t*)"\x2A\x86\x48\x82\xF7\x12\x01\x02\x02", 9 } },
	/* 1.2.840.113554.1.2.2.3, MS-SPNG 3.1.5.2 */
	{ "Kerberos U2U", { (const uint8_t*)"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02\x03", 10 } },
	/* 1.3.6.1.4.1.311.2.2.30, MS-NEGOEX */
	{ "NEGOEX", { (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x1E", 10 } },
	/* 1.3.6.1.5.2.5, draft-ietf-kitten-iakerb */
	{ "IAKERB", { (const uint8_t*)"\x2B\x06\x01\x05\x02\x05", 6 } },
	/* 1.3.6.1.4.1.311.2.2.40, which newer Windows lists last */
	{ "Windows fallback", { (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x28", 10 } },
	/* 1.3.6.1.5.2.7, draft-zhu-pku2u */
	{ "PKU2U", { (const uint8_t*)"\x2B\x06\x01\x05\x02\x07", 6 } },
};

/* The list's entries, the SEQUENCE around them taken off. */
static enum result list_open(struct bytes list, struct reader* entries)
{
	struct reader reader = reader_make(list);
	struct bytes content;
	TRY(der_read(&reader, DER_SEQUENCE, &content));
	TRY(reader_end(&reader));
	*entries = reader_make(content);
	return RESULT_OK;
}

static enum result list_next(struct reader* entries, struct bytes* oid)
{
	struct bytes found;
	TRY(der_read(entries, DER_OID, &found));
	REQUIRE(found.len > 0 && found.len <= MAX_OID, RESULT_MALFORMED);
	*oid = found;
	return RESULT_OK;
}

enum result mech_list_check(struct bytes list, size_t* count, struct fault* fault)
{
	struct reader entries;
	struct bytes oid;
	size_t found = 0;
	fault_set(fault, "mechTypes", "has something else than OIDs of 1 to 64 bytes in it");
	TRY(list_open(list, &entries));
	while (reader_left(&entries) > 0)
	{
		WELL_FORMED(found < MECH_LIST_MAX, fault, "mechTypes", "has more than 32 entries");
		TRY(list_next(&entries, &oid));
		found++;
	}
	WELL_FORMED(found > 0, fault, "mechTypes", "is empty");
	*count = found;
	return RESULT_OK;
}

enum result mech_list_at(struct bytes list, size_t index, struct bytes* oid)
{
	struct reader entries;
	struct bytes found = BYTES_EMPTY;
	REQUIRE(index < MECH_LIST_MAX, RESULT_MALFORMED);
	TRY(list_open(list, &entries));
	for (size_t i = 0; i <= index; i++)
		TRY(list_next(&entries, &found));
	*oid = found;
	return RESULT_OK;
}

enum result mech_list_write(const struct bytes* oids, size_t count, struct blob* list)
{
	REQUIRE(count > 0 && count <= MECH_LIST_MAX, RESULT_INVALID_ARGUMENT);
	struct writer writer = writer_make(MAX_LIST);
	const size_t sequence = der_begin(&writer, DER_SEQUENCE);
	for (size_t i = 0; i < count; i++)
		der_write(&writer, DER_OID, oids[i]);
	der_end(&writer, sequence);
	return writer_take(&writer, list);
}

bool mech_has_oid(const struct mech* mech, struct bytes oid)
{
	for (size_t i = 0; i < mech->oid_count; i++)
	{
		if (bytes_equal(mech->oids[i], oid))
			return true;
	}
	return false;
}

const char* mech_oid_name(struct bytes oid)
{
	for (size_t i = 0; i < sizeof(known_oids) / sizeof(known_oids[0]); i++)
	{
		if (bytes_equal(known_oids[i].oid, oid))
			return known_oids[i].name;
	}
	return NULL;
}

/* X.690 8.19 in dotted decimals. Arcs above 32 bits end it in "?": no mechanism has one. */
static void oid_format(struct bytes oid, char* text, size_t size)
{
	uint64_t arc = 0;
	size_t used = 0;
	bool first = true;
	text[0] = '\0';
	for (size_t i = 0; i < oid.len && used < size; i++)
	{
		arc = (arc << 7) | (oid.data[i] & 0x7FU);
		if (arc > UINT32_MAX)
		{
			(void)snprintf(text + used, size - used, "?");
			return;
		}
		if ((oid.data[i] & 0x80U) != 0)
			continue;
		const uint64_t root = arc < 80 ? arc / 40 : 2;
		const int wrote = first ? snprintf(text + used, size - used, "%" PRIu64 ".%" PRIu64, root,
		                                   arc - root * 40)
		                        : snprintf(text + used, size - used, ".%" PRIu64, arc);
		used += wrote > 0 ? (size_t)wrote : 0;
		first = false;
		arc = 0;
	}
}

void mech_list_describe(struct bytes list, char* text, size_t size)
{
	static const char more[] = "...";
	struct reader entries;
	struct bytes oid;
	size_t used = 0;
	text[0] = '\0';
	if (list_open(list, &entries) != RESULT_OK)
		return;
	while (list_next(&entries, &oid) == RESULT_OK)
	{
		char dotted[MAX_NAME];
		const char* name = mech_oid_name(oid);
		const char* separator = used > 0 ? "," : "";
		if (name == NULL)
		{
			oid_format(oid, dotted, sizeof(dotted));
			name = dotted;
		}
		const int need = snprintf(NULL, 0, "%s%s", separator, name);
		if (need < 0 || used + (size_t)need + sizeof(more) > size)
		{
			(void)snprintf(text + used, size - used, "%s", more);
			return;
		}
		(void)snprintf(text + used, size - used, "%s%s", separator, name);
		used += (size_t)need;
	}
}
