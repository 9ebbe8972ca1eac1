/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos' tokens from outside: RFC 4121 4.1 and draft-swift-win2k-krb-user2user put two octets,
 * TOK_ID, behind the mechanism's OID. WinPR judges the rest.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_TOKEN_H
#define NEGOSSP_GLUE_KERBEROS_TOKEN_H

#include "mech.h"

enum token_id /* big-endian, as they stand on the wire */
{
	TOKEN_AP_REQ = 0x0100,
	TOKEN_AP_REP = 0x0200,
	TOKEN_ERROR = 0x0300,
	TOKEN_TGT_REQ = 0x0400,
	TOKEN_TGT_REP = 0x0401
};

struct kerberos_token
{
	struct bytes oid;
	unsigned id;       /* enum token_id, or any other */
	struct bytes body; /* an ASN.1 message of RFC 4120 or of the draft */
};

/* Slices are borrowed. RESULT_MALFORMED changes nothing. */
MUST_USE enum result kerberos_token_parse(struct bytes token, struct kerberos_token* parsed);

/* The mechanisms' OIDs: Kerberos, and the one that Windows lists beside it (MS-SPNG 3.1.5.1); and
 * user-to-user. */
extern const struct bytes kerberos_oids[2];
extern const struct bytes kerberos_u2u_oids[1];

/* Whether the token is framed by one of these, and there is nothing else to it. */
bool kerberos_token_is_kerberos(struct bytes token);
bool kerberos_token_is_u2u(struct bytes token);

#endif
