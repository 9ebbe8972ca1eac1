/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket never blocks: who has to wait does so in poll(), until the call's time is over.
 */
#include "connection.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "resolve.h"

/* OpenSSL's level of 112 bits, which is FreeRDP's too. */
#define TRUST_LEVEL 2

struct connection
{
	int socket;
	bool resolved;
	int milliseconds;
	struct timespec deadline; /* of this call */
	SSL_CTX* tls_context;
	SSL* tls;
	char problem[256];
};

static enum connection_result failed(struct connection* connection, const char* what)
{
	(void)snprintf(connection->problem, sizeof(connection->problem), "%s", what);
	return CONNECTION_FAILED;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void deadline_set(struct connection* connection)
{
	(void)clock_gettime(CLOCK_MONOTONIC, &connection->deadline);
	connection->deadline.tv_sec += connection->milliseconds / 1000;
	connection->deadline.tv_nsec += connection->milliseconds % 1000 * 1000000L;
}

static int deadline_left(const struct connection* connection)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	const long long left = (connection->deadline.tv_sec - now.tv_sec) * 1000LL +
	                       (connection->deadline.tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

static enum connection_result wait_for(struct connection* connection, short events)
{
	for (;;)
	{
		struct pollfd poll_on = { .fd = connection->socket, .events = events };
		const int left = deadline_left(connection);
		const int ready = left > 0 ? poll(&poll_on, 1, left) : 0;

		if (ready > 0)
			return CONNECTION_OK;
		if (ready == 0)
			return CONNECTION_SLOW;
		if (errno != EINTR)
			return failed(connection, strerror(errno));
	}
}

/* --- TCP -------------------------------------------------------------------------------------- */

static enum connection_result connect_to(struct connection* connection,
                                         const struct addrinfo* address)
{
	int error = 0;
	socklen_t size = sizeof(error);

	deadline_set(connection);
	connection->socket =
	    socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
	           address->ai_protocol);
	if (connection->socket < 0)
		return failed(connection, strerror(errno));
	if (connect(connection->socket, address->ai_addr, address->ai_addrlen) == 0)
		return CONNECTION_OK;
	if (errno != EINPROGRESS)
		return failed(connection, strerror(errno));
	const enum connection_result result = wait_for(connection, POLLOUT);
	if (result != CONNECTION_OK)
		return result;
	if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	return error == 0 ? CONNECTION_OK : failed(connection, strerror(error));
}

enum connection_result connection_open(struct connection** opened, const char* host,
                                       const char* port, int milliseconds)
{
	struct addrinfo* addresses = NULL;
	bool slow = false;
	struct connection* const connection = calloc(1, sizeof(*connection));
	enum connection_result result = CONNECTION_FAILED;

	*opened = connection;
	if (!connection)
		return CONNECTION_FAILED;
	connection->socket = -1;
	connection->milliseconds = milliseconds;
	const char* const problem = resolve(host, port, milliseconds, &addresses, &slow);
	if (slow)
		return CONNECTION_SLOW;
	if (problem)
		return failed(connection, problem);
	connection->resolved = true;
	for (const struct addrinfo* at = addresses; at && result != CONNECTION_OK; at = at->ai_next)
	{
		if (connection->socket >= 0)
			(void)close(connection->socket);
		result = connect_to(connection, at);
	}
	freeaddrinfo(addresses);
	return result;
}

void connection_free(struct connection* connection)
{
	if (!connection)
		return;
	SSL_free(connection->tls);
	SSL_CTX_free(connection->tls_context);
	if (connection->socket >= 0)
		(void)close(connection->socket);
	free(connection);
}

bool connection_is_resolved(const struct connection* connection)
{
	return connection && connection->resolved;
}

const char* connection_problem(const struct connection* connection)
{
	return connection ? connection->problem : "there is not enough memory";
}

/* --- TLS -------------------------------------------------------------------------------------- */

/* After a call of OpenSSL's that returned `code`: CONNECTION_OK is "call it again". */
static enum connection_result tls_wait(struct connection* connection, int code)
{
	switch (SSL_get_error(connection->tls, code))
	{
		case SSL_ERROR_WANT_READ:
			return wait_for(connection, POLLIN);
		case SSL_ERROR_WANT_WRITE:
			return wait_for(connection, POLLOUT);
		case SSL_ERROR_ZERO_RETURN:
			return CONNECTION_CLOSED;
		case SSL_ERROR_SYSCALL:
			return errno == 0 || errno == ECONNRESET || errno == EPIPE
			           ? CONNECTION_CLOSED
			           : failed(connection, strerror(errno));
		default:
		{
			const unsigned long error = ERR_get_error();
			const char* const words = ERR_reason_error_string(error);
			/* OpenSSL 3 tells an end without close_notify so. */
			if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
				return CONNECTION_CLOSED;
			return failed(connection, words ? words : "TLS failed");
		}
	}
}

/* A name of a certificate: an attacker's bytes, which RFC 2253's writing escapes. */
static void name_text(const X509_NAME* name, char* text, size_t size)
{
	BIO* const memory = BIO_new(BIO_s_mem());

	text[0] = '\0';
	if (memory && X509_NAME_print_ex(memory, name, 0,
	                                 (XN_FLAG_RFC2253 | ASN1_STRFLGS_ESC_CTRL) &
	                                     ~(unsigned long)ASN1_STRFLGS_UTF8_CONVERT) >= 0)
	{
		const int got = BIO_read(memory, text, (int)size - 1);
		text[got > 0 ? got : 0] = '\0';
	}
	BIO_free(memory);
}

static void time_text(const ASN1_TIME* from, char* text, size_t size)
{
	struct tm utc;

	if (!from || ASN1_TIME_to_tm(from, &utc) != 1 ||
	    strftime(text, size, "%Y-%m-%d %H:%M:%S", &utc) == 0)
		(void)snprintf(text, size, "unknown");
}

/* X509_V_OK where the system's authorities stand for it and for the host. The chain is verified
 * anew: at the level at which TLS was spoken a key of any size is good enough for OpenSSL. */
static int certificate_verify(const struct connection* connection)
{
	X509_STORE_CTX* const context = X509_STORE_CTX_new();
	int verdict = X509_V_ERR_OUT_OF_MEM;

	if (context &&
	    X509_STORE_CTX_init(context, SSL_CTX_get_cert_store(connection->tls_context),
	                        SSL_get0_peer_certificate(connection->tls),
	                        SSL_get_peer_cert_chain(connection->tls)) == 1 &&
	    X509_STORE_CTX_set_default(context, "ssl_server") == 1 &&
	    X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context),
	                           SSL_get0_param(connection->tls)) == 1)
	{
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), TRUST_LEVEL);
		(void)X509_verify_cert(context);
		verdict = X509_STORE_CTX_get_error(context);
	}
	X509_STORE_CTX_free(context);
	return verdict;
}

