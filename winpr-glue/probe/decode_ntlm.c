/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM's three messages (MS-NLMP 2.2.1) as a tree.
 */
#include <inttypes.h>
#include <time.h>

#include "base/fault.h"
#include "base/utf16.h"
#include "decode.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/flags.h"
#include "ntlm/negotiate.h"
#include "ntlm/response.h"

#define DECODE_TEXT 1024 /* bytes of a name, beyond which it is cut */

/* MS-NLMP 2.2.2.5, without "NTLMSSP_" and "NEGOTIATE_". */
static const struct
{
	uint32_t flag;
	const char* name;
} flag_names[] = { { NTLM_NEGOTIATE_UNICODE, "UNICODE" },
	               { NTLM_NEGOTIATE_OEM, "OEM" },
	               { NTLM_REQUEST_TARGET, "REQUEST_TARGET" },
	               { NTLM_NEGOTIATE_SIGN, "SIGN" },
	               { NTLM_NEGOTIATE_SEAL, "SEAL" },
	               { 0x00000040, "DATAGRAM" },
	               { NTLM_NEGOTIATE_LM_KEY, "LM_KEY" },
	               { NTLM_NEGOTIATE_NTLM, "NTLM" },
	               { NTLM_NEGOTIATE_ANONYMOUS, "ANONYMOUS" },
	               { NTLM_OEM_DOMAIN_SUPPLIED, "OEM_DOMAIN_SUPPLIED" },
	               { NTLM_OEM_WORKSTATION_SUPPLIED, "OEM_WORKSTATION_SUPPLIED" },
	               { NTLM_NEGOTIATE_LOCAL_CALL, "LOCAL_CALL" },
	               { NTLM_NEGOTIATE_ALWAYS_SIGN, "ALWAYS_SIGN" },
	               { NTLM_TARGET_TYPE_DOMAIN, "TARGET_TYPE_DOMAIN" },
	               { NTLM_TARGET_TYPE_SERVER, "TARGET_TYPE_SERVER" },
	               { NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY, "EXTENDED_SESSIONSECURITY" },
	               { NTLM_NEGOTIATE_IDENTIFY, "IDENTIFY" },
	               { 0x00400000, "REQUEST_NON_NT_SESSION_KEY" },
	               { NTLM_NEGOTIATE_TARGET_INFO, "TARGET_INFO" },
	               { NTLM_NEGOTIATE_VERSION, "VERSION" },
	               { NTLM_NEGOTIATE_128, "128" },
	               { NTLM_NEGOTIATE_KEY_EXCH, "KEY_EXCH" },
	               { NTLM_NEGOTIATE_56, "56" } };
#define FLAG_COUNT (sizeof(flag_names) / sizeof(flag_names[0]))

/* MS-NLMP 2.2.2.1. */
static const char* const av_names[NTLM_AV_KNOWN_IDS] = {
	"MsvAvEOL",           "MsvAvNbComputerName", "MsvAvNbDomainName",   "MsvAvDnsComputerName",
	"MsvAvDnsDomainName", "MsvAvDnsTreeName",    "MsvAvFlags",          "MsvAvTimestamp",
	"MsvAvSingleHost",    "MsvAvTargetName",     "MsvAvChannelBindings"
};

static void decode_flags(struct outline* outline, uint32_t flags)
{
	const char* names[FLAG_COUNT + 1];
	size_t count = 0;
	char number[16];
	char unknown[16];
	uint32_t left = flags;

	(void)snprintf(number, sizeof(number), "0x%08" PRIX32, flags);
	outline_value(outline, "NegotiateFlags", number);
	for (size_t i = 0; i < FLAG_COUNT; i++)
	{
		if (flags & flag_names[i].flag)
			names[count++] = flag_names[i].name;
		left &= ~flag_names[i].flag;
	}
	(void)snprintf(unknown, sizeof(unknown), "0x%08" PRIX32, left);
	if (left != 0)
		names[count++] = unknown;
	outline_list(outline, "flags", names, count);
}

static void decode_unicode(struct outline* outline, const char* name, struct bytes text)
{
	char escaped[DECODE_TEXT];

	utf16_escape(text, escaped, sizeof(escaped));
	outline_value(outline, name, escaped);
}

static void decode_name(struct outline* outline, const char* name, struct bytes text, bool unicode)
{
	char escaped[DECODE_TEXT];

	if (unicode)
		decode_unicode(outline, name, text);
	else
	{
		outline_oem(text, escaped, sizeof(escaped));
		outline_value(outline, name, escaped);
	}
}

