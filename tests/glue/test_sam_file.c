/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/verify: reading the SAM file while somebody writes it, and what is no SAM file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "sam_hashes.h"
#include "sandbox.h"
#include "verify/sam_file.h"
#include "verify/sam_lines.h"
#include "wipe_watch.h"

static struct sandbox box;

#define ONE_LINE "a:::" ONES ":::\n"
#define SAME_SIZE "a:::" TWOS ":::\n"

/* --- what happens meanwhile (the linker's --wrap) -------------------------------------------- */

#define SETTLED INT64_C(3600000000000)

static void (*on_read)(void); /* behind what was read */
static void (*on_wait)(void); /* between two tries */
static bool read_stops;
static int read_fails; /* with this, once */
static unsigned waits;
static long waited_ns;
static int64_t age_ns; /* of the file when it is read */

ssize_t __real_read(int file, void* to, size_t len);
ssize_t __wrap_read(int file, void* to, size_t len);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);

/* Where it stops: half of what was asked for, and then nothing, as of a file that becomes shorter.
 */
ssize_t __wrap_read(int file, void* to, size_t len)
{
	static bool again;
	const int flags = O_NONBLOCK; /* a FIFO must not hold a server up */

	assert_int_equal(fcntl(file, F_GETFL) & flags, flags);
	assert_int_equal(fcntl(file, F_GETFD), FD_CLOEXEC);
	if (read_fails)
	{
		errno = read_fails;
		read_fails = 0;
		return -1;
	}
	if (!read_stops)
	{
		const ssize_t got = __real_read(file, to, len);
		if (on_read)
			on_read();
		return got;
	}
	again = !again;
	errno = EINTR; /* which says something of -1 alone */
	return again ? __real_read(file, to, len / 2) : 0;
}

int __wrap_nanosleep(const struct timespec* time, struct timespec* left)
{
	(void)left;
	waits++;
	waited_ns += (long)time->tv_sec * 1000000000L + time->tv_nsec;
	if (on_wait)
		on_wait();
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	struct stat status;
	(void)clock;
	assert_int_equal(stat(box.sam, &status), 0);
	*now = status.st_mtim;
	now->tv_sec += (time_t)(age_ns / 1000000000L);
	now->tv_nsec += (long)(age_ns % 1000000000L);
	const bool less = now->tv_nsec < 0;
	const bool more = now->tv_nsec >= 1000000000L;
	now->tv_sec += more - less;
	now->tv_nsec += 1000000000L * (less - more);
	return 0;
}

/* --- being written ---------------------------------------------------------------------------- */

