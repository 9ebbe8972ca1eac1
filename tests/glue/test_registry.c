/* SPDX-License-Identifier: Apache-2.0
 *
 * The glue's own reader of WinPR's registry over functions of the test's, which it finds as it
 * finds WinPR's; and those of a libwinpr that has none.
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <winpr/error.h>
#include <winpr/registry.h>
#include <winpr/winpr.h>

#include "host/registry.h"
#include "host/registry_api.h"

#define KEY "Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp"
#define LSA "System\\CurrentControlSet\\Control\\LSA"

/* What headers that declare the functions say of them. */
#ifdef HKEY_LOCAL_MACHINE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#define IS(function, type) _Generic(&(function), type : true, default : false)
_Static_assert(IS(RegOpenKeyExA, registry_open_function), "RegOpenKeyExA");
_Static_assert(IS(RegQueryValueExA, registry_query_function), "RegQueryValueExA");
_Static_assert(IS(RegCloseKey, registry_close_function), "RegCloseKey");
#pragma GCC diagnostic pop
_Static_assert((KEY_READ | KEY_WOW64_64KEY) == REGISTRY_ACCESS_READ, "access");
_Static_assert(REG_NONE == REGISTRY_TYPE_NONE && REG_SZ == REGISTRY_TYPE_STRING &&
                   REG_DWORD == REGISTRY_TYPE_NUMBER,
               "types");
#endif

static struct
{
	const char* missing; /* the name of a function that libwinpr does not have */
	int major;
	const char* path;
	LONG broken;       /* what every key is answered with; 0: they are looked for */
	const char* file;  /* where HKLM.reg is; NULL: WinPR does not say */
	bool file_unnamed; /* it has no memory to say it */
	unsigned tries;
	unsigned opened;
	unsigned closed;
	int old_file;     /* errno of /etc/winpr/HKLM.reg; 0: it is there */
	bool application; /* WinPR says who the program is, as it does in newer releases */
	SSIZE_T version;
} world;

static char one_key;

static LONG fake_open(HANDLE key, const char* path, DWORD options, DWORD access, HANDLE* opened)
{
	assert_ptr_equal(key, REGISTRY_LOCAL_MACHINE);
	assert_int_equal(options, 0);
	assert_int_equal(access, 0x20119);
	world.tries++;
	if (world.broken)
		return world.broken;
	if (strcmp(path, world.path) != 0)
		return ERROR_FILE_NOT_FOUND;
	*opened = &one_key;
	world.opened++;
	return 0;
}

static LONG fake_query(HANDLE key, const char* name, DWORD* reserved, DWORD* type, BYTE* data,
                       DWORD* size)
{
	static const char text[] = "required";
	const DWORD number = 7;

	assert_ptr_equal(key, &one_key);
	assert_null(reserved);
	if (strcmp(name, "Number") == 0)
	{
		*type = 4;
		assert_int_equal(*size, data ? sizeof(number) : *size);
		if (data)
			memcpy(data, &number, sizeof(number));
		*size = sizeof(number);
		return 0;
	}
	if (strcmp(name, "Text") != 0)
		return ERROR_FILE_NOT_FOUND;
	*type = 1;
	if (data) /* as WinPR: the NUL is written, and not counted */
		memcpy(data, text, sizeof(text));
	*size = sizeof(text) - 1;
	return 0;
}

static LONG fake_close(HANDLE key)
{
	assert_ptr_equal(key, &one_key);
	world.closed++;
	return 0;
}

static const char* fake_vendor(void)
{
	return "ACME";
}

static const char* fake_product(void)
{
	return "Tool";
}

static SSIZE_T fake_version(void)
{
	return world.version;
}

/* One of WinPR's functions about the program, or NULL. */
static void* application_symbol(const char* name)
{
	const char* (*const texts[])(void) = { fake_vendor, fake_product };
	SSIZE_T (*const number)(void) = fake_version;
	void* symbol = NULL;

	if (!world.application || (world.missing && strcmp(name, world.missing) == 0))
		return NULL;
	if (strcmp(name, "winpr_getApplicationDetailsVersion") == 0)
		memcpy(&symbol, &number, sizeof(symbol));
	else
		memcpy(&symbol, &texts[strcmp(name, "winpr_getApplicationDetailsProduct") == 0],
		       sizeof(symbol));
	return symbol;
}

static char* fake_config_path(BOOL system, const char* name)
{
	assert_true(system);
	assert_string_equal(name, "HKLM.reg");
	return world.file_unnamed ? NULL : strdup(world.file);
}

