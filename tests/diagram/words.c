/* SPDX-License-Identifier: Apache-2.0
 *
 * See words.h.
 */
#include "words.h"

#include <string.h>

/* A fact with two values has a word for each; others a word before the value's name. */
struct fact_words
{
	const char* yes;
	const char* no;
	const char* before;
	const char* (*name)(unsigned value);
	const char* meaning;
};

static const char* name_of_form(unsigned value)
{
	return spnego_form_name((enum spnego_form)value);
}

static const char* name_of_claim(unsigned value)
{
	return neg_state_name((enum neg_state)value);
}

static const char* name_of_choice(unsigned value)
{
	return spnego_choice_name((enum spnego_choice)value);
}

static const char* name_of_step(unsigned value)
{
	return spnego_step_name((enum spnego_step)value);
}

static const struct fact_words words[FACT_COUNT] = {
	[FACT_FORM] = { .before = "",
	                .name = name_of_form,
	                .meaning = "what the peer's message is; *bare* is a mechanism's token without "
	                           "SPNEGO around it" },
	[FACT_CLAIM] = { .before = "negState ",
	                 .name = name_of_claim,
	                 .meaning = "the negState in it" },
	[FACT_CHOICE] = { .before = "choice ",
	                  .name = name_of_choice,
	                  .meaning =
	                      "initiator: what supportedMech names (*none*: it is absent; *same*: "
	                      "the mechanism in use; *other*: another one that was listed; "
	                      "*unknown*: one that was not). Acceptor: which of the peer's list "
	                      "was opened (*same*: its first; *other*: a later one; *none*: the "
	                      "list is at its end)" },
	[FACT_TOKEN] = { .yes = "token",
	                 .no = "no token",
	                 .meaning = "the message holds a token for the mechanism" },
	[FACT_MIC] = { .yes = "MIC",
	               .no = "no MIC",
	               .meaning = "the message holds a mechListMIC (a copy of the token is none)" },
	[FACT_MIC_OK] = { .yes = "MIC right", .no = "MIC wrong", .meaning = "what VERIFY_MIC came to" },
	[FACT_STEP] = { .before = "step ",
	                .name = name_of_step,
	                .meaning = "how the mechanism's last open or step went; *unavailable*: no "
	                           "credentials for it here, or policy forbids it" },
	[FACT_COMPLETE] = { .yes = "complete",
	                    .no = "not complete",
	                    .meaning = "the mechanism is complete for its side" },
	[FACT_OUTPUT] = { .yes = "output",
	                  .no = "no output",
	                  .meaning = "the mechanism has a token to be sent" },
	[FACT_DEMANDS_MIC] = { .yes = "MIC demanded",
	                       .no = "MIC not demanded",
	                       .meaning = "the mechanism itself demands the exchange of MICs, as NTLM "
	                                  "does whose AUTHENTICATE carries a MIC" },
};

static void values(FILE* out, enum fact fact, unsigned set, const char* comma)
{
	const char* between = "";
	for (unsigned value = 0; value < fact_size(fact); value++)
	{
		if ((set >> value & 1U) == 0)
			continue;
		fprintf(out, "%s%s", between, words[fact].name(value));
		between = comma;
	}
}

static bool is_one(unsigned set)
{
	return set != 0 && (set & (set - 1)) == 0;
}

static void fact_in_words(FILE* out, enum fact fact, unsigned set)
{
	const unsigned others = fact_all(fact) & ~set;
	if (words[fact].name == NULL)
	{
		fputs(set == 1 ? words[fact].no : words[fact].yes, out);
		return;
	}
	fputs(words[fact].before, out);
	if (is_one(others) && !is_one(set))
		fputs("not ", out);
	values(out, fact, is_one(others) && !is_one(set) ? others : set, " or ");
}

bool words_cube_is_all(const struct cube* cube)
{
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		if (cube->values[fact] != fact_all((enum fact)fact))
			return false;
	}
	return true;
}

void words_cube(FILE* out, const struct cube* cube)
{
	const char* between = "";
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		if (cube->values[fact] == fact_all((enum fact)fact))
			continue;
		fputs(between, out);
		fact_in_words(out, (enum fact)fact, cube->values[fact]);
		between = ", ";
	}
	if (words_cube_is_all(cube))
		fputs("anything", out);
}

void words_action(FILE* out, const struct spnego_decision* decision)
{
	const char* between = " ";
	fputs(spnego_action_name(decision->action), out);
	if (decision->say != NEG_STATE_ABSENT)
	{
		fprintf(out, "%s%s", between, neg_state_name(decision->say));
		between = " + ";
	}
	if (decision->say_mech)
	{
		fprintf(out, "%ssupportedMech", between);
		between = " + ";
	}
	if (decision->say_mic)
		fprintf(out, "%smechListMIC", between);
}

const char* words_state(enum spnego_state state)
{
	static const char* const roles[] = { "INITIATOR_", "ACCEPTOR_" };
	const char* name = spnego_state_name(state);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
	{
		if (strncmp(name, roles[i], strlen(roles[i])) == 0)
			return name + strlen(roles[i]);
	}
	return name;
}

void words_legend(FILE* out)
{
	fputs("| fact | what it says |\n|---|---|\n", out);
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		fputs("| ", out);
		if (words[fact].name != NULL)
		{
			fputs(words[fact].before, out);
			values(out, (enum fact)fact, fact_all((enum fact)fact), ", ");
		}
		else
			fprintf(out, "%s, %s", words[fact].yes, words[fact].no);
		fprintf(out, " | %s |\n", words[fact].meaning);
	}
}
