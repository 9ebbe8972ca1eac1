/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: numbered attacks and faults on whole exchanges: the proof, malformed lists,
 * reflection and relay. Those on parsing alone are in test_ntlm_messages.c and its neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm_pair.h"
#include "vector.h"

static void test_the_forger_is_accepted_when_it_is_honest(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	assert_int_equal(forge_say(&forge), RESULT_OK);
	forge.version = false; /* payload at 80, MIC at 64 */
	forge.clear_flags = NTLM_NEGOTIATE_VERSION;
	assert_int_equal(forge_say(&forge), RESULT_OK);
	forge.announce_mic = false;
	forge.mic = FORGE_MIC_ABSENT; /* payload at 64 */
	assert_int_equal(forge_say(&forge), RESULT_OK);
	forge.version = true; /* payload at 72 */
	assert_int_equal(forge_say(&forge), RESULT_OK);
}

static void test_WinPR_padding_behind_the_list_is_accepted(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.padding = 8;
	assert_int_equal(forge_say(&forge), RESULT_OK);
}

/* --- the proof ------------------------------------------------------------------------------- */

static void test_FreeRDP_6082_known_user_without_MIC_still_needs_the_password(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.announce_mic = false;
	forge.mic = FORGE_MIC_ABSENT;
	forge.password = "wrong";
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
	forge.password = "";
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
	forge.password = "Password";
	assert_int_equal(forge_say(&forge), RESULT_OK);
}

static void test_rubyntlm_0_6_6_blank_password(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.password = "";
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
	forge.user = "Nobody";
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
}

static void test_CVE_2022_24882_store_with_a_zero_hash_lets_nobody_in(void** state)
{
	static const char* const passwords[] = { "", "Password", "wrong" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct pair_config config = pair_defaults();
		struct pair pair;
		config.stored_hash_zero = true;
		config.password = passwords[i];
		pair_open(&pair, &config);
		assert_int_equal(pair_run(&pair), RESULT_LOGON_DENIED);
		pair_close(&pair);
	}
}

static void test_replay_of_AUTHENTICATE_from_another_exchange(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair first;
	struct pair second;

	(void)state;
	pair_open(&first, &config);
	pair_open(&second, &config);
	assert_int_equal(pair_run(&first), RESULT_OK);
	assert_int_equal(pair_make_negotiate(&second), RESULT_OK);
	assert_int_equal(pair_make_challenge(&second, blob_bytes(&second.negotiate)), RESULT_OK);
	assert_int_equal(pair_take_authenticate(&second, blob_bytes(&first.authenticate)),
	                 RESULT_LOGON_DENIED);
	pair_close(&first);
	pair_close(&second);
}

/* --- malformed lists ------------------------------------------------------------------------- */

static void test_CVE_2023_25567_and_FreeRDP_92db5dd23_short_pairs_in_the_answer(void** state)
{
	static const char* const lists[] = {
		"0600030002000000000000",                         /* MsvAvFlags of 3 bytes */
		"070007000102030405060700000000",                 /* MsvAvTimestamp of 7 */
		"0a000f0000000000000000000000000000000000000000", /* MsvAvChannelBindings of 15 */
		"0600",                                           /* a header cut off */
		"060004000200",                                   /* a value cut off */
		"0100060041",                                     /* AvLen past the end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		struct blob list = test_hex(lists[i]);
		/* The forger adds four zero bytes, which must not make a list of it. */
		const struct bytes pairs = blob_bytes(&list);
		struct forge forge = forge_defaults();
		forge.pairs = &pairs;
		assert_int_equal(forge_say(&forge), RESULT_MALFORMED);
		blob_free(&list);
	}
}

/* FreeRDP 12603: everything that a malformed AUTHENTICATE made is freed (ASan looks on). */
static void test_FreeRDP_12603_malformed_65_byte_AUTHENTICATE(void** state)
{
	const struct pair_config config = pair_defaults();
	uint8_t message[65] = "NTLMSSP\0\3\0\0";
	struct pair pair;

	(void)state;
	for (unsigned fill = 0; fill < 256; fill++)
	{
		for (size_t i = 12; i < sizeof(message); i++)
			message[i] = (uint8_t)fill;
		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_not_equal(pair_take_authenticate(&pair, BYTES_OF(message)), RESULT_OK);
		pair_close(&pair);
	}
}

static void test_CVE_2023_25564_names_of_odd_length(void** state)
{
	/* Lengths of domain, user and workstation. */
	static const size_t fields[] = { 28, 36, 44 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		const struct pair_config config = pair_defaults();
		struct pair pair;
		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
		pair.authenticate.data[fields[i]] -= 1;
		assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
		                 RESULT_MALFORMED);
		assert_int_equal(pair.asked, 0);
		pair_close(&pair);
	}
}

