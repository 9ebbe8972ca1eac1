/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop that carries CredSSP's decisions out.
 *
 * A step reads the message into facts, then takes decisions and does them until one ends the leg.
 * What may happen when is decide_client.c's and decide_server.c's alone; this file and
 * exchange_read.c do as they are told.
 */
#include "credssp/exchange_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "credssp/binding.h"
#include "credssp/error_code.h"
#include "credssp/seal.h"

/* Decisions of one leg: message, step and pubKeyAuth make three. */
#define MAX_DECISIONS 4

/* --- life ------------------------------------------------------------------------------------- */

static bool config_valid(const struct credssp_config* config)
{
	return config != NULL && config->inner != NULL && config->public_key.len > 0 &&
	       (config->role == MECH_INITIATOR || config->credentials.len == 0) &&
	       (config->nonce.len == 0 ||
	        (config->role == MECH_INITIATOR && config->nonce.len == TS_CLIENT_NONCE_SIZE)) &&
	       config->lowest >= TS_VERSION_OLDEST && config->lowest <= config->version &&
	       config->version <= TS_VERSION_NEWEST;
}

static enum result draw_nonce(struct blob* nonce)
{
	uint8_t drawn[TS_CLIENT_NONCE_SIZE];

	TRY(crypto_random(drawn, sizeof(drawn)));
	return blob_set(nonce, BYTES_OF(drawn));
}

enum result credssp_new(const struct credssp_config* config, struct credssp** credssp)
{
	REQUIRE(config_valid(config) && credssp != NULL, RESULT_INVALID_ARGUMENT);
	struct credssp* made = calloc(1, sizeof(*made));
	REQUIRE(made != NULL, RESULT_NO_MEMORY);
	made->role = config->role;
	made->inner = config->inner;
	made->version = config->version;
	made->lowest = config->lowest;
	made->state = config->role == MECH_INITIATOR ? CLIENT_START : SERVER_NEGO_TOKEN;
	enum result result = blob_set(&made->public_key, config->public_key);
	if (result == RESULT_OK)
		result = secret_set(&made->credentials, config->credentials);
	if (result == RESULT_OK && config->role == MECH_INITIATOR)
		result = config->nonce.len > 0 ? blob_set(&made->nonce, config->nonce)
		                               : draw_nonce(&made->nonce);
	if (result != RESULT_OK)
		goto out;
	*credssp = made;
	made = NULL;
out:
	credssp_free(made);
	return result;
}

void credssp_free(struct credssp* credssp)
{
	if (credssp == NULL)
		return;
	blob_free(&credssp->public_key);
	secret_free(&credssp->credentials);
	blob_free(&credssp->nonce);
	blob_free(&credssp->peer_token);
	free(credssp);
}

/* --- actions ---------------------------------------------------------------------------------- */

static void step_inner(struct credssp* credssp, struct credssp_leg* leg)
{
	const struct mech_input input = { leg->request.nego_token, NULL };
	struct mech_output made = { BLOB_EMPTY, false };

	leg->inner_result = negossp_step(credssp->inner, &input, &made);
	leg->output = made.token;
	leg->facts.event = CREDSSP_STEPPED;
	leg->facts.stepped = leg->inner_result == RESULT_OK;
	leg->facts.complete = made.complete;
	leg->facts.output = made.token.len > 0;
}

/* Unseals the field into *plain. What is wrong about it becomes a fact; what fails here are this
 * machine's faults. */
static enum result unseal(struct credssp* credssp, struct credssp_leg* leg, struct bytes field,
                          struct secret* plain)
{
	const enum result result = credssp_unseal(credssp->inner, field, plain);

	leg->facts.event = CREDSSP_OPENED;
	leg->facts.opened =
	    result == RESULT_OK ? CREDSSP_OPENED_WRONG : CREDSSP_OPENED_UNSEALED; /* so far */
	return result == RESULT_ALTERED ? RESULT_OK : result;
}

static enum result open_pub_key(struct credssp* credssp, struct credssp_leg* leg)
{
	const enum mech_role peer = credssp->role == MECH_INITIATOR ? MECH_ACCEPTOR : MECH_INITIATOR;
	struct secret plain = SECRET_EMPTY;

