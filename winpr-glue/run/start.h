/* SPDX-License-Identifier: Apache-2.0
 *
 * Becoming the program, with the library in it.
 */
#ifndef NEGOSSP_RUN_START_H
#define NEGOSSP_RUN_START_H

#include "handover.h"

/* `command` is the program and its arguments, with NULL behind them; `module` is NULL for the one
 * that is installed. Returns only where the program is not started, having said why. */
enum handover_exit start(char* const* command, const char* module);

#endif
