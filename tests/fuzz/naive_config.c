/* SPDX-License-Identifier: Apache-2.0 */
#include "naive_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "naive_text.h"

/* Which of the words it is, or -1. */
static int word(const char* text, const char* const* words)
{
	for (int i = 0; words[i]; i++)
		if (strcasecmp(text, words[i]) == 0)
			return i;
	return -1;
}

static bool read_packages(const char* text, struct config_packages* packages)
{
	static const char* const words[] = { "ntlm", "kerberos", "u2u", NULL };
	bool on[3] = { true, true, true };
	bool by_name = false;
	bool u2u_named = false;

	for (unsigned entry = 0;; entry++)
	{
		char name[VALUE_SIZE];
		size_t len = strcspn(text, ",");
		const size_t front = strspn(text, " \t");
		size_t end = len;

		while (end > 0 && strchr(" \t", text[end - 1]))
			end--;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(end > front ? end - front : 0),
		               text + front);
		const bool off = name[0] == '!';
		const int which = word(name + off, words);
		if (which >= 0)
			on[which] = !off;
		else if (entry == 0 && strcasecmp(name, "none") == 0)
			on[0] = on[1] = on[2] = false;
		else if (name[0])
			return false;
		u2u_named = u2u_named || which == 2;
		by_name = which == 1 ? !off : by_name || (which == 2 && !off);
		if (!text[len])
			break;
		text += len + 1;
	}
	*packages = (struct config_packages){ on[0], on[1], on[2] && (on[1] || u2u_named), by_name };
	return true;
}

static bool is_sid(const char* text)
{
	unsigned numbers = 0;

	if (strncmp(text, "S-1", 3) != 0)
		return false;
	for (text += 3; *text; numbers++)
	{
		const size_t digits = strspn(text + 1, "0123456789");
		if (*text != '-' || digits == 0 || strtod(text + 1, NULL) > 4294967295.0)
			return false;
		text += 1 + digits;
	}
	return numbers >= 2 && numbers <= 16;
}

