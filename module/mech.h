/* SPDX-License-Identifier: Apache-2.0
 *
 * What a mechanism is, to SPNEGO and to the glue; and who says whether a user's answer is right.
 *
 * NTLM (module/ntlm), Kerberos (winpr-glue/mech_kerberos) and the tests' scripted fake are peers:
 * each is one `struct mech`. SPNEGO knows nothing of any of them but this header.
 *
 * This header and negossp.h are the two that winpr-glue may include.
 */
#ifndef NEGOSSP_MECH_H
#define NEGOSSP_MECH_H

#include "base/bytes.h"
#include "base/der.h"
#include "base/secret.h"
#include "base/utf16.h"

/* --- what is asked of a context -------------------------------------------------------------- */

enum mech_role
{
	MECH_INITIATOR,
	MECH_ACCEPTOR
};

/* Properties asked for and granted, as bits. */
enum mech_flag
{
	MECH_INTEGRITY = 0x0001,
	MECH_CONFIDENTIALITY = 0x0002,
	MECH_MUTUAL_AUTH = 0x0004,
	MECH_REPLAY_DETECT = 0x0008,
	MECH_SEQUENCE_DETECT = 0x0010,
	MECH_DCE_STYLE = 0x0020,
	MECH_IDENTIFY = 0x0040,
	MECH_DELEGATE = 0x0080,
	MECH_USE_SESSION_KEY = 0x0100,
	MECH_NULL_SESSION = 0x0200,
	MECH_EXTENDED_ERROR = 0x0400,
	MECH_CONNECTION = 0x0800
};

struct mech_request
{
	enum mech_role role;
	uint32_t flags;      /* enum mech_flag */
	struct bytes target; /* initiator: the SPN in UTF-16LE, or empty. The mechanism copies it. */
};

/* RFC 2744 3.11 channel bindings, every length already checked by whoever made this. */
struct channel_bindings
{
	uint32_t initiator_type;
	struct bytes initiator;
	uint32_t acceptor_type;
	struct bytes acceptor;
	struct bytes application;
};

struct mech_input
{
	struct bytes token;                      /* empty on an initiator's first step */
	const struct channel_bindings* bindings; /* NULL when the caller gave none */
};

struct mech_output
{
	struct blob token; /* what to send; may be empty. The caller's to free. */
	bool complete;     /* nothing more is expected from the peer */
};

/* --- what a mechanism tells about itself ------------------------------------------------------ */

enum mech_check
{
	MECH_CHECK_NONE, /* not there, or not looked at yet */
	MECH_CHECK_OK,
	MECH_CHECK_FAILED
};

enum mech_user
{
	MECH_USER_NOT_ASKED,
	MECH_USER_FOUND,
	MECH_USER_NOT_FOUND
};

/* Slices are borrowed from the context and live as long as it does. All text is UTF-16LE as it was
 * received or given. Nothing in here is secret but session_key, which loggers must not touch. */
struct mech_report
{
	struct bytes user;
	struct bytes domain;
	struct bytes workstation;
	struct bytes target;      /* SPN: the initiator's own; at the acceptor what the peer named */
	struct bytes server_name; /* the acceptor's computer name as CHALLENGE says it */
	struct bytes target_info; /* NTLM: CHALLENGE's AV pairs as received or sent; else empty */
	unsigned ntlm_version;    /* 1 or 2; 0 when unknown or not NTLM */
	uint32_t ntlm_flags;      /* negotiated; 0 when not NTLM */
	uint32_t granted;         /* enum mech_flag; meaningful once complete */
	enum mech_check proof;    /* NTProofStr */
	enum mech_check mic;      /* the MIC in AUTHENTICATE */
	enum mech_check bindings; /* channel bindings */
	enum mech_check target_name;
	enum mech_user user_found;
	const char* source; /* credential source, a literal: "password", "SAM file"; or NULL */
	const char* reason; /* why it failed and what to do, a literal in plain words; or NULL */
	bool clock_known;
	int64_t clock_difference;  /* seconds the peer is ahead of us */
	uint32_t max_token;        /* bytes */
	uint32_t max_signature;    /* bytes */
	uint32_t block_size;       /* bytes */
	uint32_t security_trailer; /* bytes */
	const struct key*
	    session_key; /* NULL until complete, or if the mechanism has none of 16 bytes */
};

/* --- messages after the handshake ------------------------------------------------------------- */

struct mech_part
{
	uint8_t* data; /* changed in place when sealed or unsealed */
	size_t len;
	bool sign_only; /* covered by the signature, left as it is */
};

/* --- the vtable ------------------------------------------------------------------------------- */

struct mech
{
	const char* name; /* as in SecPkgInfo: "NTLM", "Kerberos" */

	/* Object identifiers as DER content (no tag, no length). The first is the one we send; the
	 * others are accepted as the same mechanism. */
	const struct bytes* oids;
	size_t oid_count;

	/* Whether a first token is this mechanism's own, outside of SPNEGO. */
	bool (*is_bare_token)(struct bytes token);

