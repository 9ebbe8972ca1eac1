/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP's client against its server, their inner contexts being the module's Negotiate through
 * its exported tables, and Kerberos of a real KDC in it: <krb5.conf> <ticket cache> <keytab>, as
 * tests/freerdp/run_kerberos.py starts it. The legs are those of the scripted Kerberos in
 * unit_credssp_pairings.
 *
 * With one argument it says of each test that it is skipped, and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <winpr/winpr.h>

#include "credssp_pair.h"
#include "sandbox.h"
#include "sspi_pair.h"

static const char* config;
static const char* ticket_cache;
static const char* keytab;

/* --- one end of SSPI as a mechanism ----------------------------------------------------------- */

static enum result sspi_mech_open(const struct mech_request* request, void* credential,
                                  void** context)
{
	(void)request;
	*context = credential;
	return RESULT_OK;
}

static enum result sspi_mech_step(void* context, const struct mech_input* input,
                                  struct mech_output* output)
{
	struct sspi_token in = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };

	sspi_token_set(&in, input->token.data, input->token.len);
	const SECURITY_STATUS status = sspi_end_step(context, input->token.len > 0 ? &in : NULL, &out);
	const enum result result = blob_set(&output->token, bytes_make(out.data, out.len));
	sspi_token_free(&in);
	sspi_token_free(&out);
	output->complete = status == SEC_E_OK;
	if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)
		return result;
	print_message("step: 0x%08X\n", (unsigned)status);
	blob_free(&output->token);
	return RESULT_LOGON_DENIED;
}

static enum result sspi_mech_wrap(void* context, bool seal, struct mech_part* parts, size_t count,
                                  uint8_t* trailer, size_t* trailer_len)
{
	struct sspi_token out = { NULL, 0 };

	assert_true(seal && count == 1);
	if (sspi_end_seal(context, parts[0].data, parts[0].len, &out) != SEC_E_OK)
		return RESULT_INTERNAL;
	const size_t used = out.len - parts[0].len;
	REQUIRE(used <= *trailer_len, RESULT_BUFFER_TOO_SMALL);
	bytes_copy(trailer, bytes_make(out.data, used));
	bytes_copy(parts[0].data, bytes_make(out.data + used, parts[0].len));
	*trailer_len = used;
	sspi_token_free(&out);
	return RESULT_OK;
}

static enum result sspi_mech_unwrap(void* context, bool sealed, struct mech_part* parts,
                                    size_t count, struct bytes trailer)
{
	struct writer writer = writer_make(TS_REQUEST_LIMIT);
	struct sspi_token in = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };

	assert_true(sealed && count == 1);
	writer_bytes(&writer, trailer);
	writer_bytes(&writer, bytes_make(parts[0].data, parts[0].len));
	const struct bytes all = writer_written(&writer);
	sspi_token_set(&in, all.data, all.len);
	writer_drop(&writer);
	const SECURITY_STATUS status = sspi_end_unseal(context, &in, &out);
	sspi_token_free(&in);
	if (status != SEC_E_OK)
		return RESULT_ALTERED;
	assert_int_equal(out.len, parts[0].len);
	bytes_copy(parts[0].data, bytes_make(out.data, out.len));
	sspi_token_free(&out);
	return RESULT_OK;
}

static void sspi_mech_describe(const void* context, struct mech_report* report)
{
	(void)context;
	report->reason = "the exported table says so";
}

static void sspi_mech_session(const void* context, struct mech_session* session)
{
	const struct sspi_end* const end = context;

	/* The two roles' flags of this name have one value. */
	session->granted = end->flags & ISC_RET_CONFIDENTIALITY ? MECH_CONFIDENTIALITY : 0;
	session->security_trailer = (uint32_t)end->sizes.cbSecurityTrailer;
}

static const struct key* sspi_mech_key(const void* context)
{
	(void)context;
	return NULL;
}

static bool sspi_mech_is_bare(struct bytes token)
{
	return token.len > 0;
}

static bool sspi_mech_demands_mic(const void* context)
{
	(void)context;
	return false;
}

