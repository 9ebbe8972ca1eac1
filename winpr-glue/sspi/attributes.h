/* SPDX-License-Identifier: Apache-2.0
 *
 * The attributes of a context: one row each in the table of attributes.c, and the functions that
 * answer and change them.
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

struct attribute;

/* One question. */
struct attribute_query
{
	const struct attribute* row;
	struct context* context;
	void* ntlm; /* for rows of NTLM's own: its context */
	struct negossp_report report;
	bool wide;
	void* buffer; /* the attribute's structure, not NULL */
};

/* One change. */
struct attribute_change
{
	const struct attribute* row;
	struct context* context;
	void* ntlm; /* as above */
	bool wide;
	const void* buffer; /* not NULL */
	ULONG size;         /* at least the row's */
};

enum attribute_of
{
	ATTRIBUTE_OF_ANY,
	ATTRIBUTE_OF_NTLM,             /* RESULT_UNSUPPORTED with any other mechanism */
	ATTRIBUTE_OF_KERBEROS,         /* WinPR's Kerberos answers; RESULT_UNSUPPORTED otherwise */
	ATTRIBUTE_OF_KERBEROS_AT_LAST, /* WinPR's Kerberos answers once complete; ours otherwise */
};

enum attribute_needs
{
	/* It is about a session or about a user who has logged on, which a failed exchange has not
	 * (RESULT_OUT_OF_SEQUENCE). The others say which mechanism it was and what was on the wire:
	 * good for a log after a failure. */
	NEEDS_LIFE = 1,
	NEEDS_END = 2,      /* the exchange is complete, not the mechanism alone; likewise */
	NEEDS_ACCEPTOR = 4, /* RESULT_UNSUPPORTED at the initiator */
};

struct attribute
{
	ULONG number;
	enum attribute_of of;
	unsigned needs; /* enum attribute_needs; a change needs NEEDS_LIFE always */
	enum result (*query)(const struct attribute_query* query); /* NULL: cannot be asked */
	enum result (*set)(const struct attribute_change* change); /* NULL: cannot be set */
	size_t set_size;         /* of the structure it is set with; 0 where it has no fixed size */
	enum computer_name name; /* 1108 to 1118: which, be it the text or its length */
};

/* attributes_query.c */
enum result attribute_sizes(const struct attribute_query* query);
enum result attribute_names(const struct attribute_query* query);
enum result attribute_native_names(const struct attribute_query* query);
enum result attribute_lifespan(const struct attribute_query* query);
enum result attribute_flags(const struct attribute_query* query);
enum result attribute_session_key(const struct attribute_query* query);
enum result attribute_key_info(const struct attribute_query* query);
enum result attribute_package_info(const struct attribute_query* query);
enum result attribute_negotiation_info(const struct attribute_query* query);
enum result attribute_target_information(const struct attribute_query* query);
enum result attribute_client_target(const struct attribute_query* query);
enum result attribute_last_token(const struct attribute_query* query);
/* Whether the user's name may be told: at the acceptor only that of a user who has logged on. */
bool attribute_user_known(const struct attribute_query* query);
/* Whether it was agreed that nobody is named. */
bool attribute_is_anonymous(const struct attribute_query* query);

/* attributes_ntlm.c */
enum result attribute_identity(const struct attribute_query* query);
enum result attribute_transcript(const struct attribute_query* query);
enum result attribute_name_text(const struct attribute_query* query);
enum result attribute_name_length(const struct attribute_query* query);

/* attributes_set.c */
enum result attribute_set_hash(const struct attribute_change* change);
enum result attribute_set_timestamp(const struct attribute_change* change);
enum result attribute_set_client_challenge(const struct attribute_change* change);
enum result attribute_set_server_challenge(const struct attribute_change* change);
enum result attribute_set_name(const struct attribute_change* change);

#endif
