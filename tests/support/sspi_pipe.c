/* SPDX-License-Identifier: Apache-2.0
 *
 * sspi_pipe: one end of a security context, driven line by line.
 *
 * Takes a provider the way FreeRDP does (dlopen, InitSecurityInterfaceA), or WinPR's built-in
 * table, and calls it in FreeRDP's call shape (sspi_pair.h). The other end is whatever feeds the
 * pipe: pyspnego, GSSAPI, samba, or another sspi_pipe.
 *
 *   set NAME VALUE       provider (a path, or "winpr")  role (client, server)  package  target user
 *                        domain  password  samfile  keytab  ccache  packages  flags (hex); all
 *                        before acquire
 *   bindings B64         the application data of channel bindings
 *   acquire              loads the provider, has the credentials     ok | error STATUS
 *   token B64            one step      token B64 (continue) | ok B64 (complete) |
 *                        error STATUS CB LAST
 *   wrap B64, unwrap B64, sign B64, verify B64 B64 (signature, message)
 *   sizes                ok MAXTOKEN MAXSIGNATURE BLOCK TRAILER
 *   sessionkey           ok B64
 *   package              ok NAME, of SECPKG_ATTR_PACKAGE_INFO
 *   identity             ok DOMAIN\USER, of SECPKG_ATTR_AUTH_IDENTITY
 *   granted              ok FLAGS
 *   ticketlogon          ok SERVICE-TICKET TGT, lengths of SECPKG_CRED_ATTR_TICKET_LOGON
 *   kdcproxy URL         SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS as FreeRDP gives it
 *   again                deletes the context, keeps the credentials for another
 *   close                deletes the context, then the credentials, and stays
 *   quit                 deletes the context, then the credentials
 *
 * STATUS, LAST (the Win32 last error) and flags are 8 hex digits; CB is what cbBuffer said. A
 * mistake of the driving program, or a provider that breaks a rule of the interface, is answered
 * with "bad" and the reason.
 */
#include "pipe_io.h"
#include "sspi_pair.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/secapi.h>
#include <winpr/string.h>

enum setting
{
	PROVIDER,
	ROLE,
	PACKAGE,
	TARGET,
	USER,
	DOMAIN,
	PASSWORD,
	SAMFILE,
	KEYTAB,
	CCACHE,
	PACKAGES,
	FLAGS,
	SETTING_COUNT
};

static const char* const setting_names[SETTING_COUNT] = {
	"provider", "role",    "package", "target", "user",     "domain",
	"password", "samfile", "keytab",  "ccache", "packages", "flags",
};

struct session
{
	char* settings[SETTING_COUNT]; /* NULL when not given */
	SEC_CHANNEL_BINDINGS* bindings;
	UINT32 bindings_len;
	struct sspi_setup setup;
	struct sspi_end end;
};

static void answer_status(SECURITY_STATUS status)
{
	if (status == SEC_E_OK)
		pipe_answer("ok");
	else
		pipe_answer("error %08x", (unsigned)status);
}

/* --- settings --------------------------------------------------------------------------------- */

/* SEC_CHANNEL_BINDINGS with application data only, as FreeRDP makes them of tls-server-end-point.
 */
static void do_bindings(struct session* s, const struct pipe_command* command)
{
	struct pipe_bytes data;
	if (!pipe_decode(command->arg[0], &data))
	{
		pipe_answer("bad base64");
		return;
	}
	const size_t size = sizeof(SEC_CHANNEL_BINDINGS) + data.len;
	SEC_CHANNEL_BINDINGS* const bindings = calloc(1, size);
	if (!bindings || size > UINT32_MAX)
	{
		pipe_answer("bad out of memory");
		free(bindings);
	}
	else
	{
		bindings->cbApplicationDataLength = (UINT32)data.len;
		bindings->dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS);
		memcpy(bindings + 1, data.data, data.len);
		free(s->bindings);
		s->bindings = bindings;
		s->bindings_len = (UINT32)size;
		pipe_answer("ok");
	}
	free(data.data);
}

/* --- credentials ------------------------------------------------------------------------------ */

