/* SPDX-License-Identifier: Apache-2.0
 *
 * Names are compared without regard to case to find what was meant, and with it to know what is
 * read.
 */
#include "settings_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reg_text.h"
#include "report.h"

/* Below the vendor's and product's key; of each the kind of value that it has to be. */
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
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static bool line_means(const struct reg_line* line, const char* name)
{
	const size_t len = strlen(name);

	return line->place == REG_INSIDE && line->text.len > len + 1 && line->text.data[0] == '"' &&
	       strncasecmp((const char*)line->text.data + 1, name, len) == 0 &&
	       line->text.data[len + 1] == '"';
}

/* NULL, or what is wrong with a line that means this setting. */
static const char* line_problem(const struct reg_line* line, size_t setting)
{
	const struct reg_value value = reg_line_value(line, settings[setting].name);

	if (value.kind == REG_VALUE_NONE)
		return "is written in another case, or without \"=\" behind it, and not read";
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

	while (reg_reader_next(&reader, &line))
	{
		const char* const problem =
		    line_means(&line, settings[setting].name) ? line_problem(&line, setting) : NULL;
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
		(void)snprintf(key, sizeof(key), "%.*s\\%s", (int)(last - server_key), server_key,
		               settings[i].key);
		fine = setting_check(text, key, i) && fine;
	}
	return fine;
}
