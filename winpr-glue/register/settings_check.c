/* SPDX-License-Identifier: Apache-2.0
 *
 * What was meant is found without regard to case and to white space in front, what is read as WinPR
 * reads it.
 */
#include "settings_check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file_change.h"
#include "host/registry_api.h"
#include "json_text.h"
#include "path.h"
#include "reg_text.h"
#include "report.h"

/* Below the vendor's and product's key, or below the hive where it begins with '\\'; of each the
 * kind of value that it has to be. */
static const struct
{
	const char* key;
	const char* name;
	enum reg_kind kind;
} settings[] = {
	{ "SSPI\\Negossp", "Framing", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "Packages", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "ChannelBindings", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "TargetCheck", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "TargetName", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "Reflection", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "Anonymous", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "KerberosWait", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "Domain", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "DomainMembers", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "DomainWait", REG_VALUE_STRING },
	{ "SSPI\\Negossp", "DomainUserDaemon", REG_VALUE_STRING },
	{ "SSPI\\Negotiate", "ntlm", REG_VALUE_NUMBER },
	{ "SSPI\\Negotiate", "kerberos", REG_VALUE_NUMBER },
	{ "SSPI\\Negotiate", "u2u", REG_VALUE_NUMBER },
	{ "WinPR\\NTLM", "SendVersionInfo", REG_VALUE_NUMBER },
	{ "WinPR\\NTLM", "SendWorkstationName", REG_VALUE_NUMBER },
	{ "WinPR\\NTLM", "WorkstationName", REG_VALUE_STRING },
	{ "WinPR\\NTLM", "NbComputerName", REG_VALUE_STRING },
	{ "WinPR\\NTLM", "NbDomainName", REG_VALUE_STRING },
	{ "WinPR\\NTLM", "DnsComputerName", REG_VALUE_STRING },
	{ "WinPR\\NTLM", "DnsDomainName", REG_VALUE_STRING },
	{ "\\System\\CurrentControlSet\\Control\\LSA", "SuppressExtendedProtection", REG_VALUE_NUMBER },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* The key of a place (place.h) with the longest of these below it. */
enum
{
	KEY_PATH_SIZE = 1024
};

/* Moves behind what the text begins with, in any case; false when it does not begin so. */
static bool skip_any_case(struct bytes* text, const char* start)
{
	const size_t len = strlen(start);

	if (text->len < len || strncasecmp((const char*)text->data, start, len) != 0)
		return false;
	*text = text_behind(*text, len);
	return true;
}

/* Without what nobody sees in front of it: white space, and the mark that editors begin a file
 * with. */
static struct bytes text_visible(struct bytes text)
{
	while (skip_any_case(&text, " ") || skip_any_case(&text, "\t"))
		;
	(void)skip_any_case(&text, "\xEF\xBB\xBF");
	return text;
}

static bool header_means(struct bytes text, const char* key)
{
	return skip_any_case(&text, "[" REG_HIVE) && skip_any_case(&text, key) &&
	       skip_any_case(&text, "]");
}

static bool line_means(struct bytes text, const char* name)
{
	return skip_any_case(&text, "\"") && skip_any_case(&text, name) && skip_any_case(&text, "\"");
}

/* NULL, or what is wrong with a line that means this setting. */
static const char* line_problem(const struct reg_line* line, size_t setting)
{
	const struct reg_value value = reg_line_value(line, settings[setting].name);

	if (line->place != REG_INSIDE)
		return "is not read: its section is the second of its key, or is not opened by "
		       "[" REG_HIVE "...] at the very beginning of a line";
	if (value.kind == REG_VALUE_NONE)
		return "is not read: it is written in another case, with something in front of it, or "
		       "without \"=\" behind it";
	if (value.kind == REG_VALUE_DROPPED)
		return "is dropped by WinPR: a string is =str:\"...\" and a number =dword:..., with "
		       "nothing "
		       "behind it, not even a carriage return";
	return value.kind == settings[setting].kind ? NULL
	       : value.kind == REG_VALUE_NUMBER     ? "is a number, and has to be a string"
	                                            : "is a string, and has to be a number";
}

static bool has_section(struct bytes text, const char* key)
{
	struct reg_reader reader = reg_reader_make(text, key);
	struct reg_line line;

	while (reg_reader_next(&reader, &line))
		if (line.place == REG_HEADER)
			return true;
	return false;
}

/* `is_read`: no section that comes before this one is there. */
static bool setting_check(struct bytes text, const char* key, bool is_read, size_t setting)
{
	struct reg_reader reader = reg_reader_make(text, key);
	struct reg_line line;
	bool fine = true;
	bool meant = false;
	bool read = false;

	while (reg_reader_next(&reader, &line))
	{
		const struct bytes visible = text_visible(line.text);
		if (text_begins(visible, "["))
			meant = header_means(visible, key);
		if (!meant || !line_means(visible, settings[setting].name))
			continue;
		const char* const problem = !is_read
		                                ? "is not read: there is a section of another product, "
		                                  "which comes before it"
		                            : read ? "is not read: it stands in its section a second time"
		                                   : line_problem(&line, setting);
		read = read || !problem;
		if (problem)
			report("  setting:    %.*s (%s) %s\n", (int)line.text.len, (const char*)line.text.data,
			       settings[setting].key, problem);
		fine = fine && !problem;
	}
	return fine;
}

/* One setting below each product's key, in the order in which the module tries them. */
static bool product_setting_check(struct bytes text, const char* own, size_t setting)
{
	static const char software[] = "Software\\";
	const size_t below = strncmp(own, software, strlen(software)) == 0 ? strlen(software) : 0;
	const char* const products[] = { own + below, REGISTRY_PRODUCTS };
	bool is_read = true;
	bool fine = true;
	char key[KEY_PATH_SIZE];

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
	{
		if (i > 0 && strcasecmp(products[i], products[0]) == 0)
			continue;
		(void)snprintf(key, sizeof(key), "%s%s\\%s", i > 0 || below ? software : "", products[i],
		               settings[setting].key);
		fine = setting_check(text, key, is_read, setting) && fine;
		is_read = is_read && !has_section(text, key);
	}
	return fine;
}

bool settings_check(struct bytes text, const char* server_key)
{
	const char* const last = strrchr(server_key, '\\');
	char own[KEY_PATH_SIZE / 2];
	bool fine = true;

	if (!last)
		return true;
	(void)snprintf(own, sizeof(own), "%.*s", (int)(last - server_key), server_key);
	for (size_t i = 0; i < SETTINGS; i++)
	{
		const char* const key = settings[i].key;

		fine = (key[0] == '\\' ? setting_check(text, key + 1, true, i)
		                       : product_setting_check(text, own, i)) &&
		       fine;
	}
	return fine;
}

bool settings_check_access(const char* file)
{
	char culprit[PATH_MAX];
	bool fine = true;

	if (!path_is_open(file, culprit))
	{
		report("  setting:    %s is not read by every server: not everybody can read %s\n", file,
		       culprit);
		fine = false;
	}
	if (!path_is_guarded(file, culprit))
	{
		report("  setting:    %s is not safe: others than root can change %s\n", file, culprit);
		fine = false;
	}
	return fine;
}

bool settings_check_left(const char* file, struct bytes text, const char* server_key)
{
	const char* const last = strrchr(server_key, '\\');
	char key[KEY_PATH_SIZE];
	bool fine = true;

	for (size_t i = 0; last && i < SETTINGS; i++)
	{
		if (settings[i].key[0] == '\\')
			(void)snprintf(key, sizeof(key), "%s", settings[i].key + 1);
		else
			(void)snprintf(key, sizeof(key), "%.*s\\%s", (int)(last - server_key), server_key,
			               settings[i].key);
		if (reg_text_find(text, key, settings[i].name).kind == REG_VALUE_NONE)
			continue;
		report("  setting:    %s (%s) stands in %s, which no FreeRDP here reads: it does not hold; "
		       "move it to the file that status names\n",
		       settings[i].name, settings[i].key, file);
		fine = false;
	}
	return fine;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static bool json_member_is_read(const struct json_member* member, const char* key, const char* path,
                                struct bytes text)
{
	/* With the quotation marks. */
	const struct bytes quoted = { member->name.data - 1, member->name.len + 2 };
	struct json_member first;
	char name[64];

	for (size_t i = 0; json_string(quoted, name, sizeof(name)) && i < SETTINGS; i++)
	{
		if (strcmp(settings[i].key, key) != 0 || strcasecmp(settings[i].name, name) != 0)
			continue;
		const bool exact = strcmp(settings[i].name, name) == 0;
		if (exact && json_find(text, name, &first) == 1)
			return true;
		report("  setting:    \"%s\" (%s) %s\n", name, path,
		       exact ? "stands twice, and only one of them is read"
		             : "is not read: it is written in another case");
		return false;
	}
	return true;
}

static bool json_check(struct bytes text, const char* key, const char* path)
{
	const char* const problem = json_text_problem(text);
	struct json_member member;
	bool fine = true;

	if (problem)
	{
		report("  setting:    %s is not read: %s\n", path, problem);
		return false;
	}
	struct json_reader reader = json_reader_make(text);
	while (json_reader_next(&reader, &member))
		fine = json_member_is_read(&member, key, path, text) && fine;
	return fine;
}

static const char* const json_files[][2] = { { "negossp.json", "SSPI\\Negossp" },
	                                         { "negotiate.json", "SSPI\\Negotiate" },
	                                         { "ntlm.json", "WinPR\\NTLM" } };
#define JSON_FILES (sizeof(json_files) / sizeof(json_files[0]))

/* Beside the registry file. */
static void json_path(const char* registry_file, size_t which, char path[PATH_MAX])
{
	const char* const last = strrchr(registry_file, '/');

	(void)snprintf(path, PATH_MAX, "%.*s/%s", last ? (int)(last - registry_file) : 0, registry_file,
	               json_files[which][0]);
}

bool settings_check_json(const char* registry_file)
{
	struct file_change file;
	char path[PATH_MAX];
	bool fine = true;

	for (size_t i = 0; i < JSON_FILES; i++)
	{
		json_path(registry_file, i, path);
		if (!file_change_open(&file, path))
		{
			report("  setting:    %s is not read: %s\n", path, strerror(errno));
			fine = false;
		}
		else if (file.existed)
			fine = settings_check_access(path) &&
			       json_check(blob_bytes(&file.old_text), json_files[i][1], path) && fine;
		file_change_close(&file);
	}
	return fine;
}

bool settings_check_json_left(const char* registry_file)
{
	char path[PATH_MAX];
	bool fine = true;

	for (size_t i = 0; i < JSON_FILES; i++)
	{
		json_path(registry_file, i, path);
		if (access(path, F_OK) != 0)
			continue;
		report("  setting:    %s is not read: FreeRDP reads JSON from 3.33 on\n", path);
		fine = false;
	}
	return fine;
}
