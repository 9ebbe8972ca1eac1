/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine of module/credssp does it; what goes out and comes in is told.
 */
#include "logon.h"

#include <string.h>

#include "base/utf16.h"
#include "credssp/credssp.h"
#include "credssp/error_code.h"
#include "decode.h"
#include "inner.h"
#include "judge.h"
#include "ntlm/field.h"
#include "spnego/mech_list.h"
#include "spnego/message.h"
#include "ticket.h"

#define LEGS_MOST 16 /* no exchange has half as many */

struct logon
{
	const struct probe_options* options;
	struct story* story;
	struct connection* connection;
	struct inner inner;
	struct credssp* credssp;
	struct blob received;
	bool begun;       /* anything went out */
	bool proved;      /* AUTHENTICATE or AP-REQ went out */
	bool bound;       /* our pubKeyAuth went out */
	bool handed_over; /* authInfo too */
};

/* --- what a message is, in a line --------------------------------------------------------------
 */

static void add_words(char* text, size_t size, const char* words)
{
	const size_t used = strnlen(text, size);

	(void)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", words);
}

/* Of a token in SPNEGO, or bare. */
static const char* kerberos_name(struct bytes token)
{
	struct bytes carried;

	return decode_kerberos_name(negossp_carried_token(token, &carried) == RESULT_OK ? carried
	                                                                                : token);
}

static void describe_token(struct bytes token, char* text, size_t size)
{
	static const char* const states[] = { "accept-completed", "accept-incomplete", "reject",
		                                  "request-mic" };
	static const char* const ntlm[] = { "NEGOTIATE", "CHALLENGE", "AUTHENTICATE" };
	struct neg_token_init init;
	struct neg_token_resp resp = { .neg_state = NEG_STATE_ABSENT };
	struct exchange exchange = { 0 };
	const char* kerberos;

	if (neg_token_init_parse(token, &init, NULL) == RESULT_OK)
	{
		char names[128];
		char list[160];
		mech_list_describe(init.mech_types, names, sizeof(names));
		(void)snprintf(list, sizeof(list), "NegTokenInit [%s]", names);
		add_words(text, size, list);
	}
	else if (neg_token_resp_parse(token, &resp, NULL) == RESULT_OK)
		add_words(text, size, "NegTokenResp");
	if (resp.neg_state < NEG_STATE_ABSENT)
		add_words(text, size, states[resp.neg_state]);
	exchange_add(&exchange, token);
	if ((kerberos = kerberos_name(token)) != NULL)
		add_words(text, size, kerberos);
	for (size_t i = 0; i < 3; i++)
	{
		if (exchange.ntlm[i].len > 0)
			add_words(text, size, ntlm[i]);
	}
	if (exchange.mic_count > 0)
		add_words(text, size, "mechListMIC");
}

static void tell_message(struct logon* logon, char direction, struct bytes message)
{
	struct ts_request request;
	char text[STORY_TEXT] = "";

	if (ts_request_parse(message, &request, NULL) != RESULT_OK)
	{
		story_add(logon->story, direction, "%zu bytes that are no TSRequest", message.len);
		return;
	}
	if (request.fields & TS_NEGO_TOKENS)
		describe_token(request.nego_token, text, sizeof(text));
	if (request.fields & TS_AUTH_INFO)
		add_words(text, sizeof(text), "authInfo");
	if (request.fields & TS_PUB_KEY_AUTH)
		add_words(text, sizeof(text), "pubKeyAuth");
	if (request.fields & TS_ERROR_CODE)
		add_words(text, sizeof(text), "errorCode");
	story_add(logon->story, direction, "TSRequest %u: %s", (unsigned)request.version, text);
}

/* --- carrying messages -------------------------------------------------------------------------
 */

static const char see_the_user[] =
    "try user, domain and password again, and look into the server's log";
static const char see_the_keytab[] =
    "look into the server's log: it needs a keytab with TERMSRV/ and the name that you gave it; "
    "--mechanism ntlm does without Kerberos";

static const char* logon_when(const struct logon* logon)
{
	if (logon->handed_over)
		return "after authInfo";
	if (logon->bound)
		return "after pubKeyAuth";
	if (logon->proved)
		return logon->options->kerberos ? "after AP-REQ" : "after AUTHENTICATE";
	return "after the first token";
}

