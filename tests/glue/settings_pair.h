/* SPDX-License-Identifier: Apache-2.0
 *
 * A client and a server of the glue over a registry in memory, and what is seen of their settings.
 */
#ifndef NEGOSSP_TESTS_SETTINGS_PAIR_H
#define NEGOSSP_TESTS_SETTINGS_PAIR_H

#include "expect.h"
#include "fake_registry.h"
#include "fake_winpr.h"

#define OWN "SSPI\\Negossp"
#define WINPR_NEGOTIATE "SSPI\\Negotiate"
#define WINPR_NTLM "WinPR\\NTLM"
/* What a line about a value of ours calls the place that it was read from. */
#ifdef FAKE_JSON
#define PLACE "negossp.json"
#else
#define PLACE "registry, SSPI\\Negossp"
#endif
#define LSA "System\\CurrentControlSet\\Control\\LSA"

extern struct sspi_pair pair;

/* CMocka fixtures: of each test, and of the group. */
int fresh(void** state);
int set_up(void** state);
int tear_down(void** state);
/* Both ends of that package through the A table. */
struct sspi_setup setup_new(const char* package);
/* The pair connects in so many legs; it is left open. */
void expect_legs(const struct sspi_setup* setup, unsigned legs);
/* It connects, and the acceptor's line has the text. */
void expect_told(const struct sspi_setup* setup, const char* text);
/* The acceptor refuses. */
void expect_refusal(const struct sspi_setup* setup, SECURITY_STATUS status);
/* Whether the text stands in the token of a leg (from 0), in UTF-16. */
bool leg_has(unsigned leg, const char* text);
/* One value of ours, in the environment or in the registry, and no other. */
void set(int environment, const char* variable, const char* name, const char* value);
/* Channel bindings of both ends; the client's may be left out, or be others. */
void bindings_make(struct sspi_setup* setup, bool client, bool wrong);

#endif
