/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation fails in turn (fail_each.h): of credentials in each form that a caller may
 * acquire them in, of the verifiers with each kind of name, and of the question about user-to-user.
 * Those of an exchange's steps: test_faults.c. Built twice, as test_kerberos.c.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc_watch.h"
#include "base/utf16.h"
#include "fail_each.h"
#include "fake_registry.h"
#include "host/layouts.h"
#include "kerberos/u2u.h"
#include "kerberos_pair.h"
#include "ntlm.h"
#include "ntlm/keys.h"
#include "sspi/table.h"
#include "u2u_keytab.h"
#include "verify/verifier_callback.h"
#include "verify/verifier_sam.h"
#include "wide.h"

#ifndef FAKE_CARRIED
/* The glue looks it up by name. This WinPR does not know where its files are. */
char* winpr_GetConfigFilePath(int system, const char* name);
__attribute__((visibility("default"))) char* winpr_GetConfigFilePath(int system, const char* name)
{
	(void)system;
	(void)name;
	return NULL;
}
#endif

/* --- credentials -------------------------------------------------------------------------------
 */

static WCHAR wide_user[] = { WIDE('C'), WIDE('\\'), WIDE('u') };
static WCHAR wide_domain[] = { WIDE('D') };
static WCHAR wide_password[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
	                             WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
static WCHAR wide_list[] = { WIDE('!'), WIDE('u'), WIDE('2'), WIDE('u') };
static WCHAR wide_hash[32];
static char text[] = "a text";
static char keytab[] = KEYTAB;

static SECURITY_STATUS callback(void* argument, const SEC_WINNT_AUTH_IDENTITY_W* identity,
                                const SecBuffer* proof, const BYTE* key, const BYTE* mic,
                                const SecBuffer* mic_value, BYTE* hash)
{
	(void)identity;
	(void)proof;
	(void)key;
	(void)mic;
	(void)mic_value;
	memcpy(hash, argument, KEY_SIZE);
	return fake.minor >= 24 ? SEC_E_OK : 1;
}

static SEC_WINNT_AUTH_IDENTITY_A narrow = { .User = (BYTE*)text,
	                                        .UserLength = 6,
	                                        .Domain = (BYTE*)text,
	                                        .DomainLength = 1,
	                                        .Password = (BYTE*)text,
	                                        .PasswordLength = 6,
	                                        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
static SEC_WINNT_AUTH_IDENTITY_W wide = { .User = wide_user,
	                                      .UserLength = 3,
	                                      .Password = wide_password,
	                                      .PasswordLength = 8,
	                                      .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
#define EXTENDED                                                                                   \
	.Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),     \
	.User = wide_user, .UserLength = 3, .Domain = wide_domain, .DomainLength = 1
static SEC_WINNT_AUTH_IDENTITY_EXW extended = { EXTENDED,
	                                            .Password = wide_password,
	                                            .PasswordLength = 8,
	                                            .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
	                                            .PackageList = wide_list,
	                                            .PackageListLength = 4 };
static SEC_WINNT_AUTH_IDENTITY_EXW hashed = { EXTENDED, .Password = wide_hash,
	                                          .PasswordLength = 32 + 512,
	                                          .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
static struct layout_ntlm_v1 sam_v1, asking_v1 = { .hash_callback = callback };
static struct layout_kerberos_v1 kerberos_v1 = { text, keytab, text, text, text, text,
	                                             1,    1,      1,    1,    { 0 } };
static struct layout_identity_v1 server_v1 = {
	.identity = { EXTENDED, .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | LAYOUT_FLAG_V1 },
	.ntlm = &sam_v1,
	.kerberos = &kerberos_v1
};
static struct layout_identity_v1 asking_server_v1 = {
	.identity = { EXTENDED, .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | LAYOUT_FLAG_V1 },
	.ntlm = &asking_v1
};
static struct layout_ntlm ntlm_v2 = { .size = sizeof(ntlm_v2),
	                                  .target_name = text,
	                                  .netbios_computer = text,
	                                  .netbios_domain = text,
	                                  .dns_computer = text,
	                                  .dns_domain = text };
static struct kerberos_settings kerberos_v2 = { .size = sizeof(kerberos_v2), .keytab = keytab };
static struct layout_identity both_v2 = {
	.identity = { EXTENDED, .Password = wide_password, .PasswordLength = 8,
	              .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | LAYOUT_FLAG_V2 },
	.revision = LAYOUT_REVISION_1,
	.ntlm = &ntlm_v2,
	.kerberos = &kerberos_v2
};

struct acquisition
{
	char* package;
	WCHAR* wide_package; /* of the W table then */
	ULONG use;
	void* data;
};

static int acquire_and_free(const void* opaque)
{
	const struct acquisition* const job = opaque;
	CredHandle handle = { 0, 0 };
	const SECURITY_STATUS status =
	    job->wide_package
	        ? table_w()->AcquireCredentialsHandleW(NULL, job->wide_package, job->use, NULL,
	                                               job->data, NULL, NULL, &handle, NULL)
	        : table_a()->AcquireCredentialsHandleA(NULL, job->package, job->use, NULL, job->data,
	                                               NULL, NULL, &handle, NULL);
	SecPkgCredentials_NamesA names = { NULL };
	assert_int_equal(status == SEC_E_OK, handle.dwLower != 0);
	if (status != SEC_E_OK)
		return fail_each_status(status);
	/* Asked now, so that this fails too; WinPR's own answers are its own. */
	const SECURITY_STATUS named = table_a()->QueryCredentialsAttributesA(&handle, 1, &names);
	if (named == SEC_E_OK && fake.credentials == 0)
		expect_status(table_a()->FreeContextBuffer(names.sUserName), SEC_E_OK);
	expect_status(table_a()->FreeCredentialsHandle(&handle), SEC_E_OK);
	return named == SEC_E_INSUFFICIENT_MEMORY ? named : SEC_E_OK;
}

static void test_credentials_in_each_form(void** state)
{
	static char negotiate[] = "Negotiate", ntlm[] = "NTLM";
	static WCHAR wide_ntlm[] = { WIDE('N'), WIDE('T'), WIDE('L'), WIDE('M'), 0 };
	const ULONG in = SECPKG_CRED_INBOUND, out = SECPKG_CRED_OUTBOUND;
	const struct acquisition rows[] = {
		{ negotiate, NULL, out, NULL },       { negotiate, NULL, in, NULL },
		{ negotiate, NULL, out, &narrow },    { ntlm, NULL, out, &narrow },
		{ NULL, wide_ntlm, out, &wide },      { negotiate, NULL, out, &wide },
		{ negotiate, NULL, out, &extended },  { NULL, wide_ntlm, out, &extended },
		{ ntlm, NULL, out, &hashed },         { negotiate, NULL, in, &server_v1 },
		{ negotiate, NULL, out, &server_v1 }, { NULL, wide_ntlm, in, &asking_server_v1 },
		{ negotiate, NULL, in, &both_v2 },    { negotiate, NULL, in | out, &both_v2 },
	};
	(void)state;
	sam_v1.sam_file = ntlm_v2.sam_file = box.sam;
	for (size_t i = 0; i < 32; i++)
		wide_hash[i] = WIDE((WCHAR)('a' + i % 6));
	fake_registry_string("SSPI\\Negossp", "TargetName", "TERMSRV/server");
	fake_registry_string("WinPR\\NTLM", "DnsDomainName", "d.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fail_each(acquire_and_free, &rows[i], SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY);
#ifndef FAKE_CARRIED
	static char foreign[] = "Kerberos";
	const struct acquisition of_winprs = { foreign, NULL, out, NULL };
	fail_each(acquire_and_free, &of_winprs, SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY);
#endif
}

/* The table of handles grows where they are given out. */
static void test_many_credentials_at_once(void** state)
{
	static char ntlm[] = "NTLM";
	CredHandle handles[40] = { { 0, 0 } };
	(void)state;
	for (size_t i = 0; i < 40; i++)
	{
		SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;
		for (size_t nth = 1; status != SEC_E_OK && nth < 100; nth++)
		{
			alloc_watch_fail(nth);
			status = table_a()->AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL,
			                                              &narrow, NULL, NULL, &handles[i], NULL);
			fail_each_add(alloc_watch_count() >= nth);
			alloc_watch_fail(0);
			assert_true(status == SEC_E_OK || status == SEC_E_INSUFFICIENT_MEMORY);
		}
		expect_status(status, SEC_E_OK);
	}
	for (size_t i = 0; i < 40; i++)
		expect_status(table_a()->FreeCredentialsHandle(&handles[i]), SEC_E_OK);
}

/* --- verifiers ---------------------------------------------------------------------------------
 */

static const struct key nt_hash = { { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82,
	                                  0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52 } };

struct logon
{
	const char* user;
	const char* domain;
	enum result usual;
	bool by_callback;
	/* what prepare() makes of it */
	struct blob wide_user, wide_domain;
	uint8_t challenge[8];
	uint8_t response[16 + 48];
	struct key ntowfv2;
};

static struct blob wide_text(const char* from)
{
	struct blob made = BLOB_EMPTY;
	assert_int_equal(utf16_from_utf8(bytes_make((const uint8_t*)from, strlen(from)), &made),
	                 RESULT_OK);
	return made;
}

static void prepare(struct logon* logon)
{
	logon->wide_user = wide_text(logon->user);
	logon->wide_domain = wide_text(logon->domain);
	assert_int_equal(ntlm_ntowfv2(&nt_hash, blob_bytes(&logon->wide_user),
	                              blob_bytes(&logon->wide_domain), &logon->ntowfv2),
	                 RESULT_OK);
	logon->response[16] = logon->response[17] = 1;
	assert_int_equal(ntlm_proof(&logon->ntowfv2, BYTES_OF(logon->challenge),
	                            bytes_make(logon->response + 16, 48), logon->response),
	                 RESULT_OK);
}

static int verify(const void* opaque)
{
	const struct logon* const logon = opaque;
	const struct verify_request request = { .user = blob_bytes(&logon->wide_user),
		                                    .domain = blob_bytes(&logon->wide_domain),
		                                    .server_challenge = BYTES_OF(logon->challenge),
		                                    .nt_response = BYTES_OF(logon->response) };
	struct verify_answer answer = { .user_found = MECH_USER_NOT_FOUND };
	struct verifier_callback by_callback;
	struct verifier_sam* sam = NULL;
	const struct verifier* verifier = &by_callback.verifier;

	if (logon->by_callback)
		verifier_callback_init(&by_callback, callback,
		                       (void*)(uintptr_t)(const void*)&logon->ntowfv2);
	else if (verifier_sam_new(box.sam, &sam) != RESULT_OK)
		return RESULT_NO_MEMORY;
	else
		verifier = verifier_sam_verifier(sam);
	const enum result result = verifier->verify(verifier->state, &request, &answer);
	verifier_sam_free(sam);
	return (int)result;
}

/* Where there is one, as access() is answered here (the linker's --wrap). */
static const char* file_there = "";
int __wrap_access(const char* path, int mode);
int __wrap_access(const char* path, int mode)
{
	(void)mode;
	return strcmp(path, file_there) == 0 ? 0 : -1;
}

static int default_path(const void* job)
{
	struct verifier_sam* sam = NULL;
	file_there = job;
	const enum result result = verifier_sam_new(NULL, &sam);
	verifier_sam_free(sam);
	return (int)result;
}

static void test_verifiers_with_each_kind_of_name(void** state)
{
	struct logon rows[] = {
		{ .user = "user", .domain = "", .usual = RESULT_OK },
		{ .user = "USER", .domain = "anywhere", .usual = RESULT_OK },
		{ .user = "user@anywhere", .domain = "", .usual = RESULT_OK },
		{ .user = "anywhere\\user", .domain = "", .usual = RESULT_OK },
		{ .user = "member", .domain = "corp", .usual = RESULT_OK },
		{ .user = "member", .domain = "", .usual = RESULT_LOGON_DENIED },
		{ .user = "nobody", .domain = "", .usual = RESULT_LOGON_DENIED },
		{ .user = "other", .domain = "", .usual = RESULT_LOGON_DENIED },
		{ .user = "user", .domain = "corp", .usual = RESULT_OK, .by_callback = true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		prepare(&rows[i]);
		fail_each(verify, &rows[i], (int)rows[i].usual, RESULT_NO_MEMORY);
		blob_free(&rows[i].wide_user);
		blob_free(&rows[i].wide_domain);
	}
	fail_each(default_path, "", RESULT_OK, RESULT_NO_MEMORY);
	fail_each(default_path, "/etc/FreeRDP/FreeRDP/SAM", RESULT_OK, RESULT_NO_MEMORY);
}

/* --- user-to-user ------------------------------------------------------------------------------
 */

/* A question that could not be asked is asked again. */
static void test_question_about_user_to_user(void** state)
{
	size_t nth = 0;
	size_t made;
	(void)state;
	fake.minor = CARRIED ? 33 : 30;
	do
	{
		keytab_of(SERVICE);
		alloc_watch_fail(++nth);
		assert_false(u2u_is_offered(KEYTAB));
		wait_for_workers();
		made = alloc_watch_count();
		alloc_watch_fail(0);
		(void)u2u_is_offered(KEYTAB);
		wait_for_workers();
		assert_true(u2u_is_offered(KEYTAB));
	} while (made >= nth && nth < 100);
	assert_true(made < nth && nth > 4);
	fail_each_add(nth - 1);
}

static void test_enough_was_tried(void** state)
{
	(void)state;
	fail_each_expect(1500, 20);
}

static int fresh_registry(void** state)
{
	fake_registry_clear();
	const int result = fresh(state);
	setenv("NEGOSSP_KERBEROS_WAIT", "0", 1);
	return result;
}

static int open_box(void** state)
{
	const int result = set_up(state);
	sandbox_sam_user(&box, "member", "corp", "Password");
	sandbox_sam_line(&box, "other:::00112233445566778899aabbccddeeff:::");
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_credentials_in_each_form, fresh_registry),
		cmocka_unit_test_setup(test_many_credentials_at_once, fresh_registry),
		cmocka_unit_test_setup(test_verifiers_with_each_kind_of_name, fresh_registry),
		cmocka_unit_test_setup(test_question_about_user_to_user, fresh_registry),
		cmocka_unit_test(test_enough_was_tried),
	};
	return cmocka_run_group_tests(tests, open_box, tear_down);
}