static const char* logon_what_is_right(const struct logon* logon)
{
	return logon->options->kerberos ? "the user's ticket is right" : "user and password are right";
}

/* Whether the server has shown that user and password are right: by its mechListMIC, or by AP-REP.
 * A bare mechanism never does, and whoever says accept-completed without a MIC may not know. */
static bool logon_is_accepted(const struct logon* logon)
{
	struct negossp_report report;

	negossp_describe(logon->inner.context, &report);
	return !logon->options->bare && negossp_is_complete(logon->inner.context) &&
	       (logon->options->kerberos || report.mic_peer == MECH_CHECK_OK);
}

/* What a connection that ends in the middle of a logon is a sign of. */
static void logon_broke(struct logon* logon, enum connection_result result)
{
	const char* const how = result == CONNECTION_CLOSED ? "closed the connection"
	                        : result == CONNECTION_SLOW ? "did not answer in time"
	                                                    : connection_problem(logon->connection);
	const char* const when = logon_when(logon);

	if (result == CONNECTION_SLOW)
		story_end(logon->story, EXIT_SLOW, "look into the server's log; --timeout waits longer",
		          "the server %s, %s", how, when);
	else if (logon->handed_over)
		story_end(logon->story, EXIT_REFUSED, "look into the server's log",
		          "%s, but the server %s, %s", logon_what_is_right(logon), how, when);
	else if (logon_is_accepted(logon))
		story_end(logon->story, EXIT_REFUSED,
		          "look whether a gateway or a proxy ends TLS on the way, so that its key is not "
		          "the server's; and into the server's log",
		          "%s, but the server %s, %s", logon_what_is_right(logon), how, when);
	else if (logon->options->kerberos)
		story_end(logon->story, EXIT_REFUSED, see_the_keytab, "the server %s, %s", how, when);
	else if (logon->proved)
		story_end(logon->story, EXIT_DENIED, see_the_user,
		          "the server %s, %s: most do when user or password is wrong", how, when);
	else
		story_end(logon->story, EXIT_REFUSED,
		          logon->options->bare ? "leave --framing raw out"
		                               : "try --framing raw: FreeRDP 2 knows no SPNEGO",
		          "the server %s, %s", how, when);
}

static bool logon_send(struct logon* logon, struct bytes message)
{
	struct exchange exchange = { 0 };
	struct ts_request request;

	tell_message(logon, '>', message);
	const enum connection_result result = connection_send(logon->connection, message);
	exchange_add(&exchange, message);
	logon->begun = true;
	logon->proved = logon->proved || logon->options->kerberos ||
	                exchange.ntlm[NTLM_MESSAGE_AUTHENTICATE - 1].len > 0;
	if (ts_request_parse(message, &request, NULL) == RESULT_OK)
	{
		logon->bound = logon->bound || (request.fields & TS_PUB_KEY_AUTH);
		logon->handed_over = logon->handed_over || (request.fields & TS_AUTH_INFO);
	}
	if (result != CONNECTION_OK)
		logon_broke(logon, result);
	return result == CONNECTION_OK;
}

/* How many bytes are still to come of a SEQUENCE whose first ones are there: at least one where
 * its length is not there yet. 0 for what is none, or too long. */
static size_t sequence_left(struct bytes head)
{
	size_t octets = 0;
	size_t len = 0;

	if (head.len > 0 && head.data[0] != 0x30)
		return 0;
	if (head.len < 2)
		return 2 - head.len;
	if (head.data[1] < 0x80)
		len = head.data[1];
	else
		octets = head.data[1] & 0x7Fu;
	if (octets > 3 || (head.data[1] == 0x80))
		return 0;
	if (head.len < 2 + octets)
		return 2 + octets - head.len;
	for (size_t i = 0; i < octets; i++)
		len = len << 8 | head.data[2 + i];
	return 2 + octets + len <= TS_REQUEST_LIMIT ? 2 + octets + len - head.len : 0;
}

static bool logon_receive(struct logon* logon)
{
	static uint8_t message[TS_REQUEST_LIMIT];
	size_t have = 0;
	size_t left;

	while ((left = sequence_left(bytes_make(message, have))) > 0)
	{
		const enum connection_result result =
		    connection_receive(logon->connection, message + have, left);
		if (result != CONNECTION_OK)
		{
			logon_broke(logon, result);
			return false;
		}
		have += left;
	}
	tell_message(logon, '<', bytes_make(message, have));
	if (blob_set(&logon->received, bytes_make(message, have)) == RESULT_OK)
		return true;
	story_end(logon->story, EXIT_UNREAD, NULL, "there is not enough memory");
	return false;
}