/* The end is the test's own. */
static void sspi_mech_close(void* context)
{
	(void)context;
}

static const struct mech* sspi_mech(void)
{
	static const struct bytes oids[] = { { (const uint8_t*)"\x2B\x06\x01\x05\x05\x02", 6 } };
	static const struct mech mech = { .name = "the exported table",
		                              .oids = oids,
		                              .oid_count = 1,
		                              .is_bare_token = sspi_mech_is_bare,
		                              .open = sspi_mech_open,
		                              .step = sspi_mech_step,
		                              .demands_mic = sspi_mech_demands_mic,
		                              .wrap = sspi_mech_wrap,
		                              .unwrap = sspi_mech_unwrap,
		                              .describe = sspi_mech_describe,
		                              .session = sspi_mech_session,
		                              .session_key = sspi_mech_key,
		                              .close = sspi_mech_close };
	return &mech;
}

/* --- the pair --------------------------------------------------------------------------------- */

struct kerberos_pair
{
	struct sspi_setup setup;
	struct sspi_end ends[2];
	struct negossp_context* inner[2];
	struct credssp* credssp[2];
	uint32_t versions[2];
};

#define KEY BYTES_LITERAL("\x30\x06\x02\x01\xFF\x02\x01\x03")

static void open_end(struct kerberos_pair* pair, enum mech_role role, struct bytes credentials)
{
	assert_int_equal(sspi_end_acquire(&pair->ends[role], &pair->setup, role == MECH_ACCEPTOR),
	                 SEC_E_OK);
	const struct negossp_offer offer = { sspi_mech(), &pair->ends[role] };
	const struct negossp_config inner = { .request = { role, 0, BYTES_EMPTY },
		                                  .framing = NEGOSSP_FRAMING_BARE,
		                                  .offers = &offer,
		                                  .offer_count = 1 };
	assert_int_equal(negossp_context_new(&inner, &pair->inner[role]), RESULT_OK);
	const struct credssp_config outer = { .role = role,
		                                  .inner = pair->inner[role],
		                                  .public_key = KEY,
		                                  .credentials = credentials,
		                                  .version = pair->versions[role],
		                                  .lowest = TS_VERSION_OLDEST };
	assert_int_equal(credssp_new(&outer, &pair->credssp[role]), RESULT_OK);
}

static void close_pair(struct kerberos_pair* pair)
{
	for (unsigned role = 0; role < 2; role++)
	{
		credssp_free(pair->credssp[role]);
		negossp_context_free(pair->inner[role]);
		sspi_end_close(&pair->ends[role]);
	}
}

/* "+" stands for the nonce that versions 5 and 6 have. */
static void expect_says(struct bytes message, uint32_t version, const char* fields, bool nonce)
{
	char expected[CREDSSP_SAY_SIZE];

	const int len = snprintf(expected, sizeof(expected), "%u%s", version, fields);
	char* const plus = strchr(expected, '+');
	if (plus)
		(void)snprintf(plus, sizeof(expected) - (size_t)len, "%s", nonce ? " clientNonce" : "");
	credssp_assert_says(message, expected);
}

