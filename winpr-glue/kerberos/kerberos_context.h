/* SPDX-License-Identifier: Apache-2.0
 *
 * A Kerberos context from the inside: for mech_kerberos.c, which brings it to its end, and
 * kerberos_message.c, which uses it after that.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_CONTEXT_H
#define NEGOSSP_GLUE_KERBEROS_CONTEXT_H

#include "kerberos/kerberos_credential.h"
#include "kerberos/krb_error.h"

struct kerberos_context
{
	struct kerberos_credential* credential;
	struct kerberos_use* use;
	enum mech_role role;
	bool u2u;
	bool started;
	bool complete;
	bool dead;
	enum mech_sent shown; /* what of ours went out, for the report */
	uint32_t
	    flags; /* enum mech_flag: as requested; at the acceptor what the client's token grants */
	struct blob target; /* UTF-16LE; empty at the acceptor */
	WCHAR* wide_target; /* the same for WinPR */
	CtxtHandle handle;
	uint32_t sent;     /* messages protected so far */
	uint32_t received; /* messages checked so far */
	SecPkgContext_Sizes sizes;
	const char* reason;
	char error_text[KRB_ERROR_TEXT_SIZE]; /* of the peer's KRB-ERROR, if it sent one */
};

/* What an acceptor's first token is decides which of the two mechanisms it is of, whatever the list
 * of mechanisms calls it. User-to-user is refused, with a reason, where it is not offered
 * (RESULT_UNSUPPORTED) and where the keytab has no such name (RESULT_WRONG_TARGET).
 * kerberos_admit.c */
MUST_USE enum result kerberos_admit(struct kerberos_context* context, struct bytes token);
/* The vtable's message functions. */
MUST_USE enum result kerberos_mic_make(void* opaque, struct bytes message, struct blob* mic);
MUST_USE enum result kerberos_mic_verify(void* opaque, struct bytes message, struct bytes mic);
MUST_USE enum result kerberos_wrap(void* opaque, bool seal, struct mech_part* parts, size_t count,
                                   uint8_t* trailer, size_t* trailer_len);
MUST_USE enum result kerberos_unwrap(void* opaque, bool sealed, struct mech_part* parts,
                                     size_t count, struct bytes trailer);

#endif
