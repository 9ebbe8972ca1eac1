/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue: what becomes of the secrets that hosts and callers hand over, each of them wiped in
 * every place it was copied to; and which name a caller meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "credential/identity.h"
#include "host/layouts.h"
#include "host/memory.h"
#include "host/text.h"
#include "host/version.h"
#include "kerberos/auth_data.h"
#include "wipe_watch.h"
#include "wide.h"

/* "secret" in both character sets, and a hash as digits in both. */
static char narrow_secret[] = "secret";
static UINT16 wide_secret[] = { WIDE('s'), WIDE('e'), WIDE('c'), WIDE('r'), WIDE('e'), WIDE('t') };
static const struct bytes secret_utf16 = { (const uint8_t*)wide_secret, sizeof(wide_secret) };
static char narrow_hash[] = "a4f49c406510bdcab6824ee7c30fd852";
static const struct key hash = { { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e,
	                               0xe7, 0xc3, 0x0f, 0xd8, 0x52 } };

/* The release that WinPR says it is (the linker's --wrap). */
static int minor_release;
bool __wrap_version_at_least(int minor);
bool __wrap_version_at_least(int minor)
{
	return minor_release >= minor;
}

static void assert_wiped(struct bytes secret, size_t times)
{
	assert_true(wipe_watch_count(secret) >= times);
}

