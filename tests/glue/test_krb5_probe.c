/* SPDX-License-Identifier: Apache-2.0
 *
 * What the Kerberos library of this machine's WinPR answers of configurations, keytabs and caches
 * that are made here, byte by byte: no KDC is needed for that. Where WinPR has no such library
 * there is nothing to ask.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <winpr/sspi.h>

#include "kerberos/keytab_entries.h"
#include "kerberos/krb5_probe.h"

/* u@R in both formats (MIT krb5's doc/formats: keytab_file_format, ccache_file_format). */
static const uint8_t keytab_empty[] = { 5, 2 };
static const uint8_t keytab_full[] = {
	5, 2, 0, 0, 0,   0x2B,                         /* version, the entry's length */
	0, 1, 0, 1, 'R', 0,    1,  'u', 0,  0,  0,  1, /* one component, realm, name, type */
	0, 0, 0, 0, 1,   0,    18, 0,   16,            /* time, version, aes256, key length */
	1, 2, 3, 4, 5,   6,    7,  8,   9,  10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 1, 0, 0 /* padding */
};
static const uint8_t cache_full[] = { 5, 4, 0, 0,               /* version, no header */
	                                  0, 0, 0, 1, 0,   0, 0, 1, /* name type, one component */
	                                  0, 0, 0, 1, 'R', 0, 0, 0, 1, 'u' };

static char folder[] = "/tmp/negossp-krb5-XXXXXX";

static const char* path_of(const char* name)
{
	static char path[4][sizeof(folder) + 32];
	static unsigned next;
	char* const made = path[next++ % 4];
	(void)snprintf(made, sizeof(path[0]), "%s/%s", folder, name);
	return made;
}

static const char* file(const char* name, const void* content, size_t len)
{
	const char* const path = path_of(name);
	const int made = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(made, content, len), len);
	assert_int_equal(close(made), 0);
	return path;
}

static void configure(const char* text)
{
	assert_int_equal(setenv("KRB5_CONFIG", file("krb5.conf", text, strlen(text)), 1), 0);
}

static const char* prefixed(const char* path)
{
	static char name[sizeof(folder) + 48];
	(void)snprintf(name, sizeof(name), "FILE:%s", path);
	return name;
}

static void test_default_realm(void** state)
{
	(void)state;
	configure("[libdefaults]\ndefault_realm = EXAMPLE.TEST\n");
	assert_int_equal(krb5_probe_default_realm(), KRB5_YES);
	configure("[libdefaults]\ndns_lookup_realm = false\n");
	assert_int_equal(krb5_probe_default_realm(), KRB5_NO);
}

static void test_configuration_that_cannot_be_read(void** state)
{
	(void)state;
	configure("[libdefaults\n");
	assert_int_equal(krb5_probe_default_realm(), KRB5_NO);
	assert_int_equal(krb5_probe_keytab(NULL), KRB5_NO);
	assert_int_equal(krb5_probe_ticket(NULL), KRB5_NO);
}

static void test_keytab(void** state)
{
	(void)state;
	configure("[libdefaults]\n");
	const char* const full = file("full", keytab_full, sizeof(keytab_full));
	assert_int_equal(krb5_probe_keytab(full), KRB5_YES);
	assert_int_equal(krb5_probe_keytab(prefixed(full)), KRB5_YES);
	assert_int_equal(krb5_probe_keytab(file("empty", keytab_empty, 2)), KRB5_NO);
	assert_int_equal(krb5_probe_keytab(path_of("missing")), KRB5_NO);
	assert_int_equal(krb5_probe_keytab("NOSUCHTYPE:x"), KRB5_NO);
	/* The default one. */
	assert_int_equal(setenv("KRB5_KTNAME", full, 1), 0);
	assert_int_equal(krb5_probe_keytab(NULL), KRB5_YES);
	assert_int_equal(setenv("KRB5_KTNAME", path_of("missing"), 1), 0);
	assert_int_equal(krb5_probe_keytab(NULL), KRB5_NO);
}

static void test_ticket(void** state)
{
	(void)state;
	configure("[libdefaults]\n");
	const char* const full = file("cache", cache_full, sizeof(cache_full));
	assert_int_equal(krb5_probe_ticket(full), KRB5_YES);
	assert_int_equal(krb5_probe_ticket(path_of("missing")), KRB5_NO);
	assert_int_equal(krb5_probe_ticket("NOSUCHTYPE:x"), KRB5_NO);
	/* The default collection. */
	assert_int_equal(setenv("KRB5CCNAME", prefixed(full), 1), 0);
	assert_int_equal(krb5_probe_ticket(NULL), KRB5_YES);
	assert_int_equal(setenv("KRB5CCNAME", prefixed(path_of("missing")), 1), 0);
	assert_int_equal(krb5_probe_ticket(NULL), KRB5_NO);
}

