/* SPDX-License-Identifier: Apache-2.0
 *
 * AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3).
 *
 * Version and MIC are optional, and no flag in the message says whether the MIC is there (that is
 * AvFlags, inside the response). So the place for it is found from where the payload starts:
 * 64 neither, 72 Version, 80 MIC, 88 or more both.
 */
#ifndef NEGOSSP_NTLM_AUTHENTICATE_H
#define NEGOSSP_NTLM_AUTHENTICATE_H

#include "base/bytes.h"
#include "base/fault.h"

struct ntlm_authenticate
{
	uint32_t flags;
	struct bytes lm_response; /* LmChallengeResponse */
	struct bytes nt_response; /* NtChallengeResponse, unread */
	struct bytes domain;      /* UTF-16LE if the flags say UNICODE; likewise below */
	struct bytes user;
	struct bytes workstation;
	struct bytes encrypted_session_key; /* EncryptedRandomSessionKey */
	struct bytes mic;                   /* 16 bytes when there is room for one, else empty */
	size_t mic_offset;                  /* where `mic` is in the message; 0 when it is empty */
};

/* Slices point into `message`. RESULT_MALFORMED, RESULT_OUT_OF_SEQUENCE. */
MUST_USE enum result ntlm_authenticate_parse(struct bytes message,
                                             struct ntlm_authenticate* authenticate,
                                             struct fault* fault);
/* Always with room for Version and MIC, both zero to begin with except Version when the flags say
 * so. `mic` is not read; *mic_offset says where it belongs. */
MUST_USE enum result ntlm_authenticate_write(const struct ntlm_authenticate* authenticate,
                                             struct blob* message, size_t* mic_offset);
/* `negotiate`, `challenge` and `authenticate` in one, the MIC at mic_offset zeroed (no MIC: 0):
 * what the MIC covers (MS-NLMP 3.1.5.1.2). */
MUST_USE enum result ntlm_mic_input_write(struct bytes negotiate, struct bytes challenge,
                                          struct bytes authenticate, size_t mic_offset,
                                          struct blob* input);

#endif
