/* SPDX-License-Identifier: Apache-2.0
 *
 * A server whose computer ("ws1", which joined as JOINED) is in LAB (lab.test), over a scripted
 * libwbclient, through the exported tables. The domain lets in whoever knows "Password", and takes
 * all for one account.
 */
#ifndef NEGOSSP_TESTS_DOMAIN_LOGON_H
#define NEGOSSP_TESTS_DOMAIN_LOGON_H

#include <time.h>
#include <unistd.h>

#include "fake_wbclient.h"
#include "settings_pair.h"

#define GROUP_SID "S-1-5-21-1-2-3-1120"
#define FULL_MS 50
#define SAM_SAYS "source=\"SAM file\""
#define DOMAIN_SAYS "source=\"domain"

/* What the process is and finds; each test has them anew. */
extern uid_t uid;
extern const char* host_name;
extern char account[16]; /* the domain's name of whom it lets in */
extern unsigned waits;   /* how often a SAM file was waited for; never set back */

/* CMocka fixtures: of each test, and of the group. Of the group is a SAM file with alice of LAB and
 * "anybody" with "Own", bare with "Password", and locked of LAB without a hash. */
int fresh_domain(void** state);
int accounts(void** state);
void settings_are(const char* domain, const char* members);
struct sspi_setup setup_of(const char* user, const char* domain, const char* password);
/* The domain's own judgement. */
int judge(const struct wbc_question* question, uint8_t key[16]);
/* Somebody with "Password" is let in by this source. */
void expect_in(const char* user, const char* domain, const char* source);
long ms_since(const struct timespec* start);
/* Refused by this source: what the client is told. Returns how long the refusal took. */
long expect_out(const struct sspi_setup* setup, DWORD last_error, const char* source);
/* That it left at a full 50 ms; when all have, the test says whether they were late. */
void expect_full(long took);
void test_refusals_were_told_at_full_times(void** state);
/* With "Password", at a full time, and told no more than that it was wrong. */
void expect_nobody(const char* user, const char* domain, const char* source);

#endif
