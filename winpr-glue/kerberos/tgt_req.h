/* SPDX-License-Identifier: Apache-2.0
 *
 * KERB-TGT-REQUEST (draft-swift-win2k-krb-user2user 5.1), which user-to-user begins with. Nothing
 * protects one, and WinPR is handed none that was not read here before.
 */
#ifndef NEGOSSP_GLUE_TGT_REQ_H
#define NEGOSSP_GLUE_TGT_REQ_H

#include "mech.h"

/* Bytes, of a name with its realm and a NUL; a host has 255 at most. */
#define TGT_REQ_NAME_SIZE 300

struct tgt_req
{
	char name[TGT_REQ_NAME_SIZE];  /* server-name, "service/host": never empty */
	char realm[TGT_REQ_NAME_SIZE]; /* empty: none is named */
};

/* `body` is a Kerberos token's, whose TOK_ID says that it is a TGT-REQ. RESULT_MALFORMED changes
 * nothing: also for one that names no server, for names that are longer, and for those of other
 * characters than printable ASCII without '@' and '\', which no service has and which mean
 * something else where WinPR takes names apart. */
MUST_USE enum result tgt_req_parse(struct bytes body, struct tgt_req* request);

#endif
