/* SPDX-License-Identifier: Apache-2.0
 *
 * The server of a logon: a freerdp_peer that takes NLA only, records every TSRequest it reads and
 * writes, and is done when its Logon callback has run or the connection has ended.
 */
#include "nla_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <freerdp/crypto/certificate.h>
#include <freerdp/crypto/privatekey.h>
#include <winpr/error.h>
#include <winpr/ntlm.h>
#include <winpr/string.h>
#include <winpr/synch.h>
#include <winpr/winpr.h>

#include "nla_lab.h"
#include "nla_leaks.h"

static struct nla_pair* pair_of(rdpContext* context)
{
	return freerdp_get_io_callback_context(context);
}

static int server_write_pdu(rdpTransport* transport, wStream* stream)
{
	struct nla_pair* const pair = pair_of(transport_get_context(transport));
	struct blob sent = BLOB_EMPTY;
	int status = 0;

	if (!nla_is_ts_request(Stream_Buffer(stream), Stream_GetPosition(stream)))
		return pair->server_io.WritePdu(transport, stream);
	status =
	    nla_write_message(pair, FROM_SERVER, pair->server_io.WritePdu, transport, stream, &sent);
	if (sent.len != 0)
		recorder_add(&pair->result.recorder, FROM_SERVER, blob_bytes(&sent));
	blob_free(&sent);
	return status;
}

static int server_read_pdu(rdpTransport* transport, wStream* stream)
{
	struct nla_pair* const pair = pair_of(transport_get_context(transport));
	const int status = pair->server_io.ReadPdu(transport, stream);

	if (status > 0 && nla_is_ts_request(Stream_Buffer(stream), (size_t)status))
		recorder_add(&pair->result.recorder, FROM_CLIENT,
		             bytes_make(Stream_Buffer(stream), (size_t)status));
	return status;
}

static BOOL server_tls_accept(rdpTransport* transport)
{
	const struct nla_pair* const pair = pair_of(transport_get_context(transport));

	nla_leaks_ignore();
	const BOOL accepted = pair->server_io.TLSAccept(transport);
	nla_leaks_watch();
	return accepted;
}

static char* setting_copy(const rdpSettings* settings, FreeRDP_Settings_Keys_String key)
{
	const char* const value = freerdp_settings_get_string(settings, key);
	return strdup(value ? value : "");
}

/* As gnome-remote-desktop 50 and later: src/grd-session-rdp.c of 51.alpha, rdp_peer_logon(). */
static void server_ask(rdpContext* context, struct nla_result* result)
{
#if NEGOSSP_FREERDP_IS_ASKED
	SecPkgContext_PackageInfo info = { NULL };
	SecPkgContext_AuthIdentity identity = { "", "" };
	char name[sizeof(identity.User) + sizeof(identity.Domain) + 2];

	if (freerdp_nla_QueryContextAttributes(context, SECPKG_ATTR_PACKAGE_INFO, &info) != SEC_E_OK)
		return;
	result->package = strdup(info.PackageInfo->Name);
	(void)freerdp_nla_FreeContextBuffer(context, info.PackageInfo);
	if (freerdp_nla_QueryContextAttributes(context, SECPKG_ATTR_AUTH_IDENTITY, &identity) !=
	    SEC_E_OK)
		return;
	(void)snprintf(name, sizeof(name), "%s@%s", identity.User, identity.Domain);
	result->identity = strdup(name);
#else
	(void)context;
	(void)result;
#endif
}

/* Runs when NLA is over and authInfo was read: nla.c has put the delegated credentials there. */
static BOOL server_logon(freerdp_peer* peer, const SEC_WINNT_AUTH_IDENTITY* identity,
                         BOOL automatic)
{
	struct nla_pair* const pair = pair_of(peer->context);
	const rdpSettings* const settings = peer->context->settings;

	(void)identity;
	pair->result.user = setting_copy(settings, FreeRDP_Username);
	pair->result.domain = setting_copy(settings, FreeRDP_Domain);
	pair->result.password = setting_copy(settings, FreeRDP_Password);
	if (pair->options->keytab && nla_server_is_module(pair->options->pairing))
		server_ask(peer->context, &pair->result);
	pair->result.server_logged_on = automatic;
	return TRUE;
}

/* Since WinPR 3.24 SEC_E_OK is success; before, everything but 0 is. */
static SECURITY_STATUS callback_verdict(bool success)
{
	int major = 0;
	int minor = 0;
	int revision = 0;

	winpr_get_version(&major, &minor, &revision);
	const bool zero_succeeds = major > 3 || (major == 3 && minor >= 24);
	if (success == zero_succeeds)
		return SEC_E_OK;
	return success ? 1 : SEC_E_LOGON_DENIED;
}

