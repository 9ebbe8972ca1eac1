/* SPDX-License-Identifier: Apache-2.0
 *
 * An initiator's first Kerberos step, which may have to wait for a KDC: acquiring WinPR's
 * credential and making the first token, in a worker thread when the wait is limited.
 *
 * A worker that is given up on goes on by itself with copies of everything and throws its result
 * away.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_FIRST_STEP_H
#define NEGOSSP_GLUE_KERBEROS_FIRST_STEP_H

#include "kerberos/kerberos_credential.h"

#define KERBEROS_MAX_TOKEN 48000 /* bytes: MaxTokenSize of Windows Server 2012 and later */

struct kerberos_first_step
{
	struct kerberos_credential* credential;
	struct bytes target; /* UTF-16LE */
	ULONG flags;         /* ISC_REQ_ */
	bool u2u;
	const struct channel_bindings* bindings;
	/* filled in on RESULT_OK */
	SECURITY_STATUS status; /* of InitializeSecurityContext */
	CtxtHandle handle;      /* only when the status is not an error */
	struct blob token;      /* Kerberos' own; the caller's to free */
	/* filled in otherwise: a literal */
	const char* reason;
};

/* RESULT_NO_CREDENTIALS when WinPR got none, the KDC took too long, or too many wait for it
 * already. */
MUST_USE enum result kerberos_first_step_run(struct kerberos_first_step* step);
/* Room for one token, all zero. */
MUST_USE enum result kerberos_token_room(struct blob* room);

#endif