static const SecurityFunctionTableA* load_table(const char* provider)
{
	if (strcmp(provider, "winpr") == 0)
		return sspi_builtin().a;
	void* const library = dlopen(provider, RTLD_LAZY | RTLD_LOCAL);
	if (!library)
		return NULL;
	union
	{
		void* object;
		INIT_SECURITY_INTERFACE_A function;
	} entry = { dlsym(library, "InitSecurityInterfaceA") };
	return entry.object ? entry.function() : NULL;
}

static void do_acquire(struct session* s)
{
	char* const* const set = s->settings;
	if (s->setup.client_table.a || !set[PROVIDER] || !set[ROLE] || !set[PACKAGE])
	{
		pipe_answer("bad provider, role and package are needed, once");
		return;
	}
	const struct sspi_table table = { .a = load_table(set[PROVIDER]) };
	if (!table.a)
	{
		const char* const why = dlerror();
		pipe_answer("bad cannot load the provider: %s", why ? why : "no table");
		return;
	}
	const bool server = strcmp(set[ROLE], "server") == 0;
	s->setup = (struct sspi_setup){ .client_table = table,
		                            .server_table = table,
		                            .client_package = set[PACKAGE],
		                            .server_package = set[PACKAGE],
		                            .target = set[TARGET],
		                            .user = set[USER],
		                            .domain = set[DOMAIN],
		                            .password = set[PASSWORD],
		                            .package_list = set[PACKAGES],
		                            .sam_file = set[SAMFILE],
		                            .keytab = set[KEYTAB],
		                            .ccache = set[CCACHE],
		                            .client_flags = SSPI_NLA_CLIENT_FLAGS,
		                            .server_flags = SSPI_NLA_SERVER_FLAGS,
		                            .client_bindings = s->bindings,
		                            .client_bindings_len = s->bindings_len,
		                            .server_bindings = s->bindings,
		                            .server_bindings_len = s->bindings_len };
	if (set[FLAGS])
		s->setup.client_flags = s->setup.server_flags = (ULONG)strtoul(set[FLAGS], NULL, 16);
	answer_status(sspi_end_acquire(&s->end, &s->setup, server));
}

/* --- the exchange ----------------------------------------------------------------------------- */

static void do_token(struct session* s, const struct sspi_token* in)
{
	struct sspi_end* const end = &s->end;
	struct sspi_token out = { NULL, 0 };
	const bool first = end->calls == 0;
	const SECURITY_STATUS status = sspi_end_step(end, in, &out);

	if (end->output_moved || end->output_len > end->output_room)
		pipe_answer("bad the provider replaced or enlarged the output buffer");
	else if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
		pipe_answer("error %08x %u %08x", (unsigned)status, (unsigned)end->output_len,
		            (unsigned)end->last_error);
	else if (!end->context.dwLower && !end->context.dwUpper)
		pipe_answer("bad the context's handle is zero after success");
	else if (first && !end->is_server && status == SEC_E_OK)
		pipe_answer("bad SEC_E_OK on the client's first call");
	else if (status == SEC_E_OK && end->sizes.cbMaxToken == 0)
		pipe_answer("bad no SECPKG_ATTR_SIZES");
	else
		pipe_answer_bytes(status == SEC_E_OK ? "ok" : "token", out.data, out.len);
	sspi_token_free(&out);
}

/* --- messages --------------------------------------------------------------------------------- */

static void do_wrap(struct session* s, const struct sspi_token* plain)
{
	struct sspi_token out = { NULL, 0 };
	const SECURITY_STATUS status = sspi_end_seal(&s->end, plain->data, plain->len, &out);
	if (status == SEC_E_OK)
		pipe_answer_bytes("ok", out.data, out.len);
	else
		answer_status(status);
	sspi_token_free(&out);
}

static void do_unwrap(struct session* s, const struct sspi_token* sealed)
{
	struct sspi_token out = { NULL, 0 };
	const SECURITY_STATUS status = sspi_end_unseal(&s->end, sealed, &out);
	if (status == SEC_E_OK)
		pipe_answer_bytes("ok", out.data, out.len);
	else
		answer_status(status);
	sspi_token_free(&out);
}

