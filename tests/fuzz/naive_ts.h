/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest (MS-CSSP 2.2.1) read once more, for judges.
 */
#ifndef NEGOSSP_FUZZ_NAIVE_TS_H
#define NEGOSSP_FUZZ_NAIVE_TS_H

#include "credssp/ts_request.h"

/* Whether the module may read the message, and as what. */
bool naive_ts_request(struct bytes message, struct ts_request* request);

#endif
