/* SPDX-License-Identifier: Apache-2.0
 *
 * The glue when files fail it: every call on a file that acquiring credentials and a logon make
 * (settings in JSON, the SAM file) fails in turn with each error there may be, alone and with all
 * that follow, or gives less than was asked for. A server lets nobody in whom its settings would
 * not, and says what could not be read; no descriptor is lost; and the next logon works.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <winpr/error.h>

#include "large_file.h"
#include "settings_pair.h"

#define FAULTS_MIN 300u /* no test may pass by trying nothing */
#define LESS (-1)       /* not an error: half of what was asked for */
#define NOTHING (-2)    /* likewise: the end of the file */

/* --- calls that fail (the linker's --wrap) -----------------------------------------------------
 */

static size_t fail_nth;
static bool goes_on; /* with all that follow */
static size_t calls;
static int fail_with;

static bool fault_is_now(void)
{
	calls++;
	if (fail_nth == 0 || calls < fail_nth || (calls > fail_nth && !goes_on))
		return false;
	if (fail_with > 0)
		errno = fail_with;
	return true;
}

int __real_open(const char* path, int flags, ...) __asm__("__real_" FILE_CALL("open"));
int __wrap_open(const char* path, int flags, ...) __asm__("__wrap_" FILE_CALL("open"));
int __wrap_open(const char* path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;
	va_start(arguments, flags);
	if (flags & O_CREAT)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return fail_with > 0 && fault_is_now() ? -1 : __real_open(path, flags, mode);
}

int __real_fstat(int file, struct stat* status) __asm__("__real_" FILE_CALL("fstat"));
int __wrap_fstat(int file, struct stat* status) __asm__("__wrap_" FILE_CALL("fstat"));
int __wrap_fstat(int file, struct stat* status)
{
	return fail_with > 0 && fault_is_now() ? -1 : __real_fstat(file, status);
}

ssize_t __real_read(int file, void* to, size_t len);
ssize_t __wrap_read(int file, void* to, size_t len);
ssize_t __wrap_read(int file, void* to, size_t len)
{
	if (!fault_is_now())
		return __real_read(file, to, len);
	if (fail_with > 0)
		return -1;
	return fail_with == LESS ? __real_read(file, to, (len + 1) / 2) : 0;
}

/* Its name in fortified code (_FORTIFY_SOURCE). */
ssize_t __wrap___read_chk(int file, void* to, size_t len, size_t room);
ssize_t __wrap___read_chk(int file, void* to, size_t len, size_t room)
{
	assert_true(len <= room);
	return __wrap_read(file, to, len);
}

int __real_access(const char* path, int mode);
int __wrap_access(const char* path, int mode);
int __wrap_access(const char* path, int mode)
{
	return fail_with > 0 && fault_is_now() ? -1 : __real_access(path, mode);
}

/* Linux closes it all the same. */
int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file)
{
	const int rc = __real_close(file);
	return fail_with > 0 && fault_is_now() ? -1 : rc;
}

static int lowest_free_descriptor(void)
{
	const int file = __real_open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(file >= 0);
	(void)__real_close(file);
	return file;
}

/* --- logons ------------------------------------------------------------------------------------
 */

/* Of a client that sends the channel bindings which the settings demand, or of one that does not.
 */
static bool logs_on(bool with_bindings)
{
	struct sspi_setup setup = setup_new("NTLM");
	bindings_make(&setup, with_bindings, false);
	return sspi_pair_connect(&pair, &setup) && !sspi_pair_chat(&pair, 1);
}

/* The credentials that are there: what do they hold? */
static void expect_settings_hold(void)
{
	struct sspi_setup setup = setup_new("NTLM");
	bindings_make(&setup, false, false);
	sspi_pair_reset(&pair);
	pair.setup = setup;
	pair.client.setup = pair.server.setup = &pair.setup;
	assert_false(sspi_pair_run(&pair));
	expect_status(pair.server.status, SEC_E_BAD_BINDINGS);
}

/* Refused, by whom and in which words. */
static void expect_refusal_in_words(void)
{
	assert_int_equal(pair.client.acquired, SEC_E_OK);
	if (pair.server.acquired != SEC_E_OK)
	{
		expect_status(pair.server.acquired, SEC_E_UNSUPPORTED_FUNCTION);
		assert_non_null(log_capture_find(WLOG_WARN, ".json: it ", "nobody can log on"));
		return;
	}
	expect_refused(&pair.server, SEC_E_NO_CREDENTIALS);
	assert_non_null(
	    log_capture_find(WLOG_WARN, "SAM file \"",
	                     fail_with == NOTHING ? "while it was read" : strerror(fail_with)));
	assert_non_null(log_capture_find(WLOG_WARN, "role=acceptor", "the SAM file cannot be read"));
}

static size_t fail_each(int with, bool on, size_t* refused)
{
	const int free_one = lowest_free_descriptor();
	size_t nth = 0;
	size_t made;
	do
	{
		log_capture_clear();
		fail_with = with;
		goes_on = on;
		fail_nth = ++nth;
		calls = 0;
		const bool in = logs_on(true);
		made = calls;
		fail_nth = 0;
		if (!in)
			expect_refusal_in_words();
		*refused += !in;
		if (pair.server.acquired == SEC_E_OK)
			expect_settings_hold();
		sspi_pair_close(&pair);
		assert_int_equal(lowest_free_descriptor(), free_one);
		assert_true(logs_on(true));
		sspi_pair_close(&pair);
	} while (made >= nth && nth < 1000);
	assert_true(made < nth);
	return nth - 1;
}

static void test_every_call_on_a_file(void** state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, EACCES, EIO, EINTR, LESS, NOTHING };
	size_t tried = 0;
	size_t refused = 0;
	(void)state;
	fake_registry_string(OWN, "ChannelBindings", "required");
	fake_registry_number(WINPR_NEGOTIATE, "kerberos", 0);
	fake_registry_string(WINPR_NTLM, "WorkstationName", "DESK");
	assert_true(logs_on(true));
	sspi_pair_close(&pair);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
	{
		tried += fail_each(errors[i], false, &refused);
		/* Nobody is interrupted for ever. */
		if (errors[i] != EINTR)
			tried += fail_each(errors[i], true, &refused);
	}
	print_message("%zu calls on files made to fail, %zu logons refused\n", tried, refused);
	assert_true(tried >= FAULTS_MIN);
	assert_true(refused > tried / 8 && refused < tried);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_call_on_a_file, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
