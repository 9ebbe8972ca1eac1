/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of one setting to its meaning, without regard to case.
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

enum config_domain /* in order, the loosest last */
{
	CONFIG_DOMAIN_OFF,
	CONFIG_DOMAIN_NAMED,  /* who names a domain is its */
	CONFIG_DOMAIN_DEFAULT /* so is who names none */
};

struct config_packages
{
	bool ntlm;
	bool kerberos;
	bool u2u;
	bool kerberos_by_name; /* a list asks for it, so it is worth waiting for */
};

#define CONFIG_MAX_MEMBERS 32u

/* `tighten`: the value may only make things stricter. */
struct config_text
{
	const char* value;
	bool tighten;
};

/* Each returns NULL when the value was read, or a literal that says what is allowed; then nothing
 * is changed. */
const char* config_value_framing(const struct config_text* text, enum config_framing* framing);
const char* config_value_check(const struct config_text* text, enum ntlm_check_policy* check);
/* "allow" or "refuse"; `*refuse` becomes which. */
const char* config_value_refuse(const struct config_text* text, bool* refuse);
/* `least` is 0 or 1. */
const char* config_value_milliseconds(const struct config_text* text, unsigned least,
                                      unsigned* milliseconds);
const char* config_value_domain(const struct config_text* text, enum config_domain* domain);
/* A list of SIDs and DOMAIN\name; whether it is one. */
const char* config_value_members(const struct config_text* text);
/* A package list over the default of all on, which replaces *packages; with `tighten` it only takes
 * packages away. */
const char* config_value_packages(const struct config_text* text, struct config_packages* packages);

#endif
