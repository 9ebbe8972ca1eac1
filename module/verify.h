/* SPDX-License-Identifier: Apache-2.0
 *
 * Verifiers: who says whether a user's answer is right.
 *
 * A verifier is asked with all that came over the wire and answers with a verdict and a key, so
 * that a SAM file, a hash callback and a domain controller are alike: none of them hands a hash
 * out.
 */
#ifndef NEGOSSP_VERIFY_H
#define NEGOSSP_VERIFY_H

#include "mech.h"

/* All that is known of one logon attempt: enough for a SAM file, a hash callback and a domain
 * controller alike. Slices are borrowed for the call. */
struct verify_request
{
	struct bytes user;                  /* UTF-16LE, as received; never empty */
	struct bytes domain;                /* UTF-16LE, as received */
	struct bytes workstation;           /* UTF-16LE, as received */
	struct bytes server_challenge;      /* 8 bytes */
	struct bytes nt_response;           /* NTProofStr (16 bytes) and temp: NTLMv2_RESPONSE whole */
	struct bytes encrypted_session_key; /* EncryptedRandomSessionKey: 16 bytes, or empty */
	struct bytes mic;                   /* 16 bytes, or empty when AvFlags announces none */
	struct bytes mic_input; /* NEGOTIATE, CHALLENGE, AUTHENTICATE with the MIC zeroed, in one */
	bool exact; /* an account that is good for any domain is not meant: somebody else has those */
};

struct verify_answer
{
	struct key session_base_key; /* MS-NLMP 3.3.2; only when the verdict is RESULT_OK */
	enum mech_user user_found;
	bool unproven;      /* the verdict, not RESULT_OK, was given without a look at the proof */
	const char* reason; /* plain words when it is not RESULT_OK, which live as long as the verifier;
	                       or NULL */
	/* Who was proven, where that is not what was received in these two parts: slices of the
	 * request's or of `words`. An empty `user`: as received. */
	struct bytes user;
	struct bytes domain;
	/* For the log: who of several judged, or NULL for the verifier's own name; the user's SID and
	 * what let the user in, fit for a log line, or NULL. */
	const char* source;
	const char* sid;
	const char* member;
	struct blob words; /* what of the above is neither the request's nor a literal; the
	                      caller's to free, whatever the verdict */
};

/* `verify` returns RESULT_OK only if it checked NTProofStr in constant time and it was right. An
 * unknown user and a wrong password give RESULT_LOGON_DENIED both, after the same work where the
 * verifier does it itself. A disabled or expired account is told only after the proof was right (a
 * host's callback may decide otherwise: `unproven`), and who could not ask anybody says
 * RESULT_NOT_JUDGED. Without anything to check against: RESULT_NO_CREDENTIALS. `user_found` is
 * MECH_USER_NOT_FOUND only where it is sure that this verifier has no such account. The callback
 * may be called from several threads at once. */
struct verifier
{
	const char* name; /* a literal: "SAM file", "hash callback", "domain" */
	MUST_USE enum result (*verify)(void* state, const struct verify_request* request,
	                               struct verify_answer* answer);
	void* state;
};

#endif
