/* SPDX-License-Identifier: Apache-2.0
 *
 * The four decisions, of SPNEGO's roles and of CredSSP's, in any state and of any facts, those that
 * no exchange comes to among them. Each answer is judged by what must hold of all: nothing is
 * complete that may not be, what failed stays so and says why, nothing is checked that did not
 * come, nothing is said that cannot be made yet.
 */
#include <string.h>

#include "credssp/decide.h"
#include "input.h"
#include "spnego_judge.h"

/* --- SPNEGO -------------------------------------------------------------------------------------
 */

static struct spnego_facts draw_facts(struct bytes* input)
{
	struct spnego_facts facts;
	const unsigned flags = take(input);

	memset(&facts, 0, sizeof(facts));
	facts.event = (enum spnego_event)(take(input) % SPNEGO_EVENT_COUNT);
	facts.form = (enum spnego_form)(take(input) % SPNEGO_FORM_COUNT);
	facts.claim = (enum neg_state)(take(input) % (NEG_STATE_ABSENT + 1));
	facts.choice = (enum spnego_choice)(take(input) % SPNEGO_CHOICE_COUNT);
	facts.step = (enum spnego_step)(take(input) % SPNEGO_STEP_COUNT);
	facts.token = flags & 1;
	facts.mic = flags & 2;
	facts.complete = flags & 4;
	facts.output = flags & 8;
	facts.demands_mic = flags & 16;
	facts.mic_ok = flags & 32;
	return facts;
}

static void spnego(bool acceptor, struct bytes* input)
{
	const enum spnego_state state = (enum spnego_state)(take(input) % SPNEGO_STATE_COUNT);
	const struct spnego_facts facts = draw_facts(input);
	const struct spnego_decision decision =
	    acceptor ? spnego_decide_acceptor(state, &facts) : spnego_decide_initiator(state, &facts);

	const char* const fault = spnego_decision_fault(acceptor, state, &facts, &decision);

	JUDGE(!fault, fault);
}

/* --- CredSSP ------------------------------------------------------------------------------------
 */

static struct credssp_facts draw_credssp_facts(struct bytes* input)
{
	struct credssp_facts facts;
	const unsigned flags = take(input);

	memset(&facts, 0, sizeof(facts));
	facts.event = (enum credssp_event)(take(input) % CREDSSP_EVENT_COUNT);
	facts.form = (enum credssp_form)(take(input) % CREDSSP_FORM_COUNT);
	facts.version = (enum credssp_version)(take(input) % CREDSSP_VERSION_COUNT);
	facts.agreed = 2 + take(input) % 5;
	facts.token = (enum credssp_token)(take(input) % CREDSSP_TOKEN_COUNT);
	facts.nonce = (enum credssp_nonce)(take(input) % CREDSSP_NONCE_COUNT);
	facts.opened = (enum credssp_opened)(take(input) % CREDSSP_OPENED_COUNT);
	facts.auth_info = flags & 1;
	facts.pub_key_auth = flags & 2;
	facts.error_code = flags & 4;
	facts.stepped = flags & 8;
	facts.complete = flags & 16;
	facts.output = flags & 32;
	facts.delegates = flags & 64;
	return facts;
}

static bool is_servers(enum credssp_state state)
{
	return state >= SERVER_NEGO_TOKEN && state <= SERVER_AUTH_INFO;
}

/* MS-CSSP 3.1.5: credentials go to who has shown the key, and the exchange ends with them. */
static void judge_credssp_said(bool server, const struct credssp_facts* facts,
                               const struct credssp_decision* decision)
{
	const bool right = facts->event == CREDSSP_OPENED && facts->opened == CREDSSP_OPENED_RIGHT;
	const unsigned say = decision->say;

	JUDGE(!(say & TS_AUTH_INFO) || (!server && right && facts->complete && facts->delegates),
	      "credentials for who has not shown the key");
	JUDGE(!(say & TS_PUB_KEY_AUTH) || (facts->complete && (!server || right)),
	      "pubKeyAuth before it can be made, or was asked for");
	JUDGE(server || !(say & TS_PUB_KEY_AUTH) || facts->agreed < 5 || say & TS_CLIENT_NONCE,
	      "a hash without its nonce");
	JUDGE(!(say & TS_NEGO_TOKENS) || facts->output, "a token that there is not");
	JUDGE(!(say & TS_ERROR_CODE) || (server && decision->action == CREDSSP_FAIL_INNER &&
	                                 facts->agreed != 2 && facts->agreed != 5),
	      "an errorCode that is not for this version");
	JUDGE(decision->action != CREDSSP_SEND || say != 0, "an empty message");
}

