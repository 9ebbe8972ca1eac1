/* SPDX-License-Identifier: Apache-2.0
 *
 * Our two packages, as SecPkgInfo describes them.
 */
#ifndef NEGOSSP_GLUE_PACKAGE_INFO_H
#define NEGOSSP_GLUE_PACKAGE_INFO_H

#include "credential/credential.h"

/* Room for a Kerberos token with a large PAC; FreeRDP allocates its token buffers with it. */
#define PACKAGE_MAX_TOKEN 48000u

/* Whether who acquires one of WinPR's own packages can use it (host/foreign_reach.h). If not, the
 * log says so once. */
bool package_foreign_is_usable(void);
/* SecPkgInfoA or W, `wide`, of one of our packages or of the mechanism with that name, in one block
 * for FreeContextBuffer. */
MUST_USE enum result package_info_new(const char* name, bool wide, void** info);

#endif