void decode_time(uint64_t filetime, char text[DECODE_TIME_SIZE])
{
	const uint64_t second = 10000000;
	const int64_t since_1970 = (int64_t)(filetime / second) - INT64_C(11644473600);
	const time_t unix_time = (time_t)since_1970; /* of 32 bits on some machines */
	struct tm utc;
	char date[32];

	if (unix_time == since_1970 && gmtime_r(&unix_time, &utc) &&
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &utc) > 0)
		(void)snprintf(text, DECODE_TIME_SIZE, "%s.%07" PRIu64, date, filetime % second);
	else
		(void)snprintf(text, DECODE_TIME_SIZE, "%" PRIu64, filetime);
}

static void decode_av_pair(struct outline* outline, uint16_t id, struct bytes value)
{
	char text[DECODE_TIME_SIZE];

	switch (id)
	{
		case NTLM_AV_FLAGS:
			(void)snprintf(text, sizeof(text), "0x%08" PRIX64,
			               value.len == 4 ? little_endian_get(value.data, 4) : 0);
			outline_value(outline, av_names[id], text);
			break;
		case NTLM_AV_TIMESTAMP:
			decode_time(value.len == 8 ? little_endian_get(value.data, 8) : 0, text);
			outline_value(outline, av_names[id], text);
			break;
		case NTLM_AV_SINGLE_HOST:
		case NTLM_AV_CHANNEL_BINDINGS:
			outline_hex(outline, av_names[id], value);
			break;
		default:
			decode_unicode(outline, av_names[id], value);
	}
}

/* They have no names, and may be there more than once. */
static void decode_unknown_pairs(struct outline* outline, struct bytes whole)
{
	struct reader reader = reader_make(whole);
	struct bytes value;
	uint16_t id;

	outline_begin_list(outline, "unknown");
	while (ntlm_av_next(&reader, &id, &value) == RESULT_OK && id != NTLM_AV_EOL)
	{
		if (id < NTLM_AV_KNOWN_IDS)
			continue;
		outline_begin(outline, "AV_PAIR");
		outline_number(outline, "AvId", id);
		outline_hex(outline, "Value", value);
		outline_end(outline);
	}
	outline_end(outline);
}

/* A list that ntlm_av_parse() took. */
static void decode_av_pairs(struct outline* outline, const char* name, struct bytes whole)
{
	struct reader reader = reader_make(whole);
	struct bytes value;
	size_t unknown = 0;
	uint16_t id;

	outline_begin(outline, name);
	while (ntlm_av_next(&reader, &id, &value) == RESULT_OK && id != NTLM_AV_EOL)
	{
		if (id < NTLM_AV_KNOWN_IDS)
			decode_av_pair(outline, id, value);
		else
			unknown++;
	}
	if (unknown > 0)
		decode_unknown_pairs(outline, whole);
	outline_end(outline);
}

/* The eight bytes of Version (MS-NLMP 2.2.2.10) at `offset`, where the flags say so and no field of
 * the payload begins before their end (some peers leave it out all the same). */
static void decode_version(struct outline* outline, struct bytes message, uint32_t flags,
                           size_t offset, const struct bytes* fields, size_t count)
{
	struct bytes version;
	char text[64];

	if (!(flags & NTLM_NEGOTIATE_VERSION) ||
	    bytes_part(message, offset, NTLM_VERSION_SIZE, &version) != RESULT_OK)
		return;
	for (size_t i = 0; i < count; i++)
	{
		if (fields[i].len > 0 && fields[i].data < version.data + version.len)
			return;
	}
	(void)snprintf(text, sizeof(text), "%u.%u.%u, NTLM revision %u", version.data[0],
	               version.data[1], (unsigned)little_endian_get(version.data + 2, 2),
	               version.data[7]);
	outline_value(outline, "Version", text);
}

static bool decode_negotiate(struct outline* outline, struct bytes message, struct fault* fault)
{
	struct ntlm_negotiate negotiate;

	if (ntlm_negotiate_parse(message, &negotiate, fault) != RESULT_OK)
		return false;
	decode_flags(outline, negotiate.flags);
	if (negotiate.domain.len > 0)
		decode_name(outline, "DomainName", negotiate.domain, false);
	if (negotiate.workstation.len > 0)
		decode_name(outline, "Workstation", negotiate.workstation, false);
	const struct bytes fields[] = { negotiate.domain, negotiate.workstation };
	decode_version(outline, message, negotiate.flags, 32, fields, 2);
	return true;
}

