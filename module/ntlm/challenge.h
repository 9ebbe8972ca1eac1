/* SPDX-License-Identifier: Apache-2.0
 *
 * CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2).
 */
#ifndef NEGOSSP_NTLM_CHALLENGE_H
#define NEGOSSP_NTLM_CHALLENGE_H

#include "base/bytes.h"
#include "base/fault.h"

struct ntlm_challenge
{
	uint32_t flags;
	struct bytes target_name;      /* UTF-16LE */
	struct bytes server_challenge; /* 8 bytes */
	struct bytes target_info;      /* AV pairs, unread; empty unless the flags say TARGET_INFO */
};

/* Slices point into `message`. Version is not looked at: flags may say VERSION and the payload
 * start at 48 all the same. RESULT_MALFORMED, RESULT_OUT_OF_SEQUENCE. */
MUST_USE enum result ntlm_challenge_parse(struct bytes message, struct ntlm_challenge* challenge,
                                          struct fault* fault);
/* Version is zero unless the flags say VERSION. */
MUST_USE enum result ntlm_challenge_write(const struct ntlm_challenge* challenge,
                                          struct blob* message);

#endif
