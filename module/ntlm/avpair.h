/* SPDX-License-Identifier: Apache-2.0
 *
 * AV pairs (MS-NLMP 2.2.2.1): the list in CHALLENGE's TargetInfo and in the NTLMv2 response.
 *
 * A list must have its MsvAvEOL. Known pairs may occur once and have the sizes that the
 * specification gives them: a second MsvAvFlags is how CVE-2019-1166 hid the MIC. Unknown pairs are
 * stepped over. What follows MsvAvEOL belongs to whoever embeds the list.
 */
#ifndef NEGOSSP_NTLM_AVPAIR_H
#define NEGOSSP_NTLM_AVPAIR_H

#include "base/bytes.h"
#include "base/fault.h"

enum ntlm_av_id
{
	NTLM_AV_EOL = 0,
	NTLM_AV_NB_COMPUTER_NAME = 1,
	NTLM_AV_NB_DOMAIN_NAME = 2,
	NTLM_AV_DNS_COMPUTER_NAME = 3,
	NTLM_AV_DNS_DOMAIN_NAME = 4,
	NTLM_AV_DNS_TREE_NAME = 5,
	NTLM_AV_FLAGS = 6,
	NTLM_AV_TIMESTAMP = 7,
	NTLM_AV_SINGLE_HOST = 8,
	NTLM_AV_TARGET_NAME = 9,
	NTLM_AV_CHANNEL_BINDINGS = 10,
	NTLM_AV_KNOWN_IDS
};

/* MsvAvFlags: the message carries a MIC. */
#define NTLM_AV_FLAG_MIC UINT32_C(0x00000002)
/* MsvAvFlags: MsvAvTargetName is from a source that the client does not trust. */
#define NTLM_AV_FLAG_UNTRUSTED_TARGET UINT32_C(0x00000004)

struct ntlm_av_list
{
	bool present[NTLM_AV_KNOWN_IDS];
	struct bytes value[NTLM_AV_KNOWN_IDS]; /* empty when not present */
	struct bytes whole;                    /* from the first pair through MsvAvEOL */
};

/* The next pair. At MsvAvEOL *id is NTLM_AV_EOL and the reader stands behind it. RESULT_MALFORMED
 * when the list ends without one, or a length goes past the end. */
MUST_USE enum result ntlm_av_next(struct reader* reader, uint16_t* id, struct bytes* value);
/* Slices point into `from`. RESULT_MALFORMED; the fault's message is the one read last. */
MUST_USE enum result ntlm_av_parse(struct bytes from, struct ntlm_av_list* list,
                                   struct fault* fault);
/* MsvAvFlags, 0 when absent. */
uint32_t ntlm_av_flags(const struct ntlm_av_list* list);
/* MsvAvTimestamp as FILETIME; false when absent. */
bool ntlm_av_timestamp(const struct ntlm_av_list* list, uint64_t* timestamp);

void ntlm_av_write(struct writer* writer, uint16_t id, struct bytes value);
void ntlm_av_write_flags(struct writer* writer, uint32_t flags);
void ntlm_av_write_timestamp(struct writer* writer, uint64_t timestamp);
void ntlm_av_write_end(struct writer* writer);

#endif
