/* SPDX-License-Identifier: Apache-2.0
 *
 * The release of WinPR that this process runs, not the one we were built with.
 */
#ifndef NEGOSSP_GLUE_VERSION_H
#define NEGOSSP_GLUE_VERSION_H

#include <limits.h>
#include <stdbool.h>

/* True from `minor` of 3 on; never in FreeRDP 2. */
bool version_at_least(int minor);

/* For the above: a minor that no 3 reaches, so true in FreeRDP 4 and later only. */
#define VERSION_4 INT_MAX

#endif
