/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/credssp-states.md: what CredSSP decides, found out by asking the two functions of
 * credssp/decide.h for every state, event and combination of facts. With a file's name this program
 * writes the page; without, it tests that the page is in step, and that its branches leave nothing
 * out that a decision depends on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "credssp_names.h"
#include "tree.h"

enum fact /* in the order in which they are asked for */
{
	FACT_FORM,
	FACT_VERSION,
	FACT_ERROR_CODE,
	FACT_NONCE,
	FACT_AUTH_INFO,
	FACT_TOKEN,
	FACT_STEPPED,
	FACT_COMPLETE,
	FACT_PUB_KEY_AUTH,
	FACT_AGREED,
	FACT_OPENED,
	FACT_OUTPUT,
	FACT_DELEGATES,
	FACT_COUNT
};

struct question
{
	enum credssp_state state;
	enum credssp_event event;
};

static const char* form_name(unsigned value)
{
	return credssp_form_name((enum credssp_form)value);
}

static const char* version_name(unsigned value)
{
	return credssp_version_name((enum credssp_version)value);
}

static const char* agreed_name(unsigned value)
{
	static const char* const names[] = { "2", "3", "4", "5", "6" };

	return names[value];
}

static const char* nonce_name(unsigned value)
{
	return credssp_nonce_name((enum credssp_nonce)value);
}

static const char* token_name(unsigned value)
{
	return credssp_token_name((enum credssp_token)value);
}

static const char* opened_name(unsigned value)
{
	return credssp_opened_name((enum credssp_opened)value);
}

static const struct tree_fact facts[FACT_COUNT] = {
	[FACT_FORM] = { "message", CREDSSP_FORM_COUNT, form_name, "what came" },
	[FACT_VERSION] = { "version", CREDSSP_VERSION_COUNT, version_name,
	                   "the peer's, beside what it was in its first message and the lowest that is "
	                   "allowed" },
	[FACT_ERROR_CODE] = { "errorCode", 2, tree_yes_name, "it is there" },
	[FACT_AGREED] = { "agreed version", TS_VERSION_NEWEST - TS_VERSION_OLDEST + 1, agreed_name,
	                  "the lower of both ends'; one above 6 counts as 6" },
	[FACT_NONCE] = { "clientNonce", CREDSSP_NONCE_COUNT, nonce_name,
	                 "server: what is known of the client's (wrong: not of 32 octets, or another "
	                 "than before)" },
	[FACT_TOKEN] = { "negoTokens", CREDSSP_TOKEN_COUNT, token_name,
	                 "whether there is a token, and whether it is the peer's last once more" },
	[FACT_AUTH_INFO] = { "authInfo", 2, tree_yes_name, "it is there" },
	[FACT_STEPPED] = { "step well", 2, tree_yes_name, "how the inner context's last step went" },
	[FACT_COMPLETE] = { "complete", 2, tree_yes_name, "the inner context is complete" },
	[FACT_PUB_KEY_AUTH] = { "pubKeyAuth", 2, tree_yes_name, "it is there" },
	[FACT_OPENED] = { "found", CREDSSP_OPENED_COUNT, opened_name,
	                  "what OPEN_PUB_KEY or OPEN_AUTH_INFO came to" },
	[FACT_OUTPUT] = { "output", 2, tree_yes_name, "the inner context has a token to be sent" },
	[FACT_DELEGATES] = { "delegates", 2, tree_yes_name, "client: it has credentials to send" },
};

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_server(enum credssp_state state)
{
	return state >= SERVER_NEGO_TOKEN;
}

static struct credssp_decision question_ask(const struct question* question,
                                            const struct tree_point* point)
{
	const unsigned* const value = point->value;
	const struct credssp_facts asked = { .event = question->event,
		                                 .form = (enum credssp_form)value[FACT_FORM],
		                                 .version = (enum credssp_version)value[FACT_VERSION],
		                                 .agreed = TS_VERSION_OLDEST + value[FACT_AGREED],
		                                 .token = (enum credssp_token)value[FACT_TOKEN],
		                                 .auth_info = value[FACT_AUTH_INFO],
		                                 .pub_key_auth = value[FACT_PUB_KEY_AUTH],
		                                 .error_code = value[FACT_ERROR_CODE],
		                                 .nonce = (enum credssp_nonce)value[FACT_NONCE],
		                                 .stepped = value[FACT_STEPPED],
		                                 .complete = value[FACT_COMPLETE],
		                                 .output = value[FACT_OUTPUT],
		                                 .opened = (enum credssp_opened)value[FACT_OPENED],
		                                 .delegates = value[FACT_DELEGATES] };

	return is_server(question->state) ? credssp_decide_server(question->state, &asked)
	                                  : credssp_decide_client(question->state, &asked);
}

