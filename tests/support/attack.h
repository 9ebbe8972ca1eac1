/* SPDX-License-Identifier: Apache-2.0
 *
 * Known attacks as somebody in the middle or a hostile peer would carry them out: each puts a token
 * of its own in the place of one that is on its way. One list, tried through the exported tables
 * (sspi_attacks) and over the network (freerdp_attacks); a test has the attack's name.
 *
 * An exchange is NEGOTIATE, CHALLENGE, AUTHENTICATE, and inside of SPNEGO the server's last token:
 * legs 1 to 4. What an attack does to an NTLM message is done inside of SPNEGO and without.
 */
#ifndef NEGOSSP_TESTS_ATTACK_H
#define NEGOSSP_TESTS_ATTACK_H

#include <winpr/sspi.h>

#include "base/bytes.h"

struct attack;

/* One exchange with an attack in it. */
struct attack_run
{
	const struct attack* attack;
	unsigned variant;
	const char* user; /* of an account that the server knows */
	const char* password;
	SECURITY_STATUS status; /* the attack's, unless the variant has one of its own */
	struct blob negotiate;  /* as they were sent */
	struct blob challenge;
};

struct attack
{
	const char* name;
	unsigned leg;           /* whose token it changes */
	unsigned variants;      /* in how many ways */
	SECURITY_STATUS status; /* with which it is refused; SEC_E_OK: with whichever */
	/* One of the two: changes the NTLM message, or all of the token. */
	void (*message)(struct attack_run* run, struct blob* message);
	void (*token)(struct attack_run* run, struct blob* token);
	const char* const* hex; /* what each variant puts in, where that is all it does */
	unsigned refused;       /* at which leg, if not the changed one */
};

/* Each ended by one without a name. Not const, as CMocka's states are not. */
extern struct attack attacks_on_messages[];
extern struct attack attacks_on_proofs[];
extern struct attack attacks_on_negotiation[];
/* Makes AUTHENTICATE as the proofs' attacks do, and changes nothing of what a client says. */
extern const struct attack attack_that_is_none;

/* Fills `tests`, which has room for all of them, with a test for each attack: `function`, whose
 * state is the attack. */
struct CMUnitTest;
size_t attack_tests(struct CMUnitTest* tests, void (*function)(void** state));
#define ATTACKS_AT_MOST 64

/* Whether it needs SPNEGO. */
bool attack_is_framed(const struct attack* attack);
/* At which leg it must have been refused; the server takes the odd ones. */
unsigned attack_refused_at(const struct attack* attack);

void attack_begin(struct attack_run* run, const struct attack* attack, unsigned variant);
/* Is shown each token before it is delivered, and changes the one it is about. */
void attack_apply(struct attack_run* run, unsigned leg, struct blob* token);
void attack_end(struct attack_run* run);

/* Replaces a blob by what the writer holds, or by a copy. Out of memory ends the test. */
void attack_take(struct writer* writer, struct blob* blob);
void attack_set(struct blob* blob, struct bytes by);

#endif
