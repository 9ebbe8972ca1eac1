/* SPDX-License-Identifier: Apache-2.0
 *
 * What the logons of one test program share: a folder of their own that stands for the user's home,
 * a TLS key with its certificate, and SAM files. Nothing of the machine's or the user's own
 * configuration is read, and nothing is written outside the folder, which goes away at the end.
 */
#ifndef NEGOSSP_TESTS_NLA_LAB_H
#define NEGOSSP_TESTS_NLA_LAB_H

#include <stdbool.h>
#include <stddef.h>

/* CMocka's group set-up and tear-down. nla_lab_open() fails when WinPR's registry on this machine
 * names an SSPI module for servers: FreeRDP prefers that to the setting, so no stock server could
 * be had. */
int nla_lab_open(void** state);
int nla_lab_close(void** state);

/* The TLS server's, PEM, owned by the lab. */
const char* nla_lab_key(void);
const char* nla_lab_certificate(void);

/* A path inside the lab's folder, `size` bytes with the NUL. */
void nla_lab_path(const char* name, char* path, size_t size);

struct nla_account
{
	const char* user; /* UTF-8, as are the others */
	const char* domain;
	const char* password;
};

/* Writes a SAM file of these accounts into the lab's folder; false when that fails. */
bool nla_lab_write_sam(const char* name, const struct nla_account* accounts, size_t count);

/* How many file descriptors this process has open. */
size_t nla_lab_open_files(void);

/* Whether this FreeRDP is the build with this project's patches (CMake: NEGOSSP_FREERDP_PATCHED).
 */
bool nla_lab_is_patched(void);

#endif