static void test_CVE_2023_25565_malformed_target_info_at_the_client(void** state)
{
	static const char* const lists[] = { "0200", "02000200", "020004004400",
		                                 "0700070001020304050607",
		                                 "02000200440002000200440000000000" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		const struct pair_config config = pair_defaults();
		struct blob list = test_hex(lists[i]);
		struct ntlm_challenge challenge;
		struct pair pair;
		struct blob message = BLOB_EMPTY;
		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_equal(ntlm_challenge_parse(blob_bytes(&pair.challenge), &challenge, NULL),
		                 RESULT_OK);
		challenge.target_info = blob_bytes(&list);
		assert_int_equal(ntlm_challenge_write(&challenge, &message), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&message)), RESULT_MALFORMED);
		pair_close(&pair);
		blob_free(&list);
		blob_free(&message);
	}
}

static void test_target_info_too_long_for_an_answer(void** state)
{
	static uint8_t list[16384 - 48] = { 0x63, 0, 0, 0 };
	struct pair_config config = pair_defaults();
	struct pair pair;
	struct blob message = BLOB_EMPTY;
	struct writer writer = writer_make(UINT16_MAX);

	(void)state;
	config.client_asks = 0; /* else the missing names would be noticed first */
	list[2] = (uint8_t)((sizeof(list) - 8) & 0xFF);
	list[3] = (uint8_t)((sizeof(list) - 8) >> 8);
	writer_bytes(&writer, BYTES_LITERAL("NTLMSSP\0\2\0\0\0\0\0\0\0\0\0\0\0"));
	writer_u32le(&writer, 0xE28A8235);
	writer_zeros(&writer, 16);
	writer_u16le(&writer, sizeof(list));
	writer_u16le(&writer, sizeof(list));
	writer_u32le(&writer, 48);
	writer_bytes(&writer, BYTES_OF(list));
	assert_int_equal(writer_take(&writer, &message), RESULT_OK);
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&message)), RESULT_BUFFER_TOO_SMALL);
	pair_close(&pair);
	blob_free(&message);
}

/* --- reflection and relay -------------------------------------------------------------------- */

static void test_CVE_2025_33073_reflection_by_policy(void** state)
{
	(void)state;
	for (unsigned who = 0; who < 4; who++)
	{
		struct pair_config config = pair_defaults();
		struct pair pair;
		config.client_policy.refuse_reflection = who & 1U;
		config.server_policy.refuse_reflection = who & 2U;
		pair_open(&pair, &config);
		assert_int_equal(pair_run(&pair), who & 1U   ? RESULT_POLICY
		                                  : who & 2U ? RESULT_LOGON_DENIED
		                                             : RESULT_OK);
		pair_close(&pair);
	}
}

/* However many other exchanges are begun meanwhile, for which nobody needs a password. */
static void test_CVE_2025_33073_reflection_cannot_be_flushed(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;
	struct pair others[300];

	(void)state;
	config.server_policy.refuse_reflection = true;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	for (size_t i = 0; i < 300; i++)
	{
		pair_open(&others[i], &config);
		assert_int_equal(pair_make_negotiate(&others[i]), RESULT_OK);
		assert_int_equal(pair_make_challenge(&others[i], blob_bytes(&others[i].negotiate)),
		                 RESULT_OK);
		if (i % 3 == 0)
			pair_close(&others[i]);
	}
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	for (size_t i = 0; i < 300; i++)
	{
		if (i % 3 != 0)
			pair_close(&others[i]);
	}
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
	                 RESULT_LOGON_DENIED);
	pair_close(&pair);
}

/* Nobody takes its answer any more, and the list stays as short as there are open exchanges. */
static void test_reflection_knows_no_challenge_whose_exchange_has_ended(void** state)
{
	(void)state;
	for (unsigned ended = 0; ended < 3; ended++)
	{
		struct pair_config config = pair_defaults();
		struct pair pair;
		struct pair other;

		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
		if (ended > 0)
			assert_int_equal(pair_take_authenticate(
			                     &pair, ended == 1 ? blob_bytes(&pair.authenticate)
			                                       : blob_bytes(&pair.negotiate)) == RESULT_OK,
			                 ended == 1);
		config.client_policy.refuse_reflection = true;
		pair_open(&other, &config);
		assert_int_equal(pair_make_negotiate(&other), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&other, blob_bytes(&pair.challenge)),
		                 ended > 0 ? RESULT_OK : RESULT_POLICY);
		pair_close(&other);
		pair_close(&pair);
	}
}

/* "CORP\\Administrator" must not come out of the name of somebody else who has a password. */
static void test_names_that_could_be_read_as_another_are_refused(void** state)
{
	static const struct
	{
		const char* user;
		const char* domain;
		enum result result;
	} names[] = {
		{ "User", "Domain", RESULT_OK },
		{ "User", "CORP\\Administrator", RESULT_MALFORMED },
		{ "CORP\\User", "Domain", RESULT_MALFORMED },
		{ "User", "\\", RESULT_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		struct pair_config config = pair_defaults();
		struct forge forge = forge_defaults();
		struct pair pair;

		config.stored_user = names[i].user;
		forge.user = names[i].user;
		forge.domain = names[i].domain;
		pair_open(&pair, &config);
		assert_int_equal(forge_run(&pair, &forge), names[i].result);
		pair_close(&pair);
	}
}

static void test_names_with_a_NUL_are_refused(void** state)
{
	const struct pair_config config = pair_defaults();

	(void)state;
	for (size_t field = 28; field <= 36; field += 8) /* DomainNameFields, UserNameFields */
	{
		struct pair pair;

		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
		uint8_t* const message = pair.authenticate.data;
		message[message[field + 4] | message[field + 5] << 8] = 0;
		assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
		                 RESULT_MALFORMED);
		pair_close(&pair);
	}
}

