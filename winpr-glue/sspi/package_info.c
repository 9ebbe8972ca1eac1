/* SPDX-License-Identifier: Apache-2.0
 *
 * EnumerateSecurityPackages and QuerySecurityPackageInfo: Negotiate and NTLM are ours, the others
 * are WinPR's. A list and its strings are one block.
 *
 * SecPkgInfoA and SecPkgInfoW are the same struct but for the type of two pointers; both forms are
 * made by one piece of code that works on the strings' bytes.
 */
#include "sspi/package_info.h"

#include <stdlib.h>
#include <string.h>

#include "host/foreign.h"
#include "host/foreign_reach.h"
#include "host/memory.h"
#include "host/status.h"
#include "sspi/table.h"
#include "host/text.h"
#include "log/log.h"
#include "log/once.h"

/* Capabilities, RPC ids and comments as WinPR and Windows give them. */
static const struct package_text
{
	UINT32 capabilities;
	UINT16 rpc_id;
	const char* name;
	const char* comment;
} package_texts[] = {
	{ 0x00083BB3, 0x0009, "Negotiate", "Microsoft Package Negotiator" },
	{ 0x00082B37, 0x000A, "NTLM", "NTLM Security Package" },
	{ 0x000F3BBF, 0x0010, "Kerberos", "Kerberos Security Package" },
};

enum
{
	PACKAGE_OURS = 2,
	PACKAGE_TEXTS = sizeof(package_texts) / sizeof(package_texts[0]),
	PACKAGE_MAX = 32 /* in a list; WinPR has five */
};

/* One package before it is written out. */
struct package_entry
{
	SecPkgInfoA fixed; /* the numbers; its pointers are not used */
	struct blob name;  /* UTF-16LE */
	struct blob comment;
};

bool package_foreign_is_usable(void)
{
	if (foreign_is_reachable())
		return true;
	if (log_first_time("foreign", "unreachable"))
		log_warn("this release of WinPR (FreeRDP 3.31 to 3.33) does not find its own packages by "
		         "their handles: use Negotiate, which has Kerberos");
	return false;
}

static void package_entries_free(struct package_entry* entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		blob_free(&entries[i].name);
		blob_free(&entries[i].comment);
	}
}

static enum result package_entry_ours(const struct package_text* text, struct package_entry* entry)
{
	entry->fixed = (SecPkgInfoA){ .fCapabilities = text->capabilities,
		                          .wVersion = 1,
		                          .wRPCID = text->rpc_id,
		                          .cbMaxToken = PACKAGE_MAX_TOKEN };
	TRY(text_from_string(text->name, &entry->name));
	return text_from_string(text->comment, &entry->comment);
}

/* The part of WinPR's list that is not ours, appended. */
static enum result package_entries_copy(const SecPkgInfoA* foreign, ULONG foreign_count,
                                        struct package_entry* entries, size_t* count)
{
	enum result result = RESULT_OK;

	for (ULONG i = 0; i < foreign_count && result == RESULT_OK && *count < PACKAGE_MAX; i++)
	{
		struct package_entry* const entry = &entries[*count];

		entry->fixed = foreign[i];
		entry->name = BLOB_EMPTY;
		entry->comment = BLOB_EMPTY;
		result = text_from_string(foreign[i].Name, &entry->name);
		if (result == RESULT_OK)
			result = text_from_string(foreign[i].Comment, &entry->comment);
		if (result == RESULT_OK && package_by_name(blob_bytes(&entry->name)) == PACKAGE_FOREIGN)
			(*count)++;
		else
			package_entries_free(entry, 1);
	}
	return result;
}

/* WinPR's packages but those we replace, after the `*count` entries there are. None where they
 * cannot be used. */
static enum result package_entries_foreign(struct package_entry* entries, size_t* count)
{
	const SecurityFunctionTableA* const table = foreign_table_a();
	ULONG foreign_count = 0;
	SecPkgInfoA* foreign = NULL;
	enum result result = RESULT_OK;