/* As where no release has another place: the test's file is /etc/winpr/HKLM.reg. */
int __real_access(const char* path, int mode);
int __wrap_access(const char* path, int mode);

int __wrap_access(const char* path, int mode)
{
	if (strcmp(path, "/etc/winpr/HKLM.reg") != 0)
		return __real_access(path, mode);
	errno = world.old_file;
	return world.old_file ? -1 : 0;
}

void* __real_dlsym(void* library, const char* name);
void* __wrap_dlsym(void* library, const char* name);

void* __wrap_dlsym(void* library, const char* name)
{
	const struct registry_api functions = { fake_open, fake_query, fake_close };
	void* symbol = NULL;

	if (strncmp(name, "winpr_getApplicationDetails", 27) == 0)
		return application_symbol(name);
	if (strcmp(name, "winpr_GetConfigFilePath") == 0)
	{
		char* (*const config_path)(BOOL, const char*) = fake_config_path;
		if (world.file || world.file_unnamed)
			memcpy(&symbol, &config_path, sizeof(symbol));
		return symbol;
	}
	if (strncmp(name, "Reg", 3) != 0)
		return __real_dlsym(library, name);
	assert_ptr_equal(library, RTLD_DEFAULT);
	if (world.missing && strcmp(name, world.missing) == 0)
		return NULL;
	if (strcmp(name, "RegOpenKeyExA") == 0)
		memcpy(&symbol, &functions.open, sizeof(symbol));
	else if (strcmp(name, "RegQueryValueExA") == 0)
		memcpy(&symbol, &functions.query, sizeof(symbol));
	else if (strcmp(name, "RegCloseKey") == 0)
		memcpy(&symbol, &functions.close, sizeof(symbol));
	return symbol;
}

void __wrap_winpr_get_version(int* major, int* minor, int* revision);

void __wrap_winpr_get_version(int* major, int* minor, int* revision)
{
	*major = world.major;
	*minor = 33;
	*revision = 1;
}

static int fresh(void** state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.major = 3;
	world.path = KEY;
	return 0;
}

static void test_values_are_read(void** state)
{
	(void)state;
	char text[9];
	uint32_t number = 0;
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);
	assert_non_null(key);
	assert_int_equal(registry_number(key, "Number", &number), REGISTRY_FOUND);
	assert_int_equal(number, 7);
	assert_int_equal(registry_string(key, "Text", text, sizeof(text)), REGISTRY_FOUND);
	assert_string_equal(text, "required");
	registry_close(key);
	assert_int_equal(world.opened, 1);
	assert_int_equal(world.closed, 1);
}

static void test_what_is_not_so_changes_nothing(void** state)
{
	(void)state;
	char text[9] = "as it is";
	uint32_t number = 1;
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);
	assert_int_equal(registry_number(key, "Nothing", &number), REGISTRY_NONE);
	assert_int_equal(registry_number(key, "Text", &number), REGISTRY_UNREADABLE);
	assert_int_equal(registry_string(key, "Number", text, sizeof(text)), REGISTRY_UNREADABLE);
	assert_int_equal(registry_string(key, "Nothing", text, sizeof(text)), REGISTRY_NONE);
	assert_int_equal(registry_string(key, "Text", text, sizeof(text) - 1), REGISTRY_UNREADABLE);
	registry_close(key);
	assert_int_equal(number, 1);
	assert_string_equal(text, "as it is");
}

static void test_whole_path_is_no_products(void** state)
{
	(void)state;
	world.path = LSA;
	struct registry_key* key = registry_open(LSA, false);
	assert_null(key);
	key = registry_open(LSA, true);
	assert_non_null(key);
	registry_close(key);
	registry_close(NULL);
	assert_int_equal(world.closed, 1);
}

static void test_versioned_resources_are_found(void** state)
{
	(void)state;
	world.path = "Software\\FreeRDP\\FreeRDP3\\SSPI\\Negossp";
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);
	assert_non_null(key);
	registry_close(key);
}

static void test_registry_is_lost_where_a_function_is_missing(void** state)
{
	static const char* const names[] = { "RegOpenKeyExA", "RegQueryValueExA", "RegCloseKey" };

	(void)state;
	assert_false(registry_is_lost());
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		world.missing = names[i];
		assert_true(registry_is_lost());
		assert_null(registry_open("SSPI\\Negossp", false));
	}
	assert_int_equal(world.opened, 0);
}

