/* SPDX-License-Identifier: Apache-2.0
 *
 * What the three NTLM messages share (MS-NLMP 2.2.1): the header, the {Len, MaxLen, Offset}
 * fields, and Version.
 *
 * ntlm_field_resolve() is the only place in NTLM where an offset from the wire is used. It cannot
 * overflow, and a field may not reach into the message's fixed part.
 */
#ifndef NEGOSSP_NTLM_FIELD_H
#define NEGOSSP_NTLM_FIELD_H

#include "base/bytes.h"
#include "base/fault.h"

enum ntlm_message_type
{
	NTLM_MESSAGE_NEGOTIATE = 1,
	NTLM_MESSAGE_CHALLENGE = 2,
	NTLM_MESSAGE_AUTHENTICATE = 3
};

#define NTLM_HEADER_SIZE 12
#define NTLM_VERSION_SIZE 8
#define NTLM_CHALLENGE_SIZE 8 /* ServerChallenge and ChallengeFromClient */
#define NTLM_MIC_SIZE 16
#define NTLM_PROOF_SIZE 16

/* Bytes of the longest message written or read, and with that the token size the mechanism
 * announces: user names of 4,000 characters fit. Windows announces 2888. */
#define NTLM_MAX_TOKEN 16384
/* Of the longest NEGOTIATE: anybody can leave one behind in a server, and it says little (MS-NLMP
 * 2.2.1.1: two OEM names of a NetBIOS name's length). */
#define NTLM_MAX_NEGOTIATE 1024

struct ntlm_field
{
	uint16_t len;
	uint32_t offset;
	const char* name; /* a literal, for the fault */
};

/* Whether `token` begins with NTLM's signature. */
bool ntlm_is_message(struct bytes token);
/* Signature and MessageType; the reader then stands behind them, and what follows is at fault when
 * the fixed part is too short. RESULT_MALFORMED for what is no NTLM message or too long,
 * RESULT_OUT_OF_SEQUENCE for one of another type. */
MUST_USE enum result ntlm_header_read(struct bytes message, enum ntlm_message_type type,
                                      struct reader* reader, struct fault* fault);
/* A copy of the message, as it came, into *kept, if its header is right; to be parsed from there.
 * The header's results, or RESULT_NO_MEMORY. */
MUST_USE enum result ntlm_message_keep(struct bytes message, enum ntlm_message_type type,
                                       struct blob* kept, struct fault* fault);
/* Eight bytes. MaxLen is ignored, as MS-NLMP 2.2.1 says. */
MUST_USE enum result ntlm_field_read(struct reader* reader, const char* name,
                                     struct ntlm_field* field);
/* The field's bytes in `message`, whose fixed part is `fixed` bytes long. An empty field yields an
 * empty slice whatever its offset is (peers write 0, or the end of the message). */
MUST_USE enum result ntlm_field_resolve(struct bytes message, size_t fixed, struct ntlm_field field,
                                        struct bytes* value, struct fault* fault);
/* Where the payload starts: the smallest offset of a field that is not empty, or the message's
 * length. What stands between the fixed part and here is Version, and MIC in AUTHENTICATE. */
size_t ntlm_payload_start(struct bytes message, const struct ntlm_field* fields, size_t count);

void ntlm_header_write(struct writer* writer, enum ntlm_message_type type);
/* Writes the field for a `value` whose place in the message is `offset`. */
void ntlm_field_write(struct writer* writer, struct bytes value, size_t offset);
/* Version (MS-NLMP 2.2.2.10), or as many zero bytes. */
void ntlm_version_write(struct writer* writer, bool filled);

#endif
