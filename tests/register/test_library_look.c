/* SPDX-License-Identifier: Apache-2.0
 *
 * Which registry file and key a FreeRDP uses, told from the strings of its libraries. The strings
 * are those found in the releases that are named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "library_look.h"

/* String literals with NULs inside. */
#define BYTES(text) ((struct reg_slice){ text, sizeof(text) })
#define SERVER_KEY "Software\\FreeRDP\\FreeRDP\\Server"

static void expect(struct reg_slice winpr, struct reg_slice freerdp, const char* version,
                   const char* file, const char* key)
{
	struct library_facts facts;

	assert_true(library_look(winpr, freerdp, &facts));
	assert_string_equal(facts.version, version);
	assert_string_equal(facts.file, file);
	assert_string_equal(facts.key, key);
}

static void test_debian_12_and_13(void** state)
{
	(void)state;
	expect(
	    BYTES("\177ELF\0HKLM.reg\0/etc\0winpr\0/etc/localtime\0ssl was not initialized by winpr\0"
	          "3.10.3"),
	    BYTES("x\0Software\\FreeRDP\\FreeRDP\\Client\0" SERVER_KEY "\0"
	          "WITH_RESOURCE_VERSIONING=OFF WITH_X11=ON"),
	    "3.10.3", "/etc/winpr/HKLM.reg", SERVER_KEY);
}

static void test_debian_testing(void** state)
{
	(void)state;
	expect(BYTES("FreeRDP\0HKLM.reg\0/etc\0"
	             "3.32.2\0winpr_getApplicationDetailsVendor\0"),
	       BYTES("FreeRDP\0Software\\%s\\Server\0a WITH_RESOURCE_VERSIONING=OFF b"), "3.32.2",
	       "/etc/FreeRDP/FreeRDP/HKLM.reg", SERVER_KEY);
}

static void test_versioned_resources(void** state)
{
	(void)state;
	expect(BYTES("HKLM.reg\0/opt/freerdp-nightly/etc\0winpr_getApplicationDetailsVendor"),
	       BYTES("Software\\%s\\Server\0a WITH_RESOURCE_VERSIONING=ON b"), "",
	       "/opt/freerdp-nightly/etc/FreeRDP/FreeRDP3/HKLM.reg",
	       "Software\\FreeRDP\\FreeRDP3\\Server");
	/* Before 3.23 the key has no version, whatever the file has. */
	expect(BYTES("HKLM.reg\0/opt/f/etc\0"
	             "3.15.0"),
	       BYTES(SERVER_KEY "\0a WITH_RESOURCE_VERSIONING=ON b"), "3.15.0",
	       "/opt/f/etc/FreeRDP/FreeRDP3/HKLM.reg", SERVER_KEY);
}

static void test_vendor_of_its_own(void** state)
{
	(void)state;
	expect(BYTES("HKLM.reg\0/usr/local/etc\0"
	             "3.8.0-dev0"),
	       BYTES("Software\\Acme\\Desk\\Server\0WITH_RESOURCE_VERSIONING=OFF"), "3.8.0-dev0",
	       "/usr/local/etc/Acme/Desk/HKLM.reg", "Software\\Acme\\Desk\\Server");
}

static void test_path_that_is_built_in(void** state)
{
	(void)state;
	expect(BYTES("x\0/somewhere/winpr/HKLM.reg\0"
	             "3.0.0"),
	       BYTES(SERVER_KEY), "3.0.0", "/somewhere/winpr/HKLM.reg", SERVER_KEY);
}

static void test_without_libfreerdp_the_usual_key(void** state)
{
	(void)state;
	expect(BYTES("HKLM.reg\0winpr\0"
	             "3.x.1\0"
	             "3.1\0"
	             "13.1.2\0"),
	       (struct reg_slice){ NULL, 0 }, "", "/etc/winpr/HKLM.reg", SERVER_KEY);
}

static void test_what_is_no_winpr(void** state)
{
	struct library_facts facts;

	(void)state;
	assert_false(
	    library_look((struct reg_slice){ NULL, 0 }, (struct reg_slice){ NULL, 0 }, &facts));
	assert_false(library_look(BYTES("\177ELF and so on"), BYTES(SERVER_KEY), &facts));
}

/* Strings that run into the file's end, and every cut of a library. */
static void test_cut_libraries_are_read_within_bounds(void** state)
{
	static const char winpr[] = "FreeRDP\0HKLM.reg\0/etc\0winpr\0"
	                            "3.32.2\0/x/HKLM.reg\0/a/etc";
	static const char freerdp[] = "Software\\FreeRDP\\FreeRDP\\Server\0Software\\A\\B\\Server";
	struct library_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(winpr); i++)
		for (size_t j = 0; j < sizeof(freerdp); j++)
		{
			char a[sizeof(winpr)];
			char b[sizeof(freerdp)];
			memcpy(a, winpr + sizeof(winpr) - 1 - i, i);
			memcpy(b, freerdp, j);
			if (library_look((struct reg_slice){ a, i }, (struct reg_slice){ b, j }, &facts))
				assert_int_equal(facts.file[0], '/');
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debian_12_and_13),
		cmocka_unit_test(test_debian_testing),
		cmocka_unit_test(test_versioned_resources),
		cmocka_unit_test(test_vendor_of_its_own),
		cmocka_unit_test(test_path_that_is_built_in),
		cmocka_unit_test(test_without_libfreerdp_the_usual_key),
		cmocka_unit_test(test_what_is_no_winpr),
		cmocka_unit_test(test_cut_libraries_are_read_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
