/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP between two ends over real NTLM or scripted Kerberos, with an adversary inside of TLS who
 * has no key. An input is what the ends are made of, then what is done to one message after the
 * other. Who completes has a peer with the right password that saw the same public key, and a
 * server has what the client delegated; and where nobody laid hands on anything both complete if
 * they can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "credssp_pair.h"
#include "input.h"
#include "reached.h"

enum
{
	TOUCHED = 2, /* and of the four the servers */
	BY_KERBEROS = 4
};
static const char* const kinds[] = { "clients left alone",
	                                 "servers left alone",
	                                 "clients whose messages were changed",
	                                 "servers whose messages were changed",
	                                 "servers by Kerberos",
	                                 NULL };

/* The same challenges, nonces and keys for the same input (the linker's --wrap). */
static uint8_t drawn;
enum result __wrap_crypto_random(uint8_t* to, size_t len);
enum result __wrap_crypto_random(uint8_t* to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = drawn += 37;
	return RESULT_OK;
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	return negossp_init() != RESULT_OK;
}

/* --- the adversary ------------------------------------------------------------------------------
 */

struct adversary
{
	struct bytes input;
	struct credssp_pair* pair;
	bool touched;
};

static void flip(struct blob* bytes, struct bytes* input)
{
	const unsigned at = take(input) | take(input) << 8;

	if (bytes->len)
		bytes->data[at % bytes->len] ^= (uint8_t)(1u << take(input) % 8);
}

/* A copy of a field, cut or with a bit in it flipped. */
static struct bytes changed(struct bytes field, struct blob* copy, struct bytes* input)
{
	JUDGE(blob_set(copy, field) == RESULT_OK, "no memory");
	if (take(input) & 1)
		flip(copy, input);
	else
		copy->len -= copy->len ? take(input) % (copy->len + 1) : 0;
	return blob_bytes(copy);
}

/* One field of a message, written anew. */
static void change_field(struct adversary* adversary, struct blob* message)
{
	struct bytes* const input = &adversary->input;
	struct blob* const earlier = &adversary->pair->wire[take(input) % CREDSSP_MAX_LEGS];
	struct ts_request request;
	struct ts_request other = { 0 };
	struct blob copy = BLOB_EMPTY;
	struct blob made = BLOB_EMPTY;
	const unsigned which = take(input);

	if (ts_request_parse(blob_bytes(message), &request, NULL) != RESULT_OK)
		return;
	(void)ts_request_parse(blob_bytes(earlier), &other, NULL);
	struct bytes* const fields[][2] = { { &request.nego_token, &other.nego_token },
		                                { &request.auth_info, &other.auth_info },
		                                { &request.pub_key_auth, &other.pub_key_auth },
		                                { &request.client_nonce, &other.client_nonce } };
	struct bytes* const* const field = fields[which % 4];
	if (which & 0x10)
		request.version = take(input) % 9;
	if (which & 0x20)
		request.fields ^= take(input) & 0x3E;
	if (which & 0x40)
		*field[0] = which & 0x80 ? *field[1] : changed(*field[0], &copy, input);
	if (which & 0x08)
		request.error_code = take_u32(input);
	if (ts_request_write(&request, &made) == RESULT_OK)
	{
		blob_free(message);
		*message = made;
	}
	blob_free(&copy);
}

static void lay_hands_on(void* data, unsigned leg, struct blob* message)
{
	struct adversary* const adversary = data;
	struct bytes* const input = &adversary->input;

	(void)leg;
	for (unsigned n = take(input) % 3; n > 0; n--)
	{
		const unsigned how = take(input);
		struct bytes text;

		adversary->touched = true;
		if (how % 8 == 0)
			flip(message, input);
		else if (how % 8 == 1)
			message->len -= message->len ? take(input) % (message->len + 1) : 0;
		else if (how % 8 == 2)
		{
			text = blob_bytes(&adversary->pair->wire[take(input) % CREDSSP_MAX_LEGS]);
			JUDGE(blob_set(message, text) == RESULT_OK, "no memory");
		}
		else if (how % 8 == 3)
		{
			text = take_bytes(input, take(input));
			JUDGE(blob_set(message, text) == RESULT_OK, "no memory");
		}
		else
			change_field(adversary, message);
	}
}

/* --- the judge ----------------------------------------------------------------------------------
 */

static bool judge_end(const struct credssp_end* end)
{
	struct credssp_report report;
	const bool complete = credssp_is_complete(end->credssp);

	credssp_describe(end->credssp, &report);
	JUDGE(!complete || report.result == RESULT_OK, "complete and failed");
	JUDGE(!complete || negossp_is_complete(end->inner), "complete over an inner that is not");
	JUDGE(!complete || report.agreed >= TS_VERSION_OLDEST, "a version that nobody has");
	JUDGE(complete || credssp_credentials(end->credssp).len == 0, "credentials before the end");
	return complete;
}

static void judge(const struct credssp_pair* pair, bool wrong_password, bool touched)
{
	const struct credssp_pair_config* const config = &pair->config;
	const bool client = judge_end(&pair->client);
	const bool server = judge_end(&pair->server);
	const bool by_ntlm =
	    config->inner != INNER_NEGOTIATE_KERBEROS && config->inner != INNER_COMPLETING_ROUND;
	const bool can =
	    bytes_equal(config->client_key, config->server_key) && !(wrong_password && by_ntlm);

	if (client)
		reached(touched ? TOUCHED : 0);
	if (server)
		reached((touched ? TOUCHED : 0) + 1);
	if (server && !by_ntlm)
		reached(BY_KERBEROS);
	JUDGE(can || (!client && !server), "complete with a peer that is not the one");
	if (server)
		JUDGE(bytes_equal(credssp_credentials(pair->server.credssp),
		                  secret_bytes(&pair->credentials)),
		      "other credentials than were delegated");
	if (!touched && can && config->client_version >= config->server_lowest &&
	    config->server_version >= config->client_lowest)
		JUDGE(client && (server || !config->delegates), "left alone, and not complete");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	static const uint8_t other_key[] = { 0x30, 0x06, 0x02, 0x01, 0xFD, 0x02, 0x01, 0x03 };
	struct bytes input = bytes_make(data, size);
	const unsigned choice = take(&input);
	const unsigned versions = take(&input);
	struct credssp_pair_config config =
	    credssp_pair_defaults((enum credssp_inner)(choice % INNER_COUNT));
	struct credssp_pair pair;

	reached_input();
	drawn = 0;
	config.client_version = 2 + versions % 5;
	config.server_version = 2 + versions / 5 % 5;
	config.client_lowest = versions & 0x80 ? config.client_version : 2;
	config.server_lowest = versions & 0x40 ? config.server_version : 2;
	config.delegates = (choice & 0xC0) != 0xC0;
	if ((choice & 0x30) == 0x30)
		config.server_key = BYTES_OF(other_key);
	if ((choice & 0x38) == 0x28)
		config.password = "password";
	credssp_pair_open(&pair, &config);
	struct adversary adversary = { input, &pair, false };
	credssp_pair_run(&pair, lay_hands_on, &adversary);
	judge(&pair, strcmp(config.password, "Password") != 0, adversary.touched);
	credssp_pair_close(&pair);
	return 0;
}
