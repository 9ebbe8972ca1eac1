/* SPDX-License-Identifier: Apache-2.0
 *
 * Where settings come from and in which order. What their values mean is config_value.c's.
 */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/computer_names.h"
#include "config/config_value.h"
#include "host/memory.h"
#include "host/settings.h"
#include "host/text.h"
#include "log/log.h"
#include "log/once.h"

#define CONFIG_STRING_SIZE 512
#define CONFIG_WINPR_VALUES 8 /* of WinPR\NTLM, and LSA's one */
#define CONFIG_KERBEROS_WAIT_MS 150
#define CONFIG_DOMAIN_WAIT_MS 5000

enum config_setting
{
	SETTING_FRAMING,
	SETTING_PACKAGES,
	SETTING_BINDINGS,
	SETTING_TARGET_NAME, /* before the check, by which it is judged */
	SETTING_TARGET_CHECK,
	SETTING_REFLECTION,
	SETTING_ANONYMOUS,
	SETTING_KERBEROS_WAIT,
	SETTING_DOMAIN,
	SETTING_DOMAIN_MEMBERS,
	SETTING_DOMAIN_WAIT,
	SETTING_DOMAIN_USER_DAEMON,
	SETTING_COUNT
};

/* `decides`: who may log on depends on it, so that an acceptor fails where it cannot be read. Who
 * may log on in a domain's name is the system's file's alone to say: it has no environment. */
static const struct
{
	const char* environment;
	const char* registry;
	bool decides;
} setting_rows[SETTING_COUNT] = {
	[SETTING_FRAMING] = { "NEGOSSP_FRAMING", "Framing", false },
	[SETTING_PACKAGES] = { "NEGOSSP_PACKAGES", "Packages", true },
	[SETTING_BINDINGS] = { "NEGOSSP_CHANNEL_BINDINGS", "ChannelBindings", true },
	[SETTING_TARGET_CHECK] = { "NEGOSSP_TARGET_CHECK", "TargetCheck", true },
	[SETTING_TARGET_NAME] = { "NEGOSSP_TARGET_NAME", "TargetName", true },
	[SETTING_REFLECTION] = { "NEGOSSP_REFLECTION", "Reflection", true },
	[SETTING_ANONYMOUS] = { "NEGOSSP_ANONYMOUS", "Anonymous", true },
	[SETTING_KERBEROS_WAIT] = { "NEGOSSP_KERBEROS_WAIT", "KerberosWait", false },
	[SETTING_DOMAIN] = { "NEGOSSP_DOMAIN", "Domain", true },
	[SETTING_DOMAIN_MEMBERS] = { NULL, "DomainMembers", true },
	[SETTING_DOMAIN_WAIT] = { "NEGOSSP_DOMAIN_WAIT", "DomainWait", false },
	[SETTING_DOMAIN_USER_DAEMON] = { NULL, "DomainUserDaemon", true },
};

/* What cannot be read: fails closed where it decides, else it is said once and passed over. */
static enum result config_unreadable(const struct config* config, bool decides, const char* where,
                                     const char* name, const char* value, const char* allowed)
{
	char shown[64];

	log_escape(value, shown, sizeof(shown));
	if (config->acceptor && decides)
	{
		log_warn("%s, %s: \"%s\" is not one of %s: nobody can log on until that is mended", where,
		         name, shown, allowed);
		return RESULT_POLICY;
	}
	if (log_first_time(name, value))
		log_warn("%s, %s: \"%s\" is not one of %s: ignored", where, name, shown, allowed);
	return RESULT_OK;
}

/* The name clients must have meant. One that is set can be replaced, but not by an acceptor's
 * environment, which gives none either where one is required: nobody can log on then. */
static enum result config_set_target(struct config* config, const struct config_text* text,
                                     const char** allowed)
{
	if (text->tighten &&
	    (config->accepted_target.len > 0 || config->policy.target == NTLM_CHECK_REQUIRED))
		return RESULT_OK;
	const enum result result = text_from_string(text->value, &config->accepted_target);
	if (result == RESULT_NO_MEMORY)
		return result;
	*allowed = result == RESULT_OK ? NULL : "an SPN or a host name in UTF-8";
	return RESULT_OK;
}

