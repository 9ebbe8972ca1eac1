/* SPDX-License-Identifier: Apache-2.0
 *
 * Key derivation: each function is one formula of MS-NLMP 3.3.2 or 3.4.5.
 */
#include "ntlm/keys.h"

#include "base/crypto.h"
#include "base/utf16.h"

void ntlm_ntowfv1(struct bytes password, struct key* nt_hash)
{
	crypto_md4(password, nt_hash->bytes);
}

enum result ntlm_ntowfv2(const struct key* nt_hash, struct bytes user, struct bytes domain,
                         struct key* ntowfv2)
{
	struct blob upper = BLOB_EMPTY;

	TRY(utf16_upper(user, &upper));
	const struct bytes parts[] = { blob_bytes(&upper), domain };
	const enum result result = crypto_hmac_md5(key_bytes(nt_hash), parts, 2, ntowfv2->bytes);
	blob_free(&upper);
	return result;
}

enum result ntlm_proof(const struct key* ntowfv2, struct bytes server_challenge, struct bytes temp,
                       uint8_t* proof)
{
	const struct bytes parts[] = { server_challenge, temp };

	return crypto_hmac_md5(key_bytes(ntowfv2), parts, 2, proof);
}

enum result ntlm_session_base_key(const struct key* ntowfv2, struct bytes proof, struct key* base)
{
	return crypto_hmac_md5(key_bytes(ntowfv2), &proof, 1, base->bytes);
}

void ntlm_key_exchange(const struct key* key_exchange_key, struct bytes from, uint8_t* to)
{
	struct rc4 rc4;

	rc4_init(&rc4, key_bytes(key_exchange_key));
	rc4_apply(&rc4, from.data, to, from.len);
	rc4_wipe(&rc4);
}

enum result ntlm_mic(const struct key* exported, const struct bytes* input, size_t count,
                     uint8_t* mic)
{
	return crypto_hmac_md5(key_bytes(exported), input, count, mic);
}

/* The constants of MS-NLMP 3.4.5 are C strings whose terminating NUL is hashed as well. */
#define MAGIC(text) ((struct bytes){ (const uint8_t*)(text), sizeof(text) })

enum result ntlm_sign_key(const struct key* exported, bool from_initiator, struct key* signing)
{
	const struct bytes parts[] = {
		key_bytes(exported),
		from_initiator ? MAGIC("session key to client-to-server signing key magic constant")
		               : MAGIC("session key to server-to-client signing key magic constant")
	};

	return crypto_md5(parts, 2, signing->bytes);
}

enum result ntlm_seal_key(const struct key* exported, bool from_initiator, struct key* sealing)
{
	const struct bytes parts[] = {
		key_bytes(exported),
		from_initiator ? MAGIC("session key to client-to-server sealing key magic constant")
		               : MAGIC("session key to server-to-client sealing key magic constant")
	};

	return crypto_md5(parts, 2, sealing->bytes);
}