static void judge_credssp_action(enum credssp_state state, const struct credssp_facts* facts,
                                 const struct credssp_decision* decision)
{
	const bool server = is_servers(state);
	const bool message = facts->event == CREDSSP_MESSAGE;
	const bool first = state == CLIENT_START && facts->form == CREDSSP_NO_BYTES;

	JUDGE(decision->action != CREDSSP_OPEN_PUB_KEY ||
	          (facts->pub_key_auth && (!server || facts->complete || message)),
	      "it opens what did not come");
	JUDGE(!(decision->action == CREDSSP_OPEN_PUB_KEY && server && facts->agreed >= 5) ||
	          facts->nonce == CREDSSP_NONCE_KNOWN,
	      "it opens a hash without its nonce");
	JUDGE(decision->action != CREDSSP_OPEN_AUTH_INFO ||
	          (state == SERVER_AUTH_INFO && facts->auth_info),
	      "it opens credentials out of turn");
	JUDGE(decision->action != CREDSSP_STEP || first || facts->token != CREDSSP_TOKEN_NONE,
	      "a step without a token");
	if (message && !first &&
	    (facts->form != CREDSSP_TS_REQUEST || facts->version != CREDSSP_VERSION_STANDS))
		JUDGE(decision->action == CREDSSP_FAIL, "a message that is none, or of another version");
	if (message && facts->error_code && !first)
		JUDGE(decision->action == CREDSSP_FAIL, "it goes on after an errorCode");
}

static void judge_credssp(bool server, enum credssp_state state, const struct credssp_facts* facts,
                          const struct credssp_decision* decision)
{
	const bool failed = decision->action == CREDSSP_FAIL || decision->action == CREDSSP_FAIL_INNER;
	const bool ended =
	    decision->action == CREDSSP_COMPLETE || decision->action == CREDSSP_SEND_LAST;

	JUDGE((decision->next == CREDSSP_DEAD) == failed, "dead or failed, but not both");
	JUDGE((decision->next == CREDSSP_FINAL) == ended, "done or ended, but not both");
	JUDGE((decision->action == CREDSSP_FAIL) == (decision->reason != NULL),
	      "no reason, or of nothing");
	JUDGE((decision->action == CREDSSP_FAIL) == (decision->result != RESULT_OK), "no result");
	JUDGE(failed || (state < CREDSSP_FINAL && is_servers(state) == server),
	      "it goes on in a state that is none of its own");
	JUDGE(failed || ended || is_servers(decision->next) == server, "the other role's state");
	JUDGE(!ended || (facts->event == CREDSSP_OPENED && facts->opened == CREDSSP_OPENED_RIGHT &&
	                 facts->complete && state == (server ? SERVER_AUTH_INFO : CLIENT_PUB_KEY_INFO)),
	      "done without what it takes");
	judge_credssp_said(server, facts, decision);
	judge_credssp_action(state, facts, decision);
}

static void credssp(bool server, struct bytes* input)
{
	const enum credssp_state state = (enum credssp_state)(take(input) % CREDSSP_STATE_COUNT);
	const struct credssp_facts facts = draw_credssp_facts(input);
	const struct credssp_decision decision =
	    server ? credssp_decide_server(state, &facts) : credssp_decide_client(state, &facts);

	judge_credssp(server, state, &facts, &decision);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);

	while (input.len > 0)
	{
		const unsigned which = take(&input);

		if (which & 2)
			credssp(which & 1, &input);
		else
			spnego(which & 1, &input);
	}
	return 0;
}