	TRY(unseal(credssp, leg, leg->request.pub_key_auth, &plain));
	if (leg->facts.opened == CREDSSP_OPENED_UNSEALED)
		return RESULT_OK;
	const enum result result =
	    binding_check(leg->facts.agreed, peer, blob_bytes(&credssp->public_key),
	                  blob_bytes(&credssp->nonce), secret_bytes(&plain));
	secret_free(&plain);
	if (result == RESULT_OK)
		leg->facts.opened = CREDSSP_OPENED_RIGHT;
	return result == RESULT_ALTERED ? RESULT_OK : result;
}

static enum result open_auth_info(struct credssp* credssp, struct credssp_leg* leg)
{
	struct secret plain = SECRET_EMPTY;

	TRY(unseal(credssp, leg, leg->request.auth_info, &plain));
	if (leg->facts.opened == CREDSSP_OPENED_UNSEALED ||
	    ts_credentials_check(secret_bytes(&plain), &leg->fault) != RESULT_OK)
	{
		secret_free(&plain);
		return RESULT_OK;
	}
	leg->fault.problem = NULL;
	leg->facts.opened = CREDSSP_OPENED_RIGHT;
	credssp->credentials = plain;
	return RESULT_OK;
}

static enum result seal_pub_key(struct credssp* credssp, const struct credssp_leg* leg,
                                struct blob* field)
{
	struct blob binding = BLOB_EMPTY;

	TRY(binding_make(leg->facts.agreed, credssp->role, blob_bytes(&credssp->public_key),
	                 blob_bytes(&credssp->nonce), &binding));
	const enum result result = credssp_seal(credssp->inner, blob_bytes(&binding), field);
	blob_free(&binding);
	return result;
}

static enum result seal_auth_info(struct credssp* credssp, struct blob* field)
{
	TRY(credssp_seal(credssp->inner, secret_bytes(&credssp->credentials), field));
	secret_free(&credssp->credentials);
	return RESULT_OK;
}

/* A TSRequest with the fields that `say` names. */
static enum result send(struct credssp* credssp, const struct credssp_leg* leg, unsigned say,
                        struct blob* reply)
{
	struct blob pub_key_auth = BLOB_EMPTY;
	struct blob auth_info = BLOB_EMPTY;
	enum result result = RESULT_OK;

	if (say & TS_PUB_KEY_AUTH)
		result = seal_pub_key(credssp, leg, &pub_key_auth);
	if (result == RESULT_OK && (say & TS_AUTH_INFO))
		result = seal_auth_info(credssp, &auth_info);
	const struct ts_request request = { .version = credssp->version,
		                                .fields = say,
		                                .nego_token = blob_bytes(&leg->output),
		                                .auth_info = blob_bytes(&auth_info),
		                                .pub_key_auth = blob_bytes(&pub_key_auth),
		                                .error_code = credssp->error_code,
		                                .client_nonce = blob_bytes(&credssp->nonce) };
	if (result == RESULT_OK)
		result = ts_request_write(&request, reply);
	blob_free(&pub_key_auth);
	blob_free(&auth_info);
	return result;
}

/* The decision's words; for what does not parse, the place where it does not; for a refusal, what
 * the server's code means. */
static void keep_reason(struct credssp* credssp, const struct credssp_leg* leg,
                        const struct credssp_decision* decision)
{
	char* const text = credssp->reason_text;

	credssp->reason = decision->reason;
	if (decision->result == RESULT_REJECTED)
		(void)snprintf(text, REASON_SIZE, "the server refused the logon: %s (errorCode 0x%08X)",
		               error_code_words(credssp->error_code), credssp->error_code);
	else if (decision->result == RESULT_MALFORMED && leg->fault.problem != NULL)
		fault_text(&leg->fault, text, REASON_SIZE);
	else
		return;
	credssp->reason = text;
}

/* The inner context's own result and words, and what the client may know of them. That cannot be
 * told is no reason to fail in another way. */
static enum result fail_inner(struct credssp* credssp, const struct credssp_leg* leg, unsigned say,
                              struct blob* reply)
{
	struct negossp_report report;

