/* SPDX-License-Identifier: Apache-2.0 */
#include "sums.h"

#include <string.h>

#include <openssl/md4.h>

#include "flow.h"

/* A span of bytes to be hashed. */
struct span
{
	const uint8_t* data;
	size_t len;
};

/* [NTLM] as a MechTypeList (RFC 4178 4.1), which is what the mechListMIC is over. */
static const uint8_t mech_list[] = { 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06, 0x01,
	                                 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };

/* --- the exchange ----------------------------------------------------------------------------- */

static unsigned u16_at(const uint8_t* data)
{
	return data[0] | (unsigned)data[1] << 8;
}

/* The NTLM message in a token of SPNEGO, by the OCTET STRING that it is in. */
static struct span ntlm_message(const struct sums_message* token)
{
	const uint8_t* const at = memmem(token->data, token->len, "NTLMSSP", 8);
	struct span found = { at, 0 };

	if (!at || at - token->data < 8)
		return (struct span){ NULL, 0 };
	if (at[-3] == 0x82)
		found.len = (size_t)at[-2] << 8 | at[-1];
	else
		found.len = at[-1];
	return found.len <= token->len - (size_t)(at - token->data) ? found : (struct span){ NULL, 0 };
}

bool sums_exchange_add(struct sums_exchange* exchange, const struct sums_message* token)
{
	static const size_t mic_offset = 72; /* in AUTHENTICATE (MS-NLMP 2.2.1.3), behind Version */
	const unsigned leg = exchange->legs++;

	if (leg > 3 || token->len < sizeof(exchange->mic))
		return false;
	if (leg >= 2)
		memcpy(exchange->mech_list_mics[leg - 2], token->data + token->len - 16, 16);
	if (leg == 3)
		return true;

	const struct span message = ntlm_message(token);
	if (message.len < mic_offset - 40 ||
	    message.len > sizeof(exchange->messages) - exchange->messages_len ||
	    message.data[8] != leg + 1)
		return false;
	uint8_t* const kept = exchange->messages + exchange->messages_len;
	memcpy(kept, message.data, message.len);
	if (leg == 1)
		exchange->challenge = exchange->messages_len;
	else if (leg == 2)
	{
		if (message.len < mic_offset + 16)
			return false;
		exchange->authenticate = exchange->messages_len;
		memcpy(exchange->mic, kept + mic_offset, 16);
		memset(kept + mic_offset, 0, 16);
	}
	exchange->messages_len += message.len;
	return true;
}

/* A field of AUTHENTICATE: {Len, MaxLen, Offset} at `at` (MS-NLMP 2.2.1.3). Our own message. */
static struct span field(const struct sums_exchange* exchange, size_t at)
{
	const uint8_t* const message = exchange->messages + exchange->authenticate;

	return (struct span){ message + u16_at(message + at + 4), u16_at(message + at) };
}

/* --- formulas --------------------------------------------------------------------------------- */

static void hmac(const uint8_t key[16], const struct span* parts, size_t count, uint8_t mac[16])
{
	uint8_t pad[64];
	MD5_CTX md5;

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < 16; i++)
		pad[i] ^= key[i];
	MD5_Init(&md5);
	MD5_Update(&md5, pad, sizeof(pad));
	for (size_t i = 0; i < count; i++)
		MD5_Update(&md5, parts[i].data, parts[i].len);
	MD5_Final(mac, &md5);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	MD5_Init(&md5);
	MD5_Update(&md5, pad, sizeof(pad));
	MD5_Update(&md5, mac, 16);
	MD5_Final(mac, &md5);
}

/* MS-NLMP 3.4.5.2 and 3.4.5.3; the constant's NUL counts. */
static void derive(const uint8_t exported[16], const char* constant, uint8_t key[16])
{
	MD5_CTX md5;

	MD5_Init(&md5);
	MD5_Update(&md5, exported, 16);
	MD5_Update(&md5, constant, strlen(constant) + 1);
	MD5_Final(key, &md5);
}

static void direction_init(struct sums_direction* direction, const uint8_t exported[16],
                           bool from_client)
{
	uint8_t sealing[16];

	derive(exported,
	       from_client ? "session key to client-to-server signing key magic constant"
	                   : "session key to server-to-client signing key magic constant",
	       direction->signing);
	derive(exported,
	       from_client ? "session key to client-to-server sealing key magic constant"
	                   : "session key to server-to-client sealing key magic constant",
	       sealing);
	RC4_set_key(&direction->sealing, sizeof(sealing), sealing);
	direction->sequence = 0;
}

/* MS-NLMP 3.4.4.2, with key exchange: `checksum` is HMAC-MD5's first half, not yet encrypted. */
static void checksum(const struct sums_direction* direction, struct span message, uint8_t half[16])
{
	const struct span parts[] = { { (const uint8_t*)&direction->sequence, 4 }, message };

	hmac(direction->signing, parts, 2, half);
}

static void signature(struct sums_direction* direction, const uint8_t half[16], uint8_t to[16])
{
	const uint32_t version = 1;

	memcpy(to, &version, 4);
	RC4(&direction->sealing, 8, half, to + 4);
	memcpy(to + 12, &direction->sequence, 4);
}

/* --- a handshake ------------------------------------------------------------------------------ */