static void write_file(const char* text, int flags)
{
	const int file = open(box.sam, O_WRONLY | O_CREAT | flags, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	assert_int_equal(close(file), 0);
}

static void append(void)
{
	write_file("# more", O_APPEND);
}

static void rewrite_without_a_trace(void)
{
	struct stat before;
	assert_int_equal(stat(box.sam, &before), 0);
	write_file(SAME_SIZE, 0);
	const struct timespec times[2] = { before.st_atim, before.st_mtim };
	assert_int_equal(utimensat(AT_FDCWD, box.sam, times, 0), 0);
	on_read = NULL;
}

/* Of its size and its time but one changes. */
static void change_seconds(void)
{
	struct stat before;
	assert_int_equal(stat(box.sam, &before), 0);
	const struct timespec times[2] = { before.st_atim,
		                               { before.st_mtim.tv_sec - 1, before.st_mtim.tv_nsec } };
	assert_int_equal(utimensat(AT_FDCWD, box.sam, times, 0), 0);
}

static void change_nanoseconds(void)
{
	struct stat before;
	assert_int_equal(stat(box.sam, &before), 0);
	const struct timespec times[2] = {
		before.st_atim, { before.st_mtim.tv_sec, (before.st_mtim.tv_nsec + 1) % 1000000000L }
	};
	assert_int_equal(utimensat(AT_FDCWD, box.sam, times, 0), 0);
}

static void change_size(void)
{
	struct stat before;
	assert_int_equal(stat(box.sam, &before), 0);
	append();
	const struct timespec times[2] = { before.st_atim, before.st_mtim };
	assert_int_equal(utimensat(AT_FDCWD, box.sam, times, 0), 0);
}

static void write_again(void)
{
	write_file(ONE_LINE, O_TRUNC);
}

/* `expected` NULL: nothing is had of it, for this reason. */
static void expect_read(const char* expected, const char* why, unsigned expected_waits)
{
	struct secret content = SECRET_EMPTY;
	const char* problem = NULL;
	bool exposed;
	const int next = dup(STDERR_FILENO);
	assert_int_equal(close(next), 0);
	waits = 0;
	waited_ns = 0;
	const enum result result = sam_file_read(box.sam, &content, &problem, &exposed);
	assert_int_equal(dup(STDERR_FILENO), next); /* no descriptor is left open */
	assert_int_equal(close(next), 0);
	on_read = on_wait = NULL;
	assert_int_equal(result, expected ? RESULT_OK : RESULT_NO_CREDENTIALS);
	if (expected)
	{
		assert_int_equal(content.len, strlen(expected));
		assert_memory_equal(content.data, expected, content.len);
	}
	else
	{
		assert_non_null(strstr(problem, why));
		assert_null(content.data);
	}
	assert_int_equal(waits, expected_waits);
	assert_true(waited_ns <= 20000000L);
	secret_free(&content);
}

static void test_a_file_that_is_rewritten_meanwhile_is_read_again(void** state)
{
	static const int64_t fresh_ages[] = { 0, 9999999, -9999999 };
	static const int64_t settled_ages[] = { 10000000, -10000000, 2 * SETTLED, -2 * SETTLED };
	(void)state;
	write_again();
	expect_read(ONE_LINE, NULL, 0);
	/* Somebody who writes all the time is no reason to wait for ever. */
	on_read = append;
	expect_read(NULL, "it was rewritten while it was read", 2);
	static void (*const changes[])(void) = { change_seconds, change_nanoseconds, change_size };
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
	{
		write_again();
		on_read = changes[i];
		expect_read(NULL, "it was rewritten while it was read", 2);
	}
	/* Nothing shows it but that its time is of now. */
	for (size_t i = 0; i < sizeof(fresh_ages) / sizeof(fresh_ages[0]); i++)
	{
		write_again();
		age_ns = fresh_ages[i];
		on_read = rewrite_without_a_trace;
		expect_read(SAME_SIZE, NULL, 2);
	}
	for (size_t i = 0; i < sizeof(settled_ages) / sizeof(settled_ages[0]); i++)
	{
		age_ns = settled_ages[i];
		expect_read(SAME_SIZE, NULL, 0);
	}
}

static void test_a_file_that_is_emptied_or_gone_for_a_moment_is_read_again(void** state)
{
	(void)state;
	write_file("", O_TRUNC);
	on_wait = write_again;
	expect_read(ONE_LINE, NULL, 1);
	assert_int_equal(unlink(box.sam), 0);
	on_wait = write_again;
	expect_read(ONE_LINE, NULL, 1);
	/* For longer than that, it is so. */
	write_file("", O_TRUNC);
	expect_read("", NULL, 2);
	assert_int_equal(unlink(box.sam), 0);
	expect_read(NULL, strerror(ENOENT), 2);
}

static void test_reading_that_fails_is_told_and_an_interruption_is_no_failure(void** state)
{
	(void)state;
	write_again();
	read_fails = EINTR;
	expect_read(ONE_LINE, NULL, 0);
	read_fails = EIO;
	expect_read(NULL, strerror(EIO), 0);
}

static void test_a_file_that_cannot_be_read_whole_is_wiped(void** state)
{
	(void)state;
	write_file(ONE_LINE ONE_LINE, O_TRUNC);
	wipe_watch_start();
	read_stops = true;
	expect_read(NULL, "it was rewritten while it was read", 2);
	read_stops = false;
	assert_int_equal(wipe_watch_count(BYTES_LITERAL(ONES)), 3); /* at each try */
	wipe_watch_stop();
}

static void test_what_was_read_before_it_is_read_again_is_wiped(void** state)
{
	(void)state;
	write_again();
	age_ns = 0;
	wipe_watch_start();
	expect_read(ONE_LINE, NULL, 2);
	wipe_watch_stop();
	assert_int_equal(wipe_watch_count(BYTES_LITERAL(ONES)), 3);
}

/* --- no SAM file ------------------------------------------------------------------------------ */

static void test_utf16_without_a_mark_is_told_as_such(void** state)
{
	/* Cyrillic, whose high bytes are no zeros, is the user's name only. */
	const struct bytes text = BYTES_LITERAL("\xD0\xB9\xD0\xB9:d::" ONES ":::\n");
	struct blob wide = BLOB_EMPTY;
	struct secret content = SECRET_EMPTY;
	const char* problem = NULL;
	bool exposed;
	(void)state;
	assert_int_equal(utf16_from_utf8(text, &wide), RESULT_OK);
	for (int swap = 0; swap < 2; swap++)
	{
		const int file = open(box.sam, O_WRONLY | O_TRUNC);
		assert_int_equal(write(file, wide.data, wide.len), wide.len);
		assert_int_equal(close(file), 0);
		assert_int_equal(sam_file_read(box.sam, &content, &problem, &exposed),
		                 RESULT_NO_CREDENTIALS);
		assert_non_null(strstr(problem, "UTF-16"));
		for (size_t i = 0; i < wide.len; i += 2)
		{
			const uint8_t low = wide.data[i];
			wide.data[i] = wide.data[i + 1];
			wide.data[i + 1] = low;
		}
	}
	blob_free(&wide);
	/* With a mark no zeros are needed. */
	write_file("\xFE\xFF\x04\x10\x04\x10", O_TRUNC);
	expect_read(NULL, "UTF-16", 0);
	write_file("\xFF\xFE\x10\x04\x10\x04", O_TRUNC);
	expect_read(NULL, "UTF-16", 0);
	/* One zero is none of UTF-16's, wherever it stands. */
	for (off_t at = 8; at < 10; at++)
	{
		write_again();
		const int file = open(box.sam, O_WRONLY);
		assert_int_equal(pwrite(file, "", 1, at), 1);
		assert_int_equal(close(file), 0);
		assert_int_equal(sam_file_read(box.sam, &content, &problem, &exposed), RESULT_OK);
		secret_free(&content);
	}
	/* Zeros as a machine that went down leaves them, few or many, are none, and a line behind them
	 * counts. */
	for (off_t zeros = 1; zeros <= 4096; zeros *= 2)
	{
		write_file(ONE_LINE, O_TRUNC);
		assert_int_equal(truncate(box.sam, (off_t)strlen(ONE_LINE) + zeros), 0);
		assert_int_equal(sam_file_read(box.sam, &content, &problem, &exposed), RESULT_OK);
		secret_free(&content);
	}
}

static void test_what_is_no_regular_file_is_not_read(void** state)
{
	char kept[sizeof(box.sam)];
	(void)state;
	memcpy(kept, box.sam, sizeof(kept));
	*strrchr(box.sam, '/') = '\0';
	expect_read(NULL, "it is not a regular file", 0);
	memcpy(box.sam, kept, sizeof(kept));
	(void)unlink(box.sam);
	assert_int_equal(mkfifo(box.sam, 0600), 0);
	expect_read(NULL, "it is not a regular file", 0);
	assert_int_equal(unlink(box.sam), 0);
	write_again();
	strcat(box.sam, "/x");
	expect_read(NULL, strerror(ENOTDIR), 0);
	memcpy(box.sam, kept, sizeof(kept));
}

static void test_a_file_of_16_MiB_is_read_and_a_larger_one_is_not(void** state)
{
	struct secret content = SECRET_EMPTY;
	const char* problem = NULL;
	bool exposed;
	(void)state;
	write_file(ONE_LINE, O_TRUNC);
	assert_int_equal(truncate(box.sam, SAM_FILE_MAX), 0);
	assert_int_equal(sam_file_read(box.sam, &content, &problem, &exposed), RESULT_OK);
	assert_int_equal(content.len, SAM_FILE_MAX);
	secret_free(&content);
	assert_int_equal(truncate(box.sam, SAM_FILE_MAX + 1), 0);
	expect_read(NULL, "larger than 16 MiB", 0);
}

/* --- lines -------------------------------------------------------------------------------------
 */

static enum sam_match found(const char* content, const char* user)
{
	struct blob name = BLOB_EMPTY;
	struct key hash;
	enum sam_match match = SAM_NO_MATCH;
	assert_int_equal(utf16_from_utf8(bytes_make((const uint8_t*)user, strlen(user)), &name),
	                 RESULT_OK);
	assert_int_equal(sam_file_find(bytes_make((const uint8_t*)content, strlen(content)),
	                               blob_bytes(&name), BYTES_EMPTY, false, &match, &hash),
	                 RESULT_OK);
	blob_free(&name);
	return match;
}

static void test_what_is_a_line(void** state)
{
	char line[4098];
	(void)state;
	assert_int_equal(found(ONE_LINE, "a"), SAM_FOUND);
	assert_int_equal(found("#" ONE_LINE, "#a"), SAM_NO_LINE);
	assert_int_equal(found(":::" ONES "\n", "a"), SAM_NO_LINE);
	/* A domain that is no text is not an empty one, and none is no number. */
	assert_int_equal(found("a:\xFF::" ONES ":::\n", "a"), SAM_NO_MATCH);
	assert_int_equal(found("D\\a:::" ONES ":::\n", "a"), SAM_NO_MATCH);
	assert_int_equal(found("D\\a:1009:x:" ONES ":::\n", "a"), SAM_NUMBERED);
	assert_int_equal(found("a:1009:x:" ONES ":::\n", "a"), SAM_NUMBERED);
	assert_int_equal(found("a:-1:x:" ONES ":::\n", "a"), SAM_NO_MATCH);
	assert_int_equal(found("a:1x:x:" ONES ":::\n", "a"), SAM_NO_MATCH);
	/* 4,096 bytes at most. */
	memset(line, 'x', sizeof(line));
	memcpy(line, ONE_LINE, strlen(ONE_LINE) - 1);
	line[4096] = '\0';
	assert_int_equal(found(line, "a"), SAM_FOUND);
	line[4096] = 'x';
	line[4097] = '\0';
	assert_int_equal(found(line, "a"), SAM_NO_LINE);
}

/* --- where it is -------------------------------------------------------------------------------
 */

static const char* winpr_says;

/* Found before WinPR's own. */
__attribute__((visibility("default"))) char* winpr_GetConfigFilePath(int system, const char* name);
char* winpr_GetConfigFilePath(int system, const char* name)
{
	assert_true(system);
	assert_string_equal(name, "SAM");
	return winpr_says ? strdup(winpr_says) : NULL;
}

/* The files that are there, each with a space behind it. */
static const char* files = "";

int __wrap_access(const char* path, int mode);
int __wrap_access(const char* path, int mode)
{
	const char* const at = strstr(files, path);

	assert_int_equal(mode, F_OK);
	return at && at[strlen(path)] == ' ' ? 0 : -1;
}

static void expect_default(const char* expected)
{
	char* const path = sam_file_default_path();

	assert_string_equal(path, expected);
	free(path);
}

static void test_the_default_is_where_winpr_has_it(void** state)
{
	(void)state;
	winpr_says = "/of/winpr/SAM";
	files = "/etc/winpr/SAM ";
	expect_default(winpr_says);
	winpr_says = NULL;
}

/* A WinPR that cannot say where it is. */
static void test_the_default_is_the_first_that_is_there(void** state)
{
	(void)state;
	files = "/etc/FreeRDP/FreeRDP/SAM /etc/FreeRDP/FreeRDP3/SAM ";
	expect_default("/etc/FreeRDP/FreeRDP/SAM");
	files = "/etc/FreeRDP/FreeRDP3/SAM ";
	expect_default("/etc/FreeRDP/FreeRDP3/SAM");
	files = "/etc/FreeRDP/FreeRDP3/SAM /etc/winpr/SAM ";
	expect_default("/etc/winpr/SAM");
	files = "";
	expect_default("/etc/winpr/SAM");
}

static int fresh(void** state)
{
	(void)state;
	age_ns = SETTLED;
	return 0;
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	return 0;
}

static int tear_down(void** state)
{
	(void)state;
	sandbox_close(&box);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_file_that_is_rewritten_meanwhile_is_read_again, fresh),
		cmocka_unit_test_setup(test_a_file_that_is_emptied_or_gone_for_a_moment_is_read_again,
		                       fresh),
		cmocka_unit_test_setup(test_reading_that_fails_is_told_and_an_interruption_is_no_failure,
		                       fresh),
		cmocka_unit_test_setup(test_a_file_that_cannot_be_read_whole_is_wiped, fresh),
		cmocka_unit_test_setup(test_what_was_read_before_it_is_read_again_is_wiped, fresh),
		cmocka_unit_test_setup(test_utf16_without_a_mark_is_told_as_such, fresh),
		cmocka_unit_test_setup(test_what_is_no_regular_file_is_not_read, fresh),
		cmocka_unit_test_setup(test_a_file_of_16_MiB_is_read_and_a_larger_one_is_not, fresh),
		cmocka_unit_test(test_what_is_a_line),
		cmocka_unit_test(test_the_default_is_where_winpr_has_it),
		cmocka_unit_test(test_the_default_is_the_first_that_is_there),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
