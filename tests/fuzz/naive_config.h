/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings read by the rules of docs/settings.md.
 */
#ifndef NEGOSSP_FUZZ_NAIVE_CONFIG_H
#define NEGOSSP_FUZZ_NAIVE_CONFIG_H

#include "config/config.h"

#define VALUE_SIZE 640

enum kind
{
	FRAMING,
	PACKAGES,
	CHECK_BINDINGS,
	CHECK_TARGET,
	TARGET_NAME,
	REFUSE_REFLECTION,
	REFUSE_ANONYMOUS,
	WAIT,
	DOMAIN,
	MEMBERS,
	DOMAIN_WAIT,
	USER_DAEMON,
	SETTINGS
};

enum source
{
	ABSENT,
	TEXT,
	NO_TEXT
};

struct value
{
	enum source source;
	char text[VALUE_SIZE];
};

/* All that an input says. */
struct world
{
	bool acceptor;
	bool listed;
	struct value own[SETTINGS];
	struct value environment[SETTINGS];
	struct value list;
	uint32_t number[3];
	enum source number_source[3];
};

/* What comes of it. False where an acceptor must not be. */
bool naive_config_load(const struct world* world, bool with_environment, struct config* config);

#endif
