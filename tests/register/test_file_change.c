/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that change all at once, and back again, in a folder that the test makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file_change.h"

static char folder[64];
static int root = -1; /* the folder, open */

/* Looked at by the first write(). */
static struct stat* before_write_stat;

ssize_t __real_write(int file, const void* data, size_t len);
ssize_t __wrap_write(int file, const void* data, size_t len);
ssize_t __wrap_write(int file, const void* data, size_t len)
{
	if (before_write_stat)
		assert_int_equal(fstat(file, before_write_stat), 0);
	before_write_stat = NULL;
	return __real_write(file, data, len);
}

/* What flock() finds gone, and another in its place: whoever held the lock before has removed its
 * file, and the next has made a new one. */
static const char* gone_before_flock;

int __real_flock(int file, int how);
int __wrap_flock(int file, int how);
int __wrap_flock(int file, int how)
{
	if (gone_before_flock)
	{
		assert_int_equal(unlinkat(root, gone_before_flock, 0), 0);
		const int next = openat(root, gone_before_flock, O_WRONLY | O_CREAT | O_EXCL, 0600);
		assert_true(next >= 0);
		assert_int_equal(close(next), 0);
	}
	gone_before_flock = NULL;
	return __real_flock(file, how);
}

/* What the calls for attributes fail with; 0: they do not. The file has one attribute then. */
static int list_error, get_error, set_error;

ssize_t __real_flistxattr(int file, char* names, size_t size);
ssize_t __wrap_flistxattr(int file, char* names, size_t size);
ssize_t __wrap_flistxattr(int file, char* names, size_t size)
{
	static const char only[] = "user.negossp";

	if (list_error == 0 && get_error == 0 && set_error == 0)
		return __real_flistxattr(file, names, size);
	errno = list_error;
	if (list_error != 0)
		return -1;
	memcpy(names, only, sizeof(only));
	return sizeof(only);
}

ssize_t __real_fgetxattr(int file, const char* name, void* value, size_t size);
ssize_t __wrap_fgetxattr(int file, const char* name, void* value, size_t size);
ssize_t __wrap_fgetxattr(int file, const char* name, void* value, size_t size)
{
	if (get_error == 0 && set_error == 0)
		return __real_fgetxattr(file, name, value, size);
	errno = get_error;
	return get_error != 0 ? -1 : 0;
}

int __real_fsetxattr(int file, const char* name, const void* value, size_t size, int flags);
int __wrap_fsetxattr(int file, const char* name, const void* value, size_t size, int flags);
int __wrap_fsetxattr(int file, const char* name, const void* value, size_t size, int flags)
{
	if (get_error == 0 && set_error == 0)
		return __real_fsetxattr(file, name, value, size, flags);
	errno = set_error;
	return set_error != 0 ? -1 : 0;
}

static int setup(void** state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/negossp-change-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root >= 0 ? 0 : -1;
}

static int teardown(void** state)
{
	(void)state;
	(void)unlinkat(root, "a", 0);
	(void)unlinkat(root, "b", 0);
	(void)close(root);
	return rmdir(folder); /* which finds whatever else was left behind */
}

static void put(const char* name, const char* content)
{
	const int file = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(file >= 0);
	assert_int_equal(write(file, content, strlen(content)), strlen(content));
	assert_int_equal(close(file), 0);
}

static void expect(const char* path, const char* content)
{
	char text[100] = "";
	const int file = openat(root, path + 1, O_RDONLY | O_CLOEXEC);

	assert_true(file >= 0);
	assert_true(read(file, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, content);
	assert_int_equal(close(file), 0);
}

static void open_change(struct file_change* change, const char* path, const char* content)
{
	char whole[128];

	(void)snprintf(whole, sizeof(whole), "%s%s", folder, path);
	assert_true(file_change_open(change, whole));
	assert_int_equal(
	    blob_set(&change->new_text, bytes_make((const uint8_t*)content, strlen(content))),
	    RESULT_OK);
}

static void test_content_is_replaced(void** state)
{
	struct file_change change;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "new");
	assert_true(file_change_differs(&change));
	assert_true(file_change_prepare(&change));
	expect("/a", "old");
	assert_true(file_change_commit(&change));
	expect("/a", "new");
	file_change_close(&change);
	expect("/a", "new");
}

