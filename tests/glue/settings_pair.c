/* SPDX-License-Identifier: Apache-2.0
 *
 * The pair whose settings are tested.
 */
#include "settings_pair.h"

#include <stdlib.h>
#include <string.h>

#include "sspi/table.h"

struct sspi_pair pair;

static const char* const variables[] = {
	"NEGOSSP_FRAMING",      "NEGOSSP_PACKAGES",      "NEGOSSP_CHANNEL_BINDINGS",
	"NEGOSSP_TARGET_CHECK", "NEGOSSP_TARGET_NAME",   "NEGOSSP_REFLECTION",
	"NEGOSSP_ANONYMOUS",    "NEGOSSP_KERBEROS_WAIT", "NEGOSSP_DOMAIN"
};

int fresh(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	fake_registry_clear();
	fake_winpr_reset();
#ifdef FAKE_JSON
	fake.minor = 33;
#endif
	/* Kerberos only where a test wants it. */
	fake.keytab = KRB5_NO;
	fake.ticket = fake.realm = KRB5_NO;
	log_capture_clear();
	return 0;
}

struct sspi_setup setup_new(const char* package)
{
	return (struct sspi_setup){ .client_table = { .a = table_a() },
		                        .server_table = { .a = table_a() },
		                        .client_package = package,
		                        .server_package = package,
		                        .target = "TERMSRV/server.example",
		                        .user = "user",
		                        .password = "Password",
		                        .sam_file = box.sam,
		                        .client_flags = SSPI_NLA_CLIENT_FLAGS,
		                        .server_flags = SSPI_NLA_SERVER_FLAGS };
}

void expect_legs(const struct sspi_setup* setup, unsigned legs)
{
	if (!sspi_pair_connect(&pair, setup))
	{
		log_capture_print();
		fail_msg("not connected: %08x %08x", (unsigned)pair.client.status,
		         (unsigned)pair.server.status);
	}
	assert_int_equal(pair.leg_count, legs);
}

/* Connects, and the acceptor's line has the text. */
void expect_told(const struct sspi_setup* setup, const char* text)
{
	log_capture_clear();
	expect_legs(setup, pair.leg_count ? pair.leg_count : 3);
	if (log_capture_count(WLOG_INFO, "role=acceptor", text) != 1)
	{
		log_capture_print();
		fail_msg("not told: %s", text);
	}
	sspi_pair_close(&pair);
}

void expect_refusal(const struct sspi_setup* setup, SECURITY_STATUS status)
{
	assert_false(sspi_pair_connect(&pair, setup));
	expect_refused(&pair.server, status);
	sspi_pair_close(&pair);
}

bool leg_has(unsigned leg, const char* text)
{
	const struct sspi_token* const token = &pair.legs[leg];
	const size_t len = 2 * strlen(text);
	for (size_t at = 0; len > 0 && at + len <= token->len; at++)
	{
		size_t i = 0;
		while (i < len && token->data[at + i] == (i % 2 ? 0 : (uint8_t)text[i / 2]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

/* From the registry, then from the environment: both mean the same to an initiator. */
void set(int environment, const char* variable, const char* name, const char* value)
{
	fresh(NULL);
	if (environment)
		setenv(variable, value, 1);
	else
		fake_registry_string(OWN, name, value);
}

static struct
{
	SEC_CHANNEL_BINDINGS header;
	char data[24];
} bindings[2];

void bindings_make(struct sspi_setup* setup, bool client, bool wrong)
{
	for (int i = 0; i < 2; i++)
	{
		memset(&bindings[i], 0, sizeof(bindings[i]));
		bindings[i].header.cbApplicationDataLength = sizeof(bindings[i].data);
		bindings[i].header.dwApplicationDataOffset = sizeof(bindings[i].header);
		memcpy(bindings[i].data,
		       wrong && i ? "tls-server-end-point:yyy" : "tls-server-end-point:xxx", 24);
	}
	setup->client_bindings = client ? &bindings[0].header : NULL;
	setup->client_bindings_len = client ? sizeof(bindings[0]) : 0;
	setup->server_bindings = &bindings[1].header;
	setup->server_bindings_len = sizeof(bindings[1]);
}

int set_up(void** state)
{
	return box_open(state);
}

int tear_down(void** state)
{
	fresh(NULL);
	return box_close(state);
}
