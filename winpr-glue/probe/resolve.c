/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread asks; who gives up on it leaves it what it needs.
 */
#include "resolve.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/worker.h"

struct lookup
{
	char* host;
	char* port;
	struct addrinfo* addresses;
	int error;
};

static void lookup_free(void* argument)
{
	struct lookup* const lookup = argument;

	if (lookup->addresses)
		freeaddrinfo(lookup->addresses);
	free(lookup->host);
	free(lookup->port);
	free(lookup);
}

static void lookup_run(void* argument)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct lookup* const lookup = argument;

	lookup->error = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
}

static struct lookup* lookup_new(const char* host, const char* port)
{
	struct lookup* const lookup = calloc(1, sizeof(*lookup));

	if (!lookup)
		return NULL;
	lookup->host = strdup(host);
	lookup->port = strdup(port);
	if (lookup->host && lookup->port)
		return lookup;
	lookup_free(lookup);
	return NULL;
}

const char* resolve(const char* host, const char* port, int milliseconds,
                    struct addrinfo** addresses, bool* slow)
{
	static const struct worker_kind kind = { WORKER_NAMES, false, lookup_run, NULL, lookup_free };
	struct lookup* const lookup = lookup_new(host, port);
	const enum worker_end end =
	    lookup ? worker_ask(&kind, lookup, (unsigned)milliseconds) : WORKER_NONE;

	*addresses = NULL;
	*slow = end == WORKER_LATE;
	if (end == WORKER_LATE)
		return "no name server answered in time";
	const char* problem = "there is not enough memory";
	if (end == WORKER_DONE)
	{
		problem = lookup->error != 0 ? gai_strerror(lookup->error) : NULL;
		*addresses = lookup->addresses;
		lookup->addresses = NULL;
	}
	if (lookup)
		lookup_free(lookup);
	return problem;
}
