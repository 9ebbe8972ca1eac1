/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of every kind of value, from a registry in memory, the caller and the environment; with
 * FAKE_JSON the input is negossp.json, and WinPR's own parser says what is in it. The judge reads
 * each value by rules of its own: what comes of them, that a server whose policy cannot be read has
 * none, and that its environment never loosens what it is told elsewhere.
 */
#include <string.h>
#include <strings.h>

#include <winpr/json.h>

#include "base/utf16.h"
#include "fake_registry.h"
#include "host/version.h"
#include "input.h"
#include "log_capture.h"
#include "naive_config.h"
#include "naive_text.h"
#include "reached.h"

#define OWN "SSPI\\Negossp"

static const char* const names[SETTINGS] = { "Framing",       "Packages",     "ChannelBindings",
	                                         "TargetCheck",   "TargetName",   "Reflection",
	                                         "Anonymous",     "KerberosWait", "Domain",
	                                         "DomainMembers", "DomainWait",   "DomainUserDaemon" };
/* All of them set; two are none of the product's, for they must be read from nowhere. */
static const char* const variables[SETTINGS] = {
	"NEGOSSP_FRAMING",        "NEGOSSP_PACKAGES",      "NEGOSSP_CHANNEL_BINDINGS",
	"NEGOSSP_TARGET_CHECK",   "NEGOSSP_TARGET_NAME",   "NEGOSSP_REFLECTION",
	"NEGOSSP_ANONYMOUS",      "NEGOSSP_KERBEROS_WAIT", "NEGOSSP_DOMAIN",
	"NEGOSSP_DOMAIN_MEMBERS", "NEGOSSP_DOMAIN_WAIT",   "NEGOSSP_DOMAIN_USER_DAEMON"
};
enum
{
	SERVER,
	SERVER_REFUSED,
	SERVER_STRICT,
	SERVER_TIGHTENED,
	CLIENT,
	CLIENT_LISTED,
	WITHOUT_NTLM
};
static const char* const kinds[] = { "servers",        "servers without a policy",
	                                 "strict servers", "servers whose environment tightened it",
	                                 "clients",        "clients with a list",
	                                 "without NTLM",   NULL };
static const char* const switches[] = { "ntlm", "kerberos", "u2u" };

bool version_at_least(int minor)
{
	return minor <= 33;
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	log_capture_start(false);
	return utf16_init() != RESULT_OK;
}

/* --- what the input says ---------------------------------------------------------------------- */

static struct value draw(struct bytes* input)
{
	static const char* const words[] = {
		"off",        "when-present", "required", "allow",        "refuse",
		"auto",       "raw",          "spnego",   "ntlm",         "!kerberos,ntlm",
		"none,u2u",   "host.example", "0",        "600001",       " Required\t",
		"!ntlm !u2u", "named",        "default",  "S-1-5-32-545", "LAB\\users, S-1-5"
	};
	struct value value = { .source = TEXT };
	const unsigned how = take(input);

	if (how < 0x60)
		value.source = ABSENT;
	else if (how < 0xA0)
		(void)snprintf(value.text, sizeof(value.text), "%s",
		               words[how % (sizeof(words) / sizeof(words[0]))]);
	else if (how == 0xA0)
		memset(value.text, 'a', 505 + take(input) % 16);
	else
	{
		const struct bytes text = take_bytes(input, how % 32);
		for (size_t i = 0; i < text.len; i++)
			value.text[i] = (char)text.data[i];
	}
	return value;
}

static void draw_registry(struct world* world, struct bytes* input)
{
	for (int i = 0; i < 3; i++)
	{
		const unsigned how = take(input);
		world->number_source[i] = how < 128 ? ABSENT : how < 240 ? TEXT : NO_TEXT;
		world->number[i] = how % 3;
		if (world->number_source[i] == TEXT)
			fake_registry_number("SSPI\\Negotiate", switches[i], world->number[i]);
		else if (world->number_source[i] == NO_TEXT)
			fake_registry_string("SSPI\\Negotiate", switches[i], "no");
	}
#ifndef FAKE_JSON
	for (int i = 0; i < SETTINGS; i++)
	{
		world->own[i] = draw(input);
		if (world->own[i].source == TEXT && strlen(world->own[i].text) >= 512)
			world->own[i].source = NO_TEXT; /* as settings_string() has it */
		if (world->own[i].source != ABSENT)
			fake_registry_string(OWN, names[i], world->own[i].text);
	}
#endif
}

#ifdef FAKE_JSON
static void read_json(struct world* world, struct bytes input)
{
	char* const text = strndup((const char*)input.data, input.len);
	WINPR_JSON* const object = WINPR_JSON_ParseWithLength(text, strlen(text));

	fake_json_file("negossp.json", text);
	for (int i = 0; i < SETTINGS; i++)
	{
		WINPR_JSON* const member =
		    object ? WINPR_JSON_GetObjectItemCaseSensitive(object, names[i]) : NULL;
		const char* const string =
		    WINPR_JSON_IsString(member) ? WINPR_JSON_GetStringValue(member) : NULL;

		world->own[i].source = string && strlen(string) < 512 ? TEXT : NO_TEXT;
		if (WINPR_JSON_IsObject(object) && !member)
			world->own[i].source = ABSENT;
		if (world->own[i].source == TEXT)
			(void)snprintf(world->own[i].text, VALUE_SIZE, "%s", string);
	}
	WINPR_JSON_Delete(object);
	free(text);
}
#endif

