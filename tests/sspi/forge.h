/* SPDX-License-Identifier: Apache-2.0
 *
 * SPNEGO tokens taken apart and put together anew, by hand and with nothing of the module's: for
 * tests that play the man in the middle. Whatever is not as expected fails the running test.
 */
#ifndef NEGOSSP_TESTS_FORGE_H
#define NEGOSSP_TESTS_FORGE_H

#include "sspi_pair.h"

enum neg_state
{
	ACCEPT_COMPLETED,
	ACCEPT_INCOMPLETE,
	REJECT,
	REQUEST_MIC,
	NO_STATE /* leave negState out */
};

/* Object identifiers as DER elements, as string literals without zero bytes. */
#define NTLM_OID "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"
#define KERBEROS_OID "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"

/* The NTLM message in a framed token, or NULL; *len is its DER element's. Borrowed. */
const uint8_t* forge_find_ntlm(const struct sspi_token* token, size_t* len);
/* The 16 bytes of NTLM's mechListMIC, or NULL. Borrowed. */
const uint8_t* forge_find_mic(const struct sspi_token* token);
/* Replaces *token by a NegTokenResp of these parts; NULL leaves one out. `mech` is an OID element,
 * `mic` has 16 bytes; both, and the message, may lie inside of *token. */
void forge_resp(struct sspi_token* token, enum neg_state neg_state, const char* mech,
                const uint8_t* message, size_t message_len, const uint8_t* mic);
/* Replaces the mechTypes of a NegTokenInit by `list`, OID elements one after the other. */
void forge_mech_types(struct sspi_token* token, const char* list);

#endif
