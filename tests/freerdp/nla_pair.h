/* SPDX-License-Identifier: Apache-2.0
 *
 * One NLA logon: a freerdp_peer server and a freerdp client in this process, on libfreerdp's public
 * API, each in a thread of its own, over a TCP connection on 127.0.0.1, with real TLS. Each side
 * loads the security package that the test names, or has WinPR's own. The logon ends where NLA
 * ends: no channels, no graphics.
 *
 * A fault can be put on the way of either side's n-th TSRequest. Everything is bounded: when the
 * time is up, both ends of the connection are shut down and the result says so.
 *
 * nla_pair_run() is the ordinary way; start and finish apart are for several logons at once.
 */
#ifndef NEGOSSP_TESTS_NLA_PAIR_H
#define NEGOSSP_TESTS_NLA_PAIR_H

#include "recorder.h"

/* Who loads negossp.so, client first; the other side has WinPR's packages. */
enum nla_pairing
{
	STOCK_TO_STOCK,
	STOCK_TO_MODULE,
	MODULE_TO_STOCK,
	MODULE_TO_MODULE
};

enum nla_fault_kind
{
	FAULT_NONE,
	FAULT_GO_AWAY,       /* the connection is shut down instead of sending the message */
	FAULT_TOKEN_GARBAGE, /* every token in it is overwritten; TSRequest itself stays well formed */
	FAULT_BODY_GARBAGE,  /* all but the outer tag and length is overwritten */
	FAULT_BODY_CUT,      /* the first half, with the outer length made to fit */
	FAULT_SPLIT          /* pubKeyAuth goes in a message of its own, right after the rest */
};

struct nla_fault
{
	enum nla_fault_kind kind;
	enum recorder_from who;
	unsigned leg; /* which of that side's TSRequests, from 1 */
};

/* How a server's hash callback answers; see nla_options. */
struct nla_callback
{
	const char* password; /* of whoever asks; NULL for no callback */
	uint32_t last_error;  /* not 0: SetLastError() with it, and refuse */
};

struct nla_options
{
	enum nla_pairing pairing;
	const char* user; /* what the client logs on with, UTF-8 */
	const char* domain;
	const char* password;
	/* 32 hexadecimal digits: the NT hash that stands for the password, in restricted admin mode,
	 * the only one in which FreeRDP takes it; NULL for the password. */
	const char* password_hash;
	const char* host;   /* what the client takes the server for; NULL for a literal address, of
	                     * which Kerberos knows no principal */
	const char* keytab; /* the server's, a path; NULL for none */
	const char* sam;    /* the server's SAM file in the lab's folder; NULL when it has a callback */
	struct nla_callback callback;
	struct nla_fault fault;
	/* Is shown each TSRequest before it is sent and may change it; what it puts in lives until it
	 * is called again. Called by one thread at a time. NULL for nobody. */
	void (*change)(void* state, enum recorder_from from, unsigned leg, struct ts_request* request);
	void* change_state;
	uint32_t version;    /* not 0: what TSRequest.version says on the wire, both ways */
	unsigned timeout_ms; /* 0 for the ordinary one */
};

struct nla_result
{
	bool in_time;            /* both sides ended by themselves */
	bool server_logged_on;   /* the server's Logon callback ran: it has read the credentials */
	bool client_went_on;     /* the client left NLA and began with what comes after */
	uint32_t client_error;   /* freerdp_get_last_error() of the client when its NLA ended */
	unsigned callback_calls; /* how often the hash callback was asked */
	char* user;              /* the credentials the server was given; NULL before Logon */
	char* domain;
	char* password;
	/* What gnome-remote-desktop asks its server in the Logon callback: the mechanism's name, and
	 * who was proven, "user@realm" or NULL. With a keytab alone, and from FreeRDP 3.22 on. */
	char* package;
	char* identity;
	unsigned duration_ms;
	struct recorder recorder; /* as the server read and wrote */
};

struct nla_pair;

/* NULL when even the connection cannot be made. `options` and its strings outlive the pair. */
struct nla_pair* nla_pair_start(const struct nla_options* options);
/* Waits, ends and frees the pair; *result is the caller's, to be cleared by nla_result_clear(). */
void nla_pair_finish(struct nla_pair* pair, struct nla_result* result);
/* Both; false when it could not start. */
bool nla_pair_run(const struct nla_options* options, struct nla_result* result);
void nla_result_clear(struct nla_result* result);

bool nla_client_is_module(enum nla_pairing pairing);
bool nla_server_is_module(enum nla_pairing pairing);

#endif
