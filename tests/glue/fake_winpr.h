/* SPDX-License-Identifier: Apache-2.0
 *
 * A scripted SecurityFunctionTable in the place of WinPR's, as fake_mech.h is for struct mech. It
 * defines what winpr-glue/host/foreign.h, host/version.h and kerberos/krb5_probe.h declare, so that
 * a program that links it with the glue never reaches WinPR's packages nor a Kerberos library.
 *
 * Its Kerberos speaks tokens of the right form with nothing behind them: AP-REQ and AP-REP, and
 * TGT-REQ and TGT-REP before them for user-to-user (RFC 4121 4.1,
 * draft-swift-win2k-krb-user2user). `carried` makes it the WinPR of 3.31 and later: its packages
 * cannot be found by their handles, and its Negotiate carries Kerberos.
 */
#ifndef NEGOSSP_TESTS_FAKE_WINPR_H
#define NEGOSSP_TESTS_FAKE_WINPR_H

#include <stdbool.h>
#include <stddef.h>

#include <winpr/sspi.h>

#include "kerberos/krb5_probe.h"

#define FAKE_SIGNATURE_SIZE 28u
#define FAKE_TRAILER_SIZE 60u
#define FAKE_QOP 0x51u     /* what checking a message says of it */
#define FAKE_EXPIRY 20380u /* LowPart of what the table's calls say */

/* What there is to say of each call; `what happened` is guarded by a lock of its own. */
struct fake_winpr
{
	/* the script */
	bool carried;   /* before the first call, once a process */
	int minor;      /* of FreeRDP 3 */
	bool no_table;  /* WinPR has none: every entry is missing */
	size_t missing; /* this one alone is (offsetof in either table); 0 is none */
	SECURITY_STATUS acquire, initiate, accept, later, query, set, protect, check, other;
	_Atomic unsigned delay_ms;    /* of acquiring and of a first step */
	bool no_mutual;               /* the initiator is complete with its first token */
	bool garbage;                 /* tokens that no carrier can take apart */
	unsigned more_packages;       /* than the five in WinPR's list */
	_Atomic bool lists_are_taken; /* by another thread: nobody else may list packages */
	ULONG granted; /* ASC_RET_: what the client's authenticator asks for (RFC 4121 4.1.1.1) */
	enum krb5_answer library, ticket, keytab, realm;
	/* the keytab's principals, separated by spaces, and the version of their keys; NULL: the
	 * library cannot say */
	const char* principals;
	unsigned key_version;
	const char* refused; /* the KDC has tickets for all but this one */
	_Atomic unsigned kdc_delay_ms;
	int64_t kdc_takes_ms; /* by a clock that the test moves */
	_Atomic int64_t clock_ahead_ms;

	/* what happened */
	bool lists_were_taken;     /* when they were listed */
	int credentials, contexts; /* live */
	unsigned calls, initiated, acquired, freed_twice, lists_out;
	unsigned ended; /* contexts that came to their end */
	bool wide;      /* the last call of an entry that exists in A and W */
	/* the last credential that was acquired */
	char package[16], list[32], user[32], domain[32], password[32], principal[32];
	ULONG use;
	const void* logon;
	const void* auth_data;
	SEC_GET_KEY_FN key;
	const void* key_argument;
	UINT32 identity_flags;
	/* Kerberos' settings in it, in WinPR's order: kdcUrl, keytab, cache, armorCache,
	 * pkinitX509Anchors, pkinitX509Identity; withPac, startTime, renewLifeTime, lifeTime */
	char settings[6][48];
	INT32 numbers[4];
	BYTE cert_sha1[20];
	char proxy[64];
	unsigned proxies; /* how often one was set */
	/* the last call for a context */
	char target[64];
	ULONG flags, representation, reserved[2];
	BYTE bindings[64]; /* SEC_CHANNEL_BINDINGS of an initiator's first call */
	ULONG bindings_len;
	ULONG room;     /* bytes for its token */
	bool completed; /* what a carrier's initiator was last given came with accept-completed */
	unsigned sent, received; /* MessageSeqNo last used */
	ULONG qop;
	bool impersonated;
	const void* completed_with;
	/* what the Kerberos library was asked for */
	char asked_cache[48], asked_keytab[48];
	char asked_kdc[128]; /* for which principals, separated by spaces */
	_Atomic unsigned kdc_asked;
	_Atomic unsigned keytab_opened;
};

extern struct fake_winpr fake;

/* Everything as if nothing had happened, and nothing fails; `carried` stays. */
void fake_winpr_reset(void);
/* From now on acceptors offer user-to-user: with TERMSRV/server.example in the keytab, and a KDC
 * that has answered. */
void fake_winpr_offer_u2u(void);
/* Whether so many credentials were acquired at least and nothing of it all is left; for who waits
 * for a worker. */
bool fake_winpr_is_idle(unsigned acquired);
/* Whether there were more calls than so many. */
bool fake_winpr_has_been_called(unsigned calls);

#endif
