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
#include <unistd.h>

#include "file_change.h"
#include "root_path.h"

static char folder[64];
static int root = -1;

static int setup(void** state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/negossp-change-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	root = root_open(folder);
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
	struct textbuf text = { 0 };
	const int file = root_open_path(root, path, O_RDONLY);

	assert_true(file >= 0);
	assert_true(root_read(file, 1000, &text));
	assert_string_equal(text.bytes ? text.bytes : "", content);
	assert_int_equal(close(file), 0);
	textbuf_free(&text);
}

static void open_change(struct file_change* change, const char* path, const char* content)
{
	assert_true(file_change_open(change, root, path));
	textbuf_add_string(&change->new_text, content);
	assert_true(file_change_differs(change));
}

static void test_content_is_replaced(void** state)
{
	struct file_change change;

	(void)state;
	put("a", "old");
	open_change(&change, "/a", "new");
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
	assert_true(file_change_open(&change, root, "/a"));
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
	assert_true(file_change_open(&change, root, "/a"));
	textbuf_add_string(&change.new_text, "old");
	assert_false(file_change_differs(&change));
	file_change_close(&change);
	assert_true(file_change_open(&change, root, "/b"));
	assert_false(file_change_differs(&change));
	change.remove = true;
	assert_false(file_change_differs(&change));
	file_change_close(&change);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
