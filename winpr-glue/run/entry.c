/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry is lines, of which those that begin with "Exec=" are commands, in any group.
 */
#include "entry.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "register/text.h"

#define KEY_COMMAND "Exec"
#define KEY_PROGRAM "TryExec"
#define KEY_OURS "X-Negossp-Run"
#define KEY_BUS "DBusActivatable"
#define GROUP "[Desktop Entry]"
#define SPACE " \t\r\n"

static bool entry_is_space(uint8_t c)
{
	return c && strchr(SPACE, c) != NULL;
}

static struct bytes entry_trim(struct bytes text)
{
	size_t from = 0;

	while (from < text.len && entry_is_space(text.data[from]))
		from++;
	while (text.len > from && entry_is_space(text.data[text.len - 1]))
		text.len--;
	return text_part(text, from, text.len);
}

/* The value of a line "key = value"; false for any other. */
static bool entry_value(struct bytes line, const char* key, struct bytes* value)
{
	const uint8_t* const sign = text_first(line, '=');

	if (!sign)
		return false;
	const size_t at = (size_t)(sign - line.data);
	*value = entry_trim(text_behind(line, at + 1));
	return bytes_equal(entry_trim(text_part(line, 0, at)), text_bytes(key));
}

/* The next word of a command without the quotation marks around it; PATH_MAX bytes. A word that is
 * longer, or has something escaped in it, is no program's name that anybody has. */
static bool entry_word(struct bytes* command, char* word)
{
	size_t end = 0;

	*command = entry_trim(*command);
	if (command->len == 0)
		return false;
	const bool quoted = command->data[0] == '"';
	for (end = quoted; end < command->len; end++)
		if (quoted ? command->data[end] == '"' : entry_is_space(command->data[end]))
			break;
	(void)snprintf(word, PATH_MAX, "%.*s", (int)(end - quoted),
	               (const char*)command->data + quoted);
	*command = text_behind(*command, end + (quoted && end < command->len));
	return true;
}

static bool entry_has_word(struct bytes command, const char* program)
{
	char word[PATH_MAX];

	while (entry_word(&command, word))
	{
		const char* const slash = strrchr(word, '/');
		if (strcmp(slash ? slash + 1 : word, program) == 0)
			return true;
	}
	return false;
}

bool entry_is_ours(struct bytes text)
{
	struct bytes value;

	while (text.len > 0)
		if (entry_value(text_line(&text), KEY_OURS, &value))
			return true;
	return false;
}

bool entry_starts(struct bytes text, const char* program)
{
	struct bytes value;

	while (text.len > 0)
	{
		const struct bytes line = text_line(&text);
		if ((entry_value(line, KEY_COMMAND, &value) || entry_value(line, KEY_PROGRAM, &value)) &&
		    entry_has_word(value, program))
			return true;
	}
	return false;
}

static const char* entry_command_refusal(struct bytes command)
{
	char word[PATH_MAX];
	char path[PATH_MAX];
	const char* refusal = NULL;

	for (bool first = true; !refusal && entry_word(&command, word); first = false)
	{
		refusal = program_box(word);
		if (first && !refusal && program_find(word, path))
			refusal = program_refusal(path);
	}
	return refusal;
}

const char* entry_refusal(struct bytes text)
{
	const char* refusal = NULL;
	struct bytes value;

	while (text.len > 0 && !refusal)
		if (entry_value(text_line(&text), KEY_COMMAND, &value))
			refusal = entry_command_refusal(value);
	return refusal;
}

static void entry_copy_line(struct bytes line, const char* self, const char* source, FILE* out)
{
	struct bytes value;

	if (entry_value(line, KEY_COMMAND, &value))
		(void)fprintf(out, KEY_COMMAND "=%s %.*s\n", self, (int)value.len, (const char*)value.data);
	else if (entry_value(line, KEY_BUS, &value))
		(void)fprintf(out, KEY_BUS "=false\n");
	else
		(void)fwrite(line.data, 1, line.len, out);
	if (bytes_equal(entry_trim(line), text_bytes(GROUP)))
		(void)fprintf(out, KEY_OURS "=%s\n", source);
}

bool entry_copy(struct bytes text, const char* self, const char* source, struct blob* copy)
{
	char* made = NULL;
	size_t len = 0;
	FILE* const out = open_memstream(&made, &len);
	bool has_command = false;
	struct bytes value;

	while (out && text.len > 0)
	{
		const struct bytes line = text_line(&text);
		has_command |= entry_value(line, KEY_COMMAND, &value);
		entry_copy_line(line, self, source, out);
	}
	bool done = out && fclose(out) == 0 &&
	            blob_set(copy, bytes_make((const uint8_t*)made, len)) == RESULT_OK;
	errno = ENOMEM;
	if (done && !has_command)
	{
		errno = ENOEXEC;
		done = false;
	}
	free(made);
	return done;
}