	if (!foreign_is_reachable())
		return RESULT_OK;
	foreign_buffers_lock();
	if (FOREIGN_CALL(table, EnumerateSecurityPackagesA, &foreign_count, &foreign) == SEC_E_OK)
	{
		result = package_entries_copy(foreign, foreign_count, entries, count);
		(void)FOREIGN_CALL(table, FreeContextBuffer, foreign);
	}
	foreign_buffers_unlock();
	return result;
}

/* --- writing a list into one block ------------------------------------------------------------ */

/* The string as it will stand in the block, terminator included. */
static enum result package_string(struct bytes text, bool wide, void** string, size_t* size)
{
	TRY(text_to_memory(text, wide, string));
	*size = wide ? (text_wide_length(*string) + 1) * sizeof(WCHAR) : strlen(*string) + 1;
	return RESULT_OK;
}

/* A WCHAR string must be aligned; the strings follow the array of infos. */
static size_t package_align(size_t size)
{
	return (size + sizeof(void*) - 1) & ~(sizeof(void*) - 1);
}

struct package_strings
{
	void* text[2 * PACKAGE_MAX]; /* name and comment of each, in turn */
	size_t size[2 * PACKAGE_MAX];
	size_t count;
};

static enum result package_strings_make(const struct package_entry* entries, size_t count,
                                        bool wide, struct package_strings* strings)
{
	for (size_t i = 0; i < count; i++)
	{
		TRY(package_string(blob_bytes(&entries[i].name), wide, &strings->text[strings->count],
		                   &strings->size[strings->count]));
		strings->count++;
		TRY(package_string(blob_bytes(&entries[i].comment), wide, &strings->text[strings->count],
		                   &strings->size[strings->count]));
		strings->count++;
	}
	return RESULT_OK;
}

/* Appends string `index` at *used and returns where it stands now. */
static void* package_place(uint8_t* block, size_t* used, const struct package_strings* strings,
                           size_t index)
{
	uint8_t* const at = block + *used;

	bytes_copy(at, bytes_make(strings->text[index], strings->size[index]));
	*used += package_align(strings->size[index]);
	return at;
}

static void package_fill(uint8_t* block, const struct package_entry* entries, size_t count,
                         bool wide, const struct package_strings* strings)
{
	size_t used = package_align(count * sizeof(SecPkgInfoA));

	for (size_t i = 0; i < count; i++)
	{
		void* const name = package_place(block, &used, strings, 2 * i);
		void* const comment = package_place(block, &used, strings, 2 * i + 1);
		const SecPkgInfoA* const fixed = &entries[i].fixed;

		if (wide)
			((SecPkgInfoW*)(void*)block)[i] = (SecPkgInfoW){ fixed->fCapabilities,
				                                             fixed->wVersion,
				                                             fixed->wRPCID,
				                                             fixed->cbMaxToken,
				                                             name,
				                                             comment };
		else
			((SecPkgInfoA*)(void*)block)[i] = (SecPkgInfoA){ fixed->fCapabilities,
				                                             fixed->wVersion,
				                                             fixed->wRPCID,
				                                             fixed->cbMaxToken,
				                                             name,
				                                             comment };
	}
}

static enum result package_list_write(const struct package_entry* entries, size_t count, bool wide,
                                      void** infos)
{
	struct package_strings strings = { .count = 0 };
	size_t size = package_align(count * sizeof(SecPkgInfoA));

	enum result result = package_strings_make(entries, count, wide, &strings);
	for (size_t i = 0; i < strings.count; i++)
		size += package_align(strings.size[i]);
	if (result == RESULT_OK)
	{
		uint8_t* const block = memory_alloc(size);

		if (block)
			package_fill(block, entries, count, wide, &strings);
		*infos = block;
		result = block ? RESULT_OK : RESULT_NO_MEMORY;
	}
	for (size_t i = 0; i < strings.count; i++)
		memory_free(strings.text[i]);
	return result;
}

/* --- what is asked for ------------------------------------------------------------------------ */

