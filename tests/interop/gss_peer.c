/* SPDX-License-Identifier: Apache-2.0
 *
 * gss_peer: one end of a GSSAPI security context, driven line by line like sspi_pipe.
 *
 * MIT krb5's SPNEGO with gss-ntlmssp as its NTLM, or gss-ntlmssp alone: an implementation that
 * shares nothing with ours nor with WinPR. An acceptor's users are in the file that the environment
 * variable NTLM_USER_FILE names; channel bindings and names are GSSAPI's own.
 *
 *   set NAME VALUE     role (client, server)  mech (spnego, ntlm)  target (service@host)
 *                      user (DOMAIN\USER or user@domain)  password; all before acquire
 *   bindings B64       application data of channel bindings
 *   acquire            ok | error MAJOR (the mechanism's own words on standard error)
 *   token B64          one step       token B64 (continue) | ok B64 (complete) | error ..., or
 *                      reject B64 when the failure comes with a token for the peer
 *   wrap B64, unwrap B64, sign B64, verify B64 B64 (signature, message)
 *   sessionkey         ok B64
 *   user               ok NAME: the initiator as the acceptor knows it
 *   quit
 */
#include "pipe_io.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4178 3: 1.3.6.1.5.5.2; MS-SPNG 1.9: 1.3.6.1.4.1.311.2.2.10. */
static char spnego_oid[] = "\x2b\x06\x01\x05\x05\x02";
static char ntlm_oid[] = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
static gss_OID_desc spnego_mech = { sizeof(spnego_oid) - 1, spnego_oid };
static gss_OID_desc ntlm_mech = { sizeof(ntlm_oid) - 1, ntlm_oid };
/* RFC 4121 1: 1.2.840.113554.1.2.2 */
static char krb5_oid[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
static gss_OID_desc krb5_mech = { sizeof(krb5_oid) - 1, krb5_oid };

struct session
{
	char* role;
	char* mech_name;
	char* target;
	char* user;
	char* password;
	struct gss_channel_bindings_struct bindings;
	bool bound;
	bool server;
	gss_OID mech;
	gss_cred_id_t credentials;
	gss_ctx_id_t context;
	gss_name_t name; /* the target at a client, the initiator at a server */
};

static void answer_error(OM_uint32 major, OM_uint32 minor)
{
	OM_uint32 ignored = 0;
	OM_uint32 more = 0;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	(void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, GSS_C_NO_OID, &more, &text);
	(void)fprintf(stderr, "%08x: %.*s\n", (unsigned)minor, (int)text.length,
	              text.value ? (const char*)text.value : "");
	pipe_answer("error %08x", (unsigned)major);
	(void)gss_release_buffer(&ignored, &text);
}

/* --- credentials ------------------------------------------------------------------------------ */

static void do_set(struct session* s, const struct pipe_command* command)
{
	const struct
	{
		const char* name;
		char** value;
	} known[] = { { "role", &s->role },
		          { "mech", &s->mech_name },
		          { "target", &s->target },
		          { "user", &s->user },
		          { "password", &s->password } };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		if (strcmp(known[i].name, command->arg[0]) != 0)
			continue;
		free(*known[i].value);
		*known[i].value = strdup(command->arg[1]);
		pipe_answer(*known[i].value ? "ok" : "bad out of memory");
		return;
	}
	pipe_answer("bad no such setting");
}

static OM_uint32 import_name(OM_uint32* minor, const char* text, gss_OID type, gss_name_t* name)
{
	/* gss_import_name() only reads, though its type does not say so. */
	char* const copy = strdup(text);
	if (!copy)
		return GSS_S_FAILURE;
	gss_buffer_desc buffer = { strlen(copy), copy };
	const OM_uint32 major = gss_import_name(minor, &buffer, type, name);
	free(copy);
	return major;
}

static OM_uint32 acquire(struct session* s, OM_uint32* minor)
{
	gss_OID_set_desc mechs = { 1, s->mech };
	const bool kerberos = s->mech_name && strcmp(s->mech_name, "krb5") == 0;
	gss_OID_set_desc only_one = { 1, kerberos ? &krb5_mech : &ntlm_mech };
	OM_uint32 major = GSS_S_COMPLETE;

	if (s->server)
		major = gss_acquire_cred(minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT,
		                         &s->credentials, NULL, NULL);
	else
	{
		OM_uint32 ignored = 0;
		gss_name_t user = GSS_C_NO_NAME;
		gss_buffer_desc password = { strlen(s->password), s->password };
		major = import_name(minor, s->target, GSS_C_NT_HOSTBASED_SERVICE, &s->name);
		if (!GSS_ERROR(major))
			major = import_name(minor, s->user, GSS_C_NT_USER_NAME, &user);
		if (!GSS_ERROR(major))
			major = gss_acquire_cred_with_password(minor, user, &password, GSS_C_INDEFINITE, &mechs,
			                                       GSS_C_INITIATE, &s->credentials, NULL, NULL);
		(void)gss_release_name(&ignored, &user);
	}
	if (!GSS_ERROR(major) && s->mech == &spnego_mech)
		major = gss_set_neg_mechs(minor, s->credentials, &only_one);
	return major;
}

static void do_acquire(struct session* s)
{
	s->server = s->role && strcmp(s->role, "server") == 0;
	s->mech = s->mech_name && strcmp(s->mech_name, "ntlm") == 0 ? &ntlm_mech : &spnego_mech;
	if (s->credentials || (!s->server && (!s->target || !s->user || !s->password)))
	{
		pipe_answer("bad target, user and password are needed, once");
		return;
	}
	OM_uint32 minor = 0;
	const OM_uint32 major = acquire(s, &minor);
	if (GSS_ERROR(major))
		answer_error(major, minor);
	else
		pipe_answer("ok");
}