static bool same(const void* question, const struct tree_point* point,
                 const struct tree_point* other)
{
	const struct credssp_decision a = question_ask(question, point);
	const struct credssp_decision b = question_ask(question, other);
	const bool reasons =
	    a.reason && b.reason ? strcmp(a.reason, b.reason) == 0 : a.reason == b.reason;

	return reasons && a.next == b.next && a.action == b.action && a.say == b.say &&
	       a.result == b.result;
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char* short_name(enum credssp_state state)
{
	const char* const name = credssp_state_name(state);

	return state < CREDSSP_FINAL ? strchr(name, '_') + 1 : name;
}

static void write_leaf(FILE* out, const void* question, const struct tree_point* point)
{
	const struct credssp_decision decision = question_ask(question, point);

	if (decision.action == CREDSSP_FAIL)
		fprintf(out, " fails with %s: \"%s\"\n", result_name(decision.result), decision.reason);
	else if (decision.action == CREDSSP_FAIL_INNER)
		fprintf(out, " fails with the inner context's own result and reason%s\n",
		        decision.say ? ", and **errorCode** goes out" : "");
	else
		fprintf(out, " **%s%s%s**, next %s\n", credssp_action_name(decision.action),
		        decision.say ? " " : "", decision.say ? credssp_say_name(decision.say) : "",
		        short_name(decision.next));
}

static const struct tree tree = { facts, FACT_COUNT, same, write_leaf };

/* Whether the event can happen in the state at all: else everything fails as a defect of our own.
 */
static bool question_arises(const struct tree_asked* asked)
{
	const struct tree_point zero = { { 0 } };

	return question_ask(asked->question, &zero).result != RESULT_INTERNAL || tree_branches(asked);
}

static void write_role(FILE* out, const char* title, enum credssp_state first,
                       enum credssp_state last)
{
	fprintf(out, "\n## %s\n", title);
	for (unsigned state = first; state <= (unsigned)last; state++)
	{
		fprintf(out, "\n### %s\n", short_name((enum credssp_state)state));
		for (unsigned event = 0; event < CREDSSP_EVENT_COUNT; event++)
		{
			const struct question question = { (enum credssp_state)state,
				                               (enum credssp_event)event };
			struct tree_asked asked = tree_ask(&tree, &question);

			if (question_arises(&asked))
			{
				fprintf(out, "\n*%s*:", credssp_event_name((enum credssp_event)event));
				tree_write(out, &asked);
			}
			tree_free(&asked);
		}
	}
}

static bool states_page_write(FILE* out)
{
	fputs("# What CredSSP decides\n\n"
	      "Written by tests/diagram, which asks the two functions of module/credssp/decide.h for "
	      "every state, event and combination\nof facts: not edited by hand. `cmake --build "
	      "<build folder> --target docs` writes it anew, and a test fails while it\ndiffers from "
	      "what the functions say. This is the CredSSP of the probe and the tests; in a FreeRDP "
	      "program it is FreeRDP's own.\n\n"
	      "The events: a **message** came (or the client was called for the first time); the inner "
	      "context was **stepped**;\npubKeyAuth or authInfo was **opened**. SEND, SEND_LAST and "
	      "COMPLETE end a leg; after any other action the function is\nasked again, with the event "
	      "that came of it. Facts on which nothing depends are not named. What fails ends in DEAD; "
	      "FINAL\nand DEAD take nothing more.\n\n",
	      out);
	tree_write_facts(out, &tree);
	write_role(out, "Client", CLIENT_START, CLIENT_PUB_KEY_INFO);
	write_role(out, "Server", SERVER_NEGO_TOKEN, SERVER_AUTH_INFO);
	return ferror(out) == 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_page_of_the_states_is_in_step_with_the_decisions(void** state)
{
	(void)state;
	tree_page_is_in_step(STATES_PAGE, states_page_write);
}

static void test_branches_lead_to_what_is_decided(void** state)
{
	unsigned actions = 0;
	(void)state;
	for (unsigned s = 0; s < CREDSSP_STATE_COUNT; s++)
	{
		for (unsigned event = 0; event < CREDSSP_EVENT_COUNT; event++)
		{
			const struct question question = { (enum credssp_state)s, (enum credssp_event)event };
			struct tree_asked asked = tree_ask(&tree, &question);
			struct tree_point point = { { 0 } };

			tree_branches_hold(&asked);
			tree_free(&asked);
			do
				actions |= 1U << question_ask(&question, &point).action;
			while (tree_point_next(&tree, &point));
		}
	}
	assert_int_equal(actions, (1U << CREDSSP_ACTION_COUNT) - 1);
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_of_the_states_is_in_step_with_the_decisions),
		cmocka_unit_test(test_branches_lead_to_what_is_decided),
	};

	if (argc == 2)
		return tree_page_write(argv[1], states_page_write);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
