/* SPDX-License-Identifier: Apache-2.0
 *
 * NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1).
 */
#ifndef NEGOSSP_NTLM_NEGOTIATE_H
#define NEGOSSP_NTLM_NEGOTIATE_H

#include "base/bytes.h"
#include "base/fault.h"

struct ntlm_negotiate
{
	uint32_t flags;
	struct bytes domain;      /* OEM text; empty unless its flag is set */
	struct bytes workstation; /* OEM text; empty unless its flag is set */
};

/* Slices point into `message`. Messages of 16 bytes (flags only), 32 and 40 are all real.
 * RESULT_MALFORMED, RESULT_OUT_OF_SEQUENCE. */
MUST_USE enum result ntlm_negotiate_parse(struct bytes message, struct ntlm_negotiate* negotiate,
                                          struct fault* fault);
/* 40 bytes with empty names; Version is zero unless the flags say VERSION. */
MUST_USE enum result ntlm_negotiate_write(uint32_t flags, struct blob* message);

#endif