	negossp_describe(credssp->inner, &report);
	credssp->reason = report.reason;
	if (say & TS_ERROR_CODE)
	{
		credssp->error_code_told = true;
		credssp->error_code = error_code_of(leg->inner_result);
		if (send(credssp, leg, say, reply) != RESULT_OK)
			credssp->error_code_told = false;
	}
	return leg->inner_result;
}

/* Does the action. *ended says that the leg is over. */
static enum result act(struct credssp* credssp, struct credssp_leg* leg,
                       const struct credssp_decision* decision, struct blob* reply, bool* ended)
{
	switch (decision->action)
	{
		case CREDSSP_STEP:
			step_inner(credssp, leg);
			return RESULT_OK;
		case CREDSSP_OPEN_PUB_KEY:
			return open_pub_key(credssp, leg);
		case CREDSSP_OPEN_AUTH_INFO:
			return open_auth_info(credssp, leg);
		case CREDSSP_SEND:
		case CREDSSP_SEND_LAST:
			*ended = true;
			return send(credssp, leg, decision->say, reply);
		case CREDSSP_COMPLETE:
			*ended = true;
			return RESULT_OK;
		case CREDSSP_FAIL:
			keep_reason(credssp, leg, decision);
			return decision->result;
		case CREDSSP_FAIL_INNER:
			return fail_inner(credssp, leg, decision->say, reply);
	}
	return RESULT_INTERNAL;
}

static enum result run(struct credssp* credssp, struct credssp_leg* leg, struct blob* reply)
{
	TRY(credssp_read(credssp, leg));
	for (unsigned i = 0; i < MAX_DECISIONS; i++)
	{
		bool ended = false;
		const struct credssp_decision decision =
		    credssp->role == MECH_INITIATOR ? credssp_decide_client(credssp->state, &leg->facts)
		                                    : credssp_decide_server(credssp->state, &leg->facts);
		credssp->state = decision.next;
		TRY(act(credssp, leg, &decision, reply, &ended));
		if (ended)
			return RESULT_OK;
	}
	return RESULT_INTERNAL;
}

/* --- the public face -------------------------------------------------------------------------- */

enum result credssp_step(struct credssp* credssp, struct bytes message, struct blob* reply)
{
	REQUIRE(credssp != NULL && reply != NULL, RESULT_INVALID_ARGUMENT);
	struct credssp_leg leg = { .message = message };

	blob_free(reply);
	/* The report keeps saying why it died. */
	REQUIRE(credssp->state != CREDSSP_DEAD, RESULT_OUT_OF_SEQUENCE);
	credssp->reason = NULL;
	credssp->legs += message.len > 0;
	credssp->result = run(credssp, &leg, reply);
	if (credssp->result != RESULT_OK)
		credssp->state = CREDSSP_DEAD;
	credssp->legs += reply->len > 0;
	blob_free(&leg.output);
	return credssp->result;
}

bool credssp_is_complete(const struct credssp* credssp)
{
	return credssp != NULL && credssp->state == CREDSSP_FINAL;
}

struct bytes credssp_credentials(const struct credssp* credssp)
{
	return credssp_is_complete(credssp) ? secret_bytes(&credssp->credentials) : BYTES_EMPTY;
}

/* Where nobody decided anything: what this machine, or what was agreed on, did not allow. */
static const char* plain_reason(enum result result)
{
	switch (result)
	{
		case RESULT_OK:
			return NULL;
		case RESULT_POLICY:
			return "the mechanism was agreed on without confidentiality: it cannot seal";
		case RESULT_BUFFER_TOO_SMALL:
			return "the message would be above 64 KiB";
		case RESULT_NO_MEMORY:
			return "out of memory";
		case RESULT_CRYPTO:
			return "the crypto library failed";
		default:
			return "a defect of negossp: please report it";
	}
}

void credssp_describe(const struct credssp* credssp, struct credssp_report* report)
{
	*report = (struct credssp_report){ .result = RESULT_INVALID_ARGUMENT };
	if (credssp == NULL)
		return;
	report->version = credssp->version;
	report->peer_version = credssp->peer_version;
	report->agreed = credssp_agreed(credssp);
	report->legs = credssp->legs;
	report->error_code_told = credssp->error_code_told;
	report->error_code = credssp->error_code;
	report->result = credssp->result;
	report->reason = credssp->reason != NULL ? credssp->reason : plain_reason(credssp->result);
}