static enum result config_set_members(struct config* config, const struct config_text* text,
                                      const char** allowed)
{
	*allowed = config_value_members(text);
	if (*allowed)
		return RESULT_OK;
	char* const members = strdup(text->value);
	REQUIRE(members, RESULT_NO_MEMORY);
	free(config->domain_members);
	config->domain_members = members;
	return RESULT_OK;
}

/* *allowed becomes what the setting can be, where this is none of it; it is NULL before. */
static enum result config_set(struct config* config, enum config_setting setting,
                              const struct config_text* text, const char** allowed)
{
	bool refuse_anonymous = !config->policy.allow_anonymous;

	switch (setting)
	{
		case SETTING_FRAMING:
			*allowed = config_value_framing(text, &config->framing);
			break;
		case SETTING_PACKAGES:
			*allowed = config_value_packages(text, &config->packages);
			break;
		case SETTING_BINDINGS:
			*allowed = config_value_check(text, &config->policy.bindings);
			break;
		case SETTING_TARGET_CHECK:
			*allowed = config_value_check(text, &config->policy.target);
			break;
		case SETTING_TARGET_NAME:
			return config_set_target(config, text, allowed);
		case SETTING_REFLECTION:
			*allowed = config_value_refuse(text, &config->policy.refuse_reflection);
			break;
		case SETTING_ANONYMOUS:
			*allowed = config_value_refuse(text, &refuse_anonymous);
			config->policy.allow_anonymous = !refuse_anonymous;
			break;
		case SETTING_KERBEROS_WAIT:
			*allowed = config_value_milliseconds(text, 0, &config->kerberos_wait_ms);
			break;
		case SETTING_DOMAIN:
			*allowed = config_value_domain(text, &config->domain);
			break;
		case SETTING_DOMAIN_MEMBERS:
			return config_set_members(config, text, allowed);
		case SETTING_DOMAIN_WAIT:
			*allowed = config_value_milliseconds(text, 1, &config->domain_wait_ms);
			break;
		case SETTING_DOMAIN_USER_DAEMON:
			*allowed = config_value_refuse(text, &config->domain_no_user_daemon);
			break;
		case SETTING_COUNT:
			break;
	}
	return RESULT_OK;
}

/* One value of ours, without the white space around it. NULL is one that is there and no text. */
static enum result config_take(struct config* config, enum config_setting setting,
                               const char* where, const char* name, const char* value, bool tighten)
{
	char trimmed[CONFIG_STRING_SIZE];
	const char* const start = value ? value + strspn(value, " \t\r\n") : "";
	size_t len = strlen(start);
	const char* allowed = "a string of 511 characters at most";

	while (len > 0 && strchr(" \t\r\n", start[len - 1]))
		len--;
	if (value && len < sizeof(trimmed))
	{
		const struct config_text text = { .value = trimmed, .tighten = tighten };

		(void)snprintf(trimmed, sizeof(trimmed), "%.*s", (int)len, start);
		allowed = NULL;
		TRY(config_set(config, setting, &text, &allowed));
	}
	if (!allowed)
		return RESULT_OK;
	return config_unreadable(config, setting_rows[setting].decides, where, name,
	                         value ? value : "(no string)", allowed);
}

/* --- FreeRDP's own places --------------------------------------------------------------------- */

static enum result config_read_winpr_packages(struct config* config)
{
	struct config_packages* const packages = &config->packages;
	bool* const switches[] = { &packages->ntlm, &packages->kerberos, &packages->u2u };
	static const char* const names[] = { "ntlm", "kerberos", "u2u" };
	enum registry_answer answers[3];
	const char* where[3];
	struct settings settings;
	uint32_t value;

