/* SPDX-License-Identifier: Apache-2.0
 *
 * EnumerateSecurityPackages and QuerySecurityPackageInfo: Negotiate and NTLM are ours, the others
 * are WinPR's. A list and its strings are one block.
 *
 * SecPkgInfoA and SecPkgInfoW are the same struct but for the type of two pointers; both forms are
 * made by one piece of code.
 */
#include "sspi/package_info.h"

#include <string.h>
#include <strings.h>

#include "host/cancel.h"
#include "host/foreign.h"
#include "host/foreign_reach.h"
#include "host/memory.h"
#include "host/status.h"
#include "host/text.h"
#include "log/log.h"
#include "log/once.h"
#include "sspi/table.h"

/* One package before it is written out; the texts are UTF-8. */
struct package_entry
{
	UINT32 capabilities;
	UINT16 version;
	UINT16 rpc_id;
	UINT32 max_token;
	const char* name;
	const char* comment;
};

/* Capabilities, RPC ids and comments as WinPR and Windows give them. Kerberos is here for contexts
 * that chose it. */
static const struct package_entry package_known[] = {
	{ 0x00083BB3, 1, 0x0009, PACKAGE_MAX_TOKEN, "Negotiate", "Microsoft Package Negotiator" },
	{ 0x00082B37, 1, 0x000A, PACKAGE_MAX_TOKEN, "NTLM", "NTLM Security Package" },
	{ 0x000F3BBF, 1, 0x0010, PACKAGE_MAX_TOKEN, "Kerberos", "Kerberos Security Package" },
};

enum
{
	PACKAGE_OURS = 2,
	PACKAGE_KNOWN = sizeof(package_known) / sizeof(package_known[0]),
	PACKAGE_MAX = 32 /* in a list; WinPR has five */
};

struct package_list
{
	struct package_entry entries[PACKAGE_MAX];
	size_t count;
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

/* --- writing a list into one block ------------------------------------------------------------ */

/* Writes a text and its NUL at *end, which becomes the end of it. */
static enum result package_put_text(const char* text, bool wide, uint8_t** end)
{
	const struct bytes utf8 = bytes_make((const uint8_t*)text, strlen(text));
	struct blob utf16 = BLOB_EMPTY;

	if (!wide)
	{
		bytes_copy(*end, utf8);
		*end += utf8.len + 1;
		return RESULT_OK;
	}
	TRY(utf16_from_utf8(utf8, &utf16));
	text_to_wide(blob_bytes(&utf16), (WCHAR*)(void*)*end);
	*end += utf16.len + sizeof(WCHAR);
	blob_free(&utf16);
	return RESULT_OK;
}

static enum result package_put(const struct package_entry* entry, bool wide, SecPkgInfoA* info,
                               uint8_t** end)
{
	*info = (SecPkgInfoA){ .fCapabilities = entry->capabilities,
		                   .wVersion = entry->version,
		                   .wRPCID = entry->rpc_id,
		                   .cbMaxToken = entry->max_token };
	info->Name = (SEC_CHAR*)*end;
	TRY(package_put_text(entry->name, wide, end));
	info->Comment = (SEC_CHAR*)*end;
	return package_put_text(entry->comment, wide, end);
}

static enum result package_list_write(const struct package_entry* entries, size_t count, bool wide,
                                      void** infos)
{
	const size_t unit = wide ? sizeof(WCHAR) : sizeof(SEC_CHAR);
	size_t size = count * sizeof(SecPkgInfoA);

	/* A text has no more units in UTF-16 than bytes in UTF-8. */
	for (size_t i = 0; i < count; i++)
		size += unit * (strlen(entries[i].name) + strlen(entries[i].comment) + 2);
	SecPkgInfoA* const block = memory_alloc(size);
	REQUIRE(block, RESULT_NO_MEMORY);
	uint8_t* end = (uint8_t*)(block + count);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = package_put(&entries[i], wide, &block[i], &end);
	if (result == RESULT_OK)
		*infos = block;
	else
		memory_free(block);
	return result;
}

enum result package_info_new(const char* name, bool wide, void** info)
{
	for (size_t i = 0; i < PACKAGE_KNOWN; i++)
	{
		if (strcmp(package_known[i].name, name) == 0)
			return package_list_write(&package_known[i], 1, wide, info);
	}
	return RESULT_UNSUPPORTED;
}

/* --- what is asked for ------------------------------------------------------------------------ */

/* Appends an entry if it is asked for: all are, or the one whose name is `only`. */
static void package_list_add(struct package_list* list, const struct package_entry* entry,
                             const struct bytes* only)
{
	if (list->count < PACKAGE_MAX && (!only || text_is_ascii(*only, entry->name)))
		list->entries[list->count++] = *entry;
}

/* One of WinPR's, unless it is one of those we replace. */
static void package_list_add_foreign(struct package_list* list, const SecPkgInfoA* foreign,
                                     const struct bytes* only)
{
	for (size_t i = 0; i < PACKAGE_OURS; i++)
	{
		if (strcasecmp(foreign->Name, package_known[i].name) == 0)
			return;
	}
	const struct package_entry entry = {
		foreign->fCapabilities, foreign->wVersion, foreign->wRPCID,
		foreign->cbMaxToken,    foreign->Name,     foreign->Comment
	};
	package_list_add(list, &entry, only);
}

/* All packages, or the one with a name, or RESULT_UNSUPPORTED when there is none of that name. */
static enum result package_list(const struct bytes* only, bool wide, size_t* count, void** infos)
{
	const SecurityFunctionTableA* const winpr = foreign_table_a();
	struct package_list list = { .count = 0 };
	SecPkgInfoA* foreign = NULL;
	ULONG foreign_count = 0;
	bool ask;

