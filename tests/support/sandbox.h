/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of the test's own, with a SAM file in it and nothing of the machine's configuration
 * around it: Kerberos finds a configuration that asks no network, WinPR's and our environment
 * variables are cleared. A failure to make any of it ends the program.
 */
#ifndef NEGOSSP_TESTS_SANDBOX_H
#define NEGOSSP_TESTS_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

struct sandbox
{
	char folder[256];
	char sam[300];
};

void sandbox_open(struct sandbox* sandbox);
/* Adds a line to the SAM file as it stands (a newline is added). */
void sandbox_sam_line(const struct sandbox* sandbox, const char* line);
/* Adds `user:domain:::NT hash:::`; the hash is WinPR's NTOWFv1 (or the known one for ""). */
void sandbox_sam_user(const struct sandbox* sandbox, const char* user, const char* domain,
                      const char* password);
/* Makes a file with this content below the folder; `path` gets its full path. */
void sandbox_file(const struct sandbox* sandbox, const char* name, const char* content, char* path,
                  size_t size);
/* Removes the folder with all it holds. */
void sandbox_close(struct sandbox* sandbox);

/* MD4(UTF-16LE(password)), by WinPR; `hash` has 16 bytes. */
void sandbox_nt_hash(const char* password, uint8_t* hash);
/* 2 * len lower-case digits and a NUL. */
void sandbox_hex(const uint8_t* bytes, size_t len, char* text);

#endif
