/* SPDX-License-Identifier: Apache-2.0
 *
 * pAuthData in every layout of FreeRDP 3, its lengths, flags, revisions and sizes from the input,
 * each text and structure in memory of just the size that those promise. The judge knows what was
 * put in, and says what must come out, or that nothing may.
 */
#include <iconv.h>
#include <stddef.h>
#include <string.h>

#include "credential/identity.h"
#include "host/layouts.h"
#include "input.h"
#include "winpr_v1.h"

#define BLOCKS 24
#define OFFSET 512u /* that was added to a hash's length up to 3.26 */

static iconv_t to_utf16;
static int minor;

bool __wrap_version_at_least(int wanted);
bool __wrap_version_at_least(int wanted)
{
	return minor >= wanted;
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	to_utf16 = iconv_open("UTF-16LE", "UTF-8");
	return to_utf16 == (iconv_t)-1;
}

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

static void free_all(void)
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

struct text
{
	void* memory; /* NULL: no such pointer */
	UINT32 length;
	size_t there; /* characters of memory */
};

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
static struct text password_of(struct bytes* input, bool ansi, bool flag)
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

/* As UTF-16LE without the NULs at its end. False where it is none. */
static bool as_utf16(const struct text* text, bool ansi, struct blob* to)
{
	char* in = text->memory;
	size_t left = text->there * (ansi ? 1 : 2);
	size_t room = 2 * left + 2;
	char* out = calloc(1, room);
	bool is = true;

	*to = (struct blob){ (uint8_t*)out, room };
	iconv(to_utf16, NULL, NULL, NULL, NULL);
	if (ansi && left > 0)
		is = iconv(to_utf16, &in, &left, &out, &room) != (size_t)-1;
	else
		for (; left > 0; left--, room--)
			*out++ = *in++;
	to->len -= room;
	while (to->len >= 2 && to->data[to->len - 1] == 0 && to->data[to->len - 2] == 0)
		to->len -= 2;
	return is;
}

/* --- what is given ---------------------------------------------------------------------------- */

enum layout
{
	PLAIN,
	EX,
	PACKED,
	WINPR_V1,
	WINPR_V2,
	LAYOUTS
};

struct given
{
	enum layout layout;
	void* auth_data;
	UINT32 flags;
	bool ansi;
	struct text user;
	struct text domain;
	struct text password;
	struct text list;
	UINT32 revision;
	const struct layout_ntlm* ntlm; /* as far as its size goes; as V2 of V1's, too */
	const struct kerberos_settings* kerberos;
};

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

static struct given give(struct bytes* input)
{
	struct given given = { .layout = (enum layout)(take(input) % LAYOUTS) };
	const unsigned flags = take(input);

