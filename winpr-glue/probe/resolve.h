/* SPDX-License-Identifier: Apache-2.0
 *
 * getaddrinfo(), which waits for a name server as long as resolv.conf says, with a limit.
 */
#ifndef NEGOSSP_PROBE_RESOLVE_H
#define NEGOSSP_PROBE_RESOLVE_H

#include <stdbool.h>

struct addrinfo;

/* *addresses are the caller's to free by freeaddrinfo(). NULL, or why there are none, in plain
 * words; *slow says that the time was over. */
const char* resolve(const char* host, const char* port, int milliseconds,
                    struct addrinfo** addresses, bool* slow);

#endif
