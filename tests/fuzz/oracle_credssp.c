/* SPDX-License-Identifier: Apache-2.0
 *
 * The messages are walked once: versions, nonces and tokens are taken, and what is sealed is kept
 * in its order. What NTLM and SPNEGO came to is judged as without CredSSP, and with the key of that
 * everything sealed is opened, by either end.
 */
#include "oracle_credssp.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "naive_ts.h"

#define NONCE_SIZE 32u
#define SIGNATURE 16u
#define SEALED_MAX 3u

struct sealed
{
	bool by_client;
	bool auth_info;
	struct part field;
};

/* What was said so far, as one end sees it. Parts borrow from the messages. */
struct story
{
	const struct oracle_credssp* setup;
	uint32_t peer_version; /* 0: not told */
	struct part nonce;     /* the client's */
	struct part peer_token;
	struct oracle_view inner;
	struct sealed sealed[SEALED_MAX];
	unsigned count;
};

static struct part part_from(struct bytes bytes)
{
	return (struct part){ bytes.data, bytes.len };
}

/* --- the walk --------------------------------------------------------------------------------- */

uint32_t oracle_credssp_agreed(const struct oracle_credssp* setup, uint32_t peer_version)
{
	return peer_version && peer_version < setup->version ? peer_version : setup->version;
}

static const char* take_version(struct story* story, bool sent, uint32_t version)
{
	if (sent)
		return version == story->setup->version ? NULL : "it says another version than its own";
	if (version < story->setup->lowest)
		return "a version that is too low was taken";
	if (story->peer_version && story->peer_version != version)
		return "the peer's version was changed";
	story->peer_version = version;
	return NULL;
}

/* A server's is nobody's business. */
static const char* take_nonce(struct story* story, bool by_client, const struct ts_request* request)
{
	const struct part nonce = part_from(request->client_nonce);
	if (!by_client || !(request->fields & TS_CLIENT_NONCE))
		return NULL;
	if (nonce.len != NONCE_SIZE)
		return "a nonce is not of 32 octets";
	if (story->nonce.len && !part_equal(nonce, story->nonce))
		return "the nonce was changed";
	story->nonce = nonce;
	return NULL;
}

static const char* take_token(struct story* story, bool sent, struct part token)
{
	struct oracle_view* const inner = &story->inner;
	/* FreeRDP's servers send their last token again beside pubKeyAuth. */
	const bool again = !sent && part_equal(token, story->peer_token);
	if (!sent)
		story->peer_token = token;
	if (story->count && !sent)
		return again && story->setup->inner.initiator ? NULL : "a token came after the last";
	if (inner->count == ORACLE_MESSAGES_MAX)
		return "it never ends";
	inner->messages[inner->count].sent = sent;
	inner->messages[inner->count++].token =
	    (struct sspi_token){ (uint8_t*)(uintptr_t)token.data, token.len };
	return NULL;
}

/* pubKeyAuth of the client and of the server, then authInfo. */
static const char* take_sealed(struct story* story, bool by_client, bool auth_info,
                               struct part field)
{
	const unsigned place = auth_info ? 2 : !by_client;
	if (story->count != place || (auth_info && !by_client))
		return "pubKeyAuth or authInfo came out of its turn";
	story->sealed[story->count++] = (struct sealed){ by_client, auth_info, field };
	return NULL;
}

static const char* take_fields(struct story* story, bool sent, const struct ts_request* request)
{
	const bool by_client = sent == story->setup->inner.initiator;
	const char* wrong = NULL;
	if (request->fields & TS_NEGO_TOKENS)
		wrong = take_token(story, sent, part_from(request->nego_token));
	if (!wrong && request->fields & TS_PUB_KEY_AUTH)
		wrong = take_sealed(story, by_client, false, part_from(request->pub_key_auth));
	if (!wrong && request->fields & TS_AUTH_INFO)
		wrong = take_sealed(story, by_client, true, part_from(request->auth_info));
	return wrong;
}

