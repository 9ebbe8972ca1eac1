/* SPDX-License-Identifier: Apache-2.0
 *
 * Logons by Kerberos, with the KDC that run_kerberos.py has started: <krb5.conf> <ticket cache>
 * <keytab>. The client believes the server to be localhost, which has a principal, and the
 * connection is the pair's own as ever.
 *
 * With one argument it says of each test that it is skipped, and why.
 *
 * The account is in the SAM file as well, so that NTLM would do: what went over the wire decides.
 */
#include "nla_check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/winpr.h>

/* As in run_kerberos.py. */
#define USER "heidi"
#define PASSWORD "Three-Heads-13"
#define REALM "NEGOSSP.TEST"

/* FreeRDP's server sends its last negoToken again beside pubKeyAuth, unless it is patched. */
#define FLOW_END(repeated)                                                                         \
	"> pubKeyAuth\n"                                                                               \
	"<" repeated " pubKeyAuth\n"                                                                   \
	"> authInfo\n"
#define AP_REP "NegTokenResp[accept-completed](AP-REP)"
#define LAST_MIC "NegTokenResp[accept-completed] mechListMIC"

/* RFC 4178 5: the initiator's first mechanism was taken, so there is no mechListMIC. */
#define SERVICE_TICKET                                                                             \
	"> NegTokenInit[.., NTLM](AP-REQ)\n"                                                           \
	"< " AP_REP "\n"

/* WinPR's client lists user-to-user first (draft-swift-win2k-krb-user2user), and leaves the
 * optional negState out. Where it is not offered the acceptor chooses the next; either way it asks
 * for the mechListMIC, and the client's comes beside pubKeyAuth (RFC 4178 5 (b)(I)). */
#define ITS_MICS                                                                                   \
	"> NegTokenResp[](AP-REQ)\n"                                                                   \
	"< NegTokenResp[accept-incomplete](AP-REP) mechListMIC\n"                                      \
	"> NegTokenResp[accept-completed] mechListMIC pubKeyAuth\n"                                    \
	"< pubKeyAuth\n"                                                                               \
	"> authInfo\n"
#define USER_TO_USER                                                                               \
	"> NegTokenInit[.., NTLM](TGT-REQ)\n"                                                          \
	"< NegTokenResp[accept-incomplete](TGT-REP)\n" ITS_MICS
#define SERVICE_TICKET_AFTER_IT                                                                    \
	"> NegTokenInit[.., NTLM](TGT-REQ)\n"                                                          \
	"< NegTokenResp[request-mic]\n" ITS_MICS

/* The optimistic token is of no use to the server; NTLM was not the first, so both sign. */
#define NTLM_AFTER_KERBEROS                                                                        \
	"> NegTokenInit[.., NTLM](AP-REQ)\n"                                                           \
	"< NegTokenResp[request-mic]\n"                                                                \
	"> NegTokenResp[accept-incomplete](NEGOTIATE)\n"                                               \
	"< NegTokenResp[accept-incomplete](CHALLENGE)\n"                                               \
	"> NegTokenResp[accept-incomplete](AUTHENTICATE) mechListMIC\n"                                \
	"< " LAST_MIC "\n"

static const char* config;
static const char* ticket_cache;
static const char* keytab;

/* The lab keeps Kerberos out; this lets it in again. A busy machine is no slow KDC. */
static int open_with_kerberos(void** state)
{
	static const struct nla_account accounts[] = { { USER, "", PASSWORD } };

	if (nla_lab_open(state) != 0)
		return -1;
	return setenv("KRB5_CONFIG", config, 1) == 0 && setenv("KRB5CCNAME", ticket_cache, 1) == 0 &&
	               setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1) == 0 &&
	               nla_lab_write_sam("sam", accounts, 1)
	           ? 0
	           : -1;
}

static struct nla_options by_kerberos(enum nla_pairing pairing)
{
	return (struct nla_options){ .pairing = pairing,
		                         .user = USER,
		                         .domain = REALM,
		                         .password = PASSWORD,
		                         .host = "localhost",
		                         .keytab = keytab,
		                         .sam = "sam" };
}

static bool winpr_is(int from, int before)
{
	int major = 0;
	int minor = 0;
	int revision = 0;

	winpr_get_version(&major, &minor, &revision);
	return major == 3 && minor >= from && minor < before;
}

/* Whether an acceptor of 3.15 or 3.16 answers user-to-user: for TERMSRV/<host> with a ticket of
 * <host>$, which Active Directory alone takes for the same account. */
static bool answers_as_computer(void)
{
	return winpr_is(15, 17);
}

static void require_logon(const struct nla_options* options, const char* flow)
{
	struct nla_result result;

	nla_run(options, &result);
	nla_assert_logon_with(options, &result, flow);
	nla_result_clear(&result);
}

static const char* with_end(const char* patched, const char* unpatched)
{
	return nla_lab_is_patched() ? patched : unpatched;
}

static void test_kerberos_service_ticket(void** state)
{
	const struct nla_options options = by_kerberos(nla_pairing_of(state));

	require_logon(&options,
	              with_end(SERVICE_TICKET FLOW_END(""), SERVICE_TICKET FLOW_END(" " AP_REP)));
}

/* Offered as soon as the KDC has said that the keytab gets a ticket, and where WinPR survives every
 * name (not before 3.13). */
