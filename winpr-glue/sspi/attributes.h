/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of a context that are answered from its report, and WinPR's own about NTLM.
 */
#ifndef NEGOSSP_GLUE_ATTRIBUTES_H
#define NEGOSSP_GLUE_ATTRIBUTES_H

#include "sspi/context.h"

/* WinPR's numbers; the headers of older releases have only some. */
enum attribute_winpr
{
	ATTRIBUTE_IDENTITY = 1001,
	ATTRIBUTE_PASSWORD = 1002,
	ATTRIBUTE_NTLM_HASH = 1003,
	ATTRIBUTE_NTLM_MESSAGE = 1100,
	ATTRIBUTE_NTLM_TIMESTAMP = 1101,
	ATTRIBUTE_NTLM_CLIENT_CHALLENGE = 1102,
	ATTRIBUTE_NTLM_SERVER_CHALLENGE = 1103,
	ATTRIBUTE_NTLM_PROOF_VALUE = 1104,
	ATTRIBUTE_NTLM_RANDOM_KEY = 1105,
	ATTRIBUTE_NTLM_MIC = 1106,
	ATTRIBUTE_NTLM_MIC_VALUE = 1107,
	ATTRIBUTE_NTLM_HOSTNAME = 1108,
	ATTRIBUTE_NTLM_HOSTNAME_LENGTH = 1110,
	ATTRIBUTE_NTLM_NETBIOS_COMPUTER = 1111,
	ATTRIBUTE_NTLM_NETBIOS_COMPUTER_LENGTH = 1112,
	ATTRIBUTE_NTLM_NETBIOS_DOMAIN = 1113,
	ATTRIBUTE_NTLM_NETBIOS_DOMAIN_LENGTH = 1114,
	ATTRIBUTE_NTLM_DNS_COMPUTER = 1115,
	ATTRIBUTE_NTLM_DNS_COMPUTER_LENGTH = 1116,
	ATTRIBUTE_NTLM_DNS_DOMAIN = 1117,
	ATTRIBUTE_NTLM_DNS_DOMAIN_LENGTH = 1118
};

/* One question: `buffer` is the attribute's structure, not NULL. */
struct attribute_query
{
	struct context* context;
	struct negossp_report report;
	ULONG attribute;
	bool wide;
	void* buffer;
};

/* Whether the user's name may be told: at the acceptor only that of a user who has logged on. */
bool attribute_user_known(const struct attribute_query* query);
/* Which name one of the attributes 1108 to 1118 means, be it the text or the length.
 * RESULT_UNSUPPORTED for any other attribute. */
MUST_USE enum result attribute_find_name(ULONG attribute, enum context_name* name);
/* WinPR's own attributes (attributes_ntlm.c); RESULT_UNSUPPORTED for any other. */
MUST_USE enum result attribute_query_winpr(const struct attribute_query* query);

#endif
