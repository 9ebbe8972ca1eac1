/* SPDX-License-Identifier: Apache-2.0
 *
 * MS-NLMP 2.2.1.3 for the fields, 3.3.2 for the proof, 3.1.5.1.2 for the MIC, 3.4.4.2 for the
 * signature that is the mechListMIC (MS-SPNG).
 */
#include "oracle.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define FLAG_KEY_EXCH 0x40000000u
#define FLAG_128 0x20000000u
#define FLAG_56 0x80000000u
#define FLAG_EXTENDED 0x00080000u
#define MIC_AT 72

/* MD4 of "Password" in UTF-16LE, MS-NLMP 4.2.2.1.2. */
static const uint8_t nt_hash[16] = { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca,
	                                 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52 };

struct part
{
	const uint8_t* data;
	size_t len;
};

static uint32_t le32(const uint8_t* at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* One DER element of one of the lengths' short forms; its content, and *rest behind it. */
static bool der(struct part from, uint8_t tag, struct part* content)
{
	size_t head = 2;
	if (from.len < 2 || from.data[0] != tag)
		return false;
	size_t len = from.data[1];
	if (len & 0x80)
	{
		size_t digits = len & 0x7f;
		if (digits == 0 || digits > 4 || from.len < 2 + digits)
			return false;
		for (len = 0; digits; digits--)
			len = len << 8 | from.data[head++];
	}
	if (len > from.len - head)
		return false;
	*content = (struct part){ from.data + head, len };
	return true;
}

/* The NTLM message of this type in a token: from its signature to its OCTET STRING's end. */
static struct part ntlm(const struct sspi_token* token, uint8_t type)
{
	const uint8_t head[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, type, 0, 0, 0 };
	const uint8_t* at = token && token->len ? memmem(token->data, token->len, head, 12) : NULL;
	struct part found = { NULL, 0 };
	if (!at || at == token->data)
		return at ? (struct part){ at, token->len } : found;
	for (size_t back = 2; back <= 6 && back <= (size_t)(at - token->data); back++)
	{
		const uint8_t* start = at - back;
		const struct part from = { start, token->len - (size_t)(start - token->data) };
		if (der(from, 0x04, &found) && found.data == at)
			return found;
	}
	return (struct part){ NULL, 0 };
}

/* RFC 4178 4.2.1: the MechTypeList, tag and length included. */
static struct part mech_types(const struct sspi_token* token)
{
	struct part at = { token->data, token->len };
	struct part list;
	if (!der(at, 0x60, &at) || at.len < 8)
		return (struct part){ NULL, 0 };
	at = (struct part){ at.data + 8, at.len - 8 };
	if (!der(at, 0xa0, &at) || !der(at, 0x30, &at) || !der(at, 0xa0, &at) || !der(at, 0x30, &list))
		return (struct part){ NULL, 0 };
	return (struct part){ at.data, (size_t)(list.data - at.data) + list.len };
}

static struct part field(struct part message, size_t at)
{
	if (message.len < at + 8)
		return (struct part){ NULL, 0 };
	const size_t len = message.data[at] | (size_t)message.data[at + 1] << 8;
	const size_t offset = le32(message.data + at + 4);
	if (offset > message.len || len > message.len - offset)
		return (struct part){ NULL, 0 };
	return (struct part){ message.data + offset, len };
}

static void hmac(const uint8_t* key, const struct part* parts, size_t count, uint8_t* out)
{
	uint8_t all[16384];
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].len > sizeof(all) - len)
			break;
		if (parts[i].len)
			memcpy(all + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	HMAC(EVP_md5(), key, 16, all, len, out, NULL);
}

static void rc4(const uint8_t* key, size_t key_len, const uint8_t* in, size_t len, uint8_t* out)
{
	uint8_t s[256];
	for (unsigned i = 0; i < 256; i++)
		s[i] = (uint8_t)i;
	for (unsigned i = 0, j = 0; i < 256; i++)
	{
		j = (j + s[i] + key[i % key_len]) & 0xff;
		const uint8_t t = s[i];
		s[i] = s[j];
		s[j] = t;
	}
	for (unsigned k = 0, i = 0, j = 0; k < len; k++)
	{
		i = (i + 1) & 0xff;
		j = (j + s[i]) & 0xff;
		const uint8_t t = s[i];
		s[i] = s[j];
		s[j] = t;
		out[k] = in[k] ^ s[(s[i] + s[j]) & 0xff];
	}
}