static void test_registry_is_not_lost_in_FreeRDP_4(void** state)
{
	(void)state;
	world.missing = "RegOpenKeyExA";
	world.major = 4;
	assert_false(registry_is_lost());
	assert_null(registry_open("SSPI\\Negossp", false));
}

static bool is_opened(const char* path)
{
	world.path = path;
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);
	registry_close(key);
	return key != NULL;
}

static void test_a_program_that_says_who_it_is_has_its_own(void** state)
{
	static const char* const names[] = { "winpr_getApplicationDetailsVendor",
		                                 "winpr_getApplicationDetailsProduct",
		                                 "winpr_getApplicationDetailsVersion" };

	(void)state;
	world.application = true;
	assert_true(is_opened("Software\\ACME\\Tool0\\SSPI\\Negossp"));
	world.version = 12;
	assert_true(is_opened("Software\\ACME\\Tool12\\SSPI\\Negossp"));
	assert_false(is_opened("Software\\ACME\\Tool\\SSPI\\Negossp"));
	world.version = -1;
	assert_true(is_opened("Software\\ACME\\Tool\\SSPI\\Negossp"));
	/* Where one of the three is missing it has said nothing. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		world.missing = names[i];
		assert_false(is_opened("Software\\ACME\\Tool\\SSPI\\Negossp"));
		assert_true(is_opened(KEY));
	}
}

static void expect_unread(bool whole)
{
	char text[9] = "as it is";
	uint32_t number = 1;
	world.tries = 0;
	struct registry_key* const key =
	    whole ? registry_open(LSA, true) : registry_open("SSPI\\Negossp", false);
	assert_true(registry_is_unread(key));
	assert_int_equal(world.tries, 1);
	assert_int_equal(registry_number(key, "Nothing", &number), REGISTRY_UNREADABLE);
	assert_int_equal(registry_string(key, "Nothing", text, sizeof(text)), REGISTRY_UNREADABLE);
	registry_close(key);
	assert_int_equal(number, 1);
	assert_string_equal(text, "as it is");
	assert_int_equal(world.opened, 0);
	assert_int_equal(world.closed, 0);
}

static void test_a_file_that_winpr_could_not_open_has_unreadable_values(void** state)
{
	(void)state;
	world.broken = -1; /* what WinPR answers with and without a file */
	world.application = true;
	world.file = "/proc/self/exe";
	expect_unread(false);
	expect_unread(true);
	world.file = "/proc/self/exe/HKLM.reg"; /* whatever it is that forbids to look */
	expect_unread(false);
	world.file_unnamed = true;
	expect_unread(false);
	/* It can be opened again. */
	world.broken = 0;
	world.path = KEY;
	struct registry_key* const key = registry_open("SSPI\\Negossp", false);
	assert_false(registry_is_unread(key));
	registry_close(key);
	assert_int_equal(world.closed, 1);
}

static void test_no_file_is_no_registry(void** state)
{
	(void)state;
	assert_false(registry_is_unread(NULL));
	world.broken = -1;
	world.file = "/proc/self/nothing/HKLM.reg";
	assert_null(registry_open("SSPI\\Negossp", false));
	assert_null(registry_open(LSA, true));
	/* A registry that was read and has no such key is not looked for. */
	world.broken = 0;
	world.path = "none";
	world.file = "/proc/self/exe";
	assert_null(registry_open("SSPI\\Negossp", false));
	assert_null(registry_open(LSA, true));
}

static void test_before_3_9_the_file_has_one_place(void** state)
{
	(void)state;
	world.broken = -1;
	expect_unread(false);
	world.old_file = EACCES;
	expect_unread(false);
	world.old_file = ENOENT;
	assert_null(registry_open("SSPI\\Negossp", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values_are_read, fresh),
		cmocka_unit_test_setup(test_what_is_not_so_changes_nothing, fresh),
		cmocka_unit_test_setup(test_whole_path_is_no_products, fresh),
		cmocka_unit_test_setup(test_versioned_resources_are_found, fresh),
		cmocka_unit_test_setup(test_a_program_that_says_who_it_is_has_its_own, fresh),
		cmocka_unit_test_setup(test_a_file_that_winpr_could_not_open_has_unreadable_values, fresh),
		cmocka_unit_test_setup(test_no_file_is_no_registry, fresh),
		cmocka_unit_test_setup(test_before_3_9_the_file_has_one_place, fresh),
		cmocka_unit_test_setup(test_registry_is_lost_where_a_function_is_missing, fresh),
		cmocka_unit_test_setup(test_registry_is_not_lost_in_FreeRDP_4, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