	settings_open(&settings, SETTINGS_NEGOTIATE);
	for (size_t i = 0; i < 3; i++)
	{
		answers[i] = settings_number(&settings, names[i], &value, &where[i]);
		if (answers[i] == REGISTRY_FOUND)
			*switches[i] = value != 0;
	}
	settings_close(&settings);
	if (answers[2] == REGISTRY_NONE && !packages->kerberos) /* as in a list: config_value.c */
		packages->u2u = false;
	for (size_t i = 0; i < 3; i++)
	{
		if (answers[i] == REGISTRY_UNREADABLE)
			TRY(config_unreadable(config, true, where[i], names[i], "(no number)",
			                      "dword:00000000, dword:00000001 (JSON: false, true)"));
	}
	return RESULT_OK;
}

/* Values that are there and cannot be read. They are collected first, as those of ours are. */
struct config_unread
{
	const char* where[CONFIG_WINPR_VALUES];
	const char* name[CONFIG_WINPR_VALUES];
	bool number[CONFIG_WINPR_VALUES];
	size_t count;
};

/* Whether there is one. */
static bool config_answered(enum registry_answer answer, const char* where, const char* name,
                            bool number, struct config_unread* unread)
{
	if (answer == REGISTRY_UNREADABLE && unread->count < CONFIG_WINPR_VALUES)
	{
		unread->where[unread->count] = where;
		unread->name[unread->count] = name;
		unread->number[unread->count++] = number;
	}
	return answer == REGISTRY_FOUND;
}

static enum result config_tell_unread(const struct config* config,
                                      const struct config_unread* unread)
{
	for (size_t i = 0; i < unread->count; i++)
		TRY(config_unreadable(config, false, unread->where[i], unread->name[i],
		                      unread->number[i] ? "(no number)" : "(no string)",
		                      unread->number[i] ? "numbers (JSON: true and false too)"
		                                        : "strings of 511 characters at most"));
	return RESULT_OK;
}

static enum result config_read_name(struct config* config, const struct settings* settings,
                                    const char* name, enum computer_name to,
                                    struct config_unread* unread)
{
	char value[CONFIG_STRING_SIZE];
	const char* where;
	const enum registry_answer answer =
	    settings_string(settings, name, value, sizeof(value), &where);

	if (!config_answered(answer, where, name, false, unread))
		return RESULT_OK;
	config->names_given[to] = value[0] != '\0';
	return computer_name_read(name, value, &config->names[to]);
}

static enum result config_read_winpr_names(struct config* config, const struct settings* settings,
                                           struct config_unread* unread)
{
	static const char* const values[NAME_COUNT] = {
		[NAME_NETBIOS_COMPUTER] = "NbComputerName",
		[NAME_NETBIOS_DOMAIN] = "NbDomainName",
		[NAME_DNS_COMPUTER] = "DnsComputerName",
		[NAME_DNS_DOMAIN] = "DnsDomainName",
	};

	for (size_t i = 0; i < NAME_COUNT; i++)
		if (values[i])
			TRY(config_read_name(config, settings, values[i], (enum computer_name)i, unread));
	if (config->acceptor)
		return RESULT_OK;
	return config_read_name(config, settings, "WorkstationName", NAME_NETBIOS_COMPUTER, unread);
}

static enum result config_read_winpr_ntlm(struct config* config)
{
	static const char* const numbers[] = { "SendVersionInfo", "SendWorkstationName" };
	bool* const switches[] = { &config->policy.send_version, &config->policy.send_workstation };
	static const char lsa[] = "System\\CurrentControlSet\\Control\\LSA";
	static const char suppress[] = "SuppressExtendedProtection";
	struct config_unread unread = { .count = 0 };
	struct settings settings;
	const char* where;
	uint32_t value;

	settings_open(&settings, SETTINGS_NTLM);
	for (size_t i = 0; i < 2; i++)
	{
		const enum registry_answer answer = settings_number(&settings, numbers[i], &value, &where);
		if (config_answered(answer, where, numbers[i], true, &unread))
			*switches[i] = value != 0;
	}
	const enum result result = config_read_winpr_names(config, &settings, &unread);
	settings_close(&settings);
	REQUIRE(result == RESULT_OK, result);

