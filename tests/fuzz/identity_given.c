/* SPDX-License-Identifier: Apache-2.0 */
#include "identity_given.h"

#include <stddef.h>
#include <string.h>

#include "input.h"

#define BLOCKS 24

/* --- memory of just its size ------------------------------------------------------------------ */

static void* blocks[BLOCKS];
static unsigned block_count;

static void* exact(size_t size)
{
	void* const block = malloc(size);

	JUDGE(block && block_count < BLOCKS, "no memory");
	memset(block, 0, size);
	return blocks[block_count++] = block;
}

void given_free(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

/* A string of the input's bytes with its NUL, or NULL. */
static char* string(struct bytes* input)
{
	const unsigned len = take(input);
	const struct bytes text = take_bytes(input, len % 32);

	if (len & 0x80)
		return NULL;
	char* const made = exact(text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		made[i] = (char)text.data[i];
	return made;
}

/* --- texts ------------------------------------------------------------------------------------ */

/* Characters of one or two octets: the input's, or NULs where it is short. */
static struct text text_make(struct bytes from, bool ansi, UINT32 length, size_t there)
{
	const size_t octets = there * (ansi ? 1 : 2);
	uint8_t* const memory = exact(octets);

	for (size_t i = 0; i < octets && i < from.len; i++)
		memory[i] = from.data[i];
	return (struct text){ memory, length, there };
}

static struct text text_of(struct bytes* input, bool ansi)
{
	const unsigned how = take(input);
	const unsigned length = how % 64;

	if (how >= 0xF0) /* a length without memory is not read */
		return (struct text){ NULL, length, 0 };
	return text_make(take_bytes(input, length * (ansi ? 1 : 2)), ansi, length, length);
}

/* The same for a password, whose length may also be that of a hash: told by the flag, or by a
 * length that was added to; then there is no more than the hash. */
static struct text password_of(struct bytes* input, bool ansi, bool flag, int minor)
{
	static const uint8_t digits[] = "0123456789abcdefABCDEF0123456789";
	const unsigned how = take(input);
	uint8_t wide[64] = { 0 };

	for (size_t i = 0; i < 32; i++)
		wide[2 * i] = digits[i];
	if (!(how & 0x80))
		return text_of(input, ansi);
	const bool added = how & 0x40;
	const bool is_hash = how & 0x20;
	const UINT32 length = is_hash ? 32 : how % 32 * 4;
	/* From 3.27 on only its digits tell such a hash from a long password. */
	const bool short_memory = added && !flag && length > 0 && (minor < 27 || is_hash);
	const struct bytes from = is_hash && ansi ? bytes_make(digits, 32)
	                          : is_hash       ? BYTES_OF(wide)
	                                          : take_bytes(input, length * 2);
	return text_make(from, ansi, length + (added ? OFFSET : 0),
	                 short_memory || !added ? length : length + OFFSET);
}

/* --- what is given ---------------------------------------------------------------------------- */

static void give_plain(struct given* given)
{
	SEC_WINNT_AUTH_IDENTITY_W* const plain = given->auth_data = exact(sizeof(*plain));

	*plain = (SEC_WINNT_AUTH_IDENTITY_W){
		given->user.memory,     given->user.length,     given->domain.memory, given->domain.length,
		given->password.memory, given->password.length, given->flags
	};
}

static void give_ex(struct given* given, size_t size)
{
	SEC_WINNT_AUTH_IDENTITY_EXW* const ex = given->auth_data = exact(size);

	*ex = (SEC_WINNT_AUTH_IDENTITY_EXW){ SEC_WINNT_AUTH_IDENTITY_VERSION,
		                                 sizeof(*ex),
		                                 given->user.memory,
		                                 given->user.length,
		                                 given->domain.memory,
		                                 given->domain.length,
		                                 given->password.memory,
		                                 given->password.length,
		                                 given->flags,
		                                 given->list.memory,
		                                 given->list.length };
}

static void give_v1(struct given* given, struct bytes* input)
{
	give_ex(given, sizeof(winpr_identity_v1));
	winpr_identity_v1* const winpr = given->auth_data;
	const unsigned which = take(input);
	struct layout_ntlm* const model = exact(sizeof(*model));

	if (which & 1)
	{
		winpr->ntlmSettings = exact(sizeof(*winpr->ntlmSettings));
		winpr->ntlmSettings->samFile = string(input);
		winpr->ntlmSettings->hashCallbackArg = (void*)(uintptr_t)take_u32(input);
		model->size = offsetof(struct layout_ntlm, target_name);
		model->sam_file = winpr->ntlmSettings->samFile;
		model->hash_callback_argument = winpr->ntlmSettings->hashCallbackArg;
		given->ntlm = model;
	}
	if (which & 2)
	{
		struct kerberos_settings* const kerberos = exact(sizeof(*kerberos));
		winpr->kerberosSettings = exact(sizeof(*winpr->kerberosSettings));
		winpr->kerberosSettings->keytab = string(input);
		winpr->kerberosSettings->lifeTime = (INT32)take_u32(input);
		kerberos->keytab = winpr->kerberosSettings->keytab;
		kerberos->life_time = winpr->kerberosSettings->lifeTime;
		kerberos->size = sizeof(*kerberos);
		given->kerberos = kerberos;
	}
}

/* A sized structure, of which there is no more than it says, but for the size itself. */
static void* sized(struct bytes* input, const void* whole, size_t size)
{
	const unsigned how = take(input);
	const UINT32 says = how & 0x80 ? (UINT32)size : how % (unsigned)(size + 24);
	uint8_t* const there = exact(says > sizeof(says) ? says : sizeof(says));

	memcpy(there, whole, says < size ? says : size);
	memcpy(there, &says, sizeof(says));
	return there;
}

static void give_v2(struct given* given, struct bytes* input)
{
	give_ex(given, sizeof(struct layout_identity));
	struct layout_identity* const winpr = given->auth_data;
	const unsigned which = take(input);
	struct layout_ntlm ntlm = { 0 };
	struct kerberos_settings kerberos = { 0 };

	winpr->revision = given->revision = which & 4 ? take(input) % 3 : LAYOUT_REVISION_1;
	ntlm.sam_file = string(input);
	ntlm.hash_callback_argument = (void*)(uintptr_t)take(input);
	ntlm.dns_domain = string(input);
	ntlm.target_name = string(input);
	kerberos.keytab = string(input);
	kerberos.life_time = (INT32)take(input);
	if (which & 1)
		winpr->ntlm = given->ntlm = sized(input, &ntlm, sizeof(ntlm));
	if (which & 2)
		winpr->kerberos = given->kerberos = sized(input, &kerberos, sizeof(kerberos));
}

struct given given_draw(struct bytes* input)
{
	struct given given = { .layout = (enum layout)(take(input) % LAYOUTS) };
	const unsigned flags = take(input);

	given.minor = (int)(take(input) % 40);
	given.ansi = flags & 1;
	given.flags = given.ansi ? SEC_WINNT_AUTH_IDENTITY_ANSI : SEC_WINNT_AUTH_IDENTITY_UNICODE;
	given.flags |= flags & 2 ? IDENTITY_FLAG_PASSWORD_HASH : 0;
	/* What else may stand there: it means nothing, but for the layouts' own, which only the plain
	 * one does not know. */
	if (flags & 4)
		given.flags |= take_u32(input) & ~UINT32_C(0x00800003) &
		               (given.layout == PLAIN ? UINT32_MAX : ~UINT32_C(0x300));
	given.flags |= given.layout == WINPR_V1 ? 0x100 : given.layout == WINPR_V2 ? 0x200 : 0;
	given.user = text_of(input, given.ansi);
	given.domain = text_of(input, given.ansi);
	given.password = password_of(input, given.ansi, flags & 2, given.minor);
	given.list = text_of(input, given.ansi);
	if (given.layout == PLAIN)
		give_plain(&given);
	else if (given.layout == WINPR_V1)
		give_v1(&given, input);
	else if (given.layout == WINPR_V2)
		give_v2(&given, input);
	else
		give_ex(&given, sizeof(SEC_WINNT_AUTH_IDENTITY_EXW));
	if (given.layout == PACKED)
		*(UINT32*)given.auth_data = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
	return given;
}
