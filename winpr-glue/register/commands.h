/* SPDX-License-Identifier: Apache-2.0
 *
 * register, status and unregister. Each says what it did.
 */
#ifndef NEGOSSP_REGISTER_COMMANDS_H
#define NEGOSSP_REGISTER_COMMANDS_H

#include "options.h"
#include "report.h"

enum report_exit command_run(const struct options* options);

#endif
