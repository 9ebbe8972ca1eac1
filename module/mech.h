/* SPDX-License-Identifier: Apache-2.0
 *
 * What a mechanism is, to SPNEGO and to the glue.
 *
 * NTLM (module/ntlm), Kerberos (winpr-glue/kerberos) and the tests' scripted fake are peers: each
 * is one `struct mech`. SPNEGO knows nothing of any of them but this header.
 *
 * Of module/ winpr-glue may include this header, negossp.h (the context), verify.h (verifiers) and
 * ntlm.h (NTLM's public face).
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
	MECH_CHECK_NONE,          /* not there */
	MECH_CHECK_NOT_LOOKED_AT, /* there; nothing to hold it against, or something before it was
	                             wrong, or not yet */
	MECH_CHECK_OK,
	MECH_CHECK_FAILED
};

enum mech_user
{
	MECH_USER_NOT_ASKED,
	MECH_USER_FOUND,
	MECH_USER_NOT_FOUND
};

/* How far an initiator has gone: what a failure can be about. */
enum mech_sent
{
	MECH_SENT_NOTHING,
	MECH_SENT_OPENING, /* nothing of the secret is in it: NEGOTIATE, TGT-REQ */
	MECH_SENT_PROOF    /* what proves who we are: AUTHENTICATE, AP-REQ */
};

/* What there is to tell, to a log and to who asks for an attribute: nothing is decided by it, and
 * nothing in it is secret. Slices are borrowed from the context and live as long as it does. All
 * text is UTF-16LE as it was received or given. */
struct mech_report
{
	struct bytes user;
	struct bytes domain;
	struct bytes workstation;
	struct bytes target;      /* SPN: the initiator's own; at the acceptor what the peer named */
	bool target_is_untrusted; /* the peer says so, and it is nobody's then */
	struct bytes server_name; /* the acceptor's computer name as CHALLENGE says it */
	struct bytes target_info; /* NTLM: CHALLENGE's AV pairs as received or sent; else empty */
	unsigned ntlm_version;    /* 1 or 2; 0 when unknown or not NTLM */
	uint32_t ntlm_flags;      /* negotiated; 0 when not NTLM */
	enum mech_check proof;    /* NTProofStr */
	enum mech_check mic;      /* the MIC in AUTHENTICATE */
	enum mech_check bindings; /* channel bindings */
	enum mech_check target_name;
	enum mech_user user_found;
	enum mech_sent sent; /* initiator */
	const char* source;  /* credential source: "password", "SAM file", "domain LAB"; or NULL */
	const char* sid;     /* acceptor: whom a domain found; or NULL */
	const char* member;  /* acceptor: what lets the user in, fit for a log line; or NULL */
	const char* reason; /* why it failed and what to do, in plain words, none of them the peer's; or
	                       NULL */
	bool clock_known;
	int64_t clock_difference; /* seconds the peer is ahead of us */
};

/* What the exchange came to, for who goes on to use it. */
struct mech_session
{
	uint32_t granted;       /* enum mech_flag; 0 before the mechanism is complete */
	uint32_t max_signature; /* bytes, all three; NTLM knows them before it is complete */
	uint32_t block_size;
	uint32_t security_trailer;
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
	/* Whether `mic` is what peers send where there is no integrity and so no MIC: it proves nothing
	 * and counts as absent. NULL: this mechanism knows no such thing. */
	bool (*mic_is_void)(const void* context, struct bytes mic);
	/* A MIC over `message`, and its check; used by SPNEGO for the mechListMIC. Once the mechanism
	 * is complete for its side (an initiator that has sent its last token included). RESULT_POLICY
	 * when it was agreed on without integrity (RFC 4178 5). */
	MUST_USE enum result (*mic_make)(void* context, struct bytes message, struct blob* mic);
	MUST_USE enum result (*mic_verify)(void* context, struct bytes message, struct bytes mic);

	/* Protects a message. `seal` false only signs, whatever the parts say. *trailer_len is the room
	 * in `trailer` on entry and the bytes used on success; RESULT_BUFFER_TOO_SMALL changes nothing.
	 * A mechanism counts the messages of each direction itself. */
	MUST_USE enum result (*wrap)(void* context, bool seal, struct mech_part* parts, size_t count,
	                             uint8_t* trailer, size_t* trailer_len);
	/* The reverse. On failure (RESULT_ALTERED, RESULT_MALFORMED) no part and no state is changed.
	 */
	MUST_USE enum result (*unwrap)(void* context, bool sealed, struct mech_part* parts,
	                               size_t count, struct bytes trailer);

	/* The peer rejects, whatever this says: what its last token, which may be empty, tells of the
	 * reason, in plain words that live as long as the context; NULL when there is nothing to tell.
	 * Nothing may come of it but words. May itself be NULL. */
	const char* (*explain)(void* context, struct bytes token);
	void (*describe)(const void* context, struct mech_report* report);
	void (*session)(const void* context, struct mech_session* session);
	/* The session key, borrowed; NULL until complete, or if the mechanism has none of 16 bytes. */
	const struct key* (*session_key)(const void* context);
	/* Wipes and frees; NULL is fine. */
	void (*close)(void* context);
};

#endif