static const char* take_message(struct story* story, bool sent, const struct sspi_token* message)
{
	struct ts_request request;
	if (!naive_ts_request(bytes_make(message->data, message->len), &request))
		return "a message is no TSRequest";
	if (request.fields & TS_ERROR_CODE)
		return "it goes on with an errorCode";
	const char* wrong = take_version(story, sent, request.version);
	if (!wrong)
		wrong = take_nonce(story, sent == story->setup->inner.initiator, &request);
	return wrong ? wrong : take_fields(story, sent, &request);
}

static const char* take_all(struct story* story, const struct oracle_credssp* setup,
                            const struct oracle_view* messages)
{
	*story = (struct story){ .setup = setup };
	for (size_t i = 0; i < messages->count; i++)
	{
		const char* wrong =
		    take_message(story, messages->messages[i].sent, &messages->messages[i].token);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* --- what is sealed --------------------------------------------------------------------------- */

static void sha256(const struct part* parts, size_t count, uint8_t out[32])
{
	EVP_MD_CTX* context = EVP_MD_CTX_new();
	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < count; i++)
		if (parts[i].len && EVP_DigestUpdate(context, parts[i].data, parts[i].len) != 1)
			abort();
	if (EVP_DigestFinal_ex(context, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(context);
}

struct part oracle_credssp_binding(uint32_t version, bool by_client, struct part public_key,
                                   struct part nonce, uint8_t room[ORACLE_BINDING_MAX])
{
	static const char* const magic[] = { "CredSSP Server-To-Client Binding Hash",
		                                 "CredSSP Client-To-Server Binding Hash" };
	if (version >= 5)
	{
		const struct part text = { (const uint8_t*)magic[by_client], strlen(magic[by_client]) + 1 };
		sha256((struct part[]){ text, nonce, public_key }, 3, room);
		return (struct part){ room, 32 };
	}
	if (public_key.len > ORACLE_BINDING_MAX)
		abort();
	memcpy(room, public_key.data, public_key.len);
	room[0] = (uint8_t)(room[0] + !by_client);
	return (struct part){ room, public_key.len };
}

/* Takes the field's seal off. False where it is not of that key, or not the next. */
static bool open_field(struct oracle_direction* direction, uint32_t flags, struct part field,
                       struct part* plain)
{
	static uint8_t room[TS_REQUEST_LIMIT];
	uint8_t signature[SIGNATURE];
	if (field.len < SIGNATURE || field.len > sizeof(room))
		return false;
	*plain = (struct part){ room, field.len - SIGNATURE };
	oracle_rc4(&direction->sealing, field.data + SIGNATURE, plain->len, room);
	oracle_sign(direction, flags, plain, 1, &direction->sealing, signature);
	direction->sequence++;
	return memcmp(signature, field.data, SIGNATURE) == 0;
}

static const char* judge_binding(const struct story* story, bool by_client, struct part plain)
{
	uint8_t room[ORACLE_BINDING_MAX];
	const uint32_t agreed = oracle_credssp_agreed(story->setup, story->peer_version);
	if (agreed >= 5 && !story->nonce.len)
		return "the key is bound without a nonce";
	const struct part right =
	    oracle_credssp_binding(agreed, by_client, story->setup->public_key, story->nonce, room);
	if (part_equal(plain, right))
		return NULL;
	return by_client == story->setup->inner.initiator
	           ? "its own pubKeyAuth is wrong"
	           : "the peer's pubKeyAuth was of another key, nonce, version or role";
}

static const char* judge_sealed(const struct story* story, const struct oracle_outcome* inner,
                                struct part* opened)
{
	const struct oracle_credssp* setup = story->setup;
	struct oracle_direction directions[2]; /* [1]: the client's */
	if (!(inner->flags & NTLM_SEAL))
		return "it goes on where nothing can be encrypted";
	for (unsigned by_client = 0; by_client < 2; by_client++)
	{
		const bool own = by_client == setup->inner.initiator;
		oracle_direction(&directions[by_client], inner->key, by_client);
		directions[by_client].sequence = own ? inner->mic_sent : inner->mic_received;
	}
	for (unsigned i = 0; i < story->count; i++)
	{
		const struct sealed* sealed = &story->sealed[i];
		struct part plain;
		if (!open_field(&directions[sealed->by_client], inner->flags, sealed->field, &plain))
			return "something is not sealed with the exchange's key, or not in its turn";
		const char* wrong =
		    sealed->auth_info ? NULL : judge_binding(story, sealed->by_client, plain);
		if (wrong)
			return wrong;
		if (sealed->auth_info)
			*opened = plain;
	}
	return NULL;
}

/* --- judging ---------------------------------------------------------------------------------- */

const char* oracle_credssp_judge(const struct oracle_credssp* setup,
                                 const struct oracle_view* messages, bool* complete,
                                 struct part* opened)
{
	const bool client = setup->inner.initiator;
	const bool delegates = client && setup->credentials.data;
	struct story story;
	struct oracle_legs legs;
	struct oracle_outcome inner;
	*opened = (struct part){ NULL, 0 };
	*complete = false;
	const char* wrong = take_all(&story, setup, messages);
	if (!wrong)
		wrong = oracle_legs(&story.inner, client, &legs);
	if (wrong)
		return wrong;
	if (!story.count)
	{
		if (!legs.ntlm[2].type)
			return NULL;
		return client ? oracle_judge_answer(&setup->inner, &legs, &inner)
		              : oracle_judge_logon(&setup->inner, &legs, &inner);
	}
	wrong = oracle_judge(&setup->inner, &story.inner, &inner);
	if (!wrong)
		wrong = judge_sealed(&story, &inner, opened);
	if (wrong)
		return wrong;
	if (story.count == (client ? 2 : 1) && (!client || delegates))
		return "it took pubKeyAuth and did not go on";
	if (story.count == 3 && client && !(delegates && part_equal(*opened, setup->credentials)))
		return "it delegated something else than it was given";
	*complete = story.count == (client && !delegates ? 2 : 3);
	return NULL;
}

/* --- for the adversary ------------------------------------------------------------------------ */

struct oracle_credssp_seen oracle_credssp_seen(const struct oracle_credssp* setup,
                                               const struct oracle_view* messages)
{
	struct story story;
	(void)take_all(&story, setup, messages);
	return (struct oracle_credssp_seen){ story.inner, story.nonce };
}

bool oracle_credssp_seal(const struct oracle_credssp* reader, const struct oracle_view* messages,
                         struct part token, struct oracle_sealing how, struct part plain,
                         struct sspi_token* sealed)
{
	const struct oracle_setup* setup = &reader->inner;
	const bool by_client = setup->initiator == how.in_own_direction;
	struct story story;
	struct oracle_legs legs;
	struct oracle_direction direction;
	struct part ignored;
	uint8_t* room = NULL;
	(void)take_all(&story, reader, messages);
	if (token.len)
		(void)take_token(&story, false, token);
	(void)oracle_legs(&story.inner, setup->initiator, &legs);
	if (legs.ntlm[2].type != 3)
		return false;
	const struct oracle_answer answer =
	    oracle_answer(setup->initiator ? setup->identity.nt_hash : setup->accounts[0].nt_hash,
	                  &legs.ntlm[0], &legs.ntlm[1], &legs.ntlm[2]);
	const uint32_t flags = legs.ntlm[2].flags & legs.ntlm[1].flags;
	oracle_direction(&direction, answer.key, by_client);
	direction.sequence = legs.mic[by_client].len != 0;
	for (unsigned i = 0; i < story.count; i++)
		if (story.sealed[i].by_client == by_client)
			(void)open_field(&direction, flags, story.sealed[i].field, &ignored);
	direction.sequence += how.skipped;
	if (!(room = malloc(SIGNATURE + plain.len)))
		abort();
	oracle_rc4(&direction.sealing, plain.data, plain.len, room + SIGNATURE);
	oracle_sign(&direction, flags, &plain, 1, &direction.sealing, room);
	sspi_token_set(sealed, room, SIGNATURE + plain.len);
	free(room);
	return true;
}