	struct registry_key* const key = registry_open(lsa, true);
	if (config_answered(registry_number(key, suppress, &value), lsa, suppress, true, &unread))
		config->policy.send_bindings_and_target = value == 0;
	registry_close(key);
	return config_tell_unread(config, &unread);
}

/* Our own values. They are collected first: reporting one may make WinPR read its registry. */
static enum result config_read_own(struct config* config, bool with_packages)
{
	char values[SETTING_COUNT][CONFIG_STRING_SIZE];
	enum registry_answer answers[SETTING_COUNT];
	const char* where[SETTING_COUNT];
	struct settings settings;

	settings_open(&settings, SETTINGS_OWN);
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		answers[i] = REGISTRY_NONE;
		/* What is said of a domain means nothing without one. */
		if (i > SETTING_DOMAIN && answers[SETTING_DOMAIN] == REGISTRY_NONE)
			continue;
		answers[i] = settings_string(&settings, setting_rows[i].registry, values[i],
		                             sizeof(values[i]), &where[i]);
	}
	settings_close(&settings);
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		/* A server's list does not turn on again what WinPR's own values have turned off. */
		const bool tighten = config->acceptor && i == SETTING_PACKAGES;

		if (answers[i] != REGISTRY_NONE && (i != SETTING_PACKAGES || with_packages))
			TRY(config_take(config, (enum config_setting)i, where[i], setting_rows[i].registry,
			                answers[i] == REGISTRY_FOUND ? values[i] : NULL, tighten));
	}
	return RESULT_OK;
}

/* --- all together ----------------------------------------------------------------------------- */

static enum result config_read_environment(struct config* config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const char* const variable = setting_rows[i].environment;
		const char* const value = variable ? secure_getenv(variable) : NULL;

		if (value)
			TRY(config_take(config, (enum config_setting)i, "environment", variable, value,
			                config->acceptor));
	}
	return RESULT_OK;
}

static enum result config_read_list(struct config* config, struct bytes package_list)
{
	void* list = NULL;

	/* Not cut at a NUL: what stands behind it may exclude a package. */
	TRY(text_to_memory(package_list, false, &list));
	const enum result result =
	    config_take(config, SETTING_PACKAGES, "the caller", "package list", list, false);
	memory_free(list);
	return result;
}

enum result config_load(struct config* config, bool acceptor, const struct bytes* package_list)
{
	*config = (struct config){ .acceptor = acceptor,
		                       .framing = CONFIG_FRAMING_AUTO,
		                       .packages = { true, true, true, false },
		                       .kerberos_wait_ms = CONFIG_KERBEROS_WAIT_MS,
		                       .domain_wait_ms = CONFIG_DOMAIN_WAIT_MS,
		                       .domain_no_user_daemon = true,
		                       .policy = ntlm_policy_default() };
	if (acceptor && registry_is_lost())
	{
		log_warn(
		    "no logons are accepted: what the registry (HKLM.reg) demands of them cannot be read, "
		    "for this libwinpr3 was built without a registry; install one that has it");
		return RESULT_POLICY;
	}
	TRY(computer_names_default(config->names));
	if (!package_list)
		TRY(config_read_winpr_packages(config));
	TRY(config_read_winpr_ntlm(config));
	TRY(config_read_own(config, !package_list));
	if (package_list)
		TRY(config_read_list(config, *package_list));
	config->domain_decides = config->domain != CONFIG_DOMAIN_OFF;
	TRY(config_read_environment(config));
	config->policy.accepted_target = blob_bytes(&config->accepted_target);
	return RESULT_OK;
}

void config_free(struct config* config)
{
	blob_free(&config->accepted_target);
	free(config->domain_members);
	for (size_t i = 0; i < NAME_COUNT; i++)
		blob_free(&config->names[i]);
}

bool config_is_strict(const struct config* config)
{
	return config->policy.bindings == NTLM_CHECK_REQUIRED ||
	       config->policy.target == NTLM_CHECK_REQUIRED || config->domain_decides;
}
