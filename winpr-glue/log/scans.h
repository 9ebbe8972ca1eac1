/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients that end before they have named a user: whoever scans a network makes any number of them,
 * and nobody can be told by them.
 */
#ifndef NEGOSSP_GLUE_SCANS_H
#define NEGOSSP_GLUE_SCANS_H

#include <stdbool.h>

/* True once a second for the whole process: this one may be told to everybody. *untold becomes how
 * many there were since the last that was. Thread-safe. */
bool scans_tell(unsigned* untold);

#endif
