/* SPDX-License-Identifier: Apache-2.0
 *
 * One end of an RPC security context (NTLM, DCE style) through the module's A table, driven line by
 * line (pipe_io.h):
 *
 *   set NAME VALUE    role (client, server), user, domain, password, samfile, flags (hexadecimal)
 *   acquire           then, as sspi_pipe: token BASE64 -> token ..., ok ... or error STATUS CB LAST
 *   protect PARTS     EncryptMessage; PARTS are d, r or c with base64, separated by commas: DATA,
 *                     DATA|READONLY, DATA|READONLY_WITH_CHECKSUM; t alone is the TOKEN's place
 *   unprotect PARTS   DecryptMessage; t has the signature
 *
 * Both answer how many parts there are, then a line for each as it is then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipe_io.h"
#include "sspi_pair.h"

#define MAX_PARTS 8
#define SIGNATURE_SIZE 16u

enum setting
{
	ROLE,
	USER,
	DOMAIN,
	PASSWORD,
	SAMFILE,
	FLAGS,
	SETTING_COUNT
};

static const char* const setting_names[SETTING_COUNT] = { "role",     "user",    "domain",
	                                                      "password", "samfile", "flags" };

struct session
{
	char* settings[SETTING_COUNT];
	struct sspi_setup setup;
	struct sspi_end end;
};

static void do_acquire(struct session* s)
{
	char* const* const set = s->settings;
	const struct sspi_table table = sspi_module_a();
	if (s->setup.client_package || !set[ROLE])
	{
		pipe_answer("bad a role is needed, once");
		return;
	}
	/* rpc_bind.c of FreeRDP: neither integrity nor confidentiality, and the plain host name. */
	const ULONG flags = set[FLAGS] ? (ULONG)strtoul(set[FLAGS], NULL, 16)
	                               : ISC_REQ_USE_DCE_STYLE | ISC_REQ_DELEGATE |
	                                     ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
	s->setup = (struct sspi_setup){ .client_table = table,
		                            .server_table = table,
		                            .client_package = "NTLM",
		                            .server_package = "NTLM",
		                            .target = "peer.example",
		                            .user = set[USER],
		                            .domain = set[DOMAIN],
		                            .password = set[PASSWORD],
		                            .sam_file = set[SAMFILE],
		                            .client_flags = flags,
		                            .server_flags = flags };
	const SECURITY_STATUS status =
	    sspi_end_acquire(&s->end, &s->setup, strcmp(set[ROLE], "server") == 0);
	if (status == SEC_E_OK)
		pipe_answer("ok");
	else
		pipe_answer("error %08x", (unsigned)status);
}

static void do_token(struct session* s, const char* text)
{
	struct pipe_bytes bytes = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };
	if (!pipe_decode(text, &bytes))
	{
		pipe_answer("bad base64");
		return;
	}
	const struct sspi_token in = { bytes.data, bytes.len };
	const SECURITY_STATUS status = sspi_end_step(&s->end, &in, &out);
	if (status >= 0)
		pipe_answer_bytes(status == SEC_E_OK ? "ok" : "token", out.data, out.len);
	else
		pipe_answer("error %08x %u %08x", (unsigned)status, (unsigned)s->end.output_len,
		            (unsigned)s->end.last_error);
	sspi_token_free(&out);
	free(bytes.data);
}

/* --- PDUs ------------------------------------------------------------------------------------- */

struct pdu
{
	SecBuffer buffers[MAX_PARTS];
	SecBufferDesc message;
	char kinds[MAX_PARTS];
};

static void pdu_free(struct pdu* pdu)
{
	for (size_t i = 0; i < pdu->message.cBuffers; i++)
		free(pdu->buffers[i].pvBuffer);
}

static bool pdu_add(struct pdu* pdu, const char* part)
{
	static const struct
	{
		char kind;
		ULONG type;
	} kinds[] = { { 'd', SECBUFFER_DATA },
		          { 'r', SECBUFFER_DATA | SECBUFFER_READONLY },
		          { 'c', SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM },
		          { 't', SECBUFFER_TOKEN } };
	struct pipe_bytes bytes = { NULL, 0 };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		if (kinds[i].kind != part[0] || pdu->message.cBuffers == MAX_PARTS)
			continue;
		if (!pipe_decode(part + 1, &bytes))
			return false;
		/* The place of a signature that is to be made. */
		if (part[0] == 't' && bytes.len == 0)
		{
			free(bytes.data);
			bytes = (struct pipe_bytes){ calloc(1, SIGNATURE_SIZE), SIGNATURE_SIZE };
		}
		pdu->kinds[pdu->message.cBuffers] = part[0];
		pdu->buffers[pdu->message.cBuffers++] =
		    (SecBuffer){ (ULONG)bytes.len, kinds[i].type, bytes.data };
		return bytes.data != NULL;
	}
	return false;
}

/* One line for each part, after a line with their number. */
static void pdu_answer(const struct pdu* pdu)
{
	pipe_answer("ok %u", (unsigned)pdu->message.cBuffers);
	for (size_t i = 0; i < pdu->message.cBuffers; i++)
	{
		const char word[] = { pdu->kinds[i], '\0' };
		pipe_answer_bytes(word, pdu->buffers[i].pvBuffer, pdu->buffers[i].cbBuffer);
	}
}

static void do_pdu(struct session* s, bool protect, const char* parts)
{
	struct pdu pdu = { .message = { SECBUFFER_VERSION, 0, pdu.buffers } };
	char* const copy = strdup(parts);
	char* rest = copy;
	bool good = copy != NULL;
	for (const char* part; good && (part = strsep(&rest, ","));)
		good = pdu_add(&pdu, part);
	const SecurityFunctionTableA* const table = s->end.table.a;
	SECURITY_STATUS status = SEC_E_OK;
	if (!good)
		pipe_answer("bad parts");
	else if (protect)
		status = table->EncryptMessage(&s->end.context, 0, &pdu.message, s->end.send_sequence);
	else
		status =
		    table->DecryptMessage(&s->end.context, &pdu.message, s->end.receive_sequence, NULL);
	if (good && status == SEC_E_OK)
	{
		if (protect)
			s->end.send_sequence++;
		else
			s->end.receive_sequence++;
		pdu_answer(&pdu);
	}
	else if (good)
		pipe_answer("error %08x", (unsigned)status);
	pdu_free(&pdu);
	free(copy);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void do_command(struct session* s, const struct pipe_command* command)
{
	if (strcmp(command->verb, "set") == 0)
		pipe_set(command, setting_names, s->settings, SETTING_COUNT);
	else if (strcmp(command->verb, "acquire") == 0)
		do_acquire(s);
	else if (s->end.phase == SSPI_NOTHING)
		pipe_answer("bad acquire first");
	else if (strcmp(command->verb, "token") == 0)
		do_token(s, command->arg[0]);
	else if (strcmp(command->verb, "protect") == 0 || strcmp(command->verb, "unprotect") == 0)
		do_pdu(s, command->verb[0] == 'p', command->arg[0]);
	else
		pipe_answer("bad no such command");
}

int main(void)
{
	struct session session = { .settings = { NULL } };
	struct pipe_command command = { 0 };
	if (!pipe_open())
		return EXIT_FAILURE;
	while (pipe_command_read(&command) && strcmp(command.verb, "quit") != 0)
		do_command(&session, &command);
	pipe_command_free(&command);
	if (session.end.phase != SSPI_NOTHING)
		sspi_end_close(&session.end);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		free(session.settings[i]);
	return EXIT_SUCCESS;
}
