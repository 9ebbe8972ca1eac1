/* SPDX-License-Identifier: Apache-2.0
 *
 * Our two packages, as SecPkgInfo describes them.
 */
#ifndef NEGOSSP_GLUE_PACKAGE_INFO_H
#define NEGOSSP_GLUE_PACKAGE_INFO_H

#include "mech.h"

/* Room for a Kerberos token with a large PAC; FreeRDP allocates its token buffers with it. */
#define PACKAGE_MAX_TOKEN 48000u

enum package
{
	PACKAGE_NEGOTIATE,
	PACKAGE_NTLM,
	PACKAGE_FOREIGN /* one of WinPR's own */
};

/* Which package a UTF-16LE name means, in any case; PACKAGE_FOREIGN for names that are not ours. */
enum package package_by_name(struct bytes name);
/* Whether who acquires one of WinPR's own packages can use it (host/foreign.h). If not, the log
 * says so once. */
bool package_foreign_is_usable(void);
/* SecPkgInfoA or W, `wide`, of one of our packages or of the mechanism with that name, in one block
 * for FreeContextBuffer. */
MUST_USE enum result package_info_new(const char* name, bool wide, void** info);

#endif
