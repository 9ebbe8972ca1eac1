/* SPDX-License-Identifier: Apache-2.0
 *
 * A message that there is no memory for is not said.
 */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "terminal.h"

__attribute__((format(printf, 3, 0))) static void report_to(FILE* file, const char* program,
                                                            const char* format, va_list arguments)
{
	char* text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	terminal_mask(text, true);
	(void)fprintf(file, "%s%s%s", program, *program ? ": " : "", text);
	free(text);
}

void report(const char* format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_to(stdout, "", format, arguments);
	va_end(arguments);
}

void report_error(const char* format, ...)
{
	va_list arguments;

	(void)fflush(stdout);
	va_start(arguments, format);
	report_to(stderr, program_invocation_short_name, format, arguments);
	va_end(arguments);
}
