/* SPDX-License-Identifier: Apache-2.0
 *
 * Which registry file and key a FreeRDP uses, from the bytes of its two libraries.
 *
 * Nothing is executed, so it works for a root folder of another machine too. What tells it:
 * - a path that ends in /HKLM.reg in libwinpr3: that is the file (early releases);
 * - libwinpr3 that exports winpr_getApplicationDetailsVendor (from 3.23): the file is
 *   <sysconfdir>/FreeRDP/FreeRDP/HKLM.reg and the key Software\FreeRDP\FreeRDP\Server, both with
 *   FreeRDP3 in the second place when libfreerdp3 says WITH_RESOURCE_VERSIONING=ON of its build;
 * - otherwise the key stands in libfreerdp3 as it is, and the file is <sysconfdir>/winpr/HKLM.reg
 * if libwinpr3 has the string "winpr", or else <sysconfdir>/<vendor>/<product>/HKLM.reg. sysconfdir
 * is the path in libwinpr3 whose last name is etc.
 */
#ifndef NEGOSSP_REGISTER_LIBRARY_LOOK_H
#define NEGOSSP_REGISTER_LIBRARY_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "reg_text.h"

#define LIBRARY_PATH_SIZE 4096
#define LIBRARY_KEY_SIZE 512
#define LIBRARY_VERSION_SIZE 32

struct library_facts
{
	char version[LIBRARY_VERSION_SIZE]; /* "3.10.3", or empty */
	char file[LIBRARY_PATH_SIZE];       /* absolute */
	char key[LIBRARY_KEY_SIZE];         /* below HKEY_LOCAL_MACHINE */
	bool key_is_built_in; /* the key stands in libfreerdp3, and no program changes it */
};

/* `freerdp` may be empty when that library is not there. False when `winpr` is no WinPR that has a
 * registry; `facts` is then undefined. */
bool library_look(struct reg_slice winpr, struct reg_slice freerdp, struct library_facts* facts);

#endif
