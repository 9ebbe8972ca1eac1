/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of one setting to its meaning. What cannot be read is reported once in the life of
 * the process and changes nothing.
 */
#ifndef NEGOSSP_GLUE_CONFIG_VALUE_H
#define NEGOSSP_GLUE_CONFIG_VALUE_H

#include "ntlm.h"

enum config_framing
{
	CONFIG_FRAMING_AUTO, /* SPNEGO, but bare NTLM for HTTP/ targets */
	CONFIG_FRAMING_SPNEGO,
	CONFIG_FRAMING_RAW
};

struct config_packages
{
	bool ntlm;
	bool kerberos;
	bool u2u;
	bool kerberos_by_name; /* a list asks for it, so it is worth waiting for */
};

/* `where` names the setting in a report. `tighten`: the value may only make things stricter. */
struct config_text
{
	const char* where;
	const char* value;
	bool tighten;
};

void config_value_framing(const struct config_text* text, enum config_framing* framing);
void config_value_check(const struct config_text* text, enum ntlm_check_policy* check);
/* "allow" or "refuse"; `*refuse` becomes which. */
void config_value_refuse(const struct config_text* text, bool* refuse);
void config_value_milliseconds(const struct config_text* text, unsigned* milliseconds);
/* A package list over the default of all on, which replaces *packages; with `tighten` it only takes
 * packages away. */
void config_value_packages(const struct config_text* text, struct config_packages* packages);

#endif