static void test_entries(void** state)
{
	struct blob entries = BLOB_EMPTY;
	struct bytes principal;
	(void)state;
	configure("[libdefaults]\n");
	const char* const full = file("full", keytab_full, sizeof(keytab_full));
	assert_int_equal(krb5_probe_entries(full, &entries), KRB5_YES);
	struct reader reader = reader_make(blob_bytes(&entries));
	assert_true(keytab_entry_next(&reader, &principal));
	assert_true(bytes_equal(principal, BYTES_LITERAL("u@R")));
	assert_false(keytab_entry_next(&reader, &principal));
	assert_int_equal(reader_left(&reader), 0);
	/* Another key is another state. */
	uint8_t newer[sizeof(keytab_full)];
	struct blob others = BLOB_EMPTY;
	memcpy(newer, keytab_full, sizeof(newer));
	newer[46] = 2; /* the key's version */
	assert_int_equal(krb5_probe_entries(file("full", newer, sizeof(newer)), &others), KRB5_YES);
	assert_false(bytes_equal(blob_bytes(&entries), blob_bytes(&others)));
	assert_int_equal(krb5_probe_entries(path_of("missing"), &entries), KRB5_NO);
	blob_free(&entries);
	blob_free(&others);
}

/* With a KDC: tests/kerberos. */
static void test_ticket_that_nobody_gives(void** state)
{
	(void)state;
	configure("[libdefaults]\ndns_lookup_kdc = false\n");
	const char* const full = file("full", keytab_full, sizeof(keytab_full));
	assert_int_equal(krb5_ask_ticket(full, "u@R"), KRB5_NO);
	assert_int_equal(krb5_ask_ticket(full, "u@R@"), KRB5_NO);
	assert_int_equal(krb5_ask_ticket(path_of("missing"), "u@R"), KRB5_NO);
}

/* --- another library, or none ----------------------------------------------------------------- */

static bool is_heimdal; /* the one library that there is says so */
static bool is_none;

void* __real_dlopen(const char* name, int flags);
void* __wrap_dlopen(const char* name, int flags);

void* __wrap_dlopen(const char* name, int flags)
{
	if (is_none)
		return NULL;
	if (is_heimdal)
		return strcmp(name, "libkrb5.so.26") == 0 ? __real_dlopen("libkrb5.so.3", flags) : NULL;
	return __real_dlopen(name, flags);
}

/* What a process says that asks for the first time. */
static int asked_anew(int (*ask)(void))
{
	int status = 0;
	const pid_t child = fork();
	if (child == 0)
		exit(ask());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int ask_none(void)
{
	struct blob entries = BLOB_EMPTY;
	is_none = true;
	return krb5_probe_library() == KRB5_NO && krb5_probe_ticket(NULL) == KRB5_NO &&
	       krb5_probe_keytab(NULL) == KRB5_NO && krb5_probe_entries(NULL, &entries) == KRB5_NO;
}

/* Two structures are others there. */
static int ask_heimdal(void)
{
	struct blob entries = BLOB_EMPTY;
	is_heimdal = true;
	configure("[libdefaults]\n");
	const char* const full = file("full", keytab_full, sizeof(keytab_full));
	return krb5_probe_library() == KRB5_YES && krb5_probe_keytab(full) == KRB5_YES &&
	       krb5_probe_entries(full, &entries) == KRB5_UNKNOWN &&
	       krb5_ask_ticket(full, "u@R") == KRB5_UNKNOWN;
}

static void test_without_a_library(void** state)
{
	(void)state;
	assert_int_equal(asked_anew(ask_none), 1);
}

static void test_with_Heimdals(void** state)
{
	(void)state;
	assert_int_equal(asked_anew(ask_heimdal), 1);
}

static int set_up(void** state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void** state)
{
	static const char* const names[] = { "krb5.conf", "full", "empty", "cache" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(path_of(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* before anybody has asked in this process */
		cmocka_unit_test(test_without_a_library),
		cmocka_unit_test(test_with_Heimdals),
		cmocka_unit_test(test_default_realm),
		cmocka_unit_test(test_configuration_that_cannot_be_read),
		cmocka_unit_test(test_keytab),
		cmocka_unit_test(test_ticket),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_ticket_that_nobody_gives),
	};
	/* What uses WinPR brings the library that WinPR was built with. */
	if (!InitSecurityInterfaceExA(0) || !dlopen("libkrb5.so.3", RTLD_LAZY | RTLD_NOLOAD))
	{
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
			print_message("[  SKIPPED ] %s (WinPR has no Kerberos library that can be asked)\n",
			              tests[i].name);
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