static void run(const struct sspi_setup* setup, uint32_t client, uint32_t server,
                const char* const* legs)
{
	struct kerberos_pair pair = { .setup = *setup, .versions = { client, server } };
	struct secret credentials = SECRET_EMPTY;
	struct blob message = BLOB_EMPTY;
	const struct ts_password_creds creds = { BYTES_EMPTY, BYTES_LITERAL("h\0e\0i\0d\0i\0"),
		                                     BYTES_LITERAL("s\0e\0c\0r\0e\0t\0") };

	assert_int_equal(ts_password_creds_write(&creds, &credentials), RESULT_OK);
	open_end(&pair, MECH_INITIATOR, secret_bytes(&credentials));
	open_end(&pair, MECH_ACCEPTOR, BYTES_EMPTY);
	for (unsigned leg = 0; legs[leg]; leg++)
	{
		struct blob reply = BLOB_EMPTY;

		assert_int_equal(credssp_step(pair.credssp[leg % 2], blob_bytes(&message), &reply),
		                 RESULT_OK);
		blob_free(&message);
		message = reply;
		expect_says(blob_bytes(&message), pair.versions[leg % 2], legs[leg],
		            client >= 5 && server >= 5);
	}
	struct blob nothing = BLOB_EMPTY;
	assert_int_equal(credssp_step(pair.credssp[MECH_ACCEPTOR], blob_bytes(&message), &nothing),
	                 RESULT_OK);
	assert_int_equal(nothing.len, 0);
	assert_true(credssp_is_complete(pair.credssp[MECH_INITIATOR]));
	assert_true(credssp_is_complete(pair.credssp[MECH_ACCEPTOR]));
	const struct bytes came = credssp_credentials(pair.credssp[MECH_ACCEPTOR]);
	assert_true(bytes_equal(came, secret_bytes(&credentials)));
	blob_free(&message);
	secret_free(&credentials);
	close_pair(&pair);
}

static void run_all_versions(const struct sspi_setup* setup, const char* const* legs)
{
	for (uint32_t client = TS_VERSION_OLDEST; client <= TS_VERSION_NEWEST; client++)
	{
		for (uint32_t server = TS_VERSION_OLDEST; server <= TS_VERSION_NEWEST; server++)
			run(setup, client, server, legs);
	}
}

/* --- tests ------------------------------------------------------------------------------------ */

static struct sandbox sandbox;

/* The ticket decides; the SAM file has nobody in it, so NTLM would not do. */
static struct sspi_setup setup_of(void)
{
	struct sspi_setup setup = sspi_setup_nla(NULL, NULL, NULL, sandbox.sam);

	setup.target = "TERMSRV/localhost";
	setup.keytab = keytab;
	return setup;
}

static void test_the_module_with_a_service_ticket(void** state)
{
	static const char* const legs[] = { " negoTokens", " negoTokens", " pubKeyAuth+",
		                                " pubKeyAuth", " authInfo",   NULL };
	const struct sspi_setup setup = setup_of();

	(void)state;
	run_all_versions(&setup, legs);
}

/* WinPR's client lists user-to-user first and leaves it to the server to choose; both sign then,
 * and its MIC is the last token (RFC 4178 5 (b)(I)). */
static void test_WinPRs_client_ends_with_the_completing_round(void** state)
{
	static const char* const legs[] = {
		" negoTokens", " negoTokens", " negoTokens", " negoTokens", " negoTokens pubKeyAuth+",
		" pubKeyAuth", " authInfo",   NULL
	};
	struct sspi_setup setup = setup_of();

	(void)state;
	if (!sspi_builtin_is_reachable())
	{
		/* Defect D24: nobody has WinPR's client by this table from 3.31 on, and everybody before.
		 */
		int major = 0;
		int minor = 0;
		int revision = 0;
		winpr_get_version(&major, &minor, &revision);
		assert_true(minor >= 31);
		return;
	}
	setup.client_table = sspi_builtin();
	run_all_versions(&setup, legs);
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&sandbox);
	return setenv("KRB5_CONFIG", config, 1) == 0 && setenv("KRB5CCNAME", ticket_cache, 1) == 0 &&
	               setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1) == 0 &&
	               setenv("WLOG_LEVEL", "ERROR", 1) == 0
	           ? 0
	           : -1;
}

static int tear_down(void** state)
{
	(void)state;
	sandbox_close(&sandbox);
	return 0;
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_module_with_a_service_ticket),
		cmocka_unit_test(test_WinPRs_client_ends_with_the_completing_round),
	};

	if (argc == 2)
	{
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
			(void)printf("[  SKIPPED ] %s (%s)\n", tests[i].name, argv[1]);
		return 0;
	}
	if (argc != 4)
		return 2;
	config = argv[1];
	ticket_cache = argv[2];
	keytab = argv[3];
	return cmocka_run_group_tests_name("credssp_kerberos", tests, set_up, tear_down);
}
