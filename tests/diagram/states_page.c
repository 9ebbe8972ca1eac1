/* SPDX-License-Identifier: Apache-2.0
 *
 * See states_page.h. A decision that does not fail is an edge; those that fail are rows of a table
 * below the diagram.
 */
#include "states_page.h"

#include <stdlib.h>
#include <string.h>

#include "role_map.h"
#include "words.h"

struct role
{
	const char* title;
	const char* text; /* two sentences */
	decide_function decide;
	enum spnego_state first;
	enum spnego_state last;
	enum spnego_state starts[2]; /* without a second one the first again */
};

static const struct role roles[] = {
	{ .title = "Initiator",
	  .text =
	      "The client sends NegTokenInit, follows the server's choice once and in the first "
	      "reply only, and reaches DONE when its mechanism is complete, the server says so, and "
	      "a mechListMIC that is needed was found right.\n"
	      "States that end in MIC owe or await one; BARE_START and BARE are the exchange without "
	      "SPNEGO, where the mechanism alone decides.\n",
	  .decide = spnego_decide_initiator,
	  .first = INITIATOR_START,
	  .last = INITIATOR_BARE,
	  .starts = { INITIATOR_START, INITIATOR_BARE_START } },
	{ .title = "Acceptor",
	  .text = "The server walks the client's list in CHOOSING until it can open a mechanism, asks "
	          "for a mechListMIC when that is not the client's first, and then never leaves it: a "
	          "token that fails ends the exchange.\n"
	          "The client's negState appears on no edge but as \"not reject\", because all else it "
	          "could claim decides nothing.\n",
	  .decide = spnego_decide_acceptor,
	  .first = ACCEPTOR_START,
	  .last = ACCEPTOR_BARE,
	  .starts = { ACCEPTOR_START, ACCEPTOR_START } },
};

static const char introduction[] =
    "# What SPNEGO decides\n\n"
    "This page was written by `tests/diagram/`, which asks the two functions of "
    "`module/spnego/decide.h` for every state and every combination of facts; it is not edited by "
    "hand.\n"
    "`cmake --build <build folder> --target docs` writes it anew, and a test fails while it "
    "differs "
    "from what the functions say.\n\n"
    "An arrow reads `event [facts] / ACTION`: the facts in brackets tell it from the other arrows "
    "of the same state and event, and what merely fails is left out of them.\n"
    "The table below each diagram names the facts in full, and whatever is in no row of it ends in "
    "DEAD, with a result and a reason that the last tables list.\n\n"
    "The events: a **message** came (or the initiator was called for the first time); a mechanism "
    "was **opened**, or tried; it was **stepped**; the peer's mechListMIC was **checked**.\n"
    "SEND_INIT, SEND, SEND_LAST and COMPLETE end a leg; after any other action the function is "
    "asked "
    "again, with the event that came of it.\n\n";

/* --- one state's decisions ------------------------------------------------------------------- */

static enum spnego_event first_event(const struct role_map* map, enum spnego_state state,
                                     size_t outcome)
{
	unsigned event = 0;
	while (event < SPNEGO_EVENT_COUNT &&
	       !role_map_leads(map, state, (enum spnego_event)event, outcome))
		event++;
	return (enum spnego_event)event;
}

static bool goes_before(const struct role_map* map, enum spnego_state state, size_t a, size_t b)
{
	const struct spnego_decision* one = &map->outcomes[state][a];
	const struct spnego_decision* two = &map->outcomes[state][b];
	const enum spnego_event event_one = first_event(map, state, a);
	const enum spnego_event event_two = first_event(map, state, b);
	if (event_one != event_two)
		return event_one < event_two;
	if (one->next != two->next)
		return one->next < two->next;
	if (one->action != two->action)
		return one->action < two->action;
	return a < b;
}