static int fresh(void** state)
{
	(void)state;
	minor_release = 10;
	wipe_watch_start();
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

/* --- a caller's identity --------------------------------------------------------------------- */

static SEC_WINNT_AUTH_IDENTITY_A named(char* user, char* domain, char* password, size_t extra)
{
	return (SEC_WINNT_AUTH_IDENTITY_A){ .User = (BYTE*)user,
		                                .UserLength = (UINT32)strlen(user),
		                                .Domain = (BYTE*)domain,
		                                .DomainLength = domain ? (UINT32)strlen(domain) : 0,
		                                .Password = (BYTE*)password,
		                                .PasswordLength = (UINT32)(strlen(password) + extra),
		                                .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
}

static struct identity parsed(const void* auth_data, enum result expected)
{
	struct identity identity = { .given = false };
	const char* reason = NULL;

	assert_int_equal(identity_parse(auth_data, &identity, &reason), expected);
	return identity;
}

static void assert_text(struct blob text, const char* ascii)
{
	assert_int_equal(text.len, 2 * strlen(ascii));
	assert_true(text_is_ascii(blob_bytes(&text), ascii));
}

static void expect_name(const char* user, const char* domain, const char* as_user,
                        const char* as_domain)
{
	char own_user[64];
	char own_domain[64];

	strcpy(own_user, user);
	strcpy(own_domain, domain ? domain : "");
	const SEC_WINNT_AUTH_IDENTITY_A data =
	    named(own_user, domain ? own_domain : NULL, narrow_secret, 0);
	struct identity identity = parsed(&data, RESULT_OK);
	assert_text(identity.user, as_user);
	assert_text(identity.domain, as_domain);
	identity_free(&identity);
}

static void test_the_domain_in_a_name_counts_where_none_stands_beside_it(void** state)
{
	(void)state;
	expect_name("CORP\\user", NULL, "user", "CORP");
	expect_name("CORP\\user", "", "user", "CORP");
	expect_name("CORP\\user", "OTHER", "CORP\\user", "OTHER");
	expect_name("user@corp", NULL, "user@corp", "");
	expect_name("\\user", NULL, "\\user", "");
	expect_name("CORP\\", NULL, "CORP\\", "");
	expect_name("C\\u", NULL, "u", "C");
}

static void expect_refused(const void* auth_data, enum result result, const char* why)
{
	struct identity identity = { 0 };
	const char* reason = "";

	assert_int_equal(identity_parse(auth_data, &identity, &reason), result);
	assert_non_null(strstr(reason, why));
	identity_free(&identity);
}

static void test_what_cannot_be_read_is_refused_with_the_reason(void** state)
{
	static const UINT32 packed[16] = { SEC_WINNT_AUTH_IDENTITY_VERSION_2, 48 };
	char good[] = "b";
	char bad[] = "b\xFC";
	const SEC_WINNT_AUTH_IDENTITY_A user = named(bad, NULL, narrow_secret, 0);
	const SEC_WINNT_AUTH_IDENTITY_A domain = named(good, bad, narrow_secret, 0);

	(void)state;
	expect_refused(packed, RESULT_UNSUPPORTED, "packed credentials");
	expect_refused(&user, RESULT_INVALID_ARGUMENT, "a text that cannot be read");
	expect_refused(&domain, RESULT_INVALID_ARGUMENT, "a text that cannot be read");
}

/* An empty list is none: whoever gives a pointer to nothing has not excluded every package. */
static void test_a_package_list_without_content_is_none(void** state)
{
	char user[] = "user";
	char list[] = "!ntlm";
	char nuls[] = "\0\0";
	const struct
	{
		char* list;
		UINT32 length;
		bool is;
	} rows[] = { { list, 5, true },
		         { list, 0, false },
		         { nuls, 2, false },
		         { NULL, 5, false },
		         { NULL, 0, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		const SEC_WINNT_AUTH_IDENTITY_EXA data = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
			                                       .Length = sizeof(data),
			                                       .User = (BYTE*)user,
			                                       .UserLength = 4,
			                                       .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
			                                       .PackageList = (BYTE*)rows[i].list,
			                                       .PackageListLength = rows[i].length };
		struct identity identity = parsed(&data, RESULT_OK);
		assert_int_equal(identity.has_package_list, rows[i].is);
		assert_text(identity.package_list, rows[i].is ? "!ntlm" : "");
		identity_free(&identity);
	}
}

static void test_text_begins_with_all_of_a_word(void** state)
{
	static const uint8_t text[] = { 'h', 0, 'T', 0, 't', 0, 'p', 0, '/', 0, 'x', 0 };

	(void)state;
	assert_true(text_starts_with_ascii(BYTES_OF(text), "HTTP/"));
	assert_true(text_starts_with_ascii(bytes_make(text, 10), "HTTP/"));
	assert_false(text_starts_with_ascii(bytes_make(text, 8), "HTTP/"));
	assert_false(text_starts_with_ascii(BYTES_OF(text), "HTTP/y"));
	assert_false(text_starts_with_ascii(BYTES_OF(text), "TTP/"));
	assert_false(text_starts_with_ascii(BYTES_OF(text), "JTTP/"));
	/* in either case, from the first letter to the last */
	assert_true(text_starts_with_ascii(BYTES_LITERAL("a\0Z\0"), "AZ"));
	assert_true(text_starts_with_ascii(BYTES_LITERAL("A\0z\0"), "az"));
	assert_false(text_starts_with_ascii(BYTES_LITERAL("@\0[\0"), "`{"));
}

static void test_passwords_are_wiped_in_both_character_sets(void** state)
{
	char user[] = "user";
	const SEC_WINNT_AUTH_IDENTITY_A narrow = named(user, NULL, narrow_secret, 0);
	const SEC_WINNT_AUTH_IDENTITY_W wide = { .Password = wide_secret,
		                                     .PasswordLength = 6,
		                                     .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };

	(void)state;
	struct identity identity = parsed(&narrow, RESULT_OK);
	assert_true(bytes_equal(secret_bytes(&identity.password), secret_utf16));
	wipe_watch_stop();
	const size_t converting = wipe_watch_count(secret_utf16);
	assert_true(converting >= 1); /* what it was converted to, before it was copied */
	wipe_watch_start();
	identity_free(&identity);
	assert_wiped(secret_utf16, 1);
	identity = parsed(&wide, RESULT_OK);
	wipe_watch_start();
	identity_free(&identity);
	assert_wiped(secret_utf16, 1);
}

static void test_a_hash_and_its_digits_are_wiped(void** state)
{
	char user[] = "user";
	const SEC_WINNT_AUTH_IDENTITY_A data = named(user, NULL, narrow_hash, 512);

	(void)state;
	struct identity identity = parsed(&data, RESULT_OK);
	assert_true(identity.has_hash);
	assert_memory_equal(&identity.nt_hash, &hash, sizeof(hash));
	const struct bytes digits = bytes_make((const uint8_t*)narrow_hash, 32);
	assert_wiped(digits, 1);
	identity_free(&identity);
	assert_wiped(key_bytes(&hash), 1);
	/* From 3.27 on the digits are looked at before it is known to be a hash. */
	minor_release = 27;
	wipe_watch_start();
	identity = parsed(&data, RESULT_OK);
	assert_true(identity.has_hash);
	assert_wiped(digits, 2);
	assert_wiped(key_bytes(&hash), 1);
	identity_free(&identity);
	assert_wiped(key_bytes(&hash), 2);
}

/* Of a hash told by its length nothing stands behind the digits, which may be the memory's end. */
static void test_a_hash_of_zeros_is_refused_and_no_password(void** state)
{
	static const int releases[] = { 10, 26, 27, 33 };
	char user[] = "user";
	char* const zeros = strdup("00000000000000000000000000000000");

	(void)state;
	assert_non_null(zeros);
	const SEC_WINNT_AUTH_IDENTITY_A data = named(user, NULL, zeros, 512);
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
	{
		minor_release = releases[i];
		expect_refused(&data, RESULT_INVALID_ARGUMENT, "all zeros");
	}
	free(zeros);
}

static void test_text_that_replaces_a_secret_wipes_it(void** state)
{
	static const WCHAR other[] = { WIDE('x') };
	struct secret secret = SECRET_EMPTY;

	(void)state;
	assert_int_equal(text_secret_from_wide(wide_secret, 6, &secret), RESULT_OK);
	assert_int_equal(text_secret_from_wide(other, 1, &secret), RESULT_OK);
	assert_wiped(secret_utf16, 1);
	secret_free(&secret);
}

/* --- what goes to others --------------------------------------------------------------------- */

static void test_memory_of_the_host_is_wiped_when_it_comes_back(void** state)
{
	(void)state;
	uint8_t* const memory = memory_alloc(sizeof(wide_secret) + 3);
	assert_non_null(memory);
	bytes_copy(memory + 3, secret_utf16);
	assert_true(memory_free(memory));
	assert_wiped(secret_utf16, 1);
	assert_false(memory_free(memory));
}

static void test_auth_data_for_WinPR_is_wiped(void** state)
{
	static const struct kerberos_settings settings = { .size = 0 };
	struct auth_data data;
	struct bytes password;

	(void)state;
	assert_int_equal(
	    auth_data_make(&data, BYTES_LITERAL("u\0"), BYTES_EMPTY, secret_utf16, &settings, NULL),
	    RESULT_OK);
	/* The pointer to it is no secret, but shows that the structure was wiped as well. */
	UINT16* const where = data.password;
	password = bytes_make((const uint8_t*)&where, sizeof(where));
	wipe_watch_start();
	auth_data_wipe(&data);
	assert_wiped(secret_utf16, 1);
	assert_wiped(password, 1);
}

static char callback_argument;
static SECURITY_STATUS give_hash(void* argument, const SEC_WINNT_AUTH_IDENTITY* identity,
                                 const SecBuffer* proof_value, const BYTE* random_key,
                                 const BYTE* mic, const SecBuffer* mic_value, BYTE* to)
{
	(void)argument;
	(void)identity;
	(void)proof_value;
	(void)random_key;
	(void)mic;
	(void)mic_value;
	(void)to;
	fail(); /* nobody is asked here */
	return SEC_E_OK;
}

/* Of both layouts, V1 and V2, each of which has a structure for NTLM behind the identity. */
static void test_all_that_a_server_is_given_for_NTLM_is_taken(void** state)
{
	static const char* const names[NAME_COUNT] = { "A", "B", "c", "d", "E" };
	char sam[] = "/a/sam";
	const struct layout_ntlm_v1 old = { sam, give_hash, &callback_argument };
	const struct layout_ntlm now = { .size = sizeof(now),
		                             .sam_file = sam,
		                             .hash_callback = give_hash,
		                             .hash_callback_argument = &callback_argument,
		                             .netbios_computer = names[NAME_NETBIOS_COMPUTER],
		                             .netbios_domain = names[NAME_NETBIOS_DOMAIN],
		                             .dns_computer = names[NAME_DNS_COMPUTER],
		                             .dns_domain = names[NAME_DNS_DOMAIN],
		                             .target_name = names[NAME_TARGET] };
	const SEC_WINNT_AUTH_IDENTITY_EXW head = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		                                       .Length = sizeof(head),
		                                       .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	struct layout_identity_v1 v1 = { head, &old, NULL };
	struct layout_identity v2 = { head, LAYOUT_REVISION_1, &now, NULL };

	(void)state;
	v1.identity.Flags |= LAYOUT_FLAG_V1;
	v2.identity.Flags |= LAYOUT_FLAG_V2;
	for (int second = 0; second < 2; second++)
	{
		struct identity identity = second ? parsed(&v2, RESULT_OK) : parsed(&v1, RESULT_OK);
		assert_string_equal(identity.settings.sam_file, "/a/sam");
		assert_true(identity.settings.hash_callback == give_hash);
		assert_ptr_equal(identity.settings.hash_callback_argument, &callback_argument);
		for (size_t i = 0; i < NAME_COUNT; i++)
			assert_text(identity.settings.names[i], second ? names[i] : "");
		identity_free(&identity);
	}
	v2.revision = 0;
	expect_refused(&v2, RESULT_INVALID_ARGUMENT, "a revision or a size");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_domain_in_a_name_counts_where_none_stands_beside_it, fresh),
		cmocka_unit_test_setup(test_a_package_list_without_content_is_none, fresh),
		cmocka_unit_test_setup(test_what_cannot_be_read_is_refused_with_the_reason, fresh),
		cmocka_unit_test_setup(test_text_begins_with_all_of_a_word, fresh),
		cmocka_unit_test_setup(test_passwords_are_wiped_in_both_character_sets, fresh),
		cmocka_unit_test_setup(test_a_hash_and_its_digits_are_wiped, fresh),
		cmocka_unit_test_setup(test_a_hash_of_zeros_is_refused_and_no_password, fresh),
		cmocka_unit_test_setup(test_text_that_replaces_a_secret_wipes_it, fresh),
		cmocka_unit_test_setup(test_memory_of_the_host_is_wiped_when_it_comes_back, fresh),
		cmocka_unit_test_setup(test_auth_data_for_WinPR_is_wiped, fresh),
		cmocka_unit_test_setup(test_all_that_a_server_is_given_for_NTLM_is_taken, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
