/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM's public face (MS-NLMP): credentials and policy, the mechanism, the checks that verifiers
 * need, and what an exchange consists of.
 */
#ifndef NEGOSSP_NTLM_H
#define NEGOSSP_NTLM_H

#include "mech.h"
#include "verify.h"

/* How one of the acceptor's checks behaves. */
enum ntlm_check_policy
{
	NTLM_CHECK_OFF,
	NTLM_CHECK_WHEN_PRESENT, /* wrong is refused, absent is not */
	NTLM_CHECK_REQUIRED
};

struct ntlm_policy
{
	bool send_version;             /* the Version field; debugging aid of MS-NLMP 2.2.2.10 */
	bool send_workstation;         /* our computer name in AUTHENTICATE */
	bool send_bindings_and_target; /* MsvAvChannelBindings and MsvAvTargetName */
	bool allow_anonymous;          /* acceptor: empty user and response */
	bool refuse_reflection;        /* acceptor: a challenge this process's own initiator answers */
	enum ntlm_check_policy bindings;
	enum ntlm_check_policy target;
	struct bytes accepted_target; /* UTF-16LE SPN or host name the target name must match */
};

/* Everything is sent; bindings and target name are checked when present; anonymous logons are
 * refused and reflection is not. */
struct ntlm_policy ntlm_policy_default(void);

struct ntlm_names /* UTF-16LE; any may be empty; copied */
{
	struct bytes netbios_computer;
	struct bytes netbios_domain;
	struct bytes dns_computer;
	struct bytes dns_domain;
	struct bytes target; /* TargetName of CHALLENGE; empty: netbios_computer */
};

struct ntlm_identity /* copied; the password is turned into NTOWFv2 at once and not kept */
{
	struct bytes user;         /* UTF-16LE; empty with an empty password is anonymous */
	struct bytes domain;       /* UTF-16LE */
	struct bytes password;     /* UTF-16LE; ignored when nt_hash is given */
	const struct key* nt_hash; /* pass-the-hash; or NULL */
};

struct ntlm_credential_config
{
	const struct ntlm_identity* identity; /* NULL: cannot initiate */
	const struct verifier* verifier; /* NULL: cannot accept; borrowed, outlives the credential */
	struct ntlm_names names;
	struct ntlm_policy policy;
};

struct ntlm_credential;

/* The mechanism; its credential type is struct ntlm_credential. */
const struct mech* ntlm_mech(void);
/* RESULT_POLICY when NTLM must not be used here (negossp_ntlm_available() says why);
 * RESULT_NO_MEMORY. */
MUST_USE enum result ntlm_credential_new(const struct ntlm_credential_config* config,
                                         struct ntlm_credential** credential);
/* Wipes and frees; NULL is fine. Contexts made with it must be closed before. */
void ntlm_credential_free(struct ntlm_credential* credential);

/* The pieces of one NTLM exchange, for WinPR's attributes 1104 to 1107: borrowed, empty when not
 * there yet. All of it travelled in clear. */
struct ntlm_transcript
{
	struct bytes negotiate;
	struct bytes challenge;
	struct bytes authenticate;
	struct bytes mic;
	struct bytes encrypted_session_key;
};

void ntlm_context_transcript(const void* context, struct ntlm_transcript* transcript);
/* What NTProofStr covers, ServerChallenge and temp, and what the MIC does, the three messages in
 * one with the MIC zeroed: made anew, into an empty blob, which stays so when they are not there
 * (yet).
 */
MUST_USE enum result ntlm_context_proof_input(const void* context, struct blob* input);
MUST_USE enum result ntlm_context_mic_input(const void* context, struct blob* input);

/* Values that an exchange otherwise draws or derives itself: WinPR's SetContextAttributes 1003,
 * 1101 to 1103 and 1108, and known-answer tests. Each must be set before the step that uses it. */
enum ntlm_override
{
	NTLM_OVERRIDE_SERVER_CHALLENGE, /* 8 bytes */
	NTLM_OVERRIDE_CLIENT_CHALLENGE, /* 8 bytes */
	NTLM_OVERRIDE_TIMESTAMP,        /* 8 bytes, FILETIME: the initiator's when CHALLENGE has none */
	NTLM_OVERRIDE_CHALLENGE_TIMESTAMP,  /* 8 bytes, FILETIME: MsvAvTimestamp of our CHALLENGE */
	NTLM_OVERRIDE_EXPORTED_SESSION_KEY, /* 16 bytes */
	NTLM_OVERRIDE_NT_HASH,              /* 16 bytes; at the acceptor in place of the verifier */
	NTLM_OVERRIDE_NTOWFV2,              /* 16 bytes; likewise */
	NTLM_OVERRIDE_WORKSTATION           /* UTF-16LE, 2 to NTLM_MAX_WORKSTATION bytes: Workstation of
	                                       AUTHENTICATE, where the policy sends one; initiator only */
};

#define NTLM_MAX_WORKSTATION 510u /* 255 characters, the longest DNS name */

/* RESULT_INVALID_ARGUMENT for a wrong size, RESULT_OUT_OF_SEQUENCE when it comes too late,
 * RESULT_UNSUPPORTED for a workstation at the acceptor, RESULT_NO_MEMORY. */
MUST_USE enum result ntlm_context_override(void* context, enum ntlm_override which,
                                           struct bytes value);

/* --- for verifiers that have hashes ------------------------------------------------------------
 */

/* The two checks every verifier with hashes needs. With a NULL hash they do the same work on
 * something else and answer RESULT_LOGON_DENIED. `answer->session_base_key` is set on RESULT_OK
 * only; user_found and reason are the caller's to fill. */
MUST_USE enum result ntlm_verify_nt_hash(const struct verify_request* request,
                                         const struct key* nt_hash, struct verify_answer* answer);
MUST_USE enum result ntlm_verify_ntowfv2(const struct verify_request* request,
                                         const struct key* ntowfv2, struct verify_answer* answer);

#endif