/* --- the exchange ----------------------------------------------------------------------------- */

static void do_token(struct session* s, const struct pipe_bytes* token)
{
	OM_uint32 minor = 0;
	OM_uint32 ignored = 0;
	OM_uint32 major = 0;
	gss_buffer_desc in = { token->len, token->data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
	const gss_channel_bindings_t bindings = s->bound ? &s->bindings : GSS_C_NO_CHANNEL_BINDINGS;

	if (s->server)
		major = gss_accept_sec_context(&minor, &s->context, s->credentials, &in, bindings, &s->name,
		                               NULL, &out, NULL, NULL, NULL);
	else
		major = gss_init_sec_context(&minor, s->credentials, &s->context, s->name, s->mech,
		                             GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG |
		                                 GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG,
		                             0, bindings, &in, NULL, &out, NULL, NULL);
	if (GSS_ERROR(major) && out.length > 0)
		pipe_answer_bytes("reject", out.value, out.length);
	else if (GSS_ERROR(major))
		answer_error(major, minor);
	else
		pipe_answer_bytes(major == GSS_S_COMPLETE ? "ok" : "token", out.value, out.length);
	(void)gss_release_buffer(&ignored, &out);
}

/* --- messages --------------------------------------------------------------------------------- */

static void answer_buffer(OM_uint32 major, OM_uint32 minor, gss_buffer_t buffer)
{
	OM_uint32 ignored = 0;
	if (GSS_ERROR(major))
		answer_error(major, minor);
	else
		pipe_answer_bytes("ok", buffer->value, buffer->length);
	(void)gss_release_buffer(&ignored, buffer);
}

static void do_message(struct session* s, const char* verb, const struct pipe_bytes* first,
                       const struct pipe_bytes* second)
{
	OM_uint32 minor = 0;
	OM_uint32 major = 0;
	int sealed = 0;
	gss_buffer_desc in = { first->len, first->data };
	gss_buffer_desc message = { second->len, second->data };
	gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

	if (strcmp(verb, "wrap") == 0)
		major = gss_wrap(&minor, s->context, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &out);
	else if (strcmp(verb, "unwrap") == 0)
		major = gss_unwrap(&minor, s->context, &in, &out, &sealed, NULL);
	else if (strcmp(verb, "sign") == 0)
		major = gss_get_mic(&minor, s->context, GSS_C_QOP_DEFAULT, &in, &out);
	else
		major = gss_verify_mic(&minor, s->context, &message, &in, NULL);

	if (!GSS_ERROR(major) && strstr(verb, "wrap") && !sealed)
		pipe_answer("bad the message was not sealed");
	else
		answer_buffer(major, minor, &out);
}

static void do_session_key(struct session* s)
{
	OM_uint32 minor = 0;
	OM_uint32 ignored = 0;
	gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
	const OM_uint32 major =
	    gss_inquire_sec_context_by_oid(&minor, s->context, GSS_C_INQ_SSPI_SESSION_KEY, &set);
	if (GSS_ERROR(major) || set->count < 1)
		answer_error(major, minor);
	else
		pipe_answer_bytes("ok", set->elements[0].value, set->elements[0].length);
	(void)gss_release_buffer_set(&ignored, &set);
}

static void do_user(struct session* s)
{
	OM_uint32 minor = 0;
	OM_uint32 ignored = 0;
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	const OM_uint32 major = gss_display_name(&minor, s->name, &text, NULL);
	if (GSS_ERROR(major))
		answer_error(major, minor);
	else
		pipe_answer("ok %.*s", (int)text.length, (const char*)text.value);
	(void)gss_release_buffer(&ignored, &text);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void do_binary(struct session* s, const struct pipe_command* command)
{
	struct pipe_bytes first = { 0 };
	struct pipe_bytes second = { 0 };
	static const char* const messages[] = { "wrap", "unwrap", "sign", "verify" };
	bool message = false;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		message = message || strcmp(command->verb, messages[i]) == 0;

	if (!pipe_decode(command->arg[0], &first) || !pipe_decode(command->arg[1], &second))
		pipe_answer("bad base64");
	else if (strcmp(command->verb, "token") == 0)
		do_token(s, &first);
	else if (message)
		do_message(s, command->verb, &first, &second);
	else if (strcmp(command->verb, "bindings") == 0)
	{
		free(s->bindings.application_data.value);
		s->bindings.application_data = (gss_buffer_desc){ first.len, first.data };
		first.data = NULL;
		s->bound = true;
		pipe_answer("ok");
	}
	else
		pipe_answer("bad no such command");
	free(first.data);
	free(second.data);
}

static void session_close(struct session* s)
{
	OM_uint32 ignored = 0;
	(void)gss_delete_sec_context(&ignored, &s->context, GSS_C_NO_BUFFER);
	(void)gss_release_cred(&ignored, &s->credentials);
	(void)gss_release_name(&ignored, &s->name);
	char* const owned[] = { s->role, s->mech_name, s->target, s->user, s->password };
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
	{
		if (owned[i])
			explicit_bzero(owned[i], strlen(owned[i]));
		free(owned[i]);
	}
	free(s->bindings.application_data.value);
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
			do_set(&session, &command);
		else if (strcmp(command.verb, "acquire") == 0)
			do_acquire(&session);
		else if (strcmp(command.verb, "bindings") != 0 && !session.credentials)
			pipe_answer("bad acquire first");
		else if (strcmp(command.verb, "sessionkey") == 0)
			do_session_key(&session);
		else if (strcmp(command.verb, "user") == 0)
			do_user(&session);
		else
			do_binary(&session, &command);
	}
	pipe_command_free(&command);
	session_close(&session);
	return EXIT_SUCCESS;
}
