/* SPDX-License-Identifier: Apache-2.0
 *
 * How RDP's client and server agree on a security protocol (MS-RDPBCGR 2.2.1.1, 2.2.1.2): a
 * Connection Request and a Connection Confirm of X.224 in TPKT's frame.
 */
#ifndef NEGOSSP_PROBE_X224_H
#define NEGOSSP_PROBE_X224_H

#include "base/bytes.h"

#define X224_PROTOCOL_RDP 0u
#define X224_PROTOCOL_SSL 1u
#define X224_PROTOCOL_HYBRID 2u
#define X224_PROTOCOL_HYBRID_EX 8u

#define X224_HEADER_SIZE 4u  /* TPKT's (RFC 1006 6) */
#define X224_MOST_SIZE 1024u /* of a Connection Confirm; real ones have 11 or 19 bytes */
#define X224_REQUEST_SIZE 19u

enum x224_answer
{
	X224_SELECTED, /* RDP_NEG_RSP */
	X224_REFUSED,  /* RDP_NEG_FAILURE */
	X224_PLAIN     /* neither: RDP's own security, as servers before Vista do */
};

struct x224_confirm
{
	enum x224_answer answer;
	uint32_t value; /* the protocol, or the failure's code */
};

void x224_request_write(uint32_t protocols, uint8_t request[X224_REQUEST_SIZE]);
/* How long a packet is that has this header, in whole. RESULT_MALFORMED for what is no header, and
 * for a packet above X224_MOST_SIZE. */
MUST_USE enum result x224_length(const uint8_t header[X224_HEADER_SIZE], size_t* len);
/* RESULT_MALFORMED for what is no Connection Confirm. */
MUST_USE enum result x224_confirm_read(struct bytes packet, struct x224_confirm* confirm);

#endif