struct truth
{
	struct part auth;
	struct part nt;
	uint32_t flags;
	uint8_t proof[16];
	uint8_t key[16]; /* ExportedSessionKey */
	bool wants_mic;
	uint8_t mic[16];
};

/* "user", as an acceptor that ignores case would take it. */
static bool is_known_user(struct part user)
{
	static const char name[] = "USER";
	if (user.len != 8)
		return false;
	for (size_t i = 0; i < 4; i++)
		if ((user.data[2 * i] & 0xdf) != name[i] || user.data[2 * i + 1] != 0)
			return false;
	return true;
}

static bool announces_mic(struct part nt)
{
	for (size_t at = 44; at + 4 <= nt.len;)
	{
		const unsigned id = nt.data[at] | (unsigned)nt.data[at + 1] << 8;
		const size_t len = nt.data[at + 2] | (size_t)nt.data[at + 3] << 8;
		if (id == 0)
			return false;
		if (id == 6 && len == 4 && at + 8 <= nt.len)
			return (nt.data[at + 4] & 2) != 0;
		at += 4 + len;
	}
	return false;
}

static const char* work_out(const struct oracle_exchange* exchange, struct truth* truth)
{
	static const uint8_t zero[16];
	const struct part negotiate = ntlm(exchange->negotiate, 1);
	const struct part challenge = ntlm(exchange->challenge, 2);
	*truth = (struct truth){ .auth = ntlm(exchange->authenticate, 3) };
	const struct part auth = truth->auth;
	truth->nt = field(auth, 20);
	const struct part domain = field(auth, 28);
	const struct part user = field(auth, 36);
	const struct part sealed_key = field(auth, 52);
	if (auth.len < 64 || challenge.len < 32 || !negotiate.data || truth->nt.len < 44)
		return "there were no three messages";
	if (!is_known_user(user))
		return "the user is another one";
	truth->flags = le32(auth.data + 60);
	static const uint8_t upper[] = { 'U', 0, 'S', 0, 'E', 0, 'R', 0 };
	uint8_t ntowf[16];
	uint8_t base[16];
	hmac(nt_hash, (struct part[]){ { upper, 8 }, domain }, 2, ntowf);
	hmac(ntowf,
	     (struct part[]){ { challenge.data + 24, 8 }, { truth->nt.data + 16, truth->nt.len - 16 } },
	     2, truth->proof);
	/* From the proof that came: a forger's later checks are right for what an acceptor that took it
	 * would compute, so that each check is met alone. */
	hmac(ntowf, (struct part[]){ { truth->nt.data, 16 } }, 1, base);
	memcpy(truth->key, base, 16);
	if (truth->flags & FLAG_KEY_EXCH && sealed_key.len == 16)
		rc4(base, 16, sealed_key.data, 16, truth->key);
	truth->wants_mic = announces_mic(truth->nt);
	if (truth->wants_mic && auth.len >= MIC_AT + 16)
		hmac(truth->key,
		     (struct part[]){ negotiate,
		                      challenge,
		                      { auth.data, MIC_AT },
		                      { zero, 16 },
		                      { auth.data + MIC_AT + 16, auth.len - MIC_AT - 16 } },
		     5, truth->mic);
	return NULL;
}

static void derive(const struct truth* truth, size_t len, const char* magic, uint8_t* out)
{
	uint8_t all[128];
	const size_t magic_len = strlen(magic) + 1;
	memcpy(all, truth->key, len);
	memcpy(all + len, magic, magic_len);
	EVP_Digest(all, len + magic_len, out, NULL, EVP_md5(), NULL);
}

