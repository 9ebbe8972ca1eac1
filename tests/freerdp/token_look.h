/* SPDX-License-Identifier: Apache-2.0
 *
 * A second opinion on negoTokens: what an onlooker sees in one without the module's parsers.
 *
 * The tests' expectations must not rest on the code they test, so this walks the bytes by itself:
 * GSS framing (RFC 2743 3.1), the fields of NegTokenInit and NegTokenResp by their context tags
 * (RFC 4178 4.2), of NTLM the signature and the message type (MS-NLMP 2.2.1), and of Kerberos the
 * mechanism and the token identifier (RFC 4121 4.1). Lengths are believed only as far as the token
 * reaches.
 */
#ifndef NEGOSSP_TESTS_TOKEN_LOOK_H
#define NEGOSSP_TESTS_TOKEN_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind
{
	TOKEN_UNKNOWN,
	TOKEN_BARE_NTLM,
	TOKEN_NEG_TOKEN_INIT,
	TOKEN_NEG_TOKEN_RESP
};

struct token_look
{
	enum token_kind kind;
	unsigned ntlm_type;   /* 1 NEGOTIATE, 2 CHALLENGE, 3 AUTHENTICATE, 0 for no NTLM message */
	const char* kerberos; /* "AP-REQ" and the like; NULL for no message of Kerberos. A literal */
	bool offers_ntlm;     /* NegTokenInit: mechTypes contains NTLM's OID */
	bool ntlm_is_first;   /* and it is the first */
	int neg_state;        /* NegTokenResp: 0 to 3, or -1 when absent */
	bool names_mech;      /* NegTokenResp: supportedMech is there */
	bool has_mech_token;  /* mechToken or responseToken */
	bool has_mic;         /* mechListMIC */
};

void token_look(const uint8_t* token, size_t len, struct token_look* look);
/* What was seen in few words, such as "NegTokenResp[accept-completed] mechListMIC", NUL-terminated
 * and cut to `size`. */
void token_describe(const struct token_look* look, char* text, size_t size);

#endif
