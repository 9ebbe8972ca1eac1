/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process says once, however often it comes to it.
 */
#ifndef NEGOSSP_GLUE_ONCE_H
#define NEGOSSP_GLUE_ONCE_H

#include <stdbool.h>

/* True the first time for this pair of texts, of which 126 bytes are compared, and for the first 32
 * pairs; `subject` has less than 64. Thread-safe. */
bool log_first_time(const char* subject, const char* text);

#endif