/* SIDs, and names with something on both sides of the first backslash. */
static bool are_members(const char* text)
{
	for (unsigned count = 1;; count++)
	{
		char entry[VALUE_SIZE];
		const size_t len = strcspn(text, ",");
		const size_t front = strspn(text, " \t");
		size_t end = len;

		while (end > front && strchr(" \t", text[end - 1]))
			end--;
		(void)snprintf(entry, sizeof(entry), "%.*s", (int)(end > front ? end - front : 0),
		               text + (front < len ? front : 0));
		const size_t slash = strcspn(entry, "\\");
		if (count > 32 || (!is_sid(entry) && (slash == 0 || !entry[slash] || !entry[slash + 1])))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool read_milliseconds(const char* text, double least, unsigned* milliseconds)
{
	if (!text[0] || strspn(text, "0123456789") != strlen(text) || strtod(text, NULL) > 600000 ||
	    strtod(text, NULL) < least)
		return false;
	*milliseconds = (unsigned)strtod(text, NULL);
	return true;
}

/* In the place of an earlier one, where it is well formed. */
static bool read_name(const char* text, struct blob* name)
{
	struct blob utf16 = BLOB_EMPTY;
	const bool is = naive_utf16(bytes_make((const uint8_t*)text, strlen(text)), &utf16);

	blob_free(is ? name : &utf16);
	*name = is ? utf16 : *name;
	return is;
}

/* Into *config. False where it cannot be read. */
static bool read_value(enum kind kind, const char* text, bool tighten, struct config* config)
{
	static const char* const framings[] = { "auto", "spnego", "raw", NULL };
	static const char* const checks[] = { "off", "when-present", "required", NULL };
	static const char* const answers[] = { "allow", "refuse", NULL };
	static const char* const domains[] = { "off", "named", "default", NULL };
	struct ntlm_policy* const policy = &config->policy;
	enum ntlm_check_policy* const check =
	    kind == CHECK_BINDINGS ? &policy->bindings : &policy->target;
	struct config_packages listed;
	int which = -1;

	switch (kind)
	{
		case FRAMING:
			if ((which = word(text, framings)) >= 0)
				config->framing = (enum config_framing)which;
			return which >= 0;
		case PACKAGES:
			if (!read_packages(text, &listed))
				return false;
			listed.ntlm = listed.ntlm && (!tighten || config->packages.ntlm);
			listed.kerberos = listed.kerberos && (!tighten || config->packages.kerberos);
			listed.u2u = listed.u2u && (!tighten || config->packages.u2u);
			config->packages = listed;
			return true;
		case CHECK_BINDINGS:
		case CHECK_TARGET:
			if ((which = word(text, checks)) > (tighten ? (int)*check : -1))
				*check = (enum ntlm_check_policy)which;
			return which >= 0;
		case TARGET_NAME:
			/* config->policy.target is what was said beside the environment: naive_config_load() */
			return (tighten &&
			        (config->accepted_target.len || policy->target == NTLM_CHECK_REQUIRED)) ||
			       read_name(text, &config->accepted_target);
		case REFUSE_REFLECTION:
			if ((which = word(text, answers)) >= 0)
				policy->refuse_reflection = which == 1 || (tighten && policy->refuse_reflection);
			return which >= 0;
		case REFUSE_ANONYMOUS:
			if ((which = word(text, answers)) >= 0)
				policy->allow_anonymous = which == 0 && !(tighten && !policy->allow_anonymous);
			return which >= 0;
		case DOMAIN:
			if ((which = word(text, domains)) >= 0 && (!tighten || which < (int)config->domain))
				config->domain = (enum config_domain)which;
			return which >= 0;
		case MEMBERS:
			if (!are_members(text))
				return false;
			config->domain_members = strdup(text);
			return true;
		case USER_DAEMON:
			if ((which = word(text, answers)) >= 0)
				config->domain_no_user_daemon = which == 1;
			return which >= 0;
		case DOMAIN_WAIT:
			return read_milliseconds(text, 1, &config->domain_wait_ms);
		default:
			return read_milliseconds(text, 0, &config->kerberos_wait_ms);
	}
}

/* One value with what is white around it taken off. False where an acceptor may not go on. */
static bool take_value(enum kind kind, const struct value* value, bool tighten,
                       struct config* config)
{
	char text[VALUE_SIZE];
	const char* const start = value->text + strspn(value->text, " \t\r\n");
	size_t len = strlen(start);

	while (len > 0 && strchr(" \t\r\n", start[len - 1]))
		len--;
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, start);
	if (value->source == ABSENT ||
	    (value->source == TEXT && len < 512 && read_value(kind, text, tighten, config)))
		return true;
	return !config->acceptor || kind == FRAMING || kind == WAIT || kind == DOMAIN_WAIT;
}

bool naive_config_load(const struct world* world, bool with_environment, struct config* config)
{
	struct config_packages* const packages = &config->packages;
	bool* const on[] = { &packages->ntlm, &packages->kerberos, &packages->u2u };
	bool good = true;

	*config = (struct config){ .acceptor = world->acceptor,
		                       .packages = { true, true, true, false },
		                       .kerberos_wait_ms = 150,
		                       .domain_wait_ms = 5000,
		                       .domain_no_user_daemon = true,
		                       .policy = { .send_version = true,
		                                   .send_workstation = true,
		                                   .send_bindings_and_target = true,
		                                   .bindings = NTLM_CHECK_WHEN_PRESENT,
		                                   .target = NTLM_CHECK_WHEN_PRESENT } };
	for (int i = 0; i < 3 && !world->listed; i++)
	{
		if (world->number_source[i] == TEXT)
			*on[i] = world->number[i] != 0;
		good = good && (world->number_source[i] != NO_TEXT || !world->acceptor);
	}
	if (!world->listed && world->number_source[2] == ABSENT && !packages->kerberos)
		packages->u2u = false;
	for (int i = 0; i < SETTINGS; i++)
		if ((i != PACKAGES || !world->listed) &&
		    (i <= DOMAIN || world->own[DOMAIN].source != ABSENT))
			good = take_value((enum kind)i, &world->own[i], i == PACKAGES && config->acceptor,
			                  config) &&
			       good;
	if (world->listed)
		good = take_value(PACKAGES, &world->list, false, config) && good;
	config->domain_decides = config->domain != CONFIG_DOMAIN_OFF;
	/* The name first: what the environment says of the check counts for nothing there. */
	if (with_environment)
		good = take_value(TARGET_NAME, &world->environment[TARGET_NAME], world->acceptor, config) &&
		       good;
	for (int i = 0; i < SETTINGS && with_environment; i++)
		if (i != TARGET_NAME && i != MEMBERS && i != USER_DAEMON)
			good =
			    take_value((enum kind)i, &world->environment[i], world->acceptor, config) && good;
	return good;
}