/* All packages, or the one with a name, or RESULT_UNSUPPORTED when there is none of that name. */
static enum result package_list(const struct blob* only, bool wide, size_t* count, void** infos)
{
	struct package_entry entries[PACKAGE_MAX] = { 0 };
	size_t found = PACKAGE_OURS;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < PACKAGE_OURS && result == RESULT_OK; i++)
		result = package_entry_ours(&package_texts[i], &entries[i]);
	/* WinPR is asked only for what is not ours: see package_entries_foreign(). */
	if (result == RESULT_OK && (!only || package_by_name(blob_bytes(only)) == PACKAGE_FOREIGN))
		result = package_entries_foreign(entries, &found);
	if (result == RESULT_OK && !only)
		result = package_list_write(entries, found, wide, infos);
	else if (result == RESULT_OK)
	{
		result = RESULT_UNSUPPORTED;
		if (package_by_name(blob_bytes(only)) == PACKAGE_FOREIGN)
			(void)package_foreign_is_usable();
		for (size_t i = 0; i < found && result == RESULT_UNSUPPORTED; i++)
		{
			if (utf16_equal_ignoring_case(blob_bytes(&entries[i].name), blob_bytes(only)))
				result = package_list_write(&entries[i], 1, wide, infos);
		}
	}
	if (result == RESULT_OK)
		*count = only ? 1 : found;
	package_entries_free(entries, PACKAGE_MAX);
	return result;
}

enum result package_info_new(const char* name, bool wide, void** info)
{
	for (size_t i = 0; i < PACKAGE_TEXTS; i++)
	{
		struct package_entry entry = { .name = BLOB_EMPTY, .comment = BLOB_EMPTY };

		if (strcmp(package_texts[i].name, name) != 0)
			continue;
		enum result result = package_entry_ours(&package_texts[i], &entry);
		if (result == RESULT_OK)
			result = package_list_write(&entry, 1, wide, info);
		package_entries_free(&entry, 1);
		return result;
	}
	return RESULT_UNSUPPORTED;
}

/* --- the entries ------------------------------------------------------------------------------ */

static SECURITY_STATUS package_enumerate(ULONG* count, bool wide, void** infos)
{
	size_t found = 0;

	if (!count || !infos)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	*count = 0;
	*infos = NULL;
	const enum result result = package_list(NULL, wide, &found, infos);
	*count = (ULONG)found;
	return status_leave_result(result);
}

/* Takes the converted name; its conversion's result is `result`. */
static SECURITY_STATUS package_query(enum result result, struct blob* name, bool wide, void** info)
{
	size_t found = 0;

	if (result == RESULT_OK)
		result = package_list(name, wide, &found, info);
	blob_free(name);
	if (result == RESULT_UNSUPPORTED)
		return status_leave(SEC_E_SECPKG_NOT_FOUND);
	return status_leave_result(result);
}

SECURITY_STATUS SEC_ENTRY package_enumerate_a(ULONG* count, PSecPkgInfoA* infos)
{
	void* list = NULL;
	const SECURITY_STATUS status = package_enumerate(count, false, infos ? &list : NULL);

	if (infos)
		*infos = list;
	return status;
}

SECURITY_STATUS SEC_ENTRY package_enumerate_w(ULONG* count, PSecPkgInfoW* infos)
{
	void* list = NULL;
	const SECURITY_STATUS status = package_enumerate(count, true, infos ? &list : NULL);

	if (infos)
		*infos = list;
	return status;
}

SECURITY_STATUS SEC_ENTRY package_query_a(SEC_CHAR* name, PSecPkgInfoA* info)
{
	struct blob wanted = BLOB_EMPTY;
	void* found = NULL;

	if (!name || !info)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	const SECURITY_STATUS status =
	    package_query(text_from_string(name, &wanted), &wanted, false, &found);
	*info = found;
	return status;
}

SECURITY_STATUS SEC_ENTRY package_query_w(SEC_WCHAR* name, PSecPkgInfoW* info)
{
	struct blob wanted = BLOB_EMPTY;
	void* found = NULL;

	if (!name || !info)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	const SECURITY_STATUS status =
	    package_query(text_from_wide_string(name, &wanted), &wanted, true, &found);
	*info = found;
	return status;
}