/* --- preparing -------------------------------------------------------------------------------- */

struct texts
{
	struct blob user;
	struct blob domain;
	struct blob password; /* wiped by its owner */
	struct blob target;
};

static enum result texts_make(const struct probe_options* options, struct texts* texts)
{
	char spn[512];

	(void)snprintf(spn, sizeof(spn), "TERMSRV/%s", options->host);
	TRY(utf16_from_utf8(bytes_make((const uint8_t*)spn, strlen(spn)), &texts->target));
	if (!options->user)
		return RESULT_OK;
	TRY(utf16_from_utf8(bytes_make((const uint8_t*)options->user, strlen(options->user)),
	                    &texts->user));
	TRY(utf16_from_utf8(bytes_make((const uint8_t*)options->domain, strlen(options->domain)),
	                    &texts->domain));
	return utf16_from_utf8(options->password, &texts->password);
}

static enum result logon_prepare(struct logon* logon, const struct texts* texts)
{
	struct secret plain = SECRET_EMPTY;
	const struct identity identity = { .user = blob_bytes(&texts->user),
		                               .domain = blob_bytes(&texts->domain),
		                               .password = blob_bytes(&texts->password),
		                               .target = blob_bytes(&texts->target) };
	const struct ts_password_creds creds = { .domain = identity.domain,
		                                     .user = identity.user,
		                                     .password = identity.password };

	TRY(inner_open(&logon->inner, logon->options, &identity));
	if (logon->options->send_credentials)
		TRY(ts_password_creds_write(&creds, &plain));
	const struct credssp_config config = {
		.role = MECH_INITIATOR,
		.inner = logon->inner.context,
		.public_key = blob_bytes(&logon->story->certificate.public_key),
		.credentials = secret_bytes(&plain),
		.version = TS_VERSION_NEWEST,
		.lowest = TS_VERSION_OLDEST,
	};
	const enum result result = credssp_new(&config, &logon->credssp);
	secret_free(&plain);
	return result;
}

/* --- the exchange ----------------------------------------------------------------------------- */

static void logon_note(struct logon* logon)
{
	struct negossp_report report;
	struct credssp_report credssp;
	struct exchange exchange = { 0 };

	negossp_describe(logon->inner.context, &report);
	credssp_describe(logon->credssp, &credssp);
	logon->story->credssp_version = credssp.peer_version;
	if (report.chosen)
		(void)snprintf(logon->story->mechanism, sizeof(logon->story->mechanism), "%s",
		               report.chosen);
	exchange_add(&exchange, blob_bytes(&logon->received));
	if (exchange.ntlm[NTLM_MESSAGE_CHALLENGE - 1].len > 0 &&
	    blob_set(&logon->story->challenge, exchange.ntlm[NTLM_MESSAGE_CHALLENGE - 1]) != RESULT_OK)
		story_end(logon->story, EXIT_UNREAD, NULL, "there is not enough memory");
}

static void logon_failed(struct logon* logon)
{
	const bool kerberos = logon->options->kerberos;
	struct credssp_report report;

	if (kerberos && !logon->begun)
	{
		ticket_end(logon->story);
		return;
	}
	credssp_describe(logon->credssp, &report);
	const char* const reason = report.reason ? report.reason : result_name(report.result);
	/* What the module's users can do without Kerberos is not what the probe's can. */
	const char* const advice = strstr(reason, "; !kerberos in the package list");
	const bool denied = logon->proved && !kerberos && !logon_is_accepted(logon);
	if (report.error_code_told)
		story_end(logon->story, denied ? EXIT_DENIED : EXIT_REFUSED,
		          kerberos ? see_the_keytab
		          : denied ? see_the_user
		                   : "look into the server's log",
		          "the server says 0x%08X: %s", (unsigned)report.error_code,
		          error_code_words(report.error_code));
	else
		story_end(logon->story, EXIT_REFUSED, kerberos ? see_the_keytab : NULL, "%.*s",
		          (int)(advice ? (size_t)(advice - reason) : strlen(reason)), reason);
}

