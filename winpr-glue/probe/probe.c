/* SPDX-License-Identifier: Apache-2.0
 *
 * Each step tells the story what it did; the first that fails ends it.
 */
#include "probe.h"

#include <string.h>

#include "logon.h"
#include "x224.h"

#define ALL_PROTOCOLS (X224_PROTOCOL_SSL | X224_PROTOCOL_HYBRID | X224_PROTOCOL_HYBRID_EX)

static const char* protocol_name(uint32_t protocol)
{
	switch (protocol)
	{
		case X224_PROTOCOL_RDP:
			return "RDP's own";
		case X224_PROTOCOL_SSL:
			return "TLS";
		case X224_PROTOCOL_HYBRID:
			return "CredSSP (NLA)";
		case X224_PROTOCOL_HYBRID_EX:
			return "CredSSP (NLA) with the Early User Authorization Result";
		default:
			return "one that nobody knows";
	}
}

/* MS-RDPBCGR 2.2.1.2.2. */
static const char* failure_words(uint32_t code)
{
	static const char* const words[] = { "TLS is required",
		                                 "TLS is not allowed",
		                                 "the server has no certificate",
		                                 "flags are inconsistent",
		                                 "CredSSP is required",
		                                 "TLS with a client's certificate is required" };

	return code >= 1 && code <= sizeof(words) / sizeof(words[0]) ? words[code - 1]
	                                                             : "for a reason that nobody knows";
}

static const char is_it_the_port[] = "look whether this is the port of an RDP server";

/* Ends the story where a call of the connection's did not do. `when` says what was waited for. */
static bool went(struct story* story, const struct connection* connection,
                 enum connection_result result, enum probe_exit closed, const char* when)
{
	switch (result)
	{
		case CONNECTION_OK:
			return true;
		case CONNECTION_SLOW:
			story_end(story, EXIT_SLOW,
			          "look whether something on the way drops packets; --timeout waits longer",
			          "the server did not answer in time, %s", when);
			break;
		case CONNECTION_CLOSED:
			story_end(story, closed, closed == EXIT_NO_RDP ? is_it_the_port : NULL,
			          "the server closed the connection, %s", when);
			break;
		case CONNECTION_FAILED:
			story_end(story, closed,
			          closed != EXIT_NO_RDP                ? NULL
			          : connection_is_resolved(connection) ? is_it_the_port
			                                               : "look whether the name is right",
			          "%s, %s", connection_problem(connection), when);
			break;
	}
	return false;
}

/* --- X.224 ------------------------------------------------------------------------------------ */

static bool x224_exchange(struct story* story, struct connection* connection, uint32_t protocols,
                          struct x224_confirm* confirm)
{
	static const char when[] = "when asked for a security protocol";
	uint8_t request[X224_REQUEST_SIZE];
	uint8_t packet[X224_MOST_SIZE];
	size_t len = 0;

	x224_request_write(protocols, request);
	if (!went(story, connection, connection_send(connection, BYTES_OF(request)), EXIT_NO_RDP,
	          when) ||
	    !went(story, connection, connection_receive(connection, packet, X224_HEADER_SIZE),
	          EXIT_NO_RDP, when))
		return false;
	if (x224_length(packet, &len) == RESULT_OK &&
	    !went(story, connection,
	          connection_receive(connection, packet + X224_HEADER_SIZE, len - X224_HEADER_SIZE),
	          EXIT_NO_RDP, when))
		return false;
	if (len > 0 && x224_confirm_read(bytes_make(packet, len), confirm) == RESULT_OK)
		return true;
	/* RFC 8446 5.1: an alert. */
	story_end(story, EXIT_NO_RDP, is_it_the_port, "what answers is no RDP server%s",
	          packet[0] == 0x15 ? ", and speaks TLS from the beginning, as web servers and RD "
	                              "Gateways do"
	                            : "");
	return false;
}

