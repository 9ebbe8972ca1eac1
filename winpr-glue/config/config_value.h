/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of one setting to its meaning; for config.c only. What cannot be read is reported
 * once in the life of the process and changes nothing.
 */
#ifndef NEGOSSP_GLUE_CONFIG_VALUE_H
#define NEGOSSP_GLUE_CONFIG_VALUE_H

#include "config/config.h"

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

/* True the first time for this text, which is remembered. */
bool config_first_time(const char* where, const char* value);

#endif