static enum connection_result certificate_read(struct connection* connection,
                                               struct connection_certificate* certificate)
{
	const X509* const x509 = SSL_get0_peer_certificate(connection->tls);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!x509)
		return failed(connection, "the server shows no certificate");
	name_text(X509_get_subject_name(x509), certificate->subject, sizeof(certificate->subject));
	name_text(X509_get_issuer_name(x509), certificate->issuer, sizeof(certificate->issuer));
	time_text(X509_get0_notBefore(x509), certificate->not_before, sizeof(certificate->not_before));
	time_text(X509_get0_notAfter(x509), certificate->not_after, sizeof(certificate->not_after));
	if (X509_digest(x509, EVP_sha256(), digest, &size) != 1 || size != 32)
		return failed(connection, "the certificate cannot be digested");
	for (size_t i = 0; i < size; i++)
		(void)snprintf(certificate->fingerprint + 2 * i, 3, "%02x", digest[i]);
	const ASN1_BIT_STRING* const key = X509_get0_pubkey_bitstr(x509);
	if (!key || blob_set(&certificate->public_key,
	                     bytes_make(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key))) !=
	                RESULT_OK)
		return failed(connection, "the certificate has no key, or memory is short");
	const int verified = certificate_verify(connection);
	certificate->untrusted = verified == X509_V_OK ? NULL : X509_verify_cert_error_string(verified);
	return CONNECTION_OK;
}

