/* SPDX-License-Identifier: Apache-2.0
 *
 * Having the desktop start a program through negossp-run: copies of its desktop entries in the
 * user's own folder, which come before the system's of the same names.
 */
#ifndef NEGOSSP_RUN_DESKTOP_H
#define NEGOSSP_RUN_DESKTOP_H

#include "register/report.h"

/* `name` is that of an entry, with or without .desktop, or of the program that entries start.
 * EXIT_NOT when there is none, or one of them was not changed. */
enum report_exit desktop_add(const char* name);
enum report_exit desktop_remove(const char* name);

#endif
