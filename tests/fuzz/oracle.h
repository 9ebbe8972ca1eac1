/* SPDX-License-Identifier: Apache-2.0
 *
 * What an end, bare or inside SPNEGO, must have come to when it says SEC_E_OK, worked out from the
 * tokens that this end saw, the accounts and its settings, with nothing of the module's. Which
 * mechanism it was is told by the tokens too, whatever the end says of itself.
 */
#ifndef NEGOSSP_FUZZ_ORACLE_H
#define NEGOSSP_FUZZ_ORACLE_H

#include "oracle_crypto.h"
#include "wire.h"

enum oracle_mech
{
	ORACLE_NO_MECH = 0, /* none that is known here */
	ORACLE_NTLM = 1,
	ORACLE_KERBEROS = 2,
	ORACLE_U2U = 4
};

struct oracle_account
{
	struct part user; /* UTF-16LE */
	struct part domain;
	uint8_t nt_hash[16];
};

enum oracle_check
{
	CHECK_WHEN_PRESENT,
	CHECK_REQUIRED,
	CHECK_OFF
};

/* One end's side of the bargain. Text is UTF-16LE. */
struct oracle_setup
{
	bool initiator;
	bool signs; /* integrity or confidentiality was asked for */
	bool seals; /* confidentiality was */
	bool refuses_reflection;
	unsigned excluded;    /* of enum oracle_mech, by the settings */
	bool no_mutual;       /* Kerberos ends with AP-REQ */
	struct part bindings; /* what their MD5 is over (RFC 2744 3.11), or no data */
	/* initiator */
	struct oracle_account identity;
	bool anonymous;
	struct part target;
	bool suppresses; /* bindings and target name */
	/* acceptor */
	const struct oracle_account* accounts;
	size_t account_count;
	const struct oracle_account* given; /* by the host, for whoever logs on */
	bool allows_anonymous;
	enum oracle_check bindings_check;
	enum oracle_check target_check;
	struct part accepted_target;
};

#define ORACLE_MESSAGES_MAX 16

/* What one end saw, in order; tokens without bytes are left out. */
struct oracle_view
{
	struct
	{
		bool sent;
		struct sspi_token token;
	} messages[ORACLE_MESSAGES_MAX];
	size_t count;
};

/* What it came to. */
struct oracle_outcome
{
	uint8_t key[16]; /* the session key */
	uint32_t flags;  /* negotiated; of Kerberos whether it signs and seals, in NTLM's words */
	bool anonymous;
	struct part user; /* who logged on */
	struct part domain;
	bool mic_sent; /* mechListMICs that are none without signing are left out */
	bool mic_received;
};

/* What NTLM's formulas give for an AUTHENTICATE (MS-NLMP 3.3.2, 3.1.5.1.2). `base`, `key` and `mic`
 * are those of the proof that came: whoever took it would compute them so. */
struct oracle_answer
{
	uint8_t proof[16];
	uint8_t base[16];
	uint8_t key[16];
	uint8_t mic[16];
};

bool oracle_announces_mic(const struct ntlm* authenticate);

struct oracle_answer oracle_answer(const uint8_t nt_hash[16], const struct ntlm* negotiate,
                                   const struct ntlm* challenge, const struct ntlm* authenticate);
/* The account that a name means, and the two parts of the name as they are told then. */
const struct oracle_account* oracle_find(const struct oracle_setup* setup, struct part user,
                                         struct part domain, struct oracle_outcome* outcome);
bool oracle_same_text(struct part a, struct part b); /* ignoring case */

void oracle_mech_list_mic(const uint8_t key[16], uint32_t flags, struct part list,
                          bool by_initiator, uint8_t mic[16]);

/* The mechanism's messages and the rest of what was said. */
struct oracle_legs
{
	bool bare;
	struct part list;
	enum oracle_mech first; /* of the list */
	enum oracle_mech mech;  /* in use: that, or what the acceptor chose */
	struct ntlm ntlm[3];
	unsigned kerberos;      /* how many tokens of Kerberos' */
	size_t turns;           /* messages, a hint left out */
	size_t authenticate_at; /* which of them the initiator's last token was in */
	int first_state;        /* of the acceptor's first reply, or -1 */
	struct part mic[2];     /* [1]: the initiator's; the last that came */
};

/* NULL, or what cannot be so in an exchange that completed. */
const char* oracle_legs(const struct oracle_view* view, bool initiator, struct oracle_legs* legs);
/* NULL, or that the end takes part in, or offers, what its settings exclude. */
const char* oracle_judge_mech(const struct oracle_setup* setup, const struct oracle_legs* legs);

/* NULL when the end was right to answer the CHALLENGE as it did; or to complete, and then the
 * outcome; otherwise what is wrong. */
const char* oracle_judge_answer(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                struct oracle_outcome* outcome);
const char* oracle_judge(const struct oracle_setup* setup, const struct oracle_view* view,
                         struct oracle_outcome* outcome);
/* oracle_judge()'s NTLM half for an acceptor. */
const char* oracle_judge_logon(const struct oracle_setup* setup, const struct oracle_legs* legs,
                               struct oracle_outcome* outcome);

/* --- Kerberos ----------------------------------------------------------------------------------
 */

#define ORACLE_KERBEROS_SIGNATURE 28u
#define ORACLE_KERBEROS_TRAILER 60u

enum oracle_mech oracle_mech_of(struct part oid);
/* The next token, into legs->kerberos; or what is wrong. */
const char* oracle_take_kerberos(struct oracle_legs* legs, struct part token, bool by_initiator);
/* AP-REQ was sent. */
bool oracle_kerberos_has_key(const struct oracle_legs* legs);
/* oracle_judge()'s Kerberos half. */
const char* oracle_judge_kerberos(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                  struct oracle_outcome* outcome);
/* ORACLE_KERBEROS_SIGNATURE bytes, or ORACLE_KERBEROS_TRAILER of a sealed message. Of them the
 * scripted WinPR checks the first three. */
void oracle_kerberos_sign(bool by_initiator, uint32_t number, const struct part* parts,
                          size_t count, bool seals, uint8_t* signature);

#endif
