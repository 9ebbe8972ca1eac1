/* SPDX-License-Identifier: Apache-2.0
 *
 * Channel bindings and target names: to what a logon is tied (MS-NLMP 3.1.1.2, 3.2.5.1.2; RFC 2744
 * 3.11).
 */
#ifndef NEGOSSP_NTLM_BINDINGS_H
#define NEGOSSP_NTLM_BINDINGS_H

#include "ntlm.h"

#define NTLM_BINDINGS_SIZE 16

/* What a caller gave, as it stands in MsvAvChannelBindings. */
struct ntlm_bindings
{
	bool given;
	uint8_t hash[NTLM_BINDINGS_SIZE]; /* zero when not given */
};

/* MD5 over types, lengths and data of `bindings`. NULL leaves *hashed as it is, so that one call
 * with bindings is enough for a context. */
MUST_USE enum result ntlm_bindings_hash(const struct channel_bindings* bindings,
                                        struct ntlm_bindings* hashed);
/* Whether `received`, MsvAvChannelBindings or empty, says nothing: sixteen zero bytes do. */
bool ntlm_bindings_are_absent(struct bytes received);
/* The acceptor's decision. `received` is MsvAvChannelBindings, or empty. RESULT_BAD_BINDINGS with
 * *reason set, or RESULT_OK; *check becomes what was seen, where anything was looked at. */
MUST_USE enum result ntlm_bindings_check(enum ntlm_check_policy policy,
                                         const struct ntlm_bindings* ours, struct bytes received,
                                         enum mech_check* check, const char** reason);
/* Likewise for MsvAvTargetName, which is UTF-16LE. `accepted` is an SPN, compared whole, or a host
 * name, compared with what follows the service class; case does not matter. One that the client
 * says it does not trust (`untrusted`) is none where one is required (MS-NLMP 3.2.5.1.2), but
 * refused where it is another's: an attacker may have had it marked. RESULT_WRONG_TARGET. */
MUST_USE enum result ntlm_target_check(enum ntlm_check_policy policy, struct bytes accepted,
                                       struct bytes received, bool untrusted,
                                       enum mech_check* check, const char** reason);

#endif
