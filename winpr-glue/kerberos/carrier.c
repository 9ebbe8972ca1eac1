/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's Negotiate as the carrier of its Kerberos.
 */
#include "kerberos/carrier.h"

#include "negossp.h"

#include "host/foreign_reach.h"
#include "host/text.h"
#include "kerberos/token.h"

bool carrier_in_use(void)
{
	return !foreign_is_reachable();
}

WCHAR* carrier_package(void)
{
	static WCHAR kerberos[] = { TEXT_WIDE('K'), TEXT_WIDE('e'), TEXT_WIDE('r'),
		                        TEXT_WIDE('b'), TEXT_WIDE('e'), TEXT_WIDE('r'),
		                        TEXT_WIDE('o'), TEXT_WIDE('s'), 0 };
	static WCHAR negotiate[] = {
		TEXT_WIDE('N'), TEXT_WIDE('e'), TEXT_WIDE('g'), TEXT_WIDE('o'), TEXT_WIDE('t'),
		TEXT_WIDE('i'), TEXT_WIDE('a'), TEXT_WIDE('t'), TEXT_WIDE('e'), 0
	};

	return carrier_in_use() ? negotiate : kerberos;
}

const char* carrier_list(bool u2u)
{
	if (!carrier_in_use())
		return NULL;
	return u2u ? "none,u2u" : "none,kerberos";
}

enum result carrier_take_off(struct bytes* token)
{
	if (!carrier_in_use() || token->len == 0)
		return RESULT_OK;
	TRY(negossp_carried_token(*token, token));
	return token->len > 0 ? RESULT_OK : RESULT_MALFORMED;
}

SECURITY_STATUS carrier_first_status(SECURITY_STATUS status, ULONG flags)
{
	if (!carrier_in_use())
		return status;
	/* Negotiate waits for the acceptor's negState; Kerberos without mutual authentication and
	 * user-to-user waits for nothing (RFC 4121 4.1). */
	if (status == SEC_I_CONTINUE_NEEDED &&
	    !(flags & (ISC_REQ_MUTUAL_AUTH | ISC_REQ_USE_SESSION_KEY)))
		return SEC_E_OK;
	return status;
}

/* Whether an acceptor's token is its last; Negotiate takes it with accept-completed alone. */
static bool carrier_is_last(struct bytes token)
{
	struct kerberos_token parsed;

	return kerberos_token_parse(token, &parsed) == RESULT_OK && parsed.id == TOKEN_AP_REP;
}

enum result carrier_put_on(struct bytes token, struct blob* message)
{
	if (!carrier_in_use())
		return blob_set(message, token);
	return negossp_carry_token(token, carrier_is_last(token), message);
}