static void do_sign(struct session* s, const struct sspi_token* message)
{
	const ULONG room = s->end.sizes.cbMaxSignature;
	uint8_t* const signature = calloc(1, room + 1u);
	if (!signature)
	{
		pipe_answer("bad out of memory");
		return;
	}
	SecBuffer buffers[2] = { { (ULONG)message->len, SECBUFFER_DATA, message->data },
		                     { room, SECBUFFER_TOKEN, signature } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, buffers };
	const SECURITY_STATUS status =
	    s->end.table.a->MakeSignature(&s->end.context, 0, &desc, s->end.send_sequence);
	if (status == SEC_E_OK)
	{
		s->end.send_sequence++;
		pipe_answer_bytes("ok", signature, buffers[1].cbBuffer);
	}
	else
		answer_status(status);
	free(signature);
}

static void do_verify(struct session* s, const struct sspi_token* signature,
                      const struct sspi_token* message)
{
	SecBuffer buffers[2] = { { (ULONG)message->len, SECBUFFER_DATA, message->data },
		                     { (ULONG)signature->len, SECBUFFER_TOKEN, signature->data } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;
	const SECURITY_STATUS status =
	    s->end.table.a->VerifySignature(&s->end.context, &desc, s->end.receive_sequence, &qop);
	if (status == SEC_E_OK)
		s->end.receive_sequence++;
	answer_status(status);
}

/* --- attributes ------------------------------------------------------------------------------- */

static void do_sizes(struct session* s)
{
	const SecPkgContext_Sizes* const sizes = &s->end.sizes;
	pipe_answer("ok %u %u %u %u", (unsigned)sizes->cbMaxToken, (unsigned)sizes->cbMaxSignature,
	            (unsigned)sizes->cbBlockSize, (unsigned)sizes->cbSecurityTrailer);
}

static void do_granted(struct session* s)
{
	pipe_answer("ok %08x", (unsigned)s->end.flags);
}

static void do_session_key(struct session* s)
{
	SecPkgContext_SessionKey key = { 0 };
	const SECURITY_STATUS status =
	    sspi_query(&s->end.table, &s->end.context, SECPKG_ATTR_SESSION_KEY, &key);
	if (status != SEC_E_OK)
	{
		answer_status(status);
		return;
	}
	pipe_answer_bytes("ok", key.SessionKey, key.SessionKeyLength);
	(void)s->end.table.a->FreeContextBuffer(key.SessionKey);
}

static void do_package(struct session* s)
{
	SecPkgContext_PackageInfo package = { 0 };
	const SECURITY_STATUS status =
	    sspi_query(&s->end.table, &s->end.context, SECPKG_ATTR_PACKAGE_INFO, &package);
	if (status != SEC_E_OK)
	{
		answer_status(status);
		return;
	}
	pipe_answer("ok %s", package.PackageInfo->Name);
	(void)s->end.table.a->FreeContextBuffer(package.PackageInfo);
}

static void do_identity(struct session* s)
{
	SecPkgContext_AuthIdentity identity = { 0 };
	const SECURITY_STATUS status =
	    sspi_query(&s->end.table, &s->end.context, SECPKG_ATTR_AUTH_IDENTITY, &identity);
	if (status != SEC_E_OK)
		answer_status(status);
	else if (strpbrk(identity.User, "\n\\") || strpbrk(identity.Domain, "\n\\"))
		pipe_answer("bad a name that cannot be shown");
	else
		pipe_answer("ok %s\\%s", identity.Domain, identity.User);
}

static void do_ticket_logon(struct session* s)
{
	KERB_TICKET_LOGON logon = { 0 };
	const SECURITY_STATUS status =
	    sspi_query(&s->end.table, &s->end.context, SECPKG_CRED_ATTR_TICKET_LOGON, &logon);
	if (status == SEC_E_OK)
		pipe_answer("ok %u %u", (unsigned)logon.ServiceTicketLength,
		            (unsigned)logon.TicketGrantingTicketLength);
	else
		answer_status(status);
	free(logon.ServiceTicket);
	free(logon.TicketGrantingTicket);
}

static void do_kdc_proxy(struct session* s, const char* url)
{
	size_t units = 0;
	WCHAR* const wide = ConvertUtf8ToWCharAlloc(url, &units);
	const size_t length = (units + 1) * sizeof(WCHAR);
	const size_t size = sizeof(SecPkgCredentials_KdcProxySettingsW) + length;
	SecPkgCredentials_KdcProxySettingsW* const proxy = calloc(1, size);
	if (!wide || !proxy || length > UINT16_MAX)
		pipe_answer("bad no such URL");
	else
	{
		proxy->Version = KDC_PROXY_SETTINGS_V1;
		proxy->ProxyServerOffset = sizeof(*proxy);
		proxy->ProxyServerLength = (UINT16)length;
		memcpy(proxy + 1, wide, length);
		answer_status(s->end.table.a->SetCredentialsAttributesA(
		    &s->end.credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, proxy, (ULONG)size));
	}
	free(proxy);
	free(wide);
}

static void do_again(struct session* s)
{
	sspi_end_reset(&s->end);
	pipe_answer("ok");
}

static void do_close(struct session* s)
{
	sspi_end_close(&s->end);
	pipe_answer("ok");
}

/* --- the loop --------------------------------------------------------------------------------- */

static void do_binary(struct session* s, const struct pipe_command* command)
{
	struct pipe_bytes first = { 0 };
	struct pipe_bytes second = { 0 };
	if (!pipe_decode(command->arg[0], &first) || !pipe_decode(command->arg[1], &second) ||
	    first.len > UINT32_MAX || second.len > UINT32_MAX)
	{
		pipe_answer("bad base64");
		free(first.data);
		return;
	}
	const struct sspi_token one = { first.data, first.len };
	const struct sspi_token two = { second.data, second.len };
	if (strcmp(command->verb, "token") == 0)
		do_token(s, &one);
	else if (strcmp(command->verb, "wrap") == 0)
		do_wrap(s, &one);
	else if (strcmp(command->verb, "unwrap") == 0)
		do_unwrap(s, &one);
	else if (strcmp(command->verb, "sign") == 0)
		do_sign(s, &one);
	else if (strcmp(command->verb, "verify") == 0)
		do_verify(s, &one, &two);
	else
		pipe_answer("bad no such command");
	free(first.data);
	free(second.data);
}

static void do_command(struct session* s, const struct pipe_command* command)
{
	static const struct
	{
		const char* verb;
		void (*answer)(struct session* s);
	} plain[] = {
		{ "sizes", do_sizes },     { "granted", do_granted },   { "sessionkey", do_session_key },
		{ "package", do_package }, { "identity", do_identity }, { "ticketlogon", do_ticket_logon },
		{ "again", do_again },     { "close", do_close }
	};

	if (s->end.phase == SSPI_NOTHING)
	{
		pipe_answer("bad acquire first");
		return;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
	{
		if (strcmp(plain[i].verb, command->verb) == 0)
		{
			plain[i].answer(s);
			return;
		}
	}
	if (strcmp(command->verb, "kdcproxy") == 0)
		do_kdc_proxy(s, command->arg[0]);
	else
		do_binary(s, command);
}

static void session_close(struct session* s)
{
	if (s->end.phase != SSPI_NOTHING)
		sspi_end_close(&s->end);
	for (size_t i = 0; i < SETTING_COUNT; i++)
	{
		if (s->settings[i])
			explicit_bzero(s->settings[i], strlen(s->settings[i]));
		free(s->settings[i]);
	}
	free(s->bindings);
}

int main(void)
{
	struct session session = { 0 };
	struct pipe_command command = { 0 };
	if (!pipe_open())
		return EXIT_FAILURE;
	while (pipe_command_read(&command) && strcmp(command.verb, "quit") != 0)
	{
		if (strcmp(command.verb, "set") == 0)
			pipe_set(&command, setting_names, session.settings, SETTING_COUNT);
		else if (strcmp(command.verb, "bindings") == 0)
			do_bindings(&session, &command);
		else if (strcmp(command.verb, "acquire") == 0)
			do_acquire(&session);
		else
			do_command(&session, &command);
	}
	pipe_command_free(&command);
	session_close(&session);
	return EXIT_SUCCESS;
}