	for (size_t i = 0; i < PACKAGE_OURS; i++)
		package_list_add(&list, &package_known[i], only);
	/* WinPR is asked only for what is not ours, and where it has something that can be used. */
	if (only)
		ask = list.count == 0 && package_foreign_is_usable();
	else
		ask = foreign_is_reachable();
	foreign_buffers_lock();
	if (ask)
		ask = FOREIGN_CALL(winpr, EnumerateSecurityPackagesA, &foreign_count, &foreign) == SEC_E_OK;
	for (ULONG i = 0; ask && i < foreign_count; i++)
		package_list_add_foreign(&list, &foreign[i], only);
	*count = list.count;
	/* WinPR's texts are there until its list is freed. */
	const enum result result = list.count > 0
	                               ? package_list_write(list.entries, list.count, wide, infos)
	                               : RESULT_UNSUPPORTED;
	if (ask)
		(void)FOREIGN_CALL(winpr, FreeContextBuffer, foreign);
	foreign_buffers_unlock();
	return result;
}

/* --- the entries ------------------------------------------------------------------------------ */

/* Both forms of an entry pass where their pointer goes, `infos`, as memory. */
static SECURITY_STATUS package_enumerate(ULONG* count, void* infos, bool wide)
{
	void* list = NULL;
	size_t found = 0;

	if (!count || !infos)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	const int cancel = cancel_hold();
	const enum result result = package_list(NULL, wide, &found, &list);
	cancel_allow(cancel);
	*count = result == RESULT_OK ? (ULONG)found : 0;
	memcpy(infos, &list, sizeof(list));
	return status_leave_result(result);
}

static SECURITY_STATUS package_query(const void* name, void* info, bool wide)
{
	struct blob wanted = BLOB_EMPTY;
	void* list = NULL;
	size_t found;

	if (!name || !info)
		return status_leave_result(RESULT_INVALID_ARGUMENT);
	const int cancel = cancel_hold();
	enum result result = text_from_either(name, wide, &wanted);
	const struct bytes only = blob_bytes(&wanted);
	if (result == RESULT_OK)
		result = package_list(&only, wide, &found, &list);
	blob_free(&wanted);
	memcpy(info, &list, sizeof(list));
	cancel_allow(cancel);
	return result == RESULT_UNSUPPORTED ? status_leave(SEC_E_SECPKG_NOT_FOUND)
	                                    : status_leave_result(result);
}

SECURITY_STATUS SEC_ENTRY package_enumerate_a(ULONG* count, PSecPkgInfoA* infos)
{
	return package_enumerate(count, infos, false);
}

SECURITY_STATUS SEC_ENTRY package_enumerate_w(ULONG* count, PSecPkgInfoW* infos)
{
	return package_enumerate(count, infos, true);
}

SECURITY_STATUS SEC_ENTRY package_query_a(SEC_CHAR* name, PSecPkgInfoA* info)
{
	return package_query(name, info, false);
}

SECURITY_STATUS SEC_ENTRY package_query_w(SEC_WCHAR* name, PSecPkgInfoW* info)
{
	return package_query(name, info, true);
}
