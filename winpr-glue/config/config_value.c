/* SPDX-License-Identifier: Apache-2.0
 *
 * The values that settings can have.
 */
#include "config/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/sid.h"

#define PACKAGE_LIST_SIZE 512
#define WAIT_MAX_MS 600000ul
#define MEMBERS_SIZE 512

/* Which of the words it is, in any case; false when it is none. */
static bool value_word(const struct config_text* text, const char* const* words, unsigned count,
                       unsigned* which)
{
	for (*which = 0; *which < count; ++*which)
		if (strcasecmp(text->value, words[*which]) == 0)
			return true;
	return false;
}

const char* config_value_framing(const struct config_text* text, enum config_framing* framing)
{
	static const char* const words[] = { [CONFIG_FRAMING_AUTO] = "auto",
		                                 [CONFIG_FRAMING_SPNEGO] = "spnego",
		                                 [CONFIG_FRAMING_RAW] = "raw" };
	unsigned value;

	if (!value_word(text, words, sizeof(words) / sizeof(words[0]), &value))
		return "auto, spnego, raw";
	*framing = (enum config_framing)value;
	return NULL;
}

/* The values are in order of strictness. */
const char* config_value_check(const struct config_text* text, enum ntlm_check_policy* check)
{
	static const char* const words[] = { [NTLM_CHECK_OFF] = "off",
		                                 [NTLM_CHECK_WHEN_PRESENT] = "when-present",
		                                 [NTLM_CHECK_REQUIRED] = "required" };
	unsigned value;

	if (!value_word(text, words, sizeof(words) / sizeof(words[0]), &value))
		return "off, when-present, required";
	if (!text->tighten || value > (unsigned)*check)
		*check = (enum ntlm_check_policy)value;
	return NULL;
}

const char* config_value_refuse(const struct config_text* text, bool* refuse)
{
	if (strcasecmp(text->value, "refuse") == 0)
		*refuse = true;
	else if (strcasecmp(text->value, "allow") == 0)
		*refuse = text->tighten && *refuse;
	else
		return "allow, refuse";
	return NULL;
}

const char* config_value_milliseconds(const struct config_text* text, unsigned least,
                                      unsigned* milliseconds)
{
	char* end = NULL;
	const unsigned long value = strtoul(text->value, &end, 10);

	if (text->value[0] < '0' || text->value[0] > '9' || *end != '\0' || value > WAIT_MAX_MS ||
	    value < least)
		return least == 0 ? "0 to 600000 milliseconds" : "1 to 600000 milliseconds";
	*milliseconds = (unsigned)value;
	return NULL;
}

const char* config_value_domain(const struct config_text* text, enum config_domain* domain)
{
	static const char* const words[] = { [CONFIG_DOMAIN_OFF] = "off",
		                                 [CONFIG_DOMAIN_NAMED] = "named",
		                                 [CONFIG_DOMAIN_DEFAULT] = "default" };
	unsigned value;

	if (!value_word(text, words, sizeof(words) / sizeof(words[0]), &value))
		return "off, named, default";
	if (!text->tighten || value < (unsigned)*domain)
		*domain = (enum config_domain)value;
	return NULL;
}

const char* config_value_members(const struct config_text* text)
{
	static const char allowed[] = "SIDs and DOMAIN\\group with commas between, 32 at most";
	struct sid sid;
	char entry[MEMBERS_SIZE];
	const char* rest = text->value;

	for (size_t count = 1;; count++)
	{
		rest += strspn(rest, " \t");
		const size_t whole = strcspn(rest, ",");
		size_t len = whole;

		while (len > 0 && strchr(" \t", rest[len - 1]))
			len--;
		(void)snprintf(entry, sizeof(entry), "%.*s", (int)len, rest);
		const char* const name = strchr(entry, '\\');
		if (count > CONFIG_MAX_MEMBERS || whole >= sizeof(entry) ||
		    (!sid_parse(entry, &sid) && (!name || name == entry || !name[1])))
			return allowed;
		if (rest[whole] == '\0')
			return NULL;
		rest += whole + 1;
	}
}

/* --- package lists ---------------------------------------------------------------------------- */

/* False for an entry that is none. */
static bool packages_apply(const char* entry, bool first, struct config_packages* packages,
                           bool* u2u_named)
{
	const bool on = entry[0] != '!';
	const char* const name = on ? entry : entry + 1;

	if (strcasecmp(name, "ntlm") == 0)
		packages->ntlm = on;
	else if (strcasecmp(name, "kerberos") == 0)
	{
		packages->kerberos = on;
		packages->kerberos_by_name = on;
	}
	else if (strcasecmp(name, "u2u") == 0)
	{
		*u2u_named = true;
		packages->u2u = on;
		packages->kerberos_by_name = packages->kerberos_by_name || on;
	}
	else if (strcasecmp(entry, "none") == 0 && first)
		*packages = (struct config_packages){ false, false, false, false };
	else
		return entry[0] == '\0';
	return true;
}

const char* config_value_packages(const struct config_text* text, struct config_packages* packages)
{
	static const char allowed[] =
	    "ntlm, kerberos, u2u (each with or without \"!\"), none as the first, with commas between, "
	    "511 characters at most";
	struct config_packages listed = { true, true, true, false };
	char list[PACKAGE_LIST_SIZE];
	char* rest = list;
	bool first = true;
	bool u2u_named = false;

	if ((size_t)snprintf(list, sizeof(list), "%s", text->value) >= sizeof(list))
		return allowed;
	for (char* entry = strsep(&rest, ","); entry; entry = strsep(&rest, ","))
	{
		entry += strspn(entry, " \t");
		for (size_t len = strlen(entry); len > 0 && strchr(" \t", entry[len - 1]); len--)
			entry[len - 1] = '\0';
		if (!packages_apply(entry, first, &listed, &u2u_named))
			return allowed;
		first = false;
	}
	/* Up to 3.15 there is no such name, and "!kerberos" means both. */
	if (!listed.kerberos && !u2u_named)
		listed.u2u = false;
	if (text->tighten)
	{
		listed.ntlm = listed.ntlm && packages->ntlm;
		listed.kerberos = listed.kerberos && packages->kerberos;
		listed.u2u = listed.u2u && packages->u2u;
	}
	*packages = listed;
	return NULL;
}
