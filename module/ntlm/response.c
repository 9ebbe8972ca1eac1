/* SPDX-License-Identifier: Apache-2.0
 *
 * The NTLMv2 response and what goes into it. RespType and HiRespType are 1 in every response there
 * is (MS-NLMP 2.2.2.7), so anything else is malformed, not a newer version.
 */
#include "ntlm/response.h"

#include <time.h>

#include "ntlm/field.h"

enum result ntlm_response_parse(struct bytes nt_response, struct ntlm_response* response,
                                struct fault* fault)
{
	struct ntlm_response read = { .timestamp = 0 };
	struct reader reader = reader_make(nt_response);
	uint8_t resp_type = 0;
	uint8_t hi_resp_type = 0;

	fault_set(fault, "NtChallengeResponse", "is cut short");
	TRY(reader_take(&reader, NTLM_PROOF_SIZE, &read.proof));
	read.temp = reader.rest;
	TRY(reader_u8(&reader, &resp_type));
	TRY(reader_u8(&reader, &hi_resp_type));
	WELL_FORMED(resp_type == 1 && hi_resp_type == 1, fault, "RespType or HiRespType", "is not 1");
	TRY(reader_skip(&reader, 6));
	TRY(reader_u64le(&reader, &read.timestamp));
	TRY(reader_take(&reader, NTLM_CHALLENGE_SIZE, &read.client_challenge));
	TRY(reader_skip(&reader, 4));
	TRY(ntlm_av_parse(reader.rest, &read.pairs, fault));
	*response = read;
	return RESULT_OK;
}

enum result ntlm_response_write(uint64_t timestamp, struct bytes client_challenge,
                                struct bytes pairs, struct blob* response)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);

	writer_zeros(&writer, NTLM_PROOF_SIZE);
	writer_u8(&writer, 1);
	writer_u8(&writer, 1);
	writer_zeros(&writer, 6);
	writer_u64le(&writer, timestamp);
	writer_bytes(&writer, client_challenge);
	writer_zeros(&writer, 4);
	writer_bytes(&writer, pairs);
	writer_zeros(&writer, 4);
	return writer_take(&writer, response);
}

enum result ntlm_initiator_pairs_write(struct bytes received,
                                       const struct ntlm_initiator_pairs* added, struct blob* pairs)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	struct reader reader = reader_make(received);
	struct ntlm_av_list list = { .whole = BYTES_EMPTY };
	uint16_t id = NTLM_AV_EOL;
	struct bytes value = BYTES_EMPTY;

	/* An old server may have sent no list at all. */
	if (received.len != 0)
		TRY(ntlm_av_parse(received, &list, NULL));
	/* ntlm_av_parse() has seen the list's end, so this loop reaches it. */
	while (ntlm_av_next(&reader, &id, &value) == RESULT_OK && id != NTLM_AV_EOL)
	{
		/* These are the initiator's to say, and an acceptor's word on them must not get under
		 * the initiator's proof. MsvAvFlags comes back below, with our bits: a name of ours that
		 * somebody else marked would count for nothing at the server that he relays to. */
		if (id == NTLM_AV_CHANNEL_BINDINGS || id == NTLM_AV_TARGET_NAME || id == NTLM_AV_FLAGS)
			continue;
		ntlm_av_write(&writer, id, value);
	}
	const uint32_t flags =
	    ntlm_av_flags(&list) & ~(uint32_t)(NTLM_AV_FLAG_MIC | NTLM_AV_FLAG_UNTRUSTED_TARGET);
	if (added->mic || flags != 0)
		ntlm_av_write_flags(&writer, flags | (added->mic ? NTLM_AV_FLAG_MIC : 0U));
	if (added->bindings_and_target)
	{
		ntlm_av_write(&writer, NTLM_AV_CHANNEL_BINDINGS, added->bindings);
		ntlm_av_write(&writer, NTLM_AV_TARGET_NAME, added->target);
	}
	ntlm_av_write_end(&writer);
	return writer_take(&writer, pairs);
}

enum result ntlm_acceptor_pairs_write(const struct ntlm_names* names, uint64_t timestamp,
                                      struct blob* pairs)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	/* A machine in no domain is its own, and one without DNS is known by its NetBIOS name. */
	const struct bytes computer = names->netbios_computer;
	const struct bytes domain = names->netbios_domain.len ? names->netbios_domain : computer;
	const struct bytes dns = names->dns_computer.len ? names->dns_computer : computer;

	ntlm_av_write(&writer, NTLM_AV_NB_DOMAIN_NAME, domain);
	ntlm_av_write(&writer, NTLM_AV_NB_COMPUTER_NAME, computer);
	if (names->dns_domain.len)
		ntlm_av_write(&writer, NTLM_AV_DNS_DOMAIN_NAME, names->dns_domain);
	ntlm_av_write(&writer, NTLM_AV_DNS_COMPUTER_NAME, dns);
	ntlm_av_write_timestamp(&writer, timestamp);
	ntlm_av_write_end(&writer);
	return writer_take(&writer, pairs);
}

/* --- time ------------------------------------------------------------------------------------ */

#define FILETIME_PER_SECOND UINT64_C(10000000)
/* Seconds from 1601-01-01 to 1970-01-01. */
#define FILETIME_UNIX_EPOCH UINT64_C(11644473600)

uint64_t ntlm_time_now(void)
{
	struct timespec now = { 0, 0 };

	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0)
		return FILETIME_UNIX_EPOCH * FILETIME_PER_SECOND;
	return ((uint64_t)now.tv_sec + FILETIME_UNIX_EPOCH) * FILETIME_PER_SECOND +
	       (uint64_t)now.tv_nsec / 100;
}

int64_t ntlm_time_difference(uint64_t a, uint64_t b)
{
	/* Both quotients fit in 41 bits, so the subtraction cannot overflow whatever a peer sends. */
	return (int64_t)(a / FILETIME_PER_SECOND) - (int64_t)(b / FILETIME_PER_SECOND);
}
