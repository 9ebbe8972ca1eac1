/* SPDX-License-Identifier: Apache-2.0
 *
 * NegTokenInit, NegTokenResp (RFC 4178 4.2), NTLM's three messages and their AV pairs
 * (MS-NLMP 2.2), read and written anew for the fuzzer, with nothing of the module's: for the
 * oracle, who must not share a parser's mistake, and for the adversary, who takes tokens apart and
 * puts them together.
 *
 * Parts borrow from what was read.
 */
#ifndef NEGOSSP_FUZZ_WIRE_H
#define NEGOSSP_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi_pair.h"

struct part
{
	const uint8_t* data;
	size_t len;
};

struct part part_of(const struct sspi_token* token);
bool part_equal(struct part a, struct part b);
uint32_t wire_le32(const uint8_t* at);

/* --- SPNEGO ----------------------------------------------------------------------------------- */

enum neg_kind
{
	NEG_NONE, /* neither of the two, or malformed */
	NEG_INIT,
	NEG_RESP
};

#define NEG_ACCEPT_COMPLETED 0
#define NEG_ACCEPT_INCOMPLETE 1
#define NEG_REJECT 2
#define NEG_REQUEST_MIC 3

struct neg
{
	enum neg_kind kind;
	struct part list; /* mechTypes: its SEQUENCE, tag and length included */
	int state;        /* negState, or -1 */
	struct part choice;
	struct part token; /* all three: data is NULL when there is none */
	struct part mic;
};

extern const struct part wire_ntlm_oid;

struct neg neg_read(struct part from);
void neg_write(const struct neg* neg, struct sspi_token* to);
/* The list's OID of that number, without its head; no data when there are fewer. */
struct part neg_list_at(struct part list, unsigned index);
/* A list of whole OID elements, its SEQUENCE around it. */
void neg_list_write(const struct part* elements, size_t count, struct sspi_token* to);

/* --- Kerberos ----------------------------------------------------------------------------------
 */

/* The TOK_ID of a token framed as RFC 2743 3.1 has it (RFC 4121 4.1), and the OID around it; 0 when
 * it is none. */
unsigned krb_read(struct part from, struct part* oid);

/* --- NTLM ------------------------------------------------------------------------------------- */

#define NTLM_KEY_EXCH 0x40000000u
#define NTLM_56 0x80000000u
#define NTLM_128 0x20000000u
#define NTLM_VERSION 0x02000000u
#define NTLM_TARGET_INFO 0x00800000u
#define NTLM_IDENTIFY 0x00100000u
#define NTLM_EXTENDED 0x00080000u
#define NTLM_ANONYMOUS 0x00000800u
#define NTLM_SEAL 0x00000020u
#define NTLM_SIGN 0x00000010u
#define NTLM_UNICODE 0x00000001u

enum ntlm_field
{
	CHALLENGE_TARGET_NAME = 0,
	CHALLENGE_TARGET_INFO,
	AUTHENTICATE_LM = 0,
	AUTHENTICATE_NT,
	AUTHENTICATE_DOMAIN,
	AUTHENTICATE_USER,
	AUTHENTICATE_WORKSTATION,
	AUTHENTICATE_KEY,
	NTLM_FIELDS_MAX
};

struct ntlm
{
	unsigned type; /* 1 to 3; 0 when it is none, or malformed */
	struct part whole;
	uint32_t flags;
	unsigned count; /* of fields */
	struct part fields[NTLM_FIELDS_MAX];
	size_t fixed;  /* bytes before the first field's content */
	size_t mic_at; /* AUTHENTICATE: where its MIC is; 0 when there is no room for one */
};

struct ntlm ntlm_read(struct part from);
/* With the fields laid out anew behind `fixed` bytes of `whole`, and these flags. */
void ntlm_write(const struct ntlm* ntlm, struct sspi_token* to);

#define PAIR_NB_COMPUTER 1
#define PAIR_NB_DOMAIN 2
#define PAIR_FLAGS 6
#define PAIR_TIMESTAMP 7
#define PAIR_TARGET 9
#define PAIR_BINDINGS 10
#define PAIR_KNOWN 11
#define PAIR_FLAG_MIC 2u

struct pairs
{
	bool present[PAIR_KNOWN];
	struct part value[PAIR_KNOWN];
	size_t len; /* of all, with MsvAvEOL */
};

/* False for a list that does not end, known pairs twice, or of another size. */
bool pairs_read(struct part from, struct pairs* pairs);
/* The head of the pair at `at`, which is moved behind it; false at the list's end or a cut one. */
bool pair_next(struct part from, size_t* at, unsigned* id, struct part* value);

#endif