static void test_kerberos_user_to_user(void** state)
{
	const struct nla_options options = by_kerberos(nla_pairing_of(state));
	const bool offered = winpr_is(13, INT_MAX) && !answers_as_computer();
	struct nla_result result;
	char flow[2048] = "";

	for (unsigned i = 0; i < 50 && !(offered && strstr(flow, "TGT-REP")) && (offered || i == 0);
	     i++)
	{
		nla_run(&options, &result);
		recorder_describe(&result.recorder, flow, sizeof(flow));
		nla_result_clear(&result);
	}
	require_logon(&options, offered ? USER_TO_USER : SERVICE_TICKET_AFTER_IT);
}

#if NEGOSSP_FREERDP_IS_ASKED
/* gnome-remote-desktop takes the name of the mechanism, and whose ticket it was, for its decision
 * whom to let in. */
static void test_kerberos_server_is_told_as_gnome_remote_desktop_asks(void** state)
{
	struct nla_options options = by_kerberos(nla_pairing_of(state));
	struct nla_result result;

	/* `auth-methods` kerberos: there is no SAM file of its own. */
	options.sam = NULL;
	nla_run(&options, &result);
	assert_true(result.server_logged_on);
	assert_string_equal(result.package, "Kerberos");
	assert_string_equal(result.identity, USER "@" REALM);
	nla_result_clear(&result);
	/* Both methods, and a client that has a password alone. */
	options = by_kerberos(nla_pairing_of(state));
	options.host = NULL;
	nla_run(&options, &result);
	assert_true(result.server_logged_on);
	assert_string_equal(result.package, "NTLM");
	nla_result_clear(&result);
}

#endif

/* RFC 4121 4.2.6.2: pubKeyAuth and authInfo are Wrap tokens, numbered from 0 in their direction, or
 * from 1 behind a mechListMIC. Stock's client has a count of its own for each: from 3.32 on its
 * first of both is 0. */
static void test_kerberos_seals_the_key_and_the_credentials(void** state)
{
	const struct nla_options options = by_kerberos(nla_pairing_of(state));
	const bool stock_client = options.pairing == STOCK_TO_MODULE;
	uint8_t next[2] = { stock_client, stock_client };
	struct nla_result result;

	nla_run(&options, &result);
	assert_true(result.server_logged_on);
	for (size_t i = 0; i < result.recorder.count; i++)
	{
		const struct recorded* const message = &result.recorder.messages[i];
		const struct bytes sealed = (message->request.fields & TS_AUTH_INFO) != 0
		                                ? message->request.auth_info
		                                : message->request.pub_key_auth;

		if ((message->request.fields & (TS_PUB_KEY_AUTH | TS_AUTH_INFO)) == 0)
			continue;
		assert_true(sealed.len > 16);
		assert_int_equal(sealed.data[0], 0x05);
		assert_int_equal(sealed.data[1], 0x04);
		if (stock_client && message->request.fields & TS_PUB_KEY_AUTH &&
		    message->from == FROM_CLIENT)
			next[FROM_CLIENT] = sealed.data[15];
		assert_int_equal(sealed.data[15], next[message->from]);
		next[message->from]++;
	}
	assert_true(next[FROM_CLIENT] == 2 || next[FROM_CLIENT] == 3);
	assert_int_equal(next[FROM_SERVER], stock_client + 1);
	nla_result_clear(&result);
}

static void test_kerberos_without_keytab_is_ntlm(void** state)
{
	struct nla_options options = by_kerberos(nla_pairing_of(state));

	options.keytab = NULL;
	require_logon(&options, with_end(NTLM_AFTER_KERBEROS FLOW_END(""),
	                                 NTLM_AFTER_KERBEROS FLOW_END(" " LAST_MIC)));
}

/* A right ticket is no right password: what NTLM then asks for is not there. */
static void test_kerberos_without_keytab_and_wrong_password(void** state)
{
	struct nla_options options = by_kerberos(nla_pairing_of(state));
	struct nla_result result;

	options.keytab = NULL;
	options.password = "Three-Heads-14";
	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	nla_result_clear(&result);
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		NLA_ONE(test_kerberos_service_ticket, module_to_module),
		NLA_ONE(test_kerberos_service_ticket, module_to_stock),
		NLA_ONE(test_kerberos_user_to_user, stock_to_module),
#if NEGOSSP_FREERDP_IS_ASKED
		NLA_ONE(test_kerberos_server_is_told_as_gnome_remote_desktop_asks, stock_to_module),
		NLA_ONE(test_kerberos_server_is_told_as_gnome_remote_desktop_asks, module_to_module),
#endif
		NLA_EACH(test_kerberos_seals_the_key_and_the_credentials),
		NLA_ONE(test_kerberos_without_keytab_is_ntlm, module_to_module),
		NLA_ONE(test_kerberos_without_keytab_and_wrong_password, module_to_module),
	};

	if (argc == 2)
	{
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
			(void)printf("[  SKIPPED ] %s (%s)\n", tests[i].name, argv[1]);
		return 0;
	}
	if (argc != 4)
	{
		(void)fprintf(stderr, "usage: %s KRB5-CONF TICKET-CACHE KEYTAB | WHY-NOT\n", argv[0]);
		return 2;
	}
	config = argv[1];
	ticket_cache = argv[2];
	keytab = argv[3];
	return cmocka_run_group_tests_name("freerdp_kerberos", tests, open_with_kerberos,
	                                   nla_lab_close);
}
