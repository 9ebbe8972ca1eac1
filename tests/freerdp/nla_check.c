/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations that several tests share. The flows are written by hand from MS-CSSP 3.1.5 and
 * RFC 4178 with MS-SPNG 3.3.5.1.
 */
#include "nla_check.h"

#include <string.h>

enum nla_pairing nla_stock_to_stock = STOCK_TO_STOCK;
enum nla_pairing nla_stock_to_module = STOCK_TO_MODULE;
enum nla_pairing nla_module_to_stock = MODULE_TO_STOCK;
enum nla_pairing nla_module_to_module = MODULE_TO_MODULE;

/* The client claims no more than accept-incomplete beside AUTHENTICATE. What the acceptor says of
 * the initiator's first mechanism differs: the module's says accept-incomplete, as Windows does,
 * WinPR's request-mic. */
#define FRAMED_UNTIL_VERDICT(first_reply)                                                          \
	"> NegTokenInit[NTLM](NEGOTIATE)\n"                                                            \
	"< NegTokenResp[" first_reply "](CHALLENGE)\n"                                                 \
	"> NegTokenResp[accept-incomplete](AUTHENTICATE) mechListMIC\n"

#define BARE_UNTIL_VERDICT                                                                         \
	"> NEGOTIATE\n"                                                                                \
	"< CHALLENGE\n"                                                                                \
	"> AUTHENTICATE pubKeyAuth\n"

#define BARE_FROM_VERDICT                                                                          \
	"< pubKeyAuth\n"                                                                               \
	"> authInfo\n"

/* FreeRDP's server sends its last negoToken again beside pubKeyAuth, unless it is patched. */
#define FRAMED_FROM_VERDICT(repeated)                                                              \
	"< NegTokenResp[accept-completed] mechListMIC\n"                                               \
	"> pubKeyAuth\n"                                                                               \
	"<" repeated " pubKeyAuth\n"                                                                   \
	"> authInfo\n"

#define REPEATED " NegTokenResp[accept-completed] mechListMIC"

static const struct flow
{
	const char* until_verdict;
	const char* whole;
	const char* whole_when_patched;
} flows[] = {
	[STOCK_TO_STOCK] = { BARE_UNTIL_VERDICT, BARE_UNTIL_VERDICT BARE_FROM_VERDICT,
	                     BARE_UNTIL_VERDICT BARE_FROM_VERDICT },
	[STOCK_TO_MODULE] = { BARE_UNTIL_VERDICT, BARE_UNTIL_VERDICT BARE_FROM_VERDICT,
	                      BARE_UNTIL_VERDICT BARE_FROM_VERDICT },
	[MODULE_TO_STOCK] = { FRAMED_UNTIL_VERDICT("request-mic"),
	                      FRAMED_UNTIL_VERDICT("request-mic") FRAMED_FROM_VERDICT(REPEATED),
	                      FRAMED_UNTIL_VERDICT("request-mic") FRAMED_FROM_VERDICT("") },
	[MODULE_TO_MODULE] = { FRAMED_UNTIL_VERDICT("accept-incomplete"),
	                       FRAMED_UNTIL_VERDICT("accept-incomplete") FRAMED_FROM_VERDICT(REPEATED),
	                       FRAMED_UNTIL_VERDICT("accept-incomplete") FRAMED_FROM_VERDICT("") },
};

enum nla_pairing nla_pairing_of(void** state)
{
	return *(const enum nla_pairing*)*state;
}

const char* nla_flow(enum nla_pairing pairing)
{
	return nla_lab_is_patched() ? flows[pairing].whole_when_patched : flows[pairing].whole;
}

const char* nla_flow_until_verdict(enum nla_pairing pairing)
{
	return flows[pairing].until_verdict;
}

unsigned nla_flow_legs(enum nla_pairing pairing, enum recorder_from from)
{
	const char mark = from == FROM_CLIENT ? '>' : '<';
	unsigned legs = 0;

	for (const char* line = nla_flow(pairing); *line; line = strchr(line, '\n') + 1)
		legs += *line == mark;
	return legs;
}

void nla_run(const struct nla_options* options, struct nla_result* result)
{
	if (!nla_pair_run(options, result))
		fail_msg("no connection could be made");
	if (!result->in_time)
	{
		char text[2048];

		recorder_describe(&result->recorder, text, sizeof(text));
		fail_msg("did not end in time, after\n%s", text);
	}
}

void nla_assert_exchange(const struct nla_result* result, const char* expected)
{
	char text[2048];

	recorder_describe(&result->recorder, text, sizeof(text));
	assert_string_equal(text, expected);
}

void nla_assert_exchange_begins(const struct nla_result* result, const char* expected)
{
	char text[2048];

	recorder_describe(&result->recorder, text, sizeof(text));
	if (strlen(text) > strlen(expected))
		text[strlen(expected)] = '\0';
	assert_string_equal(text, expected);
}

void nla_assert_logon(const struct nla_options* options, const struct nla_result* result)
{
	nla_assert_logon_with(options, result, nla_flow(options->pairing));
}

void nla_assert_logon_with(const struct nla_options* options, const struct nla_result* result,
                           const char* flow)
{
	nla_assert_exchange(result, flow);
	const char* const complaint = recorder_complaint(&result->recorder);
	if (complaint)
		fail_msg("%s", complaint);
	assert_true(result->server_logged_on);
	assert_true(result->client_went_on);
	assert_int_equal(result->client_error, 0);
	assert_string_equal(result->user, options->user);
	assert_string_equal(result->domain, options->domain);
	assert_string_equal(result->password, options->password);
}

#define FRANK "frank"
#define FRANKS_PASSWORD "Let-Me-In-10"

int nla_open_with_frank(void** state)
{
	static const struct nla_account frank = { FRANK, "", FRANKS_PASSWORD };

	if (nla_lab_open(state) != 0)
		return -1;
	return nla_lab_write_sam("sam", &frank, 1) ? 0 : -1;
}

struct nla_options nla_frank(enum nla_pairing pairing)
{
	return (struct nla_options){
		.pairing = pairing, .user = FRANK, .domain = "", .password = FRANKS_PASSWORD, .sam = "sam"
	};
}

void nla_assert_no_logon(const struct nla_result* result)
{
	assert_false(result->server_logged_on);
	assert_false(result->client_went_on);
	assert_int_not_equal(result->client_error, 0);
	assert_false(recorder_has(&result->recorder, FROM_CLIENT, TS_AUTH_INFO));
}