/* One end's keys, from the password's hash to the two directions (MS-NLMP 3.3.2, 3.4.5). */
struct end
{
	uint8_t proof[16];
	uint8_t base[16];
	uint8_t mic[16];
	struct sums_direction to_server;
	struct sums_direction to_client;
};

/* What both ends do to the server's challenge: NTProofStr and the session base key. */
static void end_prove(struct end* end, const struct sums_exchange* exchange,
                      const uint8_t nt_hash[16])
{
	const struct span response = field(exchange, 20);
	const struct span names[] = { field(exchange, 36), field(exchange, 28) };
	const struct span proved[] = { { exchange->messages + exchange->challenge + 24, 8 },
		                           { response.data + 16, response.len - 16 } };
	uint8_t ntowfv2[16];

	hmac(nt_hash, names, 2, ntowfv2);
	hmac(ntowfv2, proved, 2, end->proof);
	hmac(ntowfv2, &(struct span){ end->proof, 16 }, 1, end->base);
}

static void key_exchange(const uint8_t base[16], const uint8_t from[16], uint8_t to[16])
{
	RC4_KEY rc4;

	RC4_set_key(&rc4, 16, base);
	RC4(&rc4, 16, from, to);
}

static void end_keys(struct end* end, const struct sums_exchange* exchange,
                     const uint8_t exported[16])
{
	hmac(exported, &(struct span){ exchange->messages, exchange->messages_len }, 1, end->mic);
	direction_init(&end->to_server, exported, true);
	direction_init(&end->to_client, exported, false);
}

/* A mechListMIC, after which the stream is put back (MS-SPNG 3.3.5.1). */
static bool mic_is(const struct sums_direction* direction, const uint8_t mic[16])
{
	struct sums_direction copy = *direction;
	uint8_t half[16];
	uint8_t made[16];

	checksum(&copy, (struct span){ mech_list, sizeof(mech_list) }, half);
	signature(&copy, half, made);
	return memcmp(made, mic, 16) == 0;
}

bool sums_handshake(struct sums* sums, bool fresh, bool spnego)
{
	const struct sums_exchange* const exchange = sums->exchange;
	const uint8_t* const sent_key = field(exchange, 52).data;
	uint8_t nt_hash[16];
	uint8_t exported[16];
	uint8_t wrapped[16];
	struct end client;
	struct end server;

	memcpy(nt_hash, exchange->nt_hash, sizeof(nt_hash));
	if (fresh)
	{
		uint8_t password[2 * sizeof(FLOW_PASSWORD) - 2] = { 0 };

		for (size_t i = 0; i < sizeof(FLOW_PASSWORD) - 1; i++)
			password[2 * i] = (uint8_t)FLOW_PASSWORD[i];
		MD4(password, sizeof(password), nt_hash);
	}
	end_prove(&server, exchange, exchange->nt_hash);
	key_exchange(server.base, sent_key, exported);
	end_keys(&server, exchange, exported);
	/* The client's key would be random bytes; these are what it had drawn. */
	end_prove(&client, exchange, nt_hash);
	key_exchange(client.base, exported, wrapped);
	end_keys(&client, exchange, exported);

	if (memcmp(client.proof, field(exchange, 20).data, 16) != 0 ||
	    memcmp(server.proof, client.proof, 16) != 0 || memcmp(wrapped, sent_key, 16) != 0 ||
	    memcmp(client.mic, exchange->mic, 16) != 0 || memcmp(server.mic, exchange->mic, 16) != 0)
		return false;
	return !spnego || (mic_is(&client.to_server, exchange->mech_list_mics[0]) &&
	                   mic_is(&server.to_server, exchange->mech_list_mics[0]) &&
	                   mic_is(&server.to_client, exchange->mech_list_mics[1]) &&
	                   mic_is(&client.to_client, exchange->mech_list_mics[1]));
}

/* --- messages --------------------------------------------------------------------------------- */

bool sums_connect(struct sums* sums)
{
	struct end end;
	uint8_t exported[16];

	end_prove(&end, sums->exchange, sums->exchange->nt_hash);
	key_exchange(end.base, field(sums->exchange, 52).data, exported);
	direction_init(&sums->send, exported, true);
	direction_init(&sums->receive, exported, true);
	return true;
}

static bool sums_message(struct sums* sums, uint8_t* message, size_t size, bool seal)
{
	const struct span data = { message + FLOW_TRAILER, size };
	uint8_t half[16];
	uint8_t expected[16];

	checksum(&sums->send, data, half);
	if (seal)
		RC4(&sums->send.sealing, size, data.data, message + FLOW_TRAILER);
	signature(&sums->send, half, message);
	sums->send.sequence++;

	if (seal)
		RC4(&sums->receive.sealing, size, data.data, message + FLOW_TRAILER);
	checksum(&sums->receive, data, half);
	signature(&sums->receive, half, expected);
	sums->receive.sequence++;
	return memcmp(message, expected, sizeof(expected)) == 0;
}

bool sums_seal(struct sums* sums, uint8_t* message, size_t size)
{
	return sums_message(sums, message, size, true);
}

bool sums_sign(struct sums* sums, uint8_t* message, size_t size)
{
	return sums_message(sums, message, size, false);
}
