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

#include <winpr/sspi.h>

#include "kerberos/krb5_probe.h"

#define FAKE_SIGNATURE_SIZE 28u
#define FAKE_TRAILER_SIZE 60u

struct fake_winpr
{
	/* the script */
	bool carried;  /* before the first call, once a process */
	int minor;     /* of FreeRDP 3 */
	bool no_table; /* WinPR has none: every entry is missing */
	SECURITY_STATUS acquire, initiate, accept, later, query, set, protect, check, other;
	unsigned delay_ms; /* of acquiring and of a first step */
	bool no_mutual;    /* the initiator is complete with its first token */
	bool garbage;      /* tokens that no carrier can take apart */
	enum krb5_answer library, ticket, keytab, realm;

	/* what happened; guarded by a lock of its own */
	int credentials, contexts; /* live */
	unsigned calls, acquired, freed_twice;
	char package[16], list[32], user[32], password[32], principal[32], target[64];
	char proxy[64];
	BYTE bindings[64]; /* SEC_CHANNEL_BINDINGS of an initiator's first call */
	ULONG bindings_len;
	ULONG flags;
	UINT32 identity_flags;
	unsigned sent, received; /* MessageSeqNo last used */
};

extern struct fake_winpr fake;

/* Everything as if nothing had happened, and nothing fails; `carried` stays. */
void fake_winpr_reset(void);
/* Whether so many credentials were acquired at least and nothing of it all is left; for who waits
 * for a worker. */
bool fake_winpr_is_idle(unsigned acquired);

#endif
