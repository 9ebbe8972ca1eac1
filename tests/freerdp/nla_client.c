/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of a logon: a freerdp instance with AuthenticationOnly, whose TCPConnect hands out the
 * socket that the pair already has.
 */
#include "nla_side.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include <freerdp/error.h>

#include "nla_leaks.h"

/* A second connection is FreeRDP's attempt to reconnect after the first broke; there is none. */
static int client_tcp_connect(rdpContext* context, rdpSettings* settings, const char* hostname,
                              int port, DWORD timeout)
{
	struct nla_pair* const pair = freerdp_get_io_callback_context(context);

	(void)settings;
	(void)hostname;
	(void)port;
	(void)timeout;
	if (pair->client_took_socket)
		return -1;
	pair->client_took_socket = true;
	return pair->client_socket;
}

/* FreeRDP makes its BIO's methods at their first use, unlocked: of two threads that come to TLS in
 * the same moment, one may find them without their functions, and libssl dies of it. So the first
 * client of a process lets its server go first, which then waits for the client. */
static void client_go_second(void)
{
	static atomic_flag gone = ATOMIC_FLAG_INIT;
	static const struct timespec moment = { .tv_nsec = 50000000 };

	if (!atomic_flag_test_and_set(&gone))
		(void)nanosleep(&moment, NULL);
}

static BOOL client_tls_connect(rdpTransport* transport)
{
	const struct nla_pair* const pair =
	    freerdp_get_io_callback_context(transport_get_context(transport));

	client_go_second();
	nla_leaks_ignore();
	const BOOL connected = pair->client_io.TLSConnect(transport);
	nla_leaks_watch();
	return connected;
}

/* The first message after NLA is the X.224 one that carries MCS Connect Initial: the client is
 * satisfied with the server, and the test with the client. Aborting keeps it from connecting once
 * more, which it does when a server hangs up. Since 3.15 aborting itself writes a message first. */
static int client_end(struct nla_pair* pair, rdpContext* context)
{
	if (pair->result.client_went_on)
		return -1;
	pair->result.client_went_on = true;
	pair->result.client_error = freerdp_get_last_error(context);
	(void)freerdp_abort_connect_context(context);
	return -1;
}

static int client_write_pdu(rdpTransport* transport, wStream* stream)
{
	rdpContext* const context = transport_get_context(transport);
	struct nla_pair* const pair = freerdp_get_io_callback_context(context);
	struct blob sent = BLOB_EMPTY;
	int status = 0;

	if (!nla_is_ts_request(Stream_Buffer(stream), Stream_GetPosition(stream)))
		return pair->client_messages != 0 ? client_end(pair, context)
		                                  : pair->client_io.WritePdu(transport, stream);
	status =
	    nla_write_message(pair, FROM_CLIENT, pair->client_io.WritePdu, transport, stream, &sent);
	blob_free(&sent);
	return status;
}

static bool client_settings_fill(rdpSettings* settings, const struct nla_options* options)
{
	const char* const module = nla_client_is_module(options->pairing) ? NEGOSSP_MODULE_PATH : NULL;
	const char* const host = options->host ? options->host : "127.0.0.1";

	/* The desktop is never seen, but FreeRDP prepares its codecs for one, which takes longer than
	 * the whole of NLA: 200 is the least it allows. */
	return freerdp_settings_set_string(settings, FreeRDP_ServerHostname, host) &&
	       freerdp_settings_set_string(settings, FreeRDP_Username, options->user) &&
	       freerdp_settings_set_string(settings, FreeRDP_Domain, options->domain) &&
	       freerdp_settings_set_string(settings, FreeRDP_Password, options->password) &&
	       freerdp_settings_set_string(settings, FreeRDP_PasswordHash, options->password_hash) &&
	       freerdp_settings_set_bool(settings, FreeRDP_RestrictedAdminModeRequired,
	                                 options->password_hash != NULL) &&
	       freerdp_settings_set_string(settings, FreeRDP_SspiModule, module) &&
	       freerdp_settings_set_uint32(settings, FreeRDP_DesktopWidth, 200) &&
	       freerdp_settings_set_uint32(settings, FreeRDP_DesktopHeight, 200) &&
	       freerdp_settings_set_bool(settings, FreeRDP_AuthenticationOnly, TRUE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_IgnoreCertificate, TRUE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_NlaSecurity, TRUE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_TlsSecurity, FALSE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_RdpSecurity, FALSE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_ExtSecurity, FALSE);
}

static void client_run(struct nla_pair* pair, freerdp* instance)
{
	pair->client_io = *freerdp_get_io_callbacks(instance->context);
	rdpTransportIo io = pair->client_io;
	io.TCPConnect = client_tcp_connect;
	io.TLSConnect = client_tls_connect;
	io.WritePdu = client_write_pdu;
	if (!client_settings_fill(instance->context->settings, pair->options) ||
	    !freerdp_set_io_callbacks(instance->context, &io) ||
	    !freerdp_set_io_callback_context(instance->context, pair))
		return;
	/* With AuthenticationOnly this is FALSE after a good logon too. */
	(void)freerdp_connect(instance);
	if (!pair->result.client_went_on)
		pair->result.client_error = freerdp_get_last_error(instance->context);
	(void)freerdp_disconnect(instance);
}

void* nla_client_main(void* argument)
{
	struct nla_pair* const pair = argument;
	const bool is_module = nla_client_is_module(pair->options->pairing);

	if (!is_module)
		nla_leaks_ignore();
	freerdp* const instance = freerdp_new();
	if (instance && freerdp_context_new(instance))
	{
		client_run(pair, instance);
		freerdp_context_free(instance);
	}
	freerdp_free(instance);
	/* A client that never got so far as to connect: the server is not to wait for it. */
	if (!pair->client_took_socket)
		(void)shutdown(pair->client_control, SHUT_RDWR);
	if (!is_module)
		nla_leaks_watch();
	return NULL;
}
