/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLMv2_RESPONSE and the NTLMv2_CLIENT_CHALLENGE in it, which MS-NLMP 3.3.2 calls temp
 * (MS-NLMP 2.2.2.7, 2.2.2.8); and the AV pairs that go into CHALLENGE and into temp.
 */
#ifndef NEGOSSP_NTLM_RESPONSE_H
#define NEGOSSP_NTLM_RESPONSE_H

#include "ntlm.h"
#include "ntlm/avpair.h"

/* NTLMv1's response, by whose size it is told from NTLMv2's. */
#define NTLM_V1_RESPONSE_SIZE 24

struct ntlm_response
{
	struct bytes proof;            /* NTProofStr: 16 bytes */
	struct bytes temp;             /* all that follows it */
	uint64_t timestamp;            /* FILETIME */
	struct bytes client_challenge; /* 8 bytes */
	struct ntlm_av_list pairs;
};

/* Slices point into `nt_response`. Bytes behind MsvAvEOL are allowed: four zero bytes are normal,
 * and WinPR adds eight more. RESULT_MALFORMED. */
MUST_USE enum result ntlm_response_parse(struct bytes nt_response, struct ntlm_response* response,
                                         struct fault* fault);
/* The response with zeros where NTProofStr belongs, which is made over what follows.
 * `client_challenge` is 8 bytes; `pairs` ends with its MsvAvEOL. */
MUST_USE enum result ntlm_response_write(uint64_t timestamp, struct bytes client_challenge,
                                         struct bytes pairs, struct blob* response);

/* What the initiator adds to the acceptor's AV pairs. */
struct ntlm_initiator_pairs
{
	bool mic;                 /* MsvAvFlags gets NTLM_AV_FLAG_MIC */
	bool bindings_and_target; /* the next two are sent, even when empty */
	struct bytes bindings;    /* 16 bytes */
	struct bytes target;      /* UTF-16LE */
};

/* The acceptor's pairs in its order, with ours (MS-NLMP 3.1.5.1.2). `received` empty gives a list
 * that is MsvAvEOL alone. */
MUST_USE enum result ntlm_initiator_pairs_write(struct bytes received,
                                                const struct ntlm_initiator_pairs* added,
                                                struct blob* pairs);
/* CHALLENGE's pairs (MS-NLMP 3.2.5.1.1). */
MUST_USE enum result ntlm_acceptor_pairs_write(const struct ntlm_names* names, uint64_t timestamp,
                                               struct blob* pairs);

/* Now, as FILETIME: 100 ns since 1601-01-01 UTC. */
uint64_t ntlm_time_now(void);
/* `a` minus `b` in whole seconds. */
int64_t ntlm_time_difference(uint64_t a, uint64_t b);

#endif
