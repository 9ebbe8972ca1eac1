/* SPDX-License-Identifier: Apache-2.0
 *
 * The context inside of CredSSP: one mechanism, in SPNEGO or bare. Kerberos is WinPR's, reached as
 * negossp.so reaches it.
 */
#ifndef NEGOSSP_PROBE_INNER_H
#define NEGOSSP_PROBE_INNER_H

#include "kerberos/mech_kerberos.h"
#include "negossp.h"
#include "ntlm.h"
#include "probe_options.h"

struct identity /* UTF-16LE */
{
	struct bytes user;
	struct bytes domain;
	struct bytes password;
	struct bytes target; /* the SPN that a client of RDP names */
};

struct inner /* zeroed to begin with */
{
	struct negossp_context* context;
	struct ntlm_credential* ntlm;
	struct kerberos_credential* kerberos;
	struct kerberos_use use;
};

/* `identity` is copied. RESULT_NO_CREDENTIALS: this WinPR has no Kerberos. Whatever comes of it,
 * inner_close(). */
MUST_USE enum result inner_open(struct inner* inner, const struct probe_options* options,
                                const struct identity* identity);
void inner_close(struct inner* inner);

#endif