	minor = (int)(take(input) % 40);
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
	given.password = password_of(input, given.ansi, flags & 2);
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

/* --- what must come of it --------------------------------------------------------------------- */

static void expect_text(struct blob is, struct bytes expected, const char* what)
{
	JUDGE(bytes_equal(blob_bytes(&is), expected), what);
}

/* DOMAIN\user without a domain beside it: at the first backslash that has something in front of it
 * and something behind. */
static void expect_names(const struct identity* identity, struct bytes user, struct bytes domain)
{
	for (size_t i = 2; domain.len == 0 && i + 2 < user.len; i += 2)
	{
		if (user.data[i] != '\\' || user.data[i + 1] != 0)
			continue;
		domain = bytes_make(user.data, i);
		user = bytes_make(user.data + i + 2, user.len - i - 2);
	}
	expect_text(identity->user, user, "another user");
	expect_text(identity->domain, domain, "another domain");
}

/* The first 32 characters as a hash. */
static bool is_hash(const struct given* given, uint8_t hash[16])
{
	const uint8_t* const memory = given->password.memory;
	char digits[33] = "";
	uint8_t all = 0;

	if (given->password.there < 32)
		return false;
	for (size_t i = 0; i < 32; i++)
		digits[i] = (char)(given->ansi ? memory[i] : memory[2 * i + 1] ? '?' : memory[2 * i]);
	if (strspn(digits, "0123456789abcdefABCDEF") != 32)
		return false;
	for (size_t i = 0; i < 16; i++)
	{
		const char octet[] = { digits[2 * i], digits[2 * i + 1], 0 };
		hash[i] = (uint8_t)strtoul(octet, NULL, 16);
		all |= hash[i];
	}
	return all != 0;
}

/* RESULT_OK where the password can be read; *is whether as a hash. */
static bool naive_password(const struct given* given, struct blob* password, uint8_t hash[16],
                           bool* is)
{
	const UINT32 length = given->password.length;
	const bool flag = given->flags & IDENTITY_FLAG_PASSWORD_HASH;
	uint8_t ignored[16];

	*is = flag || (length > OFFSET && minor < 27) ||
	      (length == OFFSET + 32 && (given->password.there == 32 || is_hash(given, ignored)));
	if (*is)
		return length == (flag ? 32 : OFFSET + 32) && is_hash(given, hash);
	return as_utf16(&given->password, given->ansi, password);
}

static bool reaches(UINT32 size, size_t offset, size_t member)
{
	return size >= offset + member;
}

static bool are_settings_right(const struct given* given)
{
	if (given->layout != WINPR_V2)
		return true;
	return given->revision >= 1 &&
	       (!given->ntlm || reaches(given->ntlm->size, 24, sizeof(void*))) &&
	       (!given->kerberos || reaches(given->kerberos->size, 88, 20));
}

static void expect_string(const struct blob* name, const char* given)
{
	const size_t len = given ? strlen(given) : 0;
	const struct text text = { (void*)(uintptr_t)given, (UINT32)len, len };
	struct blob expected = BLOB_EMPTY;

	if (!as_utf16(&text, true, &expected))
		expected.len = 0;
	expect_text(*name, blob_bytes(&expected), "another name");
	blob_free(&expected);
}

static void expect_settings(const struct identity_settings* settings, const struct given* given)
{
	const struct layout_ntlm* const ntlm = given->ntlm;
	const struct kerberos_settings* const kerberos = given->kerberos;
	const char* const sam = ntlm && ntlm->sam_file && *ntlm->sam_file ? ntlm->sam_file : NULL;
	const bool named = ntlm && reaches(ntlm->size, 64, sizeof(void*));

	JUDGE(sam ? settings->sam_file && strcmp(sam, settings->sam_file) == 0 : !settings->sam_file,
	      "another SAM file");
	JUDGE(settings->hash_callback_argument == (ntlm ? ntlm->hash_callback_argument : NULL),
	      "another argument");
	JUDGE(settings->kerberos.keytab == (kerberos ? kerberos->keytab : NULL), "another keytab");
	JUDGE(settings->kerberos.life_time == (kerberos ? kerberos->life_time : 0), "a life time");
	expect_string(&settings->names[NAME_DNS_DOMAIN], named ? ntlm->dns_domain : NULL);
	expect_string(&settings->names[NAME_TARGET], named ? ntlm->target_name : NULL);
}

static void judge(const struct given* given)
{
	struct identity identity = { .given = false };
	struct blob user = BLOB_EMPTY;
	struct blob domain = BLOB_EMPTY;
	struct blob list = BLOB_EMPTY;
	struct blob password = BLOB_EMPTY;
	uint8_t hash[16] = { 0 };
	bool hashed = false;
	const char* reason = NULL;
	const bool listed = given->layout != PLAIN && given->list.memory && given->list.length > 0;
	const bool readable = as_utf16(&given->user, given->ansi, &user) &&
	                      as_utf16(&given->domain, given->ansi, &domain) &&
	                      (!listed || as_utf16(&given->list, given->ansi, &list)) &&
	                      naive_password(given, &password, hash, &hashed) &&
	                      are_settings_right(given);

	const enum result result = identity_parse(given->auth_data, &identity, &reason);
	if (given->layout == PACKED)
		JUDGE(result == RESULT_UNSUPPORTED && reason, "packed credentials");
	else
		JUDGE(result == (readable ? RESULT_OK : RESULT_INVALID_ARGUMENT), "readable or not");
	if (result == RESULT_OK)
	{
		expect_names(&identity, blob_bytes(&user), blob_bytes(&domain));
		JUDGE(identity.given && identity.has_hash == hashed, "a hash or a password");
		JUDGE(!hashed || memcmp(identity.nt_hash.bytes, hash, 16) == 0, "another hash");
		JUDGE(bytes_equal(secret_bytes(&identity.password), blob_bytes(&password)), "a password");
		JUDGE(identity.has_package_list == (list.len > 0), "a list or none");
		expect_text(identity.package_list, blob_bytes(&list), "another list");
		expect_settings(&identity.settings, given);
	}
	identity_free(&identity);
	blob_free(&user);
	blob_free(&domain);
	blob_free(&list);
	blob_free(&password);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);
	const struct given given = give(&input);

	judge(&given);
	free_all();
	return 0;
}
