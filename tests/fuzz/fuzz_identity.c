/* SPDX-License-Identifier: Apache-2.0
 *
 * pAuthData in every layout of FreeRDP 3, its lengths, flags, revisions and sizes from the input,
 * each text and structure in memory of just the size that those promise. The judge knows what was
 * put in, and says what must come out, or that nothing may.
 */
#include <iconv.h>
#include <stddef.h>
#include <string.h>

#include "identity_given.h"
#include "input.h"

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

/* Whether the first 32 characters are a hash's digits, and the hash. */
static bool has_digits(const struct given* given, uint8_t hash[16])
{
	const uint8_t* const memory = given->password.memory;
	char digits[33] = "";

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
	}
	return true;
}

/* False where the password cannot be read; *is: as a hash. Of what the digits alone tell there need
 * not be more than they: they are no password even where they are no hash, as zeros are. */
static bool naive_password(const struct given* given, struct blob* password, uint8_t hash[16],
                           bool* is)
{
	static const uint8_t zeros[16];
	const UINT32 length = given->password.length;
	const bool flag = given->flags & IDENTITY_FLAG_PASSWORD_HASH;
	const bool digits = has_digits(given, hash);

	*is = flag || (length > OFFSET && given->minor < 27) || (length == OFFSET + 32 && digits);
	if (*is)
		return length == (flag ? 32 : OFFSET + 32) && digits && memcmp(hash, zeros, 16) != 0;
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
	const struct given given = given_draw(&input);

	minor = given.minor;

	judge(&given);
	given_free();
	return 0;
}
