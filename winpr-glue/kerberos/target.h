/* SPDX-License-Identifier: Apache-2.0
 *
 * Target names: "service/host", "service/host:port" or a bare "host" (MS-DRSR 2.2.4.2's two-part
 * SPN; FreeRDP uses TERMSRV/host and HTTP/host).
 */
#ifndef NEGOSSP_GLUE_TARGET_H
#define NEGOSSP_GLUE_TARGET_H

#include "mech.h"

#define TARGET_HOST_SIZE 256 /* RFC 1035: 255 octets at most */

/* The host part of a UTF-16LE target name, NUL-terminated. Empty when there is none, when it does
 * not fit, or when it is not ASCII (such a host name has no ticket as it stands). */
void target_host(struct bytes target, char* host, size_t size);

#endif
