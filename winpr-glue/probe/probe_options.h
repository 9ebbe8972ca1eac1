/* SPDX-License-Identifier: Apache-2.0
 *
 * What a probe is to look at, and how far it goes.
 */
#ifndef NEGOSSP_PROBE_PROBE_OPTIONS_H
#define NEGOSSP_PROBE_PROBE_OPTIONS_H

#include "base/bytes.h"

struct probe_options
{
	const char* host;
	const char* port;
	int milliseconds;        /* how long the server, or a KDC, may take for each answer */
	const char* user;        /* UTF-8; NULL: no logon, CHALLENGE is enough */
	const char* domain;      /* UTF-8, may be empty */
	struct bytes password;   /* UTF-8; may be empty where there is a ticket */
	bool kerberos;           /* the mechanism is Kerberos, not NTLM; with a user alone */
	bool bare;               /* no SPNEGO around the mechanism */
	bool negoex;             /* NEGOEX is offered before the mechanism */
	bool any_certificate;    /* a logon is tried whatever the server shows */
	const char* fingerprint; /* or where the certificate has this SHA-256; NULL */
	bool send_credentials;   /* authInfo too, after which the server has the password */
};

#endif
