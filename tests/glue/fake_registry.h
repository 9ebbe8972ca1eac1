/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry in memory in the place of WinPR's: it defines what winpr-glue/host/registry.h
 * declares. With FAKE_JSON the same values, LSA's apart, are in JSON files instead, as FreeRDP
 * reads them from 3.33 on, in a folder that is gone when the program ends.
 */
#ifndef NEGOSSP_TESTS_FAKE_REGISTRY_H
#define NEGOSSP_TESTS_FAKE_REGISTRY_H

#include <stdint.h>

#ifdef FAKE_JSON
/* Writes a file by its name, "negossp.json", whatever stands in it; NULL removes it. */
void fake_json_file(const char* name, const char* content);
/* Until the next change WinPR has no memory to say where the files are. */
void fake_json_path_missing(void);
#endif
/* Empty, and to be read. */
void fake_registry_clear(void);
/* As where WinPR has no functions for it. */
void fake_registry_lose(void);
/* As where HKLM.reg is there and could not be opened. */
void fake_registry_unread(void);
/* `path` as registry_open() is given it. */
void fake_registry_string(const char* path, const char* name, const char* value);
void fake_registry_number(const char* path, const char* name, uint32_t value);

#endif