static void make_mech_list_mic(const struct truth* truth, struct part list, bool by_initiator,
                               uint8_t* mic)
{
	static const uint8_t sequence[4];
	uint8_t signing[16];
	uint8_t sealing[16];
	uint8_t sum[16];
	const size_t strength = truth->flags & FLAG_128 ? 16 : truth->flags & FLAG_56 ? 7 : 5;
	derive(truth, 16,
	       by_initiator ? "session key to client-to-server signing key magic constant"
	                    : "session key to server-to-client signing key magic constant",
	       signing);
	derive(truth, strength,
	       by_initiator ? "session key to client-to-server sealing key magic constant"
	                    : "session key to server-to-client sealing key magic constant",
	       sealing);
	hmac(signing, (struct part[]){ { sequence, 4 }, list }, 2, sum);
	if (truth->flags & FLAG_KEY_EXCH)
		rc4(sealing, 16, sum, 8, sum);
	memset(mic, 0, 16);
	mic[0] = 1;
	memcpy(mic + 4, sum, 8);
}

static uint8_t* find_mech_list_mic(const struct sspi_token* token)
{
	static const uint8_t head[] = { 0xa3, 0x12, 0x04, 0x10 };
	uint8_t* at = token && token->len >= 20 ? memmem(token->data, token->len - 16, head, 4) : NULL;
	return at ? at + 4 : NULL;
}

static const char* judge_mech_list_mic(const struct oracle_exchange* exchange,
                                       const struct truth* truth, bool by_initiator)
{
	const struct part list = mech_types(exchange->negotiate);
	uint8_t right[16];
	if (!list.data || !(truth->flags & FLAG_EXTENDED))
		return NULL;
	const uint8_t* mic = find_mech_list_mic(exchange->last);
	if (!mic)
		return truth->wants_mic ? "the mechListMIC was not there" : NULL;
	make_mech_list_mic(truth, list, by_initiator, right);
	return memcmp(mic, right, 16) == 0 ? NULL : "the mechListMIC was wrong";
}

uint8_t* oracle_field(const struct sspi_token* authenticate, unsigned which, size_t at)
{
	const struct part found = field(ntlm(authenticate, 3), 12 + 8 * (which % 6));
	return found.len ? authenticate->data + (found.data - authenticate->data) + at % found.len
	                 : NULL;
}

const char* oracle_judge_acceptor(const struct oracle_exchange* exchange)
{
	struct truth truth;
	const char* wrong = work_out(exchange, &truth);
	if (wrong)
		return wrong;
	if (memcmp(truth.proof, truth.nt.data, 16) != 0)
		return "NTProofStr was wrong";
	if (truth.wants_mic &&
	    (truth.auth.len < MIC_AT + 16 || memcmp(truth.mic, truth.auth.data + MIC_AT, 16) != 0))
		return "the MIC was wrong";
	return judge_mech_list_mic(exchange, &truth, true);
}

const char* oracle_judge_initiator(const struct oracle_exchange* exchange)
{
	struct truth truth;
	const char* wrong = work_out(exchange, &truth);
	return wrong ? wrong : judge_mech_list_mic(exchange, &truth, false);
}

void oracle_repair(const struct oracle_exchange* exchange, struct sspi_token* authenticate,
                   unsigned what)
{
	struct truth truth;
	if (work_out(exchange, &truth))
		return;
	uint8_t* auth = authenticate->data + (truth.auth.data - authenticate->data);
	if (what & REPAIR_PROOF)
		memcpy(authenticate->data + (truth.nt.data - authenticate->data), truth.proof, 16);
	if (work_out(exchange, &truth))
		return;
	if (what & REPAIR_MIC && truth.wants_mic && truth.auth.len >= MIC_AT + 16)
		memcpy(auth + MIC_AT, truth.mic, 16);
	uint8_t* mic = find_mech_list_mic(authenticate);
	const struct part list = mech_types(exchange->negotiate);
	/* The key is the same whatever the MIC. */
	if (what & REPAIR_MECH_LIST_MIC && mic && list.data)
		make_mech_list_mic(&truth, list, true, mic);
}
