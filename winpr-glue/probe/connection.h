/* SPDX-License-Identifier: Apache-2.0
 *
 * A TCP connection that becomes a TLS one, with a limit on how long each call may take.
 *
 * The certificate is looked at and not trusted: whoever sends something worth protecting asks
 * first whether it verified.
 */
#ifndef NEGOSSP_PROBE_CONNECTION_H
#define NEGOSSP_PROBE_CONNECTION_H

#include "base/bytes.h"

enum connection_result
{
	CONNECTION_OK,
	CONNECTION_SLOW,   /* the time was over */
	CONNECTION_CLOSED, /* by the peer */
	CONNECTION_FAILED  /* for another reason, which connection_problem() tells */
};

struct connection_certificate
{
	char subject[256]; /* escaped, cut where it is longer */
	char issuer[256];
	char not_before[32];
	char not_after[32];
	char fingerprint[65];   /* SHA-256 of the certificate, in hexadecimal digits */
	struct blob public_key; /* the content of SubjectPublicKey (MS-CSSP 3.1.5) */
	const char* untrusted;  /* why it does not verify, by the system's authorities and for the
	                           host; NULL: it does */
};

struct connection;

/* `milliseconds` are for each call from then on, for the host's name and each of its addresses. On
 * failure *connection is there all the same, for connection_problem(); NULL is out of memory. */
enum connection_result connection_open(struct connection** connection, const char* host,
                                       const char* port, int milliseconds);
/* Whether the host's name has an address. */
bool connection_is_resolved(const struct connection* connection);
/* NULL is fine. */
void connection_free(struct connection* connection);
/* `certificate` is the caller's to free by connection_certificate_free(), also after a failure. */
enum connection_result connection_start_tls(struct connection* connection, const char* host,
                                            struct connection_certificate* certificate);
void connection_certificate_free(struct connection_certificate* certificate);
/* "TLSv1.3", or NULL before. */
const char* connection_tls_version(const struct connection* connection);
/* All of it. */
enum connection_result connection_send(struct connection* connection, struct bytes message);
enum connection_result connection_receive(struct connection* connection, uint8_t* to, size_t len);
/* In plain words, after CONNECTION_FAILED. */
const char* connection_problem(const struct connection* connection);

#endif
