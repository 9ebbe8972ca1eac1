/* SPDX-License-Identifier: Apache-2.0
 *
 * Where settings come from and in which order. What their values mean is config_value.c's.
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/computer_names.h"
#include "config/config_value.h"
#include "host/registry.h"
#include "host/text.h"
#include "log/log.h"

#define CONFIG_STRING_SIZE 512
#define CONFIG_KERBEROS_WAIT_MS 150

enum config_setting
{
	SETTING_FRAMING,
	SETTING_PACKAGES,
	SETTING_BINDINGS,
	SETTING_TARGET_CHECK,
	SETTING_TARGET_NAME,
	SETTING_REFLECTION,
	SETTING_ANONYMOUS,
	SETTING_KERBEROS_WAIT,
	SETTING_COUNT
};

static const struct
{
	const char* environment;
	const char* registry;
} setting_names[SETTING_COUNT] = {
	[SETTING_FRAMING] = { "NEGOSSP_FRAMING", "Framing" },
	[SETTING_PACKAGES] = { "NEGOSSP_PACKAGES", "Packages" },
	[SETTING_BINDINGS] = { "NEGOSSP_CHANNEL_BINDINGS", "ChannelBindings" },
	[SETTING_TARGET_CHECK] = { "NEGOSSP_TARGET_CHECK", "TargetCheck" },
	[SETTING_TARGET_NAME] = { "NEGOSSP_TARGET_NAME", "TargetName" },
	[SETTING_REFLECTION] = { "NEGOSSP_REFLECTION", "Reflection" },
	[SETTING_ANONYMOUS] = { "NEGOSSP_ANONYMOUS", "Anonymous" },
	[SETTING_KERBEROS_WAIT] = { "NEGOSSP_KERBEROS_WAIT", "KerberosWait" },
};

/* The name clients must have meant. One that is set can be replaced, but not by an acceptor's
 * environment. */
static enum result config_set_target(struct config* config, const struct config_text* text)
{
	if (text->tighten && config->accepted_target.len > 0)
		return RESULT_OK;
	const enum result result = text_from_string(text->value, &config->accepted_target);
	return result == RESULT_NO_MEMORY ? result : RESULT_OK;
}

static enum result config_set(struct config* config, enum config_setting setting,
                              const struct config_text* text)
{
	bool refuse_anonymous = !config->policy.allow_anonymous;

	switch (setting)
	{
		case SETTING_FRAMING:
			config_value_framing(text, &config->framing);
			break;
		case SETTING_PACKAGES:
			config_value_packages(text, &config->packages);
			break;
		case SETTING_BINDINGS:
			config_value_check(text, &config->policy.bindings);
			break;
		case SETTING_TARGET_CHECK:
			config_value_check(text, &config->policy.target);
			break;
		case SETTING_TARGET_NAME:
			return config_set_target(config, text);
		case SETTING_REFLECTION:
			config_value_refuse(text, &config->policy.refuse_reflection);
			break;
		case SETTING_ANONYMOUS:
			config_value_refuse(text, &refuse_anonymous);
			config->policy.allow_anonymous = !refuse_anonymous;
			break;
		case SETTING_KERBEROS_WAIT:
			config_value_milliseconds(text, &config->kerberos_wait_ms);
			break;
		case SETTING_COUNT:
			break;
	}
	return RESULT_OK;
}

/* --- the registry ----------------------------------------------------------------------------- */

static void config_read_winpr_packages(struct config* config)
{
	struct registry_key* const key = registry_open("SSPI\\Negotiate", false);
	uint32_t value;

	if (registry_number(key, "ntlm", &value))
		config->packages.ntlm = value != 0;
	if (registry_number(key, "kerberos", &value))
		config->packages.kerberos = value != 0;
	if (registry_number(key, "u2u", &value))
		config->packages.u2u = value != 0;
	else if (!config->packages.kerberos) /* as in a list: config_value.c */
		config->packages.u2u = false;
	registry_close(key);
}

static enum result config_read_name(struct registry_key* key, const char* name, struct blob* to)
{
	char value[CONFIG_STRING_SIZE];

	if (!registry_string(key, name, value, sizeof(value)))
		return RESULT_OK;
	return computer_name_read(name, value, to);
}