	/* A new context. `credential` is of the mechanism's own type and outlives the context. On
	 * failure *context is untouched. */
	MUST_USE enum result (*open)(const struct mech_request* request, void* credential,
	                             void** context);
	/* One step. An initiator's first has an empty token. On failure the output is empty and the
	 * context is dead: further steps give RESULT_OUT_OF_SEQUENCE. `output` starts out empty. */
	MUST_USE enum result (*step)(void* context, const struct mech_input* input,
	                             struct mech_output* output);
	/* Whether the mechanism itself demands the mechListMIC exchange: NTLM does when AUTHENTICATE
	 * carries a MIC (MS-SPNG). May be asked from the step that sent or took AUTHENTICATE.
	 */
	bool (*demands_mic)(const void* context);
	/* A MIC over `message`, and its check; used by SPNEGO for the mechListMIC. Once the mechanism
	 * is complete for its side (an initiator that has sent its last token included). */
	MUST_USE enum result (*mic_make)(void* context, struct bytes message, struct blob* mic);
	MUST_USE enum result (*mic_verify)(void* context, struct bytes message, struct bytes mic);

	/* Protects a message. `seal` false only signs, whatever the parts say. *trailer_len is the room
	 * in `trailer` on entry and the bytes used on success; RESULT_BUFFER_TOO_SMALL changes nothing.
	 * `sequence` is the caller's message number, for mechanisms that do not count themselves. */
	MUST_USE enum result (*wrap)(void* context, bool seal, struct mech_part* parts, size_t count,
	                             uint32_t sequence, uint8_t* trailer, size_t* trailer_len);
	/* The reverse. On failure (RESULT_ALTERED, RESULT_MALFORMED) no part and no state is changed.
	 */
	MUST_USE enum result (*unwrap)(void* context, bool sealed, struct mech_part* parts,
	                               size_t count, uint32_t sequence, struct bytes trailer);

	void (*describe)(const void* context, struct mech_report* report);
	/* Wipes and frees; NULL is fine. */
	void (*close)(void* context);
};

/* --- verifiers: who says whether an answer is right --------------------------------------------
 */

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
};

struct verify_answer
{
	struct key session_base_key; /* MS-NLMP 3.3.2; only when the verdict is RESULT_OK */
	enum mech_user user_found;
	const char* reason; /* a literal in plain words when it is not RESULT_OK, or NULL */
};

/* `verify` returns RESULT_OK only if it checked NTProofStr in constant time and it was right. An
 * unknown user and a wrong password do the same work and both give RESULT_LOGON_DENIED. A disabled
 * or expired account is told only after the proof was right. Without anything to check against:
 * RESULT_NO_CREDENTIALS. The callback may be called from several threads at once. */
struct verifier
{
	const char* name; /* a literal: "SAM file", "hash callback" */
	MUST_USE enum result (*verify)(void* state, const struct verify_request* request,
	                               struct verify_answer* answer);
	void* state;
};

/* The two checks every verifier with hashes needs. With a NULL hash they do the same work on a
 * random one and answer RESULT_LOGON_DENIED. `answer->session_base_key` is set on RESULT_OK only;
 * user_found and reason are the caller's to fill. */
MUST_USE enum result ntlm_verify_nt_hash(const struct verify_request* request,
                                         const struct key* nt_hash, struct verify_answer* answer);
MUST_USE enum result ntlm_verify_ntowfv2(const struct verify_request* request,
                                         const struct key* ntowfv2, struct verify_answer* answer);

/* --- NTLM as the glue sees it
 * -------------------------------------------------------------------*/

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
	bool refuse_reflection;        /* acceptor: a challenge this process's own client answers */
	enum ntlm_check_policy bindings;
	enum ntlm_check_policy target;
	struct bytes accepted_target; /* UTF-16LE SPN or host name the target name must match */
};

/* The defaults of design.md. */
struct ntlm_policy ntlm_policy_default(void);

struct ntlm_names /* UTF-16LE; any may be empty; copied */
{
	struct bytes netbios_computer;
	struct bytes netbios_domain;
	struct bytes dns_computer;
	struct bytes dns_domain;
};

struct ntlm_identity /* copied; the password is turned into an NT hash at once and not kept */
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
/* RESULT_POLICY when NTLM must not be used here (crypto_available() says why); RESULT_NO_MEMORY. */
MUST_USE enum result ntlm_credential_new(const struct ntlm_credential_config* config,
                                         struct ntlm_credential** credential);
/* Wipes and frees; NULL is fine. Contexts made with it must be closed before. */
void ntlm_credential_free(struct ntlm_credential* credential);

/* The pieces of one NTLM exchange, for WinPR's attributes 1104 to 1107: borrowed, empty when not
 * there yet. None is secret (all but proof_input travelled in clear). */
struct ntlm_transcript
{
	struct bytes negotiate;
	struct bytes challenge;
	struct bytes authenticate;
	struct bytes proof_input; /* server challenge and temp: what NTProofStr covers */
	struct bytes mic_input;   /* the three messages in one, the MIC zeroed */
	struct bytes mic;
	struct bytes encrypted_session_key;
};

void ntlm_context_transcript(const void* context, struct ntlm_transcript* transcript);

/* Values that an exchange otherwise draws or derives itself: WinPR's SetContextAttributes 1003,
 * 1101 to 1103 and 1108, and known-answer tests. Each must be set before the step that uses it. */
enum ntlm_override
{
	NTLM_OVERRIDE_SERVER_CHALLENGE,    /* 8 bytes */
	NTLM_OVERRIDE_CLIENT_CHALLENGE,    /* 8 bytes */
	NTLM_OVERRIDE_TIMESTAMP,           /* 8 bytes, FILETIME: the client's when CHALLENGE has none */
	NTLM_OVERRIDE_CHALLENGE_TIMESTAMP, /* 8 bytes, FILETIME: MsvAvTimestamp of our CHALLENGE */
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

#endif