/* Whether the server would do with less, asked on a connection of its own; NULL: nobody knows. */
static const char* probe_alone(const struct probe_options* options, uint32_t protocol)
{
	struct story aside = { .event_count = STORY_EVENTS };
	struct connection* connection = NULL;
	struct x224_confirm confirm;
	const char* words = NULL;

	if (connection_open(&connection, options->host, options->port, options->milliseconds) ==
	        CONNECTION_OK &&
	    x224_exchange(&aside, connection, protocol, &confirm))
		words = confirm.answer == X224_REFUSED ? failure_words(confirm.value)
		        : confirm.value == protocol    ? "allowed"
		                                       : "another is taken";
	connection_free(connection);
	return words;
}

/* --- one connection --------------------------------------------------------------------------- */

static bool probe_tls(const struct probe_options* options, struct story* story,
                      struct connection* connection)
{
	story_add(story, '>', "TLS: ClientHello");
	if (!went(story, connection,
	          connection_start_tls(connection, options->host, &story->certificate), EXIT_REFUSED,
	          "in the TLS handshake"))
		return false;
	story->tls_version = connection_tls_version(connection);
	story_add(story, '<', "%s, certificate of %s", story->tls_version, story->certificate.subject);
	return true;
}

static bool probe_is_trusted(const struct probe_options* options, struct story* story)
{
	if (!options->user || options->any_certificate || !story->certificate.untrusted)
		return true;
	if (options->fingerprint && strcmp(options->fingerprint, story->certificate.fingerprint) == 0)
		return true;
	story_end(story, EXIT_UNTRUSTED,
	          "give the SHA-256 that the server's own machine shows to --fingerprint, or take any "
	          "with --any-certificate",
	          "no logon was tried: the certificate is not trusted (%s)",
	          options->fingerprint ? "it has another fingerprint" : story->certificate.untrusted);
	return false;
}

static void probe_connected(const struct probe_options* options, struct story* story,
                            struct connection* connection)
{
	struct x224_confirm confirm;

	story_add(story, '>',
	          "X.224 Connection Request: TLS, CredSSP, CredSSP with Early User Authorization");
	if (!x224_exchange(story, connection, ALL_PROTOCOLS, &confirm))
		return;
	if (confirm.answer == X224_REFUSED)
	{
		story_add(story, '<', "X.224 Connection Confirm: refused, %s",
		          failure_words(confirm.value));
		story_end(story, EXIT_NO_NLA, "allow TLS and NLA at the server",
		          "the server refuses TLS and CredSSP: %s", failure_words(confirm.value));
		return;
	}
	story->security = protocol_name(confirm.value);
	story_add(story, '<', "X.224 Connection Confirm: %s", story->security);
	if (confirm.value != X224_PROTOCOL_RDP && !probe_tls(options, story, connection))
		return;
	if (confirm.value != X224_PROTOCOL_HYBRID && confirm.value != X224_PROTOCOL_HYBRID_EX)
		story_end(story, EXIT_NO_NLA, "turn NLA on at the server",
		          "the server does no NLA: it takes %s security", story->security);
	else if (probe_is_trusted(options, story))
		logon_run(options, story, connection, confirm.value == X224_PROTOCOL_HYBRID_EX);
}

void probe_run(const struct probe_options* options, struct story* story)
{
	struct connection* connection = NULL;

	(void)clock_gettime(CLOCK_MONOTONIC, &story->begun);
	story_add(story, '>', "TCP: connect");
	const enum connection_result result =
	    connection_open(&connection, options->host, options->port, options->milliseconds);
	if (went(story, connection, result, EXIT_NO_RDP,
	         connection_is_resolved(connection) ? "when connecting" : "when looking up its name"))
		probe_connected(options, story, connection);
	connection_free(connection);
	if (story->security)
	{
		story->tls_only = probe_alone(options, X224_PROTOCOL_SSL);
		story->rdp_only = probe_alone(options, X224_PROTOCOL_RDP);
	}
}
