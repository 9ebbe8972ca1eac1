/* SPDX-License-Identifier: Apache-2.0
 *
 * What both ends' halves of NTLM need: its formulas and names.
 */
#include "oracle_impl.h"

#include <string.h>

static const uint8_t zeros[24];

/* --- formulas --------------------------------------------------------------------------------- */

bool oracle_announces_mic(const struct ntlm* authenticate)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	struct pairs pairs;
	return nt.len >= 44 && pairs_read((struct part){ nt.data + 44, nt.len - 44 }, &pairs) &&
	       pairs.present[PAIR_FLAGS] && wire_le32(pairs.value[PAIR_FLAGS].data) & PAIR_FLAG_MIC;
}

struct oracle_answer oracle_answer(const uint8_t nt_hash[16], const struct ntlm* negotiate,
                                   const struct ntlm* challenge, const struct ntlm* authenticate)
{
	struct oracle_answer answer = { { 0 }, { 0 }, { 0 }, { 0 } };
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	const struct part sealed = authenticate->fields[AUTHENTICATE_KEY];
	const struct part whole = authenticate->whole;
	const size_t mic_at = authenticate->mic_at;
	uint8_t ntowf[16];
	if (nt.len >= 16)
	{
		const struct part over[] = { { challenge->whole.data + 24, 8 },
			                         { nt.data + 16, nt.len - 16 } };
		oracle_ntowfv2(nt_hash, authenticate->fields[AUTHENTICATE_USER],
		               authenticate->fields[AUTHENTICATE_DOMAIN], ntowf);
		oracle_hmac(ntowf, over, 2, answer.proof);
		oracle_hmac(ntowf, (struct part[]){ { nt.data, 16 } }, 1, answer.base);
	}
	memcpy(answer.key, answer.base, 16);
	if (authenticate->flags & challenge->flags & NTLM_KEY_EXCH && sealed.len == 16)
	{
		struct oracle_rc4 rc4;
		oracle_rc4_key(&rc4, answer.base);
		oracle_rc4(&rc4, sealed.data, 16, answer.key);
	}
	if (!mic_at)
		return answer;
	const struct part parts[] = { negotiate->whole,
		                          challenge->whole,
		                          { whole.data, mic_at },
		                          { zeros, 16 },
		                          { whole.data + mic_at + 16, whole.len - mic_at - 16 } };
	oracle_hmac(answer.key, parts, 5, answer.mic);
	return answer;
}

/* --- names ------------------------------------------------------------------------------------ */

unsigned oracle_unit(struct part text, size_t at)
{
	return text.data[at] | (unsigned)text.data[at + 1] << 8;
}

bool oracle_same_text(struct part a, struct part b)
{
	if (a.len != b.len || a.len % 2)
		return false;
	for (size_t i = 0; i < a.len; i += 2)
		if (oracle_upper(oracle_unit(a, i)) != oracle_upper(oracle_unit(b, i)))
			return false;
	return true;
}

size_t oracle_count(struct part text, unsigned unit)
{
	size_t count = 0;
	for (size_t i = 0; i + 1 < text.len; i += 2)
		count += oracle_unit(text, i) == unit;
	return count;
}

static const struct oracle_account* find_parts(const struct oracle_setup* setup, struct part user,
                                               struct part domain)
{
	for (size_t i = 0; i < setup->account_count; i++)
	{
		const struct oracle_account* account = &setup->accounts[i];
		if (oracle_same_text(user, account->user) &&
		    (!account->domain.len || oracle_same_text(domain, account->domain)))
			return account;
	}
	return NULL;
}

/* docs/settings.md, the SAM file; a user name alone may be user@domain or DOMAIN\user. */
const struct oracle_account* oracle_find(const struct oracle_setup* setup, struct part user,
                                         struct part domain, struct oracle_outcome* outcome)
{
	const struct oracle_account* account =
	    setup->given ? setup->given : find_parts(setup, user, domain);
	outcome->user = user;
	outcome->domain = domain;
	if (account || domain.len || oracle_count(user, '@') + oracle_count(user, '\\') != 1)
		return account;
	size_t at = 0;
	while (oracle_unit(user, at) != '@' && oracle_unit(user, at) != '\\')
		at += 2;
	const bool back = oracle_unit(user, at) == '\\';
	const struct part left = { user.data, at };
	const struct part right = { user.data + at + 2, user.len - at - 2 };
	if (!left.len || !right.len)
		return NULL;
	outcome->user = back ? right : left;
	outcome->domain = back ? left : right;
	return find_parts(setup, outcome->user, outcome->domain);
}

/* --- both ------------------------------------------------------------------------------------- */

uint32_t oracle_wanted_flags(const struct oracle_setup* setup)
{
	uint32_t flags = NTLM_UNICODE | NTLM_EXTENDED | NTLM_128;
	if (setup->signs)
		flags |= NTLM_SIGN | NTLM_KEY_EXCH;
	if (setup->seals)
		flags |= NTLM_SEAL;
	return flags;
}

struct part oracle_hashed_bindings(struct part bindings, uint8_t hash[16])
{
	memset(hash, 0, 16);
	if (bindings.data)
		oracle_md5(&bindings, 1, hash);
	return (struct part){ hash, 16 };
}