/* --- both ------------------------------------------------------------------------------------- */

static bool same_members(const struct config* a, const struct config* b)
{
	return a->domain_members && b->domain_members
	           ? strcmp(a->domain_members, b->domain_members) == 0
	           : a->domain_members == b->domain_members;
}

/* What only NTLM's answers are held to. */
static bool is_strict(const struct config* config)
{
	return config->policy.bindings == NTLM_CHECK_REQUIRED ||
	       config->policy.target == NTLM_CHECK_REQUIRED || config->domain_decides;
}

static bool is_looser(const struct config* is, const struct config* than)
{
	const struct ntlm_policy* const a = &is->policy;
	const struct ntlm_policy* const b = &than->policy;

	return a->bindings < b->bindings || a->target < b->target ||
	       (a->allow_anonymous && !b->allow_anonymous) ||
	       (!a->refuse_reflection && b->refuse_reflection) ||
	       (is->packages.ntlm && !than->packages.ntlm) ||
	       (is->packages.kerberos && !than->packages.kerberos) ||
	       (is->packages.u2u && !than->packages.u2u) ||
	       ((b->accepted_target.len || b->target == NTLM_CHECK_REQUIRED) &&
	        !bytes_equal(a->accepted_target, b->accepted_target)) ||
	       is->domain > than->domain || is->domain_no_user_daemon < than->domain_no_user_daemon ||
	       !same_members(is, than) || is_strict(is) < is_strict(than);
}

static bool is_same(const struct config* a, const struct config* b)
{
	return a->framing == b->framing && a->kerberos_wait_ms == b->kerberos_wait_ms &&
	       memcmp(&a->packages, &b->packages, sizeof(a->packages)) == 0 &&
	       a->policy.send_version == b->policy.send_version &&
	       a->policy.send_workstation == b->policy.send_workstation &&
	       a->policy.send_bindings_and_target == b->policy.send_bindings_and_target &&
	       a->policy.bindings == b->policy.bindings && a->policy.target == b->policy.target &&
	       a->policy.allow_anonymous == b->policy.allow_anonymous &&
	       a->policy.refuse_reflection == b->policy.refuse_reflection && a->domain == b->domain &&
	       a->domain_decides == b->domain_decides && a->domain_wait_ms == b->domain_wait_ms &&
	       a->domain_no_user_daemon == b->domain_no_user_daemon && same_members(a, b) &&
	       bytes_equal(a->policy.accepted_target, blob_bytes(&b->accepted_target));
}

static struct bytes text_of(const struct value* value)
{
	return bytes_make((const uint8_t*)value->text, strlen(value->text));
}

/* Loads and judges; false where nothing was loaded. */
static bool load(const struct world* world, bool with_environment, struct config* config)
{
	struct config naive;
	struct blob list = BLOB_EMPTY;
	const bool good = naive_config_load(world, with_environment, &naive);

	for (int i = 0; i < SETTINGS; i++)
		if (with_environment && world->environment[i].source == TEXT)
			setenv(variables[i], world->environment[i].text, 1);
		else
			unsetenv(variables[i]);
	JUDGE(naive_utf16(text_of(&world->list), &list), "a list");
	const struct bytes given = blob_bytes(&list);
	const enum result result = config_load(config, world->acceptor, world->listed ? &given : NULL);
	JUDGE(result == (good ? RESULT_OK : RESULT_POLICY), "readable or not");
	JUDGE(!good || is_same(config, &naive), "another configuration");
	JUDGE(!good || config_is_strict(config) == is_strict(&naive), "strict or not");
	if (world->acceptor)
		reached(good ? SERVER : SERVER_REFUSED);
	else
		reached(world->listed ? CLIENT_LISTED : CLIENT);
	if (good && world->acceptor && is_strict(&naive))
		reached(SERVER_STRICT);
	if (good && !naive.packages.ntlm)
		reached(WITHOUT_NTLM);
	config_free(&naive);
	blob_free(&list);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);
	struct world world = { .acceptor = take(&input) & 1 };
	struct config plain;
	struct config with;
	struct blob list = BLOB_EMPTY;

	reached_input();
	fake_registry_clear();
	draw_registry(&world, &input);
	for (int i = 0; i < SETTINGS; i++)
		world.environment[i] = draw(&input);
	world.list = draw(&input);
	/* A caller's list is UTF-16, so text. */
	world.listed = world.list.source == TEXT && naive_utf16(text_of(&world.list), &list);
	if (!world.listed)
		world.list.text[0] = '\0';
#ifdef FAKE_JSON
	read_json(&world, input);
#endif
	const bool has_plain = load(&world, false, &plain);
	if (load(&world, true, &with) && world.acceptor)
	{
		JUDGE(has_plain && !is_looser(&with, &plain), "the environment has loosened a server");
		if (is_looser(&plain, &with))
			reached(SERVER_TIGHTENED);
	}
	config_free(&plain);
	config_free(&with);
	blob_free(&list);
	log_capture_clear();
	return 0;
}