static void test_prepared_change_can_be_dropped(void** state)
{
	struct file_change change;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change));
	file_change_close(&change);
	expect("/a", "old");
}

static void test_committed_change_can_be_undone(void** state)
{
	struct file_change change;
	struct stat status;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change) && file_change_commit(&change));
	assert_true(file_change_undo(&change));
	file_change_close(&change);
	expect("/a", "old");
	assert_int_equal(fstatat(root, "a", &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
}

static void test_new_file_goes_with_its_folders(void** state)
{
	struct file_change change;
	struct stat status;

	(void)state;
	open_change(&change, "/x/y/z/file", "new");
	assert_true(file_change_prepare(&change) && file_change_commit(&change));
	expect("/x/y/z/file", "new");
	assert_true(file_change_undo(&change));
	file_change_close(&change);
	assert_int_equal(fstatat(root, "x", &status, 0), -1);
}

static void test_removed_file_comes_back(void** state)
{
	struct file_change change;
	struct stat status;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "");
	change.remove = true;
	assert_true(file_change_prepare(&change) && file_change_commit(&change));
	assert_int_equal(fstatat(root, "a", &status, 0), -1);
	assert_true(file_change_undo(&change));
	file_change_close(&change);
	expect("/a", "old");
}

static void test_file_changed_meanwhile_is_left(void** state)
{
	struct file_change change;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "new");
	put("a", "theirs, longer");
	assert_false(file_change_prepare(&change));
	assert_int_equal(errno, EBUSY);
	file_change_close(&change);

	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change));
	put("a", "theirs again");
	assert_false(file_change_commit(&change));
	assert_int_equal(errno, EBUSY);
	file_change_close(&change);
	expect("/a", "theirs again");

	open_change(&change, "/b", "new");
	assert_true(file_change_prepare(&change));
	put("b", "theirs");
	assert_false(file_change_commit(&change));
	file_change_close(&change);
	expect("/b", "theirs");
}

static void test_same_content_is_no_change(void** state)
{
	struct file_change change;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "old");
	assert_false(file_change_differs(&change));
	file_change_close(&change);
	open_change(&change, "/b", "");
	assert_false(file_change_differs(&change));
	change.remove = true;
	assert_false(file_change_differs(&change));
	file_change_close(&change);
}

/* Neither an access list nor an owner that cannot be kept is lost in silence: what was there is
 * kept. */
static void test_mode_and_attributes_are_kept(void** state)
{
	struct file_change change;
	struct stat status;
	char value[8] = "";

	(void)state;
	put("a", "old");
	const int file = openat(root, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fchmod(file, 0604), 0);
	const bool attributes = fsetxattr(file, "user.negossp", "kept", 4, 0) == 0;
	assert_int_equal(close(file), 0);
	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change) && file_change_commit(&change));
	file_change_close(&change);
	const int after = openat(root, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(after, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0604);
	if (attributes)
	{
		assert_int_equal(fgetxattr(after, "user.negossp", value, sizeof(value)), 4);
		assert_string_equal(value, "kept");
	}
	assert_int_equal(close(after), 0);
}

/* A file system without attributes has none to lose; any other failure may lose an access list. */
static void test_attributes_that_cannot_be_kept_stop_the_change(void** state)
{
	static const struct
	{
		int list, get, set;
		bool prepared;
	} rows[] = { { .list = ENOTSUP, .prepared = true },
		         { .list = EIO },
		         { .list = ERANGE },
		         { .get = EIO },
		         { .get = ERANGE },
		         { .set = ENOSPC },
		         { .set = ENOTSUP } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct file_change change;
		put("a", "old");
		open_change(&change, "/a", "new");
		list_error = rows[i].list;
		get_error = rows[i].get;
		set_error = rows[i].set;
		assert_int_equal(file_change_prepare(&change), rows[i].prepared);
		list_error = get_error = set_error = 0;
		file_change_close(&change);
		expect("/a", "old");
	}
}

