/* SPDX-License-Identifier: Apache-2.0
 *
 * One client and one server over a function table, driven with as little around the provider as can
 * be: buffers that are there already, no copy of a token, no look at what is not needed. The
 * credentials are those of support/sspi_pair.h.
 */
#ifndef NEGOSSP_TESTS_BENCH_FLOW_H
#define NEGOSSP_TESTS_BENCH_FLOW_H

#include "sspi_pair.h"
#include "sums.h"

/* In capitals, so that NTOWFv2 (MS-NLMP 3.3.2) takes the name as it is. */
#define FLOW_USER "BENCH"
#define FLOW_UNKNOWN "HCNEB"
#define FLOW_PASSWORD "Let-Me-In-10"

#define FLOW_MOST_HELD 10100
#define FLOW_MOST_BYTES 65536u
#define FLOW_TRAILER 16u

struct flow
{
	struct sspi_setup setup;
	struct sspi_end client;
	struct sspi_end server;
	struct sums sums;            /* the same flow's bare arithmetic */
	struct sums_exchange* taken; /* borrowed; NULL but while an exchange is taken down */
	CtxtHandle (*held)[2];       /* client's and server's contexts put aside */
	size_t held_count;
	SECURITY_STATUS status;                          /* of the last call */
	struct sums_message tokens[2];                   /* the client's last and the server's last */
	uint8_t message[FLOW_TRAILER + FLOW_MOST_BYTES]; /* token, then data */
};

/* Each acquires, works or gives back, and is false when a call of the provider fails. */
bool flow_open(struct flow* flow, const struct sspi_setup* setup);
void flow_close(struct flow* flow);
/* An exchange from the first token on; the contexts stay. */
bool flow_connect(struct flow* flow);
void flow_disconnect(struct flow* flow);
/* Puts contexts aside, or deletes some of them, until `count` pairs are held. */
bool flow_hold(struct flow* flow, size_t count);

/* The units of work that are measured; `size` is the message's. The last two need a flow that is
 * connected. */
bool flow_handshake(struct flow* flow, size_t size); /* flow_connect, flow_disconnect */
bool flow_fresh(struct flow* flow, size_t size);     /* the same with credentials of its own */
bool flow_refused(struct flow* flow, size_t size);   /* a handshake that the server refuses */
bool flow_seal(struct flow* flow, size_t size);      /* sealed by the client, unsealed */
bool flow_sign(struct flow* flow, size_t size);      /* signed by the client, verified */

#endif