/* What a server with accounts of its own does: NTOWFv2 of whoever asks (MS-NLMP 3.3.2). */
static SECURITY_STATUS server_hash_callback(void* client, const SEC_WINNT_AUTH_IDENTITY* identity,
                                            const SecBuffer* proof, const BYTE* random_key,
                                            const BYTE* mic, const SecBuffer* mic_value, BYTE* hash)
{
	freerdp_peer* const peer = client;
	struct nla_pair* const pair = pair_of(peer->context);
	const struct nla_callback* const callback = &pair->options->callback;
	size_t units = 0;

	(void)proof;
	(void)random_key;
	(void)mic;
	(void)mic_value;
	pair->result.callback_calls++;
	if (callback->last_error != 0)
	{
		SetLastError(callback->last_error);
		return callback_verdict(false);
	}
	WCHAR* const password = ConvertUtf8ToWCharAlloc(callback->password, &units);
	const bool hashed =
	    password && NTOWFv2W(password, (UINT32)(units * sizeof(WCHAR)), identity->User,
	                         identity->UserLength * (UINT32)sizeof(WCHAR), identity->Domain,
	                         identity->DomainLength * (UINT32)sizeof(WCHAR), hash);
	free(password);
	return callback_verdict(hashed);
}

static bool server_tls_fill(rdpSettings* settings)
{
	rdpPrivateKey* const key = freerdp_key_new_from_pem(nla_lab_key());
	rdpCertificate* const certificate = freerdp_certificate_new_from_pem(nla_lab_certificate());

	/* The settings own what they take. */
	return key && certificate &&
	       freerdp_settings_set_pointer_len(settings, FreeRDP_RdpServerRsaKey, key, 1) &&
	       freerdp_settings_set_pointer_len(settings, FreeRDP_RdpServerCertificate, certificate, 1);
}

static bool server_settings_fill(rdpSettings* settings, const struct nla_options* options)
{
	const char* const module = nla_server_is_module(options->pairing) ? NEGOSSP_MODULE_PATH : NULL;
	char sam[256];

	nla_lab_path(options->sam ? options->sam : "", sam, sizeof(sam));
	return server_tls_fill(settings) &&
	       freerdp_settings_set_string(settings, FreeRDP_NtlmSamFile, options->sam ? sam : NULL) &&
	       freerdp_settings_set_string(settings, FreeRDP_SspiModule, module) &&
	       freerdp_settings_set_string(settings, FreeRDP_KerberosKeytab, options->keytab) &&
	       freerdp_settings_set_bool(settings, FreeRDP_NlaSecurity, TRUE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_TlsSecurity, FALSE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_RdpSecurity, FALSE) &&
	       freerdp_settings_set_bool(settings, FreeRDP_ExtSecurity, FALSE);
}

static void server_loop(struct nla_pair* pair, freerdp_peer* peer)
{
	while (!pair->result.server_logged_on && !atomic_load(&pair->over))
	{
		HANDLE handles[16];
		const DWORD count = peer->GetEventHandles(peer, handles, 16);

		if (count == 0 || WaitForMultipleObjects(count, handles, FALSE, 100) == WAIT_FAILED)
			return;
		if (!peer->CheckFileDescriptor(peer))
			return;
	}
}

void* nla_server_main(void* argument)
{
	struct nla_pair* const pair = argument;
	freerdp_peer* const peer = freerdp_peer_new(pair->server_socket);

	if (!peer)
		return NULL;
	if (!nla_server_is_module(pair->options->pairing))
		nla_leaks_ignore();
	if (freerdp_peer_context_new(peer))
	{
		pair->server_io = *freerdp_get_io_callbacks(peer->context);
		rdpTransportIo io = pair->server_io;
		io.TLSAccept = server_tls_accept;
		io.ReadPdu = server_read_pdu;
		io.WritePdu = server_write_pdu;
		peer->Logon = server_logon;
		if (pair->options->callback.password || pair->options->callback.last_error != 0)
			peer->SspiNtlmHashCallback = server_hash_callback;
		if (server_settings_fill(peer->context->settings, pair->options) &&
		    freerdp_set_io_callbacks(peer->context, &io) &&
		    freerdp_set_io_callback_context(peer->context, pair) && peer->Initialize(peer))
			server_loop(pair, peer);
		peer->Disconnect(peer);
		freerdp_peer_context_free(peer);
	}
	freerdp_peer_free(peer);
	if (!nla_server_is_module(pair->options->pairing))
		nla_leaks_watch();
	return NULL;
}
