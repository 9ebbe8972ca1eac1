/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry in memory in the place of WinPR's: it defines what winpr-glue/host/registry.h
 * declares.
 */
#ifndef NEGOSSP_TESTS_FAKE_REGISTRY_H
#define NEGOSSP_TESTS_FAKE_REGISTRY_H

#include <stdint.h>

/* Empty, and to be read. */
void fake_registry_clear(void);
/* As where WinPR has no functions for it. */
void fake_registry_lose(void);
/* `path` as registry_open() is given it. */
void fake_registry_string(const char* path, const char* name, const char* value);
void fake_registry_number(const char* path, const char* name, uint32_t value);

#endif
