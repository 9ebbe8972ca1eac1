/* SPDX-License-Identifier: Apache-2.0
 *
 * Where in a token the NTLM message is, and that it gets back there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"
#include "base/crypto.h"
#include "base/utf16.h"
#include "spnego/message.h"

size_t attack_tests(struct CMUnitTest* tests, void (*function)(void** state))
{
	struct attack* const lists[] = { attacks_on_messages, attacks_on_proofs,
		                             attacks_on_negotiation };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		for (struct attack* attack = lists[i]; attack->name; attack++)
		{
			assert_true(count < ATTACKS_AT_MOST);
			tests[count++] = (struct CMUnitTest){ attack->name, function, NULL, NULL, attack };
		}
	}
	return count;
}

bool attack_is_framed(const struct attack* attack)
{
	return attack->token != NULL;
}

unsigned attack_refused_at(const struct attack* attack)
{
	return attack->refused ? attack->refused : attack->leg;
}

void attack_take(struct writer* writer, struct blob* blob)
{
	assert_int_equal(writer_take(writer, blob), RESULT_OK);
}

void attack_set(struct blob* blob, struct bytes by)
{
	assert_int_equal(blob_set(blob, by), RESULT_OK);
}

void attack_begin(struct attack_run* run, const struct attack* attack, unsigned variant)
{
	assert_int_equal(crypto_init(), RESULT_OK);
	assert_int_equal(utf16_init(), RESULT_OK);
	run->attack = attack;
	run->variant = variant;
	run->status = attack->status;
	run->negotiate = run->challenge = BLOB_EMPTY;
}

void attack_end(struct attack_run* run)
{
	blob_free(&run->negotiate);
	blob_free(&run->challenge);
}

/* A token taken apart; which of the first two it was, if any, is told by its mechanism's part. */
struct opened
{
	struct neg_token_init init;
	struct neg_token_resp resp;
	struct bytes* message;
	struct bytes bare;
};

static void open_token(struct bytes token, struct opened* opened)
{
	*opened = (struct opened){ .bare = token };
	opened->message = &opened->bare;
	if (neg_token_init_parse(token, &opened->init, NULL) == RESULT_OK)
		opened->message = &opened->init.mech_token;
	else if (neg_token_resp_parse(token, &opened->resp, NULL) == RESULT_OK)
		opened->message = &opened->resp.response_token;
}

/* Puts the message in the place of the token's own. */
static void close_token(struct opened* opened, struct bytes message, struct blob* token)
{
	struct blob made = BLOB_EMPTY;

	*opened->message = message;
	if (opened->message == &opened->init.mech_token)
		assert_int_equal(neg_token_init_write(&opened->init, &made), RESULT_OK);
	else if (opened->message == &opened->resp.response_token)
		assert_int_equal(neg_token_resp_write(&opened->resp, &made), RESULT_OK);
	else
		attack_set(&made, message);
	blob_free(token);
	*token = made;
}

void attack_apply(struct attack_run* run, unsigned leg, struct blob* token)
{
	struct opened opened;
	struct blob message = BLOB_EMPTY;

	open_token(blob_bytes(token), &opened);
	if (leg < 3)
		attack_set(leg == 1 ? &run->negotiate : &run->challenge, *opened.message);
	if (leg != run->attack->leg)
		return;
	if (run->attack->token)
	{
		run->attack->token(run, token);
		return;
	}
	attack_set(&message, *opened.message);
	run->attack->message(run, &message);
	close_token(&opened, blob_bytes(&message), token);
	blob_free(&message);
}