/* What the folder gives to new files is nothing that the old one had. */
static void test_folders_default_access_list_adds_nobody(void** state)
{
	static const uint8_t list[] = { 2,    0, 0, 0,                           /* version */
		                            0x01, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,   /* owner */
		                            0x02, 0, 7, 0, 0xFE, 0xFF, 0x00, 0x00,   /* 65534 */
		                            0x04, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,   /* group */
		                            0x10, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF,   /* mask */
		                            0x20, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF }; /* others */
	struct file_change change;
	struct stat status;

	(void)state;
	put("a", "old");
	if (fsetxattr(root, "system.posix_acl_default", list, sizeof(list), 0) != 0)
		skip();
	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change) && file_change_commit(&change));
	file_change_close(&change);
	const int after = openat(root, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(after, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(fgetxattr(after, "system.posix_acl_access", NULL, 0), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(close(after), 0);
}

/* What a killed run has left is no obstacle, is not written into, and goes. */
static void test_leftovers_of_a_killed_run_go(void** state)
{
	struct file_change change;
	struct stat status;

	(void)state;
	put("a", "old");
	put("b", "another's");
	assert_int_equal(symlinkat("b", root, ".a.negossp.new"), 0);
	assert_int_equal(linkat(root, "b", root, ".a.negossp.old", 0), 0);
	open_change(&change, "/a", "new");
	assert_true(file_change_prepare(&change));
	assert_int_equal(fstatat(root, ".a.negossp.new", &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_true(file_change_commit(&change));
	file_change_close(&change);
	expect("/a", "new");
	expect("/b", "another's");
}

/* Until it has the old file's owner and mode nobody else can read the new one. */
static void test_new_content_is_private_until_it_is_whole(void** state)
{
	struct file_change change;
	struct stat status;

	(void)state;
	(void)umask(0);
	open_change(&change, "/a", "new");
	before_write_stat = &status;
	assert_true(file_change_prepare(&change));
	before_write_stat = NULL;
	(void)umask(022);
	assert_int_equal(status.st_mode & 07777, 0600);
	file_change_close(&change);
}

static void test_two_runs_do_not_meet(void** state)
{
	struct file_change one;
	struct file_change two;

	(void)state;
	put("a", "old");
	open_change(&one, "/a", "one");
	open_change(&two, "/a", "two");
	assert_true(file_change_prepare(&one));
	const int next = dup(root);
	assert_int_equal(close(next), 0);
	assert_false(file_change_prepare(&two));
	assert_int_equal(errno, EBUSY);
	assert_int_equal(two.folder, -1);
	assert_int_equal(dup(root), next); /* no descriptor is left open */
	assert_int_equal(close(next), 0);
	file_change_close(&two);
	assert_true(file_change_commit(&one));
	file_change_close(&one);
	expect("/a", "one");
}

/* Its lock is a file: what was opened before another run removed it keeps nobody out. */
static void test_lock_that_another_removed_is_none(void** state)
{
	struct file_change change;
	char path[128];

	(void)state;
	put("a", "old");
	(void)snprintf(path, sizeof(path), "%s/a", folder);
	for (int gone = 1; gone >= 0; gone--)
	{
		assert_true(file_change_open_secret(&change, path));
		assert_int_equal(blob_set(&change.new_text, BYTES_LITERAL("new")), RESULT_OK);
		gone_before_flock = gone ? ".a.negossp.lock" : NULL;
		errno = 0;
		assert_int_equal(file_change_prepare(&change), !gone);
		assert_true(!gone || errno == EBUSY);
		assert_int_equal(file_change_commit(&change), !gone);
		file_change_close(&change);
		expect("/a", gone ? "old" : "new");
	}
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_content_is_replaced),
		RULE(test_prepared_change_can_be_dropped),
		RULE(test_committed_change_can_be_undone),
		RULE(test_new_file_goes_with_its_folders),
		RULE(test_removed_file_comes_back),
		RULE(test_file_changed_meanwhile_is_left),
		RULE(test_same_content_is_no_change),
		RULE(test_mode_and_attributes_are_kept),
		RULE(test_attributes_that_cannot_be_kept_stop_the_change),
		RULE(test_folders_default_access_list_adds_nobody),
		RULE(test_leftovers_of_a_killed_run_go),
		RULE(test_new_content_is_private_until_it_is_whole),
		RULE(test_two_runs_do_not_meet),
		RULE(test_lock_that_another_removed_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
