/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of nla_pair: what the two sides of a logon share, and the two threads' functions.
 */
#ifndef NEGOSSP_TESTS_NLA_SIDE_H
#define NEGOSSP_TESTS_NLA_SIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>
#include <freerdp/transport_io.h>

#include <time.h>

#include "nla_pair.h"

struct nla_pair
{
	const struct nla_options* options;
	struct timespec started;
	struct timespec deadline;
	pthread_t client_thread;
	pthread_t server_thread;
	int client_socket; /* handed to FreeRDP, which closes it */
	int server_socket;
	int client_control; /* duplicates of the two, for shutting down from outside */
	int server_control;
	pthread_mutex_t change_lock;
	atomic_bool over;         /* the time is up: threads end */
	bool client_took_socket;  /* client's thread only */
	unsigned client_messages; /* TSRequests sent so far, by each side's own thread */
	unsigned server_messages;
	rdpTransportIo client_io; /* FreeRDP's own callbacks, which ours go on to */
	rdpTransportIo server_io;
	struct nla_result result; /* members are written by the one thread that knows them */
};

void* nla_client_main(void* pair);
void* nla_server_main(void* pair);

/* Whether a message of FreeRDP's transport is a TSRequest: a SEQUENCE, where everything else of RDP
 * begins with a TPKT header. */
bool nla_is_ts_request(const uint8_t* data, size_t len);
/* One side's WritePdu: applies the fault where it is due, sends by `write`, and leaves in *sent
 * what went out. Below 0 the connection is gone. */
int nla_write_message(struct nla_pair* pair, enum recorder_from from, pTransportRWFkt write,
                      rdpTransport* transport, wStream* stream, struct blob* sent);

#endif
