/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine around the module: no OpenSSL providers but the built-in one, and FIPS demanded by
 * OpenSSL's configuration. Both are read when libcrypto starts, so each case runs in a new process
 * of this very program with the environment set; that process says what it saw in its exit code.
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <winpr/error.h>

/* Exit codes of the new process: 0 is all well, the others name the line that was not. */
#define CHILD_REQUIRE(condition)                                                                   \
	do                                                                                             \
	{                                                                                              \
		if (!(condition))                                                                          \
		{                                                                                          \
			fprintf(stderr, "child: line %d: %s\n", __LINE__, #condition);                         \
			log_capture_print();                                                                   \
			return 1;                                                                              \
		}                                                                                          \
	} while (0)

static int child_handshake(const char* sam)
{
	/* That the legacy provider is really out of reach. */
	CHILD_REQUIRE(OSSL_PROVIDER_try_load(NULL, "legacy", 1) == NULL);
	static const char* const packages[] = { "Negotiate", "NTLM" };
	for (size_t i = 0; i < 2; i++)
	{
		struct sspi_pair pair;
		struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", sam);
		setup.client_package = packages[i];
		CHILD_REQUIRE(sspi_pair_connect(&pair, &setup));
		CHILD_REQUIRE(sspi_pair_chat(&pair, 5) == NULL);
		sspi_pair_close(&pair);
	}
	return 0;
}

static int child_fips(const char* sam)
{
	CHILD_REQUIRE(EVP_default_properties_is_fips_enabled(NULL));
	/* NTLM by name is refused, in both directions, and the log says why. */
	struct sspi_pair pair;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", sam);
	setup.client_package = setup.server_package = "NTLM";
	CHILD_REQUIRE(!sspi_pair_open(&pair, &setup));
	CHILD_REQUIRE(pair.client.acquired == SEC_E_UNSUPPORTED_FUNCTION);
	CHILD_REQUIRE(pair.server.acquired == SEC_E_UNSUPPORTED_FUNCTION);
	CHILD_REQUIRE(pair.server.last_error != SSPI_STALE_ERROR);
	CHILD_REQUIRE(log_capture_count(WLOG_INFO, "FIPS", NULL) >= 1);
	sspi_pair_close(&pair);
	/* Negotiate does not offer it; whether it has anything else is the machine's business. */
	setup.client_package = setup.server_package = "Negotiate";
	CHILD_REQUIRE(!sspi_pair_connect(&pair, &setup));
	for (unsigned i = 0; i < pair.leg_count; i++)
	{
		static const uint8_t ntlm_oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01,
			                                0x82, 0x37, 0x02, 0x02, 0x0a };
		CHILD_REQUIRE(!memmem(pair.legs[i].data, pair.legs[i].len, "NTLMSSP", 8));
		CHILD_REQUIRE(!memmem(pair.legs[i].data, pair.legs[i].len, ntlm_oid, sizeof(ntlm_oid)));
	}
	sspi_pair_close(&pair);
	return 0;
}

static int child_main(const char* name, const char* sam)
{
	log_capture_start(false);
	const int result = strcmp(name, "fips") == 0 ? child_fips(sam) : child_handshake(sam);
	log_capture_clear();
	return result;
}

/* Runs this program again as `name` with one more environment variable; its exit code. */
static int run_child(const char* name, const char* variable, const char* value)
{
	const pid_t pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
	{
		char program[] = "test_environment";
		char child[] = "--child";
		char* case_name = strdup(name);
		char* arguments[] = { program, child, case_name, box.sam, NULL };
		setenv(variable, value, 1);
		alarm(50);
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_works_without_openssl_modules(void** state)
{
	(void)state;
	assert_int_equal(run_child("modules", "OPENSSL_MODULES", box.folder), 0);
}

static void test_works_without_openssl_configuration(void** state)
{
	(void)state;
	/* No configuration file and no legacy provider named in one either. */
	setenv("OPENSSL_MODULES", box.folder, 1);
	const int result = run_child("modules", "OPENSSL_CONF", "/dev/null");
	unsetenv("OPENSSL_MODULES");
	assert_int_equal(result, 0);
}

static void test_fips_properties_refuse_ntlm_and_say_why(void** state)
{
	(void)state;
	char path[320];
	sandbox_file(&box, "fips.cnf",
	             "openssl_conf = openssl_init\n[openssl_init]\nalg_section = algorithms\n"
	             "[algorithms]\ndefault_properties = fips=yes\n",
	             path, sizeof(path));
	assert_int_equal(run_child("fips", "OPENSSL_CONF", path), 0);
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	/* The NT hash of "Password" (MS-NLMP 4.2.2.1.2), so that nobody needs MD4 for it. */
	sandbox_sam_line(&box, "user:::a4f49c406510bdcab6824ee7c30fd852:::");
	return 0;
}

int main(int argc, char** argv)
{
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return child_main(argv[2], argv[3]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_works_without_openssl_modules),
		cmocka_unit_test(test_works_without_openssl_configuration),
		cmocka_unit_test(test_fips_properties_refuse_ntlm_and_say_why),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
