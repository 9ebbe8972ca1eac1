/* SPDX-License-Identifier: Apache-2.0
 *
 * TSCredentials (MS-CSSP 2.2.1.2): what a client delegates with its last message, sealed in
 * authInfo.
 *
 * All of it is secret: what is read is a slice of memory that its owner wipes, what is written is a
 * struct secret, and nothing is left behind in between. Nothing of it may be printed or kept.
 *
 * Text is UTF-16LE without terminators. The parsers want exactly the structure they are named for;
 * RESULT_MALFORMED leaves the result alone and says in *fault (NULL is fine) where. An optional
 * field that is empty counts as absent, in both directions.
 */
#ifndef NEGOSSP_CREDSSP_TS_CREDENTIALS_H
#define NEGOSSP_CREDSSP_TS_CREDENTIALS_H

#include "base/bytes.h"
#include "base/fault.h"
#include "base/secret.h"

enum ts_credentials_type
{
	TS_CREDENTIALS_PASSWORD = 1,
	TS_CREDENTIALS_SMART_CARD = 2,
	TS_CREDENTIALS_REMOTE_GUARD = 6
};

struct ts_credentials
{
	uint32_t type;            /* enum ts_credentials_type, or what else the peer wrote */
	struct bytes credentials; /* the structure that `type` names */
};

/* MS-CSSP 2.2.1.2.1; each may be empty. */
struct ts_password_creds
{
	struct bytes domain;
	struct bytes user;
	struct bytes password;
};

/* MS-CSSP 2.2.1.2.2, with TSCspDataDetail (2.2.1.2.2.1) in it. */
struct ts_smart_card_creds
{
	struct bytes pin;
	uint32_t key_spec;
	struct bytes card_name; /* this one and all that follow are optional */
	struct bytes reader_name;
	struct bytes container_name;
	struct bytes csp_name;
	struct bytes user_hint;
	struct bytes domain_hint;
};

/* TSRemoteGuardPackageCred, MS-CSSP 2.2.1.2.3.1. */
struct ts_package_cred
{
	struct bytes package_name;
	struct bytes cred_buffer;
};

/* Windows sends one, for NTLM beside a logon with Kerberos. */
#define TS_MAX_SUPPLEMENTAL 8

/* MS-CSSP 2.2.1.2.3; more supplemental credentials than there is room for are malformed. */
struct ts_remote_guard_creds
{
	struct ts_package_cred logon;
	struct ts_package_cred supplemental[TS_MAX_SUPPLEMENTAL];
	size_t supplemental_count;
};

MUST_USE enum result ts_credentials_parse(struct bytes plain, struct ts_credentials* credentials,
                                          struct fault* fault);
MUST_USE enum result ts_password_creds_parse(struct bytes plain, struct ts_password_creds* creds,
                                             struct fault* fault);
MUST_USE enum result ts_smart_card_creds_parse(struct bytes plain,
                                               struct ts_smart_card_creds* creds,
                                               struct fault* fault);
MUST_USE enum result ts_remote_guard_creds_parse(struct bytes plain,
                                                 struct ts_remote_guard_creds* creds,
                                                 struct fault* fault);
/* All of the above at once: TSCredentials of a known type that hold what they say. */
MUST_USE enum result ts_credentials_check(struct bytes plain, struct fault* fault);

/* Whole TSCredentials around the structure, in DER, replacing *plain. RESULT_BUFFER_TOO_SMALL above
 * 64 KiB, RESULT_NO_MEMORY; *plain is left alone then. */
MUST_USE enum result ts_password_creds_write(const struct ts_password_creds* creds,
                                             struct secret* plain);
MUST_USE enum result ts_smart_card_creds_write(const struct ts_smart_card_creds* creds,
                                               struct secret* plain);
/* RESULT_INVALID_ARGUMENT for a count above TS_MAX_SUPPLEMENTAL. */
MUST_USE enum result ts_remote_guard_creds_write(const struct ts_remote_guard_creds* creds,
                                                 struct secret* plain);

#endif
