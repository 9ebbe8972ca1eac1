/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling the layouts of pAuthData apart.
 *
 * The plain structure begins with a pointer, all others with a version; which it is must be decided
 * before anything else is read. A pointer is taken for the version 0x200 only if its low half is
 * exactly that and its high half is as small as a structure's length: no user-space address of a
 * string is.
 */
#include "credential/identity.h"

#include <stdlib.h>
#include <string.h>

#include "host/layouts.h"
#include "host/text.h"
#include "host/version.h"

#define IDENTITY_LENGTH_MAX 96u /* of the longest structure there is, WINPR_V2 */
#define IDENTITY_HASH_DIGITS 32u
#define IDENTITY_HASH_OFFSET 512u /* FreeRDP before 3.27 adds it to the length of a hash */

/* The members that all layouts have. */
struct identity_fields
{
	const void* user;
	size_t user_length;
	const void* domain;
	size_t domain_length;
	const void* password;
	size_t password_length;
	UINT32 flags;
	const void* package_list;
	size_t package_list_length;
};

static const char reason_hash[] =
    "the password hash is not 32 hexadecimal digits: give the NT hash alone";
static const char reason_zeros[] = "the password hash is all zeros, which is no password's";

/* --- which structure it is -------------------------------------------------------------------- */

/* The version the structure begins with, or 0 for the plain one. */
static UINT32 identity_version(const void* auth_data)
{
	UINT32 words[2];

	memcpy(words, auth_data, sizeof(words));
	if (words[0] != SEC_WINNT_AUTH_IDENTITY_VERSION &&
	    words[0] != SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		return 0;
	/* With 32-bit pointers both values are addresses in the first page, which is never mapped. */
	if (sizeof(void*) == sizeof(UINT32))
		return words[0];
	/* The second word: Length, or cbHeaderLength and padding, or the pointer's high half. */
	if (words[0] == SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		words[1] &= 0xFFFFu;
	return words[1] <= IDENTITY_LENGTH_MAX ? words[0] : 0;
}

static void identity_fields_plain(const void* auth_data, struct identity_fields* fields)
{
	/* A and W differ in what the pointers point at, and nowhere else. */
	const SEC_WINNT_AUTH_IDENTITY_W* const plain = auth_data;

	*fields = (struct identity_fields){ .user = plain->User,
		                                .user_length = plain->UserLength,
		                                .domain = plain->Domain,
		                                .domain_length = plain->DomainLength,
		                                .password = plain->Password,
		                                .password_length = plain->PasswordLength,
		                                .flags = plain->Flags };
}

static void identity_fields_ex(const void* auth_data, struct identity_fields* fields)
{
	const SEC_WINNT_AUTH_IDENTITY_EXW* const ex = auth_data;

	*fields = (struct identity_fields){ .user = ex->User,
		                                .user_length = ex->UserLength,
		                                .domain = ex->Domain,
		                                .domain_length = ex->DomainLength,
		                                .password = ex->Password,
		                                .password_length = ex->PasswordLength,
		                                .flags = ex->Flags,
		                                .package_list = ex->PackageList,
		                                .package_list_length = ex->PackageListLength };
}

/* --- text ------------------------------------------------------------------------------------- */

static enum result identity_text(const struct identity_fields* fields, const void* text,
                                 size_t length, struct blob* to)
{
	if (!text)
		return RESULT_OK;
	if (fields->flags & SEC_WINNT_AUTH_IDENTITY_ANSI)
		TRY(utf16_from_utf8(bytes_make(text, length), to));
	else
		TRY(text_from_wide(text, length, to));
	to->len = text_strip(blob_bytes(to)).len;
	return RESULT_OK;
}

static enum result identity_password(const struct identity_fields* fields, struct secret* to)
{
	struct blob converted = BLOB_EMPTY;

	if (!fields->password)
		return RESULT_OK;
	if (!(fields->flags & SEC_WINNT_AUTH_IDENTITY_ANSI))
	{
		TRY(text_secret_from_wide(fields->password, fields->password_length, to));
		/* FreeRDP up to 3.15 counts the NULs at the end of a redirected password. */
		to->len = text_strip(secret_bytes(to)).len;
		return RESULT_OK;
	}
	TRY(utf16_from_utf8(bytes_make(fields->password, fields->password_length), &converted));
	const enum result result = secret_set(to, text_strip(blob_bytes(&converted)));
	secret_wipe(converted.data, converted.len);
	blob_free(&converted);
	return result;
}

/* --- pass-the-hash ---------------------------------------------------------------------------- */

static enum result identity_hash(const struct identity_fields* fields, size_t length,
                                 struct key* hash)
{
	const bool ansi = fields->flags & SEC_WINNT_AUTH_IDENTITY_ANSI;
	const uint8_t* const narrow = fields->password;
	const WCHAR* const wide = fields->password;
	uint8_t digits[IDENTITY_HASH_DIGITS];

	REQUIRE(fields->password && length == IDENTITY_HASH_DIGITS, RESULT_INVALID_ARGUMENT);
	for (size_t i = 0; i < sizeof(digits); i++)
	{
		const uint64_t unit = ansi ? narrow[i] : little_endian_get((const uint8_t*)&wide[i], 2);

		digits[i] = (uint8_t)(unit < 0x80 ? unit : 0);
	}
	const bool is = bytes_from_hex(BYTES_OF(digits), hash->bytes) == RESULT_OK;
	secret_wipe(digits, sizeof(digits));
	return is ? RESULT_OK : RESULT_INVALID_ARGUMENT;
}

static bool identity_begins_with_hash(const struct identity_fields* fields)
{
	struct key ignored = { { 0 } };
	const bool begins = identity_hash(fields, IDENTITY_HASH_DIGITS, &ignored) == RESULT_OK;

	key_wipe(&ignored);
	return begins;
}

/* Whether the password is a hash in disguise; *length becomes its true length. */
static bool identity_is_hash(const struct identity_fields* fields, size_t* length)
{
	*length = fields->password_length;
	if (fields->flags & IDENTITY_FLAG_PASSWORD_HASH)
		return true;
	if (fields->password_length <= IDENTITY_HASH_OFFSET)
		return false;
	/* Only so many characters are there: what the length says cannot be read. */
	*length = fields->password_length - IDENTITY_HASH_OFFSET;
	if (!version_at_least(27))
		return true;
	/* FreeRDP itself uses the flag now, and a password may be as long as that. A caller that goes
	 * on to add the offset is told by its digits. */
	if (*length == IDENTITY_HASH_DIGITS && identity_begins_with_hash(fields))
		return true;
	*length = fields->password_length;
	return false;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* DOMAIN\user in the user field, with no domain beside it. user@domain is left as it is: the server
 * resolves it (MS-NLMP 3.3.2 takes user and domain as they are sent). */
static enum result identity_split(struct identity* identity)
{
	const struct bytes user = blob_bytes(&identity->user);

	if (identity->domain.len > 0)
		return RESULT_OK;
	/* A backslash that stands first or last parts nothing. */
	const size_t at = utf16_find(user, 2, '\\');
	if (at + 2 >= user.len)
		return RESULT_OK;
	TRY(blob_set(&identity->domain, bytes_make(user.data, at)));
	return blob_set(&identity->user, bytes_make(user.data + at + 2, user.len - at - 2));
}

static enum result identity_credentials(const struct identity_fields* fields,
                                        struct identity* identity, const char** reason)
{
	size_t length;

	TRY(identity_text(fields, fields->user, fields->user_length, &identity->user));
	TRY(identity_text(fields, fields->domain, fields->domain_length, &identity->domain));
	TRY(identity_split(identity));
	if (fields->package_list && fields->package_list_length > 0)
	{
		TRY(identity_text(fields, fields->package_list, fields->package_list_length,
		                  &identity->package_list));
		identity->has_package_list = identity->package_list.len > 0;
	}
	if (!identity_is_hash(fields, &length))
		return identity_password(fields, &identity->password);
	identity->has_hash = true;
	*reason = reason_hash;
	TRY(identity_hash(fields, length, &identity->nt_hash));
	*reason = reason_zeros;
	REQUIRE(!key_is_zero(&identity->nt_hash), RESULT_INVALID_ARGUMENT);
	return RESULT_OK;
}

static enum result identity_read(const void* auth_data, struct identity* identity,
                                 const char** reason)
{
	const UINT32 version = identity_version(auth_data);
	struct identity_fields fields;

	*reason = "the caller passes packed credentials, which are Windows' own";
	REQUIRE(version != SEC_WINNT_AUTH_IDENTITY_VERSION_2, RESULT_UNSUPPORTED);
	if (version == 0)
		identity_fields_plain(auth_data, &fields);
	else
		identity_fields_ex(auth_data, &fields);
	*reason = "the caller's identity has a text that cannot be read";
	TRY(identity_credentials(&fields, identity, reason));
	if (version != 0 && (fields.flags & LAYOUT_FLAG_V2))
		return identity_settings_v2(auth_data, &identity->settings, reason);
	if (version != 0 && (fields.flags & LAYOUT_FLAG_V1))
		return identity_settings_v1(auth_data, &identity->settings);
	return RESULT_OK;
}

enum result identity_parse(const void* auth_data, struct identity* identity, const char** reason)
{
	identity->given = auth_data != NULL;
	const enum result result = auth_data ? identity_read(auth_data, identity, reason) : RESULT_OK;
	return result == RESULT_MALFORMED ? RESULT_INVALID_ARGUMENT : result;
}

void identity_free(struct identity* identity)
{
	blob_free(&identity->user);
	blob_free(&identity->domain);
	secret_free(&identity->password);
	key_wipe(&identity->nt_hash);
	blob_free(&identity->package_list);
	identity_settings_free(&identity->settings);
}
