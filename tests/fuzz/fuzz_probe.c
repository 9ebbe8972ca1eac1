/* SPDX-License-Identifier: Apache-2.0
 *
 * `negossp-probe decode`: whatever stands in a file, its tree is JSON without a control character
 * in a string, and without what nobody can read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "decode.h"
#include "input.h"
#include "judge.h"
#include "negossp.h"
#include "token_text.h"

/* Brackets that match, strings that end, nothing below a blank in them (RFC 8259). */
static void judge_json(const char* text, size_t len)
{
	char open[64];
	size_t depth = 0;
	bool string = false;

	for (size_t i = 0; i < len; i++)
	{
		const char c = text[i];
		if (string)
		{
			JUDGE((unsigned char)c >= 0x20 && c != 0x7F, "a control character");
			JUDGE(c != '\\' || text[i + 1] == '\\' || text[i + 1] == '"', "another escape");
			i += c == '\\';
			string = c != '"';
			continue;
		}
		string = c == '"';
		if (c == '{' || c == '[')
		{
			JUDGE(depth < sizeof(open), "too deep");
			open[depth++] = c == '{' ? '}' : ']';
		}
		else if (c == '}' || c == ']')
			JUDGE(depth > 0 && open[--depth] == c, "brackets do not match");
	}
	JUDGE(depth == 0 && !string, "it does not end");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	static struct tokens tokens;
	struct exchange exchange = { 0 };
	struct outline outline;
	char* text = NULL;
	size_t len = 0;
	size_t line = 0;

	/* NTLM's keys need OpenSSL. */
	if (negossp_init() != RESULT_OK)
		abort();
	(void)tokens_read(&tokens, bytes_make(data, size), &line);
	FILE* const to = open_memstream(&text, &len);
	if (!to)
		abort();
	outline_open(&outline, to, true);
	outline_begin_list(&outline, "tokens");
	for (size_t i = 0; i < tokens.count; i++)
	{
		outline_begin(&outline, "token");
		(void)decode_token(&outline, blob_bytes(&tokens.token[i]));
		outline_end(&outline);
		exchange_add(&exchange, blob_bytes(&tokens.token[i]));
	}
	outline_end(&outline);
	(void)exchange_judge(&outline, &exchange, BYTES_LITERAL("Test-pw-1!"));
	outline_close(&outline);
	(void)fclose(to);
	judge_json(text, len);
	free(text);
	tokens_free(&tokens);
	return 0;
}
