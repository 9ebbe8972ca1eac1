/* SPDX-License-Identifier: Apache-2.0
 *
 * One look at an RDP server: X.224 negotiation, TLS, and as much of CredSSP as is asked for.
 */
#ifndef NEGOSSP_PROBE_PROBE_H
#define NEGOSSP_PROBE_PROBE_H

#include "probe_options.h"
#include "story.h"

/* What came of it is in *story, which is zeroed to begin with. */
void probe_run(const struct probe_options* options, struct story* story);

#endif
