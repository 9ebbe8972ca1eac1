/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted WinPR's tokens: of the right form, with nothing behind them.
 */
#ifndef NEGOSSP_TESTS_FAKE_TOKEN_H
#define NEGOSSP_TESTS_FAKE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include <winpr/sspi.h>

struct text
{
	BYTE data[256];
	size_t len;
};

/* A Kerberos token with that TOK_ID. */
struct text fake_token_make(bool u2u, BYTE high, BYTE low);
/* User-to-user's first, which names the server (draft-swift-win2k-krb-user2user 5.1). Either may be
 * NULL: then that part of the name is left out, and with both all of it. */
struct text fake_tgt_req(const char* service, const char* host);
/* The TOK_ID of the input's token, or 0. `wrapped`: in a NegTokenResp, whose negState is told. */
unsigned fake_token_id(const SecBufferDesc* input, bool wrapped, bool* completed);
/* Writes a token to the output buffer; as a carrier's initiator does, `init` in a NegTokenInit. */
SECURITY_STATUS fake_token_put(const SecBufferDesc* output, struct text text, bool carrier,
                               bool init);

#endif
