/* SPDX-License-Identifier: Apache-2.0
 *
 * Any token of a logon as a tree: TSRequest (MS-CSSP 2.2.1), SPNEGO (RFC 4178 4.2), NTLM
 * (MS-NLMP 2.2.1), the frames of Kerberos (RFC 4121 4.1), and what is nested in them.
 *
 * Nothing is decided: what is malformed is said to be, with message and field, and the rest shown
 * as hexadecimal digits. What is sealed stays so.
 */
#ifndef NEGOSSP_PROBE_DECODE_H
#define NEGOSSP_PROBE_DECODE_H

#include "outline.h"

/* Whether the bytes begin like a token of one of those kinds. */
bool decode_knows(struct bytes token);
/* The token's members, into the group that is open. False where something in it is malformed, or is
 * none of those. */
bool decode_token(struct outline* outline, struct bytes token);
/* The same of an NTLM message alone. */
bool decode_ntlm(struct outline* outline, struct bytes message);
/* "AP-REQ" and its like (RFC 4121 4.1), where the token is a Kerberos one; else NULL. */
const char* decode_kerberos_name(struct bytes token);
/* What could not be parsed: its fault, and its bytes. False. */
struct fault;
bool decode_malformed(struct outline* outline, struct bytes token, const struct fault* fault);

/* FILETIME (MS-DTYP 2.3.3) in UTC, "2026-11-27 05:40:12.0000000", or its number where no calendar
 * has it. */
#define DECODE_TIME_SIZE 48
void decode_time(uint64_t filetime, char text[DECODE_TIME_SIZE]);

#endif