/* "TERMSRV/a\0b" would be told to the host as "TERMSRV/a". */
static void test_target_name_with_a_NUL_is_refused(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;
	struct blob target = BLOB_EMPTY;
	size_t found = 0;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	assert_int_equal(
	    utf16_from_utf8(bytes_make((const uint8_t*)config.target, strlen(config.target)), &target),
	    RESULT_OK);
	for (size_t i = 0; i + target.len <= pair.authenticate.len && found == 0; i++)
	{
		if (memcmp(pair.authenticate.data + i, target.data, target.len) == 0)
			found = i;
	}
	assert_true(found > 0);
	pair.authenticate.data[found + 10] = 0;
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
	                 RESULT_MALFORMED);
	blob_free(&target);
	pair_close(&pair);
}

static void test_CVE_2025_54918_other_peoples_exchanges_are_no_reflection(void** state)
{
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults(); /* no client of this process */
	struct pair pair;

	(void)state;
	config.client_policy.refuse_reflection = true;
	config.server_policy.refuse_reflection = true;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_OK);
	pair_close(&pair);
}

/* An attacker in the middle of TLS relays the client's answer to the real server. */
static void test_CVE_2025_55234_relay_is_seen_by_bindings_and_target(void** state)
{
	const struct channel_bindings attackers = { .application = BYTES_LITERAL("tls-attacker") };
	const struct channel_bindings ours = { .application = BYTES_LITERAL("tls-server") };
	struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	config.client_bindings = &attackers;
	config.server_bindings = &ours;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_BAD_BINDINGS);
	assert_int_equal(pair_server_report(&pair).bindings, MECH_CHECK_FAILED);
	pair_close(&pair);

	config.client_bindings = NULL;
	config.server_bindings = NULL;
	config.target = "TERMSRV/attacker.example";
	config.accepted_target = "server.example";
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_WRONG_TARGET);
	assert_int_equal(pair_server_report(&pair).target_name, MECH_CHECK_FAILED);
	pair_close(&pair);
}

/* What a wrong bindings or target verdict must not do is tell a stranger anything. */
static void test_policy_is_looked_at_after_the_proof(void** state)
{
	const struct channel_bindings one = { .application = BYTES_LITERAL("tls-one") };
	const struct channel_bindings two = { .application = BYTES_LITERAL("tls-two") };
	struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	config.password = "wrong";
	config.client_bindings = &one;
	config.server_bindings = &two;
	config.accepted_target = "other.example";
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_LOGON_DENIED);
	assert_int_equal(pair_server_report(&pair).bindings, MECH_CHECK_NOT_LOOKED_AT);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_forger_is_accepted_when_it_is_honest),
		cmocka_unit_test(test_WinPR_padding_behind_the_list_is_accepted),
		cmocka_unit_test(test_FreeRDP_6082_known_user_without_MIC_still_needs_the_password),
		cmocka_unit_test(test_rubyntlm_0_6_6_blank_password),
		cmocka_unit_test(test_CVE_2022_24882_store_with_a_zero_hash_lets_nobody_in),
		cmocka_unit_test(test_replay_of_AUTHENTICATE_from_another_exchange),
		cmocka_unit_test(test_CVE_2023_25567_and_FreeRDP_92db5dd23_short_pairs_in_the_answer),
		cmocka_unit_test(test_FreeRDP_12603_malformed_65_byte_AUTHENTICATE),
		cmocka_unit_test(test_CVE_2023_25564_names_of_odd_length),
		cmocka_unit_test(test_CVE_2023_25565_malformed_target_info_at_the_client),
		cmocka_unit_test(test_target_info_too_long_for_an_answer),
		cmocka_unit_test(test_CVE_2025_33073_reflection_by_policy),
		cmocka_unit_test(test_CVE_2025_33073_reflection_cannot_be_flushed),
		cmocka_unit_test(test_reflection_knows_no_challenge_whose_exchange_has_ended),
		cmocka_unit_test(test_names_that_could_be_read_as_another_are_refused),
		cmocka_unit_test(test_names_with_a_NUL_are_refused),
		cmocka_unit_test(test_target_name_with_a_NUL_is_refused),
		cmocka_unit_test(test_CVE_2025_54918_other_peoples_exchanges_are_no_reflection),
		cmocka_unit_test(test_CVE_2025_55234_relay_is_seen_by_bindings_and_target),
		cmocka_unit_test(test_policy_is_looked_at_after_the_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
