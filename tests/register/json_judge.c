/* SPDX-License-Identifier: Apache-2.0
 *
 * What WinPR reads before and after.
 */
#include "json_judge.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/json.h>

#include "json_edit.h"

static WINPR_JSON* parsed(struct bytes text)
{
	return WINPR_JSON_ParseWithLength((const char*)text.data, text.len);
}

static void add_member(struct writer* out, const WINPR_JSON* object,
                       const struct json_member* member)
{
	const size_t size = member->name.len + 1;
	char* const name = calloc(1, size);

	if (!name)
		abort();
	/* WinPR ends a name at a NUL in it, and so finds none by it. */
	if (!json_string(bytes_make(member->name.data - 1, member->name.len + 2), name, size))
		name[0] = '\0';
	if (strcmp(name, VALUE_NAME) != 0 && strcmp(name, "negossp-register") != 0)
	{
		char* const printed =
		    WINPR_JSON_PrintUnformatted(WINPR_JSON_GetObjectItemCaseSensitive(object, name));
		text_add(out, name);
		text_add(out, printed ? printed : "(none)");
		free(printed);
	}
	free(name);
}

/* Everything but SspiModule, as WinPR prints it. False where it cannot parse the text. */
static bool others(struct bytes text, struct blob* made)
{
	struct json_reader reader = json_reader_make(text);
	struct json_member member;
	WINPR_JSON* const object = parsed(text);
	struct writer out = writer_make(1u << 24);

	while (object && json_reader_next(&reader, &member))
		add_member(&out, object, &member);
	WINPR_JSON_Delete(object);
	return writer_take(&out, made) == RESULT_OK && object;
}

static bool reads_the_module(struct bytes text)
{
	WINPR_JSON* const object = parsed(text);
	const char* const module =
	    WINPR_JSON_GetStringValue(WINPR_JSON_GetObjectItemCaseSensitive(object, VALUE_NAME));
	const bool is = module && strcmp(module, JSON_JUDGE_MODULE) == 0;

	WINPR_JSON_Delete(object);
	return is;
}

/* Of a text that names negossp already, be it by escapes, more is taken out than was put in. */
static bool may_name_negossp(struct bytes text)
{
	return memmem(text.data, text.len, "negossp", 7) || memmem(text.data, text.len, "\\u", 2) ||
	       memmem(text.data, text.len, "\\U", 2);
}

static const char* judge_edits(struct bytes text, struct blob* edited)
{
	struct blob before = BLOB_EMPTY;
	struct blob after = BLOB_EMPTY;
	bool no_file = true;

	const bool parses = others(text, &before) || text.len == 0;
	if (blob_set(edited, text) != RESULT_OK ||
	    json_edit_register(edited, false, JSON_JUDGE_MODULE) != RESULT_OK)
		return "not registered";
	const bool same =
	    others(blob_bytes(edited), &after) && bytes_equal(blob_bytes(&before), blob_bytes(&after));
	blob_free(&before);
	blob_free(&after);
	if (!parses)
		return "WinPR does not read what is not refused";
	if (!same)
		return "registering changed what is read";
	if (json_edit_problem(blob_bytes(edited)) || !reads_the_module(blob_bytes(edited)))
		return "registered, and not read";
	if (json_edit_unregister(edited, JSON_JUDGE_MODULE, &no_file) != RESULT_OK)
		return "not taken back";
	if (may_name_negossp(text))
		return NULL;
	return no_file || !bytes_equal(text, blob_bytes(edited)) ? "taking back left something" : NULL;
}

const char* json_judge(struct bytes text, bool* edited)
{
	struct blob blob = BLOB_EMPTY;

	*edited = json_edit_problem(text) == NULL;
	if (!*edited)
		return NULL;
	const char* const wrong = judge_edits(text, &blob);
	blob_free(&blob);
	return wrong;
}