static enum result config_read_winpr_names(struct config* config, struct registry_key* key)
{
	static const char* const values[NAME_COUNT] = {
		[NAME_NETBIOS_COMPUTER] = "NbComputerName",
		[NAME_NETBIOS_DOMAIN] = "NbDomainName",
		[NAME_DNS_COMPUTER] = "DnsComputerName",
		[NAME_DNS_DOMAIN] = "DnsDomainName",
	};

	for (size_t i = 0; i < NAME_COUNT; i++)
		TRY(config_read_name(key, values[i], &config->names[i]));
	if (config->acceptor)
		return RESULT_OK;
	return config_read_name(key, "WorkstationName", &config->names[NAME_NETBIOS_COMPUTER]);
}

static enum result config_read_winpr_ntlm(struct config* config)
{
	struct registry_key* key = registry_open("WinPR\\NTLM", false);
	uint32_t value;

	if (registry_number(key, "SendVersionInfo", &value))
		config->policy.send_version = value != 0;
	if (registry_number(key, "SendWorkstationName", &value))
		config->policy.send_workstation = value != 0;
	const enum result result = key ? config_read_winpr_names(config, key) : RESULT_OK;
	registry_close(key);

	key = registry_open("System\\CurrentControlSet\\Control\\LSA", true);
	if (registry_number(key, "SuppressExtendedProtection", &value))
		config->policy.send_bindings_and_target = value == 0;
	registry_close(key);
	return result;
}

/* Our own values. They are collected first: reporting one may make WinPR read its registry. */
static enum result config_read_own(struct config* config, bool with_packages)
{
	char values[SETTING_COUNT][CONFIG_STRING_SIZE];
	bool found[SETTING_COUNT];
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);

	for (size_t i = 0; i < SETTING_COUNT; i++)
		found[i] = registry_string(key, setting_names[i].registry, values[i], sizeof(values[i]));
	registry_close(key);
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const struct config_text text = { .where = setting_names[i].registry, .value = values[i] };

		if (found[i] && (i != SETTING_PACKAGES || with_packages))
			TRY(config_set(config, (enum config_setting)i, &text));
	}
	return RESULT_OK;
}

/* --- all together ----------------------------------------------------------------------------- */

static enum result config_read_environment(struct config* config)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		const struct config_text text = { .where = setting_names[i].environment,
			                              .value = secure_getenv(setting_names[i].environment),
			                              .tighten = config->acceptor };

		if (text.value)
			TRY(config_set(config, (enum config_setting)i, &text));
	}
	return RESULT_OK;
}

static enum result config_read_list(struct config* config, struct bytes package_list)
{
	struct blob utf8 = BLOB_EMPTY;

	TRY(utf16_to_utf8(package_list, &utf8));
	char* const list = strndup((const char*)utf8.data, utf8.len);
	blob_free(&utf8);
	REQUIRE(list, RESULT_NO_MEMORY);
	const struct config_text text = { .where = "package list", .value = list };
	config_value_packages(&text, &config->packages);
	free(list);
	return RESULT_OK;
}

enum result config_load(struct config* config, bool acceptor, const struct bytes* package_list)
{
	*config = (struct config){ .acceptor = acceptor,
		                       .framing = CONFIG_FRAMING_AUTO,
		                       .packages = { true, true, true, false },
		                       .kerberos_wait_ms = CONFIG_KERBEROS_WAIT_MS,
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
		config_read_winpr_packages(config);
	TRY(config_read_winpr_ntlm(config));
	TRY(config_read_own(config, !package_list));
	if (package_list && config_read_list(config, *package_list) == RESULT_NO_MEMORY)
		return RESULT_NO_MEMORY;
	TRY(config_read_environment(config));
	config->policy.accepted_target = blob_bytes(&config->accepted_target);
	return RESULT_OK;
}

void config_free(struct config* config)
{
	blob_free(&config->accepted_target);
	for (size_t i = 0; i < NAME_COUNT; i++)
		blob_free(&config->names[i]);
}

bool config_is_strict(const struct config* config)
{
	return config->policy.bindings == NTLM_CHECK_REQUIRED ||
	       config->policy.target == NTLM_CHECK_REQUIRED;
}
