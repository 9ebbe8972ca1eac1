/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this folder say about a logon, on top of CMocka.
 *
 * A test function gets its pairing as CMocka's initial state, and its name ends in the pairing:
 * NLA_EACH() registers it for all in which the module takes part, NLA_ONE() for one.
 */
#ifndef NEGOSSP_TESTS_NLA_CHECK_H
#define NEGOSSP_TESTS_NLA_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nla_lab.h"
#include "nla_pair.h"

extern enum nla_pairing nla_stock_to_stock;
extern enum nla_pairing nla_stock_to_module;
extern enum nla_pairing nla_module_to_stock;
extern enum nla_pairing nla_module_to_module;

#define NLA_ONE(function, pairing)                                                                 \
	{                                                                                              \
#function "_" #pairing, function, NULL, NULL, &nla_##pairing                               \
	}
#define NLA_EACH(function)                                                                         \
	NLA_ONE(function, module_to_module), NLA_ONE(function, module_to_stock),                       \
	    NLA_ONE(function, stock_to_module)

/* The pairing that a test was registered for. */
enum nla_pairing nla_pairing_of(void** state);
/* The whole of a good logon in this pairing, in the recorder's words, and the client's TSRequests
 * and the server's in it. */
const char* nla_flow(enum nla_pairing pairing);
unsigned nla_flow_legs(enum nla_pairing pairing, enum recorder_from from);
/* The client's messages up to AUTHENTICATE and the server's before its answer. */
const char* nla_flow_until_verdict(enum nla_pairing pairing);

/* The lab with one account in "sam", as CMocka's fixture of a group, and its logon. */
int nla_open_with_frank(void** state);
struct nla_options nla_frank(enum nla_pairing pairing);

/* Runs a logon, which must end in time; fails the test otherwise. */
void nla_run(const struct nla_options* options, struct nla_result* result);
/* The exchange is `expected`, in the recorder's words. */
void nla_assert_exchange(const struct nla_result* result, const char* expected);
/* The same for how it begins. */
void nla_assert_exchange_begins(const struct nla_result* result, const char* expected);
/* A good logon from end to end: the flow, no complaint, both sides satisfied, and the server got
 * the credentials that the client was given. */
void nla_assert_logon(const struct nla_options* options, const struct nla_result* result);
/* The same with another flow than the pairing's own. */
void nla_assert_logon_with(const struct nla_options* options, const struct nla_result* result,
                           const char* flow);
/* Neither side believes in a logon, and no credentials were sent. */
void nla_assert_no_logon(const struct nla_result* result);

#endif
