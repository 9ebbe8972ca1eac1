# SPDX-License-Identifier: Apache-2.0
"""What is broken, one thing at a time: the ways to weaken SPNEGO and CredSSP that reviewers would
not forgive.

Each search text stands exactly once in its file, so that a decision that is rewritten takes its
mutation along.
"""

import typing

INITIATOR = "module/spnego/decide_initiator.c"
ACCEPTOR = "module/spnego/decide_acceptor.c"
BOTH = "module/credssp/decide.c"
CLIENT = "module/credssp/decide_client.c"
SERVER = "module/credssp/decide_server.c"


class Mutation(typing.NamedTuple):
    name: str
    what: str
    file: str
    search: str
    replace: str


MUTATIONS = (
    Mutation("initiator_drops_the_mic_check", "the server's mechListMIC may be wrong", INITIATOR,
             "if (!facts->mic_ok)",
             "if (false)"),
    Mutation("acceptor_drops_the_mic_check", "the client's mechListMIC may be wrong", ACCEPTOR,
             "if (!facts->mic_ok)",
             "if (false)"),
    Mutation("initiator_takes_a_needed_mic_as_optional", "a mechListMIC removed on the wire is not missed", INITIATOR,
             "if (needed && !verified)",
             "if (false)"),
    Mutation("acceptor_believes_the_clients_neg_state", "accept-completed stands in for the client's mechListMIC",
             ACCEPTOR,
             "const bool needed = state == ACCEPTOR_LEGS_MIC || facts->demands_mic;",
             "const bool needed = (state == ACCEPTOR_LEGS_MIC || facts->demands_mic) &&"
             " facts->claim != NEG_STATE_ACCEPT_COMPLETED;"),
    Mutation("initiator_completes_before_its_mechanism", "accept-completed beside a token that needs an answer",
             INITIATOR,
             """\
		if (facts->claim == NEG_STATE_ACCEPT_COMPLETED)
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "the server claimed to be done before the mechanism was");
		if (facts->mic)""",
             """\
		if (facts->claim == NEG_STATE_ACCEPT_COMPLETED)
			return spnego_act(SPNEGO_DONE, ACTION_COMPLETE);
		if (facts->mic)"""),
    Mutation("initiator_changes_the_mechanism_twice", "a later reply's supportedMech is followed", INITIATOR,
             """\
	if (later_reply_refused(facts, &refusal))
		return refusal;
	if (facts->complete || !facts->token)""",
             """\
	if (facts->form == FORM_RESP && facts->choice == CHOICE_OTHER)
		return spnego_act(INITIATOR_LEGS_MIC, ACTION_SWITCH);
	if (later_reply_refused(facts, &refusal))
		return refusal;
	if (facts->complete || !facts->token)"""),
    Mutation("initiator_overlooks_a_later_supported_mech", "a later reply may name another mechanism", INITIATOR,
             "facts->choice == CHOICE_OTHER || facts->choice == CHOICE_UNKNOWN",
             "false"),
    Mutation("initiator_ignores_request_mic", "request-mic in the first reply changes nothing", INITIATOR,
             "const bool asked = facts->claim == NEG_STATE_REQUEST_MIC;",
             "const bool asked = false;"),
    Mutation("initiator_changes_the_mechanism_without_mic", "the server's other choice needs no mechListMIC", INITIATOR,
             "return spnego_act(INITIATOR_LEGS_MIC, ACTION_SWITCH);",
             "return spnego_act(INITIATOR_LEGS, ACTION_SWITCH);"),
    Mutation("initiator_ignores_a_late_reject", "reject counts in the first reply only", INITIATOR,
             """\
	if (reply_refused(facts, refusal))
		return true;
	if (facts->claim == NEG_STATE_REQUEST_MIC)""",
             """\
	if (reply_refused(facts, refusal))
		return facts->form != FORM_RESP;
	if (facts->claim == NEG_STATE_REQUEST_MIC)"""),
    Mutation("initiator_completes_on_its_first_call", "a mechanism of one token is done when it is sent", INITIATOR,
             """\
			if (facts->output)
				return spnego_act(INITIATOR_FIRST, ACTION_SEND_INIT);""",
             """\
			if (facts->output && facts->complete)
				return spnego_act(SPNEGO_DONE, ACTION_SEND_LAST);
			if (facts->output)
				return spnego_act(INITIATOR_FIRST, ACTION_SEND_INIT);"""),
    Mutation("acceptor_falls_back_when_a_token_fails", "a corrupted token leads to the next mechanism of the list",
             ACCEPTOR,
             """\
	if (facts->step != STEP_OK)
		return spnego_fail_mech();
	if (!facts->complete)""",
             """\
	if (facts->step != STEP_OK)
		return spnego_act(ACCEPTOR_CHOOSING, ACTION_CHOOSE);
	if (!facts->complete)"""),
    Mutation("acceptor_takes_another_mechanism_without_mic", "no request-mic where the client's first is not taken",
             ACCEPTOR,
             "return send_choice(ACCEPTOR_LEGS_MIC, NEG_STATE_REQUEST_MIC);",
             "return send_choice(ACCEPTOR_LEGS, NEG_STATE_ACCEPT_INCOMPLETE);"),
    Mutation("acceptor_sends_an_unsolicited_mic", "accept-completed carries a mechListMIC that nobody asked for",
             ACCEPTOR,
             "decision.say_mic = verified && state != ACCEPTOR_AWAIT_MIC;",
             "decision.say_mic = state != ACCEPTOR_AWAIT_MIC;"),
    Mutation("acceptor_answers_a_client_that_is_done", "a token goes out where pubKeyAuth's answer is awaited", ACCEPTOR,
             "if (state == ACCEPTOR_AWAIT_MIC && facts->claim == NEG_STATE_ACCEPT_COMPLETED)",
             "if (false)"),
    Mutation("initiator_waits_after_the_last_mic", "both ends wait: MIT's acceptor has nothing more to send", INITIATOR,
             "struct spnego_decision last = spnego_act(SPNEGO_DONE, ACTION_SEND_LAST);",
             "struct spnego_decision last = spnego_act(INITIATOR_AWAIT_END, ACTION_SEND);"),
    Mutation("client_takes_any_key_of_the_server", "whoever stands in between gets the credentials", CLIENT,
             "if (facts->opened != CREDSSP_OPENED_RIGHT)",
             "if (false)"),
    Mutation("client_takes_any_seal_of_the_server", "the client's own pubKeyAuth may come back", CLIENT,
             """\
	if (facts->opened == CREDSSP_OPENED_UNSEALED)
		return credssp_fail(RESULT_ALTERED, "the server's pubKeyAuth was not sealed by it");
	if (facts->opened != CREDSSP_OPENED_RIGHT)""",
             "if (facts->opened == CREDSSP_OPENED_WRONG)"),
    Mutation("client_completes_on_its_first_call", "a mechanism of one token skips binding and credentials", CLIENT,
             """\
	if (facts->complete)
		return credssp_fail(RESULT_UNSUPPORTED,""",
             """\
	if (facts->complete)
		return credssp_act(CREDSSP_FINAL, CREDSSP_COMPLETE);
	if (facts->complete)
		return credssp_fail(RESULT_UNSUPPORTED,"""),
    Mutation("client_waits_for_no_answer", "the server need not show that it knows the key", CLIENT,
             """\
	if (!facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "the server did not answer our pubKeyAuth");""",
             """\
	if (!facts->pub_key_auth)
		return credssp_act(CREDSSP_FINAL, CREDSSP_COMPLETE);"""),
    Mutation("client_overlooks_error_code", "a refusal beside pubKeyAuth is passed over", CLIENT,
             "if (facts->error_code && credssp_has_error_code(facts->agreed))",
             "if (false)"),
    Mutation("client_forgets_its_nonce", "versions 5 and 6 get a hash that nobody can check", CLIENT,
             "credssp_needs_nonce(facts->agreed) ? TS_CLIENT_NONCE : 0",
             "0"),
    Mutation("version_5_has_error_code", "errorCode in every version from 3 on", BOTH,
             "return version == 3 || version == 4 || version == 6;",
             "return version >= 3;"),
    Mutation("a_version_may_change", "a peer may fall back to the echo half-way", BOTH,
             "else if (facts->version != CREDSSP_VERSION_STANDS)",
             "else if (false)"),
    Mutation("no_version_is_too_low", "policy about old versions is not heeded", BOTH,
             """\
	else if (facts->version == CREDSSP_VERSION_LOW)""",
             """\
	else if (facts->version == CREDSSP_VERSION_LOW)
		return false;
	else if (false)"""),
    Mutation("server_takes_any_key_of_the_client", "a relayed client is answered", SERVER,
             """\
	if (facts->opened != CREDSSP_OPENED_RIGHT)
		return credssp_fail(RESULT_ALTERED,""",
             """\
	if (false)
		return credssp_fail(RESULT_ALTERED,"""),
    Mutation("server_binds_without_nonce", "a hash without the client's nonce can be made beforehand", SERVER,
             "if (credssp_needs_nonce(facts->agreed) && facts->nonce != CREDSSP_NONCE_KNOWN)",
             "if (false)"),
    Mutation("server_takes_a_second_nonce", "the nonce may change, or be of any size", SERVER,
             "else if (facts->nonce == CREDSSP_NONCE_WRONG)",
             "else if (false)"),
    Mutation("server_loses_early_pub_key_auth", "pubKeyAuth beside the last token is dropped while ours is pending", SERVER,
             """\
	if (facts->complete && facts->pub_key_auth)
		return open_pub_key(SERVER_NEGO_TOKEN, facts);
	if (facts->pub_key_auth)""",
             """\
	if (facts->complete && facts->pub_key_auth && !facts->output)
		return open_pub_key(SERVER_NEGO_TOKEN, facts);
	if (facts->pub_key_auth && !facts->complete)"""),
    Mutation("server_keeps_its_last_token", "the answer to pubKeyAuth goes out without the token that is owed", SERVER,
             "(facts->output ? TS_NEGO_TOKENS : 0) | TS_PUB_KEY_AUTH",
             "TS_PUB_KEY_AUTH"),
    Mutation("server_waits_where_nothing_is_owed", "pubKeyAuth may stay out after the client's last token", SERVER,
             """\
	if (facts->complete)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "the client's last token came without pubKeyAuth");""",
             """\
	if (facts->complete)
		return credssp_send(SERVER_PUB_KEY_INFO, 0);"""),
    Mutation("server_takes_credentials_before_the_key", "authInfo stands in for pubKeyAuth", SERVER,
             """\
	if (facts->auth_info)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "authInfo came before the key was bound");
	if (!facts->pub_key_auth)""",
             """\
	if (facts->auth_info)
		return credssp_act(SERVER_AUTH_INFO, CREDSSP_OPEN_AUTH_INFO);
	if (!facts->pub_key_auth)"""),
)