static bool decode_challenge(struct outline* outline, struct bytes message, struct fault* fault)
{
	struct ntlm_challenge challenge;
	struct ntlm_av_list pairs;

	if (ntlm_challenge_parse(message, &challenge, fault) != RESULT_OK)
		return false;
	if (challenge.target_info.len > 0 &&
	    ntlm_av_parse(challenge.target_info, &pairs, fault) != RESULT_OK)
		return false;
	decode_flags(outline, challenge.flags);
	outline_hex(outline, "ServerChallenge", challenge.server_challenge);
	decode_name(outline, "TargetName", challenge.target_name,
	            challenge.flags & NTLM_NEGOTIATE_UNICODE);
	const struct bytes fields[] = { challenge.target_name, challenge.target_info };
	decode_version(outline, message, challenge.flags, 48, fields, 2);
	if (challenge.target_info.len > 0)
		decode_av_pairs(outline, "TargetInfo", pairs.whole);
	return true;
}

/* NTLMv2_RESPONSE (MS-NLMP 2.2.2.8), or what else it is. */
static bool decode_response(struct outline* outline, struct bytes from, struct fault* fault)
{
	struct ntlm_response response;
	char time[DECODE_TIME_SIZE];

	if (from.len <= NTLM_V1_RESPONSE_SIZE)
	{
		outline_hex(outline,
		            from.len == NTLM_V1_RESPONSE_SIZE ? "NTLM_RESPONSE" : "NtChallengeResponse",
		            from);
		return true;
	}
	if (ntlm_response_parse(from, &response, fault) != RESULT_OK)
		return false;
	outline_begin(outline, "NTLMv2_RESPONSE");
	outline_hex(outline, "NTProofStr", response.proof);
	decode_time(response.timestamp, time);
	outline_value(outline, "TimeStamp", time);
	outline_hex(outline, "ChallengeFromClient", response.client_challenge);
	decode_av_pairs(outline, "AvPairs", response.pairs.whole);
	outline_end(outline);
	return true;
}

static bool decode_authenticate(struct outline* outline, struct bytes message, struct fault* fault)
{
	struct ntlm_authenticate authenticate;

	if (ntlm_authenticate_parse(message, &authenticate, fault) != RESULT_OK)
		return false;
	const bool unicode = authenticate.flags & NTLM_NEGOTIATE_UNICODE;
	decode_flags(outline, authenticate.flags);
	decode_name(outline, "DomainName", authenticate.domain, unicode);
	decode_name(outline, "UserName", authenticate.user, unicode);
	decode_name(outline, "Workstation", authenticate.workstation, unicode);
	const struct bytes fields[] = { authenticate.domain,      authenticate.user,
		                            authenticate.workstation, authenticate.lm_response,
		                            authenticate.nt_response, authenticate.encrypted_session_key };
	decode_version(outline, message, authenticate.flags, 64, fields, 6);
	outline_hex(outline, "LmChallengeResponse", authenticate.lm_response);
	if (!decode_response(outline, authenticate.nt_response, fault))
		return false;
	if (authenticate.encrypted_session_key.len > 0)
		outline_hex(outline, "EncryptedRandomSessionKey", authenticate.encrypted_session_key);
	if (authenticate.mic.len > 0)
		outline_hex(outline, "MIC", authenticate.mic);
	return true;
}

bool decode_ntlm(struct outline* outline, struct bytes message)
{
	static const struct
	{
		const char* name;
		bool (*decode)(struct outline* outline, struct bytes message, struct fault* fault);
	} messages[] = { { "NEGOTIATE", decode_negotiate },
		             { "CHALLENGE", decode_challenge },
		             { "AUTHENTICATE", decode_authenticate } };
	struct reader reader = reader_make(message);
	struct fault fault = { "NTLM", "MessageType", "is none that there is" };
	uint32_t type = 0;
	bool right = false;

	if (reader_skip(&reader, 8) != RESULT_OK || reader_u32le(&reader, &type) != RESULT_OK ||
	    type < NTLM_MESSAGE_NEGOTIATE || type > NTLM_MESSAGE_AUTHENTICATE)
		return decode_malformed(outline, message, &fault);
	outline_begin(outline, messages[type - 1].name);
	right = messages[type - 1].decode(outline, message, &fault) ||
	        decode_malformed(outline, message, &fault);
	outline_end(outline);
	return right;
}