/* The decisions of a state that fail, or that do not, sorted; their number. */
static size_t decisions_of(const struct role_map* map, enum spnego_state state, bool failing,
                           size_t sorted[MAX_OUTCOMES])
{
	size_t count = 0;
	for (size_t i = 0; i < map->outcome_count[state]; i++)
	{
		if (decision_fails(&map->outcomes[state][i]) != failing)
			continue;
		size_t at = count++;
		for (; at > 0 && goes_before(map, state, i, sorted[at - 1]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = i;
	}
	return count;
}

/* --- the diagram ----------------------------------------------------------------------------- */

static bool write_label(FILE* out, const struct role_map* map, enum spnego_state state,
                        size_t outcome)
{
	struct cube cubes[MAX_CUBES];
	for (unsigned i = 0; i < SPNEGO_EVENT_COUNT; i++)
	{
		const enum spnego_event event = (enum spnego_event)i;
		if (!role_map_leads(map, state, event, outcome))
			continue;
		const size_t count =
		    role_map_cover(map, state, event, outcome, TELL_SHORT, cubes, MAX_CUBES);
		if (count == 0)
			return false;
		fprintf(out, "%s", spnego_event_name(event));
		for (size_t k = 0; k < count && !words_cube_is_all(&cubes[0]); k++)
		{
			fputs(k == 0 ? " [" : "<br/>or ", out);
			words_cube(out, &cubes[k]);
			fputs(k + 1 == count ? "]" : "", out);
		}
		fputs("<br/>", out);
	}
	fputs("/ ", out);
	words_action(out, &map->outcomes[state][outcome]);
	fputc('\n', out);
	return true;
}

static bool write_diagram(FILE* out, const struct role* role, const struct role_map* map)
{
	size_t sorted[MAX_OUTCOMES];
	fputs("```mermaid\nstateDiagram-v2\n", out);
	fprintf(out, "    [*] --> %s\n", words_state(role->starts[0]));
	if (role->starts[1] != role->starts[0])
		fprintf(out, "    [*] --> %s\n", words_state(role->starts[1]));
	for (unsigned state = role->first; state <= role->last; state++)
	{
		const enum spnego_state from = (enum spnego_state)state;
		const size_t count = decisions_of(map, from, false, sorted);
		for (size_t i = 0; i < count; i++)
		{
			fprintf(out, "    %s --> %s : ", words_state(from),
			        words_state(map->outcomes[from][sorted[i]].next));
			if (!write_label(out, map, from, sorted[i]))
				return false;
		}
	}
	fprintf(out, "    %s --> [*]\n```\n\n", words_state(SPNEGO_DONE));
	return true;
}

/* --- the tables ------------------------------------------------------------------------------ */

static bool write_edge(FILE* out, const struct role_map* map, enum spnego_state state,
                       size_t outcome)
{
	const struct spnego_decision* decision = &map->outcomes[state][outcome];
	struct cube cubes[MAX_CUBES];
	for (unsigned i = 0; i < SPNEGO_EVENT_COUNT; i++)
	{
		const enum spnego_event event = (enum spnego_event)i;
		if (!role_map_leads(map, state, event, outcome))
			continue;
		const size_t count = role_map_cover(map, state, event, outcome, TELL_ALL, cubes, MAX_CUBES);
		if (count == 0)
			return false;
		fprintf(out, "| %s | %s | ", words_state(state), spnego_event_name(event));
		for (size_t k = 0; k < count; k++)
		{
			fputs(k == 0 ? "" : "; or ", out);
			words_cube(out, &cubes[k]);
		}
		fputs(" | ", out);
		words_action(out, decision);
		fprintf(out, " | %s |\n", words_state(decision->next));
	}
	return true;
}

static bool write_edges(FILE* out, const struct role* role, const struct role_map* map)
{
	size_t sorted[MAX_OUTCOMES];
	fputs("| state | event | exactly when | action | next |\n|---|---|---|---|---|\n", out);
	for (unsigned state = role->first; state <= role->last; state++)
	{
		const size_t count = decisions_of(map, (enum spnego_state)state, false, sorted);
		for (size_t i = 0; i < count; i++)
		{
			if (!write_edge(out, map, (enum spnego_state)state, sorted[i]))
				return false;
		}
	}
	fputc('\n', out);
	return true;
}

/* The events that lead there; those that cannot happen in the state are told apart. */
static size_t write_events(FILE* out, const struct role_map* map, enum spnego_state state,
                           size_t outcome)
{
	size_t count = 0;
	for (unsigned event = 0; event < SPNEGO_EVENT_COUNT; event++)
	{
		if (role_map_never(map, state, (enum spnego_event)event) ||
		    !role_map_leads(map, state, (enum spnego_event)event, outcome))
			continue;
		if (out != NULL)
			fprintf(out, "%s%s", count == 0 ? "" : ", ",
			        spnego_event_name((enum spnego_event)event));
		count++;
	}
	return count;
}

static void write_failures_of(FILE* out, const struct role_map* map, enum spnego_state state)
{
	size_t sorted[MAX_OUTCOMES];
	const size_t count = decisions_of(map, state, true, sorted);
	fputs("| event | result | reason |\n|---|---|---|\n", out);
	for (size_t i = 0; i < count; i++)
	{
		const struct spnego_decision* decision = &map->outcomes[state][sorted[i]];
		if (write_events(NULL, map, state, sorted[i]) == 0)
			continue;
		fputs("| ", out);
		write_events(out, map, state, sorted[i]);
		if (decision->action == ACTION_FAIL_MECH)
			fputs(" | the mechanism's own | the mechanism's own |\n", out);
		else
			fprintf(out, " | %s | %s |\n", result_name(decision->result), decision->reason);
	}
	fputc('\n', out);
}

/* The table of one state as a string of the caller's to free; NULL without memory. */
static char* failures_of(const struct role_map* map, enum spnego_state state)
{
	char* text = NULL;
	size_t size = 0;
	FILE* stream = open_memstream(&text, &size);
	if (stream == NULL)
		return NULL;
	write_failures_of(stream, map, state);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* One table for all states that fail alike, under the first of them. */
static bool write_failures(FILE* out, const struct role* role, const struct role_map* map)
{
	char* tables[SPNEGO_STATE_COUNT] = { NULL };
	bool ok = true;
	for (unsigned state = 0; state < SPNEGO_STATE_COUNT; state++)
	{
		if ((state >= role->first && state <= role->last) || state >= SPNEGO_DONE)
			ok = (tables[state] = failures_of(map, (enum spnego_state)state)) != NULL && ok;
	}
	for (unsigned state = 0; ok && state < SPNEGO_STATE_COUNT; state++)
	{
		if (tables[state] == NULL)
			continue;
		fprintf(out, "**%s", words_state((enum spnego_state)state));
		for (unsigned other = state + 1; other < SPNEGO_STATE_COUNT; other++)
		{
			if (tables[other] == NULL || strcmp(tables[other], tables[state]) != 0)
				continue;
			fprintf(out, ", %s", words_state((enum spnego_state)other));
			free(tables[other]);
			tables[other] = NULL;
		}
		fprintf(out, "**\n\n%s", tables[state]);
	}
	for (unsigned state = 0; state < SPNEGO_STATE_COUNT; state++)
		free(tables[state]);
	return ok;
}

static bool write_role(FILE* out, const struct role* role)
{
	struct role_map* map = role_map_new(role->decide);
	if (map == NULL)
		return false;
	fprintf(out, "## %s\n\n%s\n", role->title, role->text);
	bool ok = write_diagram(out, role, map);
	fprintf(out, "### %s: the arrows in full\n\n", role->title);
	ok = ok && write_edges(out, role, map);
	fprintf(
	    out,
	    "### %s: what fails\n\n"
	    "Each ends in DEAD. The reason is what the log's line says; an event that is in none of a "
	    "state's rows here or above cannot happen in it, and would fail as an internal error.\n\n",
	    role->title);
	ok = ok && write_failures(out, role, map);
	free(map);
	return ok;
}

bool states_page_write(FILE* out)
{
	fputs(introduction, out);
	words_legend(out);
	fputc('\n', out);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
	{
		if (!write_role(out, &roles[i]))
			return false;
	}
	return ferror(out) == 0;
}
