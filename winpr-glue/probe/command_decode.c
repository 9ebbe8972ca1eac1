/* SPDX-License-Identifier: Apache-2.0
 *
 * All tokens are read before anything is written, so that a file that cannot be read leaves no half
 * of an answer.
 */
#include "command_decode.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"
#include "input.h"
#include "judge.h"
#include "token_text.h"

static bool tokens_read_file(struct tokens* tokens, const char* name)
{
	static const char advice[] =
	    "negossp-probe: tokens are read from files or standard input, never from arguments\n";
	struct secret content = SECRET_EMPTY;
	const size_t before = tokens->count;
	size_t line = 0;
	if (strcmp(name, "-") == 0 && isatty(STDIN_FILENO))
		(void)fputs("negossp-probe: tokens, please; Ctrl-D behind the last line ends them\n",
		            stderr);
	const char* problem = input_file(name, TOKEN_TEXT_LIMIT, &content);
	if (problem && strcmp(name, "-") != 0 && access(name, F_OK) != 0)
		(void)fputs(advice, stderr);
	if (!problem)
		problem = tokens_read(tokens, secret_bytes(&content), &line);
	if (!problem && tokens->count == before)
	{
		problem = "there is no token in it";
		line = 0;
	}
	secret_free(&content);
	if (problem && line > 0)
		(void)fprintf(stderr, "negossp-probe: %s, line %zu: %s\n", name, line, problem);
	else if (problem)
		input_complain(name, problem);
	return !problem;
}

static bool tokens_show(struct outline* outline, const struct tokens* tokens,
                        struct exchange* exchange)
{
	bool right = true;

	outline_begin_list(outline, "tokens");
	for (size_t i = 0; i < tokens->count; i++)
	{
		const struct bytes token = blob_bytes(&tokens->token[i]);
		char name[32];
		(void)snprintf(name, sizeof(name), "token %zu", i + 1);
		outline_begin(outline, name);
		outline_number(outline, "length", token.len);
		right = decode_token(outline, token) && right;
		outline_end(outline);
		exchange_add(exchange, token);
	}
	outline_end(outline);
	return right;
}

static bool standard_input_is_wanted_twice(const struct decode_options* options)
{
	bool tokens = options->file_count == 0;

	for (size_t i = 0; i < options->file_count; i++)
		tokens = tokens || strcmp(options->files[i], "-") == 0;
	return tokens && options->password_file && strcmp(options->password_file, "-") == 0;
}

enum probe_exit command_decode(const struct decode_options* options)
{
	static struct tokens tokens;
	struct exchange exchange = { 0 };
	struct secret secret = SECRET_EMPTY;
	struct bytes password = BYTES_EMPTY;
	enum probe_exit outcome = EXIT_UNREAD;
	struct outline outline;
	bool right = true;

	if (standard_input_is_wanted_twice(options))
	{
		input_complain("-", "both the password and tokens are to come from standard input");
		return EXIT_USAGE;
	}
	if (options->file_count == 0 && !tokens_read_file(&tokens, "-"))
		goto out;
	for (size_t i = 0; i < options->file_count; i++)
	{
		if (!tokens_read_file(&tokens, options->files[i]))
			goto out;
	}
	if (options->password_file)
	{
		const char* const problem =
		    input_password(options->password_file, false, &secret, &password);
		if (problem)
		{
			input_complain(INPUT_PASSWORD_FILE, problem);
			goto out;
		}
	}
	outline_open(&outline, stdout, options->json);
	right = tokens_show(&outline, &tokens, &exchange);
	if (options->password_file)
		right = exchange_judge(&outline, &exchange, password) && right;
	outline_close(&outline);
	if (fflush(stdout) != 0 || ferror(stdout))
		input_complain("standard output", strerror(errno));
	else
		outcome = right ? EXIT_RIGHT : EXIT_WRONG;
out:
	secret_free(&secret);
	tokens_free(&tokens);
	return outcome;
}
