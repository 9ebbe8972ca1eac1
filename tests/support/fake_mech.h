/* SPDX-License-Identifier: Apache-2.0
 *
 * A scripted mechanism: SPNEGO's other half in tests of SPNEGO.
 *
 * A script says, step by step, which token must come, which goes out, and whether the mechanism is
 * then complete. Any other token fails, as it would in a real mechanism. The script is the
 * credential; it also counts what was done with it, so that a leak or a second close shows.
 *
 * Its MIC is a keyed checksum with a direction in it: a MIC sent back to its maker is wrong. So are
 * messages, which it also numbers and, when they are to be sealed, hides.
 */
#ifndef NEGOSSP_TESTS_FAKE_MECH_H
#define NEGOSSP_TESTS_FAKE_MECH_H

#include "mech.h"

#define FAKE_MAX_STEPS 6
#define FAKE_MIC_SIZE 16
#define FAKE_TRAILER_SIZE 4

struct fake_step
{
	const char* expect; /* the token that must come; NULL: none may come */
	const char* send;   /* the token that goes out; NULL: none */
	bool complete;
	enum result result; /* other than RESULT_OK: the step fails */
};

#define FAKE_VOID_MIC BYTES_LITERAL("no MIC")

struct fake_script
{
	struct fake_step steps[FAKE_MAX_STEPS];
	enum result open_result;
	uint64_t key;           /* both sides need the same for the MIC to be right */
	bool demands_mic;       /* once complete, as NTLM after AUTHENTICATE */
	enum result mic_result; /* other than RESULT_OK: a MIC cannot be looked at */
	bool no_integrity;      /* FAKE_VOID_MIC is what stands where there is no MIC */
	/* counted */
	unsigned opened;
	unsigned stepped;
	unsigned closed;
	unsigned mics_made;
	unsigned mics_verified;
	unsigned mics_right; /* of those */
};

/* The same functions under three names and sets of OIDs. A bare token of fake_kerberos() begins
 * with "K-", of fake_ntlm() with "N-", of fake_u2u() with "U-". */
const struct mech* fake_kerberos(void); /* both Kerberos OIDs, RFC 4121's first */
const struct mech* fake_u2u(void);
const struct mech* fake_ntlm(void);

/* The MIC that a context with this key makes over the message in this role. */
void fake_mic(uint64_t key, enum mech_role maker, struct bytes message, uint8_t* mic);

#endif
