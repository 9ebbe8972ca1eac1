/* SPDX-License-Identifier: Apache-2.0
 *
 * What a domain controller's NTSTATUS means for a logon.
 */
#ifndef NEGOSSP_GLUE_DOMAIN_STATUS_H
#define NEGOSSP_GLUE_DOMAIN_STATUS_H

#include "verify.h"

/* Never RESULT_OK. Fills in user_found and reason. */
MUST_USE enum result domain_status_result(uint32_t nt_status, struct verify_answer* answer);

#endif
