/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection, the two threads and the clock of a logon.
 */
#include "nla_side.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ORDINARY_TIMEOUT_MS 10000
/* After the sockets are shut down nothing in FreeRDP blocks for longer than its own timers. */
#define GRACE_SECONDS 20

bool nla_client_is_module(enum nla_pairing pairing)
{
	return pairing == MODULE_TO_STOCK || pairing == MODULE_TO_MODULE;
}

bool nla_server_is_module(enum nla_pairing pairing)
{
	return pairing == STOCK_TO_MODULE || pairing == MODULE_TO_MODULE;
}

static struct timespec later_by_ms(struct timespec from, unsigned ms)
{
	from.tv_sec += (time_t)(ms / 1000);
	from.tv_nsec += (long)(ms % 1000) * 1000000;
	if (from.tv_nsec >= 1000000000)
	{
		from.tv_sec++;
		from.tv_nsec -= 1000000000;
	}
	return from;
}

static void socket_close(int* socket)
{
	if (*socket >= 0)
		(void)close(*socket);
	*socket = -1;
}

/* A connection of two sockets: the listener has a port of the kernel's choice and goes away. */
static bool connection_make(struct nla_pair* pair)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool made = false;

	pair->client_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener >= 0 && pair->client_socket >= 0 &&
	    bind(listener, (const struct sockaddr*)&address, sizeof(address)) == 0 &&
	    listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr*)&address, &size) == 0 &&
	    connect(pair->client_socket, (const struct sockaddr*)&address, sizeof(address)) == 0)
	{
		pair->server_socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pair->client_control = dup(pair->client_socket);
		pair->server_control = dup(pair->server_socket);
		made = pair->client_control >= 0 && pair->server_control >= 0;
	}
	socket_close(&listener);
	return made;
}

static void pair_free(struct nla_pair* pair)
{
	socket_close(&pair->client_control);
	socket_close(&pair->server_control);
	(void)pthread_mutex_destroy(&pair->change_lock);
	free(pair);
}

struct nla_pair* nla_pair_start(const struct nla_options* options)
{
	struct nla_pair* const pair = calloc(1, sizeof(*pair));
	struct timespec now = { 0, 0 };

	if (!pair)
		return NULL;
	pair->options = options;
	(void)pthread_mutex_init(&pair->change_lock, NULL);
	pair->client_socket = pair->server_socket = -1;
	pair->client_control = pair->server_control = -1;
	(void)clock_gettime(CLOCK_MONOTONIC, &pair->started);
	(void)clock_gettime(CLOCK_REALTIME, &now); /* the clock of pthread_timedjoin_np */
	pair->deadline =
	    later_by_ms(now, options->timeout_ms != 0 ? options->timeout_ms : ORDINARY_TIMEOUT_MS);

	if (!connection_make(pair))
		goto failed;
	if (pthread_create(&pair->server_thread, NULL, nla_server_main, pair) != 0)
		goto failed;
	if (pthread_create(&pair->client_thread, NULL, nla_client_main, pair) != 0)
	{
		(void)shutdown(pair->server_control, SHUT_RDWR);
		(void)pthread_join(pair->server_thread, NULL);
		socket_close(&pair->client_socket);
		pair_free(pair);
		return NULL;
	}
	return pair;

failed:
	socket_close(&pair->client_socket);
	socket_close(&pair->server_socket);
	pair_free(pair);
	return NULL;
}

/* A thread that does not end even with its socket gone would use the pair after it is freed: that
 * is the end of the test program, which its watchdog reports. */
static void thread_end(pthread_t thread, const struct timespec* until)
{
	if (pthread_timedjoin_np(thread, NULL, until) != 0)
		abort();
}

void nla_pair_finish(struct nla_pair* pair, struct nla_result* result)
{
	const struct timespec grace = later_by_ms(pair->deadline, GRACE_SECONDS * 1000);
	struct timespec now = { 0, 0 };
	bool client_ended = pthread_timedjoin_np(pair->client_thread, NULL, &pair->deadline) == 0;
	bool server_ended = pthread_timedjoin_np(pair->server_thread, NULL, &pair->deadline) == 0;

	pair->result.in_time = client_ended && server_ended;
	atomic_store(&pair->over, true);
	(void)shutdown(pair->client_control, SHUT_RDWR);
	(void)shutdown(pair->server_control, SHUT_RDWR);
	if (!client_ended)
		thread_end(pair->client_thread, &grace);
	if (!server_ended)
		thread_end(pair->server_thread, &grace);
	if (!pair->client_took_socket)
		socket_close(&pair->client_socket);

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	pair->result.duration_ms = (unsigned)((now.tv_sec - pair->started.tv_sec) * 1000 +
	                                      (now.tv_nsec - pair->started.tv_nsec) / 1000000);
	*result = pair->result;
	pair_free(pair);
}

bool nla_pair_run(const struct nla_options* options, struct nla_result* result)
{
	struct nla_pair* const pair = nla_pair_start(options);

	*result = (struct nla_result){ 0 };
	if (!pair)
		return false;
	nla_pair_finish(pair, result);
	return true;
}

void nla_result_clear(struct nla_result* result)
{
	recorder_clear(&result->recorder);
	free(result->user);
	free(result->domain);
	free(result->password);
	free(result->package);
	free(result->identity);
	*result = (struct nla_result){ 0 };
}