static bool tls_prepare(struct connection* connection, const char* host)
{
	struct in6_addr address;
	const bool numeric =
	    inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;

	connection->tls_context = SSL_CTX_new(TLS_client_method());
	if (!connection->tls_context)
		return false;
	(void)SSL_CTX_set_default_verify_paths(connection->tls_context);
	/* Old servers are to be told about, not only to be refused. */
	(void)SSL_CTX_set_min_proto_version(connection->tls_context, TLS1_VERSION);
	SSL_CTX_set_security_level(connection->tls_context, 0);
	connection->tls = SSL_new(connection->tls_context);
	if (!connection->tls || SSL_set_fd(connection->tls, connection->socket) != 1)
		return false;
	if (numeric)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection->tls), host) == 1;
	/* SSL_set_tlsext_host_name(), whose cast clang takes for a mistake. */
	return SSL_set1_host(connection->tls, host) == 1 &&
	       SSL_ctrl(connection->tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
	                (void*)(uintptr_t)host) == 1;
}

enum connection_result connection_start_tls(struct connection* connection, const char* host,
                                            struct connection_certificate* certificate)
{
	int code;

	*certificate = (struct connection_certificate){ .untrusted = "it was not looked at" };
	if (!tls_prepare(connection, host))
		return failed(connection, "OpenSSL cannot be used");
	deadline_set(connection);
	for (;;)
	{
		ERR_clear_error();
		errno = 0;
		if ((code = SSL_connect(connection->tls)) == 1)
			return certificate_read(connection, certificate);
		const enum connection_result result = tls_wait(connection, code);
		if (result != CONNECTION_OK)
			return result;
	}
}

void connection_certificate_free(struct connection_certificate* certificate)
{
	blob_free(&certificate->public_key);
}

const char* connection_tls_version(const struct connection* connection)
{
	return connection->tls ? SSL_get_version(connection->tls) : NULL;
}

/* --- messages --------------------------------------------------------------------------------- */

/* What was sent or received of `len` bytes by one call, 0 for none yet. */
static enum connection_result part_move(struct connection* connection, bool out, uint8_t* data,
                                        size_t len, size_t* moved)
{
	*moved = 0;
	errno = 0;
	if (connection->tls)
	{
		ERR_clear_error();
		const int code = out ? SSL_write_ex(connection->tls, data, len, moved)
		                     : SSL_read_ex(connection->tls, data, len, moved);
		return code == 1 ? CONNECTION_OK : tls_wait(connection, code);
	}
	const ssize_t got = out ? send(connection->socket, data, len, MSG_NOSIGNAL)
	                        : recv(connection->socket, data, len, 0);
	if (got > 0)
	{
		*moved = (size_t)got;
		return CONNECTION_OK;
	}
	if (got == 0 || errno == ECONNRESET || errno == EPIPE)
		return CONNECTION_CLOSED;
	if (errno == EAGAIN || errno == EINTR)
		return wait_for(connection, out ? POLLOUT : POLLIN);
	return failed(connection, strerror(errno));
}

static enum connection_result whole_move(struct connection* connection, bool out, uint8_t* data,
                                         size_t len)
{
	size_t done = 0;

	deadline_set(connection);
	while (done < len)
	{
		size_t moved;
		const enum connection_result result =
		    part_move(connection, out, data + done, len - done, &moved);
		if (result != CONNECTION_OK)
			return result;
		done += moved;
	}
	return CONNECTION_OK;
}

enum connection_result connection_send(struct connection* connection, struct bytes message)
{
	return whole_move(connection, true, (uint8_t*)(uintptr_t)message.data, message.len);
}

enum connection_result connection_receive(struct connection* connection, uint8_t* to, size_t len)
{
	return whole_move(connection, false, to, len);
}
