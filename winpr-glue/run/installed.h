/* SPDX-License-Identifier: Apache-2.0
 *
 * What negossp was installed as. The module and the library lie where they do as seen from this
 * program, wherever all of it was moved.
 */
#ifndef NEGOSSP_RUN_INSTALLED_H
#define NEGOSSP_RUN_INSTALLED_H

#include <stdbool.h>

#define INSTALLED_MODULE "negossp.so"
#define INSTALLED_LIBRARY "negossp-run.so"

/* This program's own path, without links; PATH_MAX bytes. */
bool installed_self(char* path);
/* Of a file in the folder of FreeRDP's modules. False and errno where it is not there; the path is
 * the one that was looked for. */
bool installed_file(const char* name, char* path);
/* Whether neither the loader nor a desktop entry takes anything in the path for what it is not. */
bool installed_is_plain(const char* path);

#endif
