/* SPDX-License-Identifier: Apache-2.0
 *
 * What WinPR reads before and after, in children; and what we read.
 */
#include "reg_judge.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/registry_api.h"
#include "place.h"
#include "reg_edit.h"

#define MODULE REG_JUDGE_MODULE
#define SERVER REG_JUDGE_SERVER
#define KEYS REG_JUDGE_KEYS
#define NAMES REG_JUDGE_NAMES

const char* const reg_judge_keys[KEYS] = { SERVER, "SSPI\\Negossp", "WinPR\\NTLM",
	                                       "Software\\FreeRDP\\FreeRDP3\\Server" };
const char* const reg_judge_names[NAMES] = { VALUE_NAME, "ChannelBindings", "ntlm" };

/* What WinPR reads of each value: its type, and its bytes. */
struct reading
{
	DWORD type[KEYS][NAMES];
	char data[KEYS][NAMES][REG_JUDGE_MOST];
};

/* The child's, NULL in all other processes. */
static const struct bytes* text_for_winpr;
static struct reading* shared;

/* --- WinPR --------------------------------------------------------------------------------------
 */

/* Both names, whatever the builder's flags make of one of them. */
FILE* judge_fopen(const char* path, const char* mode) __asm__("fopen");
FILE* judge_fopen64(const char* path, const char* mode) __asm__("fopen64");

__attribute__((visibility("default"))) FILE* judge_fopen64(const char* path, const char* mode)
{
	FILE* (*real)(const char*, const char*);

	if (text_for_winpr)
		return fmemopen((void*)(uintptr_t)text_for_winpr->data, text_for_winpr->len, mode);
	void* const symbol = dlsym(RTLD_NEXT, "fopen64");
	memcpy(&real, &symbol, sizeof(real));
	return real(path, mode);
}

__attribute__((visibility("default"))) FILE* judge_fopen(const char* path, const char* mode)
{
	return judge_fopen64(path, mode);
}

static void winpr_reads_value(const struct registry_api* api, HANDLE key, size_t i, size_t j)
{
	char* const data = shared->data[i][j];
	DWORD size = sizeof(shared->data[i][j]) - 1;

	if (api->query(key, reg_judge_names[j], NULL, &shared->type[i][j], (BYTE*)data, &size) == 0)
		return;
	shared->type[i][j] = REGISTRY_TYPE_NONE;
	memset(data, 0, sizeof(shared->data[i][j]));
}

static void winpr_reads_all(void)
{
	struct registry_api api;

	if (!registry_api_find(RTLD_DEFAULT, &api))
		_exit(2);
	for (size_t i = 0; i < KEYS; i++)
	{
		HANDLE key = NULL;
		if (api.open(REGISTRY_LOCAL_MACHINE, reg_judge_keys[i], 0, REGISTRY_ACCESS_READ, &key) != 0)
			continue;
		for (size_t j = 0; j < NAMES; j++)
			winpr_reads_value(&api, key, i, j);
	}
	_exit(0);
}

/* False where WinPR did not come to an end. */
static bool winpr_reads(struct bytes text, struct reading* reading)
{
	int status = -1;

	if (!shared)
		shared =
		    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	memset(shared, 0, sizeof(*shared));
	const pid_t child = fork();
	if (child == 0)
	{
		(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ 20, 20 });
		text_for_winpr = &text;
		winpr_reads_all();
	}
	if (TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) != child)
		abort();
	*reading = *shared;
	return status == 0;
}

/* --- what holds ---------------------------------------------------------------------------------
 */

static bool our_reader_agrees(struct bytes text, const struct reading* reading)
{
	for (size_t i = 0; i < KEYS; i++)
		for (size_t j = 0; j < NAMES; j++)
		{
			const struct reg_value ours =
			    reg_text_find(text, reg_judge_keys[i], reg_judge_names[j]);
			const bool string = ours.kind == REG_VALUE_STRING;
			if ((reading->type[i][j] == REGISTRY_TYPE_STRING) != string ||
			    (reading->type[i][j] == REGISTRY_TYPE_NONE) != (ours.kind < REG_VALUE_NUMBER) ||
			    (string && !bytes_equal(ours.text, text_bytes(reading->data[i][j]))))
				return false;
		}
	return true;
}

/* All but the one value, which is the module. */
static bool only_the_module_is_new(struct reading* before, const struct reading* after)
{
	memset(before->data[0][0], 0, sizeof(before->data[0][0]));
	memcpy(before->data[0][0], MODULE, sizeof(MODULE));
	before->type[0][0] = REGISTRY_TYPE_STRING;
	return memcmp(before, after, sizeof(*before)) == 0;
}

static bool names_negossp(struct bytes text)
{
	return memmem(text.data ? text.data : (const uint8_t*)"", text.len, "negossp", 7) != NULL;
}

static const char* judge_edits(struct bytes text, struct reading* before, struct blob* edited)
{
	static struct reading after;
	bool no_file = false;

	if (blob_set(edited, text) != RESULT_OK ||
	    reg_edit_register(edited, false, SERVER, MODULE) != RESULT_OK)
		return "not registered";
	if (!winpr_reads(blob_bytes(edited), &after))
		return "WinPR does not survive what registering made";
	if (!only_the_module_is_new(before, &after))
		return "registering changed what is read";
	if (reg_edit_unregister(edited, SERVER, MODULE, &no_file) != RESULT_OK)
		return "not taken back";
	/* Of a file that names negossp already, more is taken out than was put in. */
	return names_negossp(text) || bytes_equal(text, blob_bytes(edited))
	           ? NULL
	           : "taking back left something";
}

const char* reg_judge(struct bytes text, bool* edited)
{
	static struct reading before;
	static const struct place place = { .kind = PLACE_REGISTRY };
	struct blob blob = BLOB_EMPTY;

	*edited = !place_problem(&place, text) && text.len < REG_JUDGE_MOST - sizeof(MODULE) &&
	          winpr_reads(text, &before);
	if (!*edited)
		return NULL;
	if (!our_reader_agrees(text, &before))
		return "read differently";
	const char* const wrong = judge_edits(text, &before, &blob);
	blob_free(&blob);
	return wrong;
}
