/* SPDX-License-Identifier: Apache-2.0
 *
 * The pair, and what is required of it over and over.
 */
#include "kerberos_pair.h"

#include <stdlib.h>
#include <unistd.h>

#include "host/foreign_reach.h"
#include "sspi/table.h"
#include "wide.h"

struct sspi_pair pair;

struct sspi_setup setup_new(void)
{
	return (struct sspi_setup){ .client_table = { .a = table_a() },
		                        .server_table = { .w = table_w() },
		                        .client_package = "Negotiate",
		                        .server_package = "Negotiate",
		                        .target = "TERMSRV/server.example",
		                        .user = "user",
		                        .domain = "REALM.EXAMPLE",
		                        .password = "Password",
		                        .sam_file = box.sam,
		                        .keytab = "/a/keytab",
		                        .client_flags = SSPI_NLA_CLIENT_FLAGS,
		                        .server_flags = SSPI_NLA_SERVER_FLAGS };
}

int fresh(void** state)
{
	(void)state;
	fake_winpr_reset();
	log_capture_clear();
	/* A busy machine must not look like a slow KDC. */
	setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1);
	unsetenv("NEGOSSP_PACKAGES");
	return 0;
}

/* A worker that was given up on may still hold some of it. */
void expect_all_freed(void)
{
	for (int i = 0; i < 1000 && !fake_winpr_is_idle(0); i++)
		usleep(10000);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(fake.freed_twice, 0);
}

void expect_package(struct sspi_end* end, const char* name)
{
	SecPkgContext_PackageInfo info = { NULL };
	char text[32] = "";
	expect_status(sspi_query(&end->table, &end->context, SECPKG_ATTR_PACKAGE_INFO, &info),
	              SEC_E_OK);
	if (end->table.a)
		snprintf(text, sizeof(text), "%s", info.PackageInfo->Name);
	else
	{
		const WCHAR* const wide = ((const SecPkgInfoW*)(const void*)info.PackageInfo)->Name;
		for (size_t i = 0; i + 1 < sizeof(text) && wide[i]; i++)
			text[i] = (char)WIDE(wide[i]);
	}
	assert_string_equal(text, name);
	expect_status(SSPI_ENTRY(end->table, FreeContextBuffer)(info.PackageInfo), SEC_E_OK);
}

void expect_kerberos(const struct sspi_setup* setup, unsigned legs)
{
	if (!sspi_pair_connect(&pair, setup))
	{
		log_capture_print();
		fail_msg("not connected: client %08x server %08x", (unsigned)pair.client.status,
		         (unsigned)pair.server.status);
	}
	assert_int_equal(pair.leg_count, legs);
	expect_package(&pair.client, "Kerberos");
	expect_package(&pair.server, "Kerberos");
	assert_null(sspi_pair_chat(&pair, 3));
}

int set_up(void** state)
{
	(void)box_open(state);
	fake.carried = CARRIED;
	/* The one trial of the process is none of what the tests count. */
	fake_winpr_reset();
	assert_int_equal(foreign_is_reachable(), !CARRIED);
	return 0;
}

int tear_down(void** state)
{
	return box_close(state);
}