/* The four octets behind authInfo. */
static void logon_authorized(struct logon* logon)
{
	uint8_t answer[4];
	const enum connection_result result =
	    connection_receive(logon->connection, answer, sizeof(answer));

	if (result != CONNECTION_OK)
	{
		logon_broke(logon, result);
		return;
	}
	const bool allowed = little_endian_get(answer, sizeof(answer)) == 0;
	story_add(logon->story, '<', "Early User Authorization Result: %s",
	          allowed ? "allowed" : "denied");
	if (!allowed)
		story_end(logon->story, EXIT_DENIED, "let the user log on by RDP at the server",
		          "user and password are right, and the user may not log on");
}

static void logon_complete(struct logon* logon, bool early)
{
	if (logon->options->send_credentials && early)
		logon_authorized(logon);
	story_end(logon->story, EXIT_RIGHT, NULL, "%s%s", logon_what_is_right(logon),
	          logon->options->send_credentials
	              ? ", and the server has the password"
	              : ", and so is the server's key; it was not given the password");
}

/* What a server answers to the first token, of which nothing is proven. */
static void logon_look(struct logon* logon)
{
	struct ts_request request = { .fields = 0 };
	struct neg_token_resp resp = { .neg_state = NEG_STATE_ABSENT };
	const bool is = ts_request_parse(blob_bytes(&logon->received), &request, NULL) == RESULT_OK;
	const bool framed = is && neg_token_resp_parse(request.nego_token, &resp, NULL) == RESULT_OK;

	if (request.fields & TS_ERROR_CODE)
		story_end(logon->story, EXIT_REFUSED, "look into the server's log",
		          "the server says 0x%08X: %s", (unsigned)request.error_code,
		          error_code_words(request.error_code));
	else if (!is || request.nego_token.len == 0)
		story_end(logon->story, EXIT_REFUSED, "look into the server's log",
		          "the server answers with something else than CredSSP's tokens");
	else if (framed && resp.neg_state == NEG_STATE_REJECT)
		story_end(logon->story, EXIT_REFUSED, "look into the server's log",
		          "the server rejects the mechanisms that are offered");
	else
		story_end(logon->story, EXIT_RIGHT, NULL, "the server was reached, and does NLA");
}

static void logon_exchange(struct logon* logon, bool early)
{
	for (unsigned leg = 0; leg < LEGS_MOST; leg++)
	{
		struct blob reply = BLOB_EMPTY;
		const enum result result =
		    credssp_step(logon->credssp, blob_bytes(&logon->received), &reply);
		const bool sent = reply.len == 0 || logon_send(logon, blob_bytes(&reply));
		blob_free(&reply);
		if (leg > 0)
			logon_note(logon);
		if (result != RESULT_OK)
			logon_failed(logon);
		else if (credssp_is_complete(logon->credssp) && sent)
			logon_complete(logon, early);
		if (result != RESULT_OK || !sent || credssp_is_complete(logon->credssp) ||
		    !logon_receive(logon))
			return;
		if (!logon->options->user)
		{
			logon_note(logon);
			logon_look(logon);
			return;
		}
	}
	story_end(logon->story, EXIT_REFUSED, NULL, "the exchange does not come to an end");
}

void logon_run(const struct probe_options* options, struct story* story,
               struct connection* connection, bool early)
{
	struct logon logon = { .options = options, .story = story, .connection = connection };
	struct texts texts = { .user = BLOB_EMPTY };
	enum result result = texts_make(options, &texts);

	if (result == RESULT_OK)
		result = logon_prepare(&logon, &texts);
	secret_wipe(texts.password.data, texts.password.len);
	blob_free(&texts.user);
	blob_free(&texts.domain);
	blob_free(&texts.password);
	blob_free(&texts.target);
	if (result == RESULT_OK)
		logon_exchange(&logon, early);
	else
		story_end(story, EXIT_UNREAD, NULL, "the logon cannot be prepared: %s",
		          result == RESULT_MALFORMED        ? "a name or the password is no UTF-8"
		          : result == RESULT_NO_CREDENTIALS ? "WinPR has no Kerberos here"
		                                            : result_name(result));
	credssp_free(logon.credssp);
	inner_close(&logon.inner);
	blob_free(&logon.received);
}
