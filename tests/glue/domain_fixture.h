/* SPDX-License-Identifier: Apache-2.0
 *
 * A domain as a verifier over the scripted libwbclient: "alice" of LAB, who is in one group.
 */
#ifndef NEGOSSP_TESTS_DOMAIN_FIXTURE_H
#define NEGOSSP_TESTS_DOMAIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_wbclient.h"
#include "log_capture.h"
#include "verify/verifier_domain.h"

#define BASE "S-1-5-21-1-2-3-"
#define USER_SID BASE "1104"
#define GROUP_SID BASE "1120"
#define ENABLED 0x7u
#define WAIT_MS 20000u

extern uint8_t nt_response[600];
/* What the process is and finds. */
extern uid_t uid;
extern bool library_missing;
extern time_t ahead; /* of the clock; 0 while a worker is waited for */

/* CMocka fixtures: of each test, and of the group. */
int domain_fresh(void** state);
int domain_start(void** state);
struct sid sid_of(const char* text);
struct verifier_domain* domain_made(const char* members, unsigned wait_ms);
struct verify_request request_made(void);
enum result judge(struct verifier_domain* domain, struct verify_answer* answer);
/* One logon at a domain with these members; nothing of it is left. */
enum result ask(const char* members, struct verify_answer* answer);
void expect(const char* members, enum result result, const char* reason);
void expect_nothing_left(void);

#endif
