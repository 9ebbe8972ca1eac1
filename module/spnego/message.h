/* SPDX-License-Identifier: Apache-2.0
 *
 * The two messages of SPNEGO (RFC 4178 4.2), as structs of slices.
 *
 * NegTokenInit opens the exchange, inside the InitialContextToken of RFC 2743 3.1; NegTokenResp is
 * everything after it, in both directions. NegTokenInit2 (MS-SPNG 2.2.1) is a NegTokenInit with
 * negHints at [3] and the mechListMIC moved to [4]; it is read, its hints are checked for their
 * form and ignored, and it is never sent.
 *
 * Reading allocates nothing: every slice borrows from the token. It decides nothing either: which
 * message may come when is decide.h's. Fields in a wrong order, twice, or followed by anything are
 * RESULT_MALFORMED. An OCTET STRING of no bytes counts as a field that is not there.
 */
#ifndef NEGOSSP_SPNEGO_MESSAGE_H
#define NEGOSSP_SPNEGO_MESSAGE_H

#include "base/bytes.h"
#include "base/fault.h"

#define SPNEGO_MAX_MESSAGE (192 * 1024) /* bytes; what a written message may need at most */

/* RFC 4178 4.2.2; the numbers are those of the wire, but for the last. */
enum neg_state
{
	NEG_STATE_ACCEPT_COMPLETED = 0,
	NEG_STATE_ACCEPT_INCOMPLETE = 1,
	NEG_STATE_REJECT = 2,
	NEG_STATE_REQUEST_MIC = 3,
	NEG_STATE_ABSENT = 4
};

struct neg_token_init
{
	/* The MechTypeList as it stands on the wire, its `30 ..` SEQUENCE header included: what the
	 * mechListMIC covers. Its content is mech_list.h's. */
	struct bytes mech_types;
	struct bytes mech_token;
	struct bytes mech_list_mic;
};

struct neg_token_resp
{
	enum neg_state neg_state;
	struct bytes supported_mech; /* the OID's content; empty when absent */
	struct bytes response_token;
	struct bytes mech_list_mic;
};

/* Whether the token is an InitialContextToken that names SPNEGO, and so claims to hold a
 * NegTokenInit; Kerberos' own tokens share the frame with another OID. */
bool neg_token_is_init(struct bytes token);
/* Whether the token claims to be a NegTokenResp. */
bool neg_token_is_resp(struct bytes token);

/* RESULT_MALFORMED changes nothing but *fault, and that only if the token claims to be what it is
 * read as. */
MUST_USE enum result neg_token_init_parse(struct bytes token, struct neg_token_init* init,
                                          struct fault* fault);
MUST_USE enum result neg_token_resp_parse(struct bytes token, struct neg_token_resp* resp,
                                          struct fault* fault);

/* What is sent, in DER, replacing *token. Empty fields are left out. RESULT_BUFFER_TOO_SMALL above
 * SPNEGO_MAX_MESSAGE, RESULT_NO_MEMORY; *token is untouched then. */
MUST_USE enum result neg_token_init_write(const struct neg_token_init* init, struct blob* token);
MUST_USE enum result neg_token_resp_write(const struct neg_token_resp* resp, struct blob* token);

#endif
