/* SPDX-License-Identifier: Apache-2.0
 *
 * What was meant is found without regard to case and to white space in front, what is read as WinPR
 * reads it.
 */
#include "settings_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static bool setting_check(struct bytes text, const char* key, size_t setting)
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
		const char* const problem = read ? "is not read: it stands in its section a second time"
		                                 : line_problem(&line, setting);
		read = read || !problem;
		if (problem)
			report("  setting:    %.*s (%s) %s\n", (int)line.text.len, (const char*)line.text.data,
			       settings[setting].key, problem);
		fine = fine && !problem;
	}
	return fine;
}

bool settings_check(struct bytes text, const char* server_key)
{
	const char* const last = strrchr(server_key, '\\');
	char key[512];
	bool fine = true;

	for (size_t i = 0; last && i < SETTINGS; i++)
	{
		if (settings[i].key[0] == '\\')
			(void)snprintf(key, sizeof(key), "%s", settings[i].key + 1);
		else
			(void)snprintf(key, sizeof(key), "%.*s\\%s", (int)(last - server_key), server_key,
			               settings[i].key);
		fine = setting_check(text, key, i) && fine;
	}
	return fine;
}
