/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: flags. What both ends answer to every combination of NegotiateFlags that matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm/negotiate.h"
#include "ntlm_pair.h"

#define NEEDED                                                                                     \
	(NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY | NTLM_NEGOTIATE_128)

static const uint32_t varied[] = { NTLM_NEGOTIATE_UNICODE,  NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY,
	                               NTLM_NEGOTIATE_128,      NTLM_NEGOTIATE_NTLM,
	                               NTLM_NEGOTIATE_SIGN,     NTLM_NEGOTIATE_SEAL,
	                               NTLM_NEGOTIATE_KEY_EXCH, NTLM_REQUEST_TARGET };
#define VARIED (sizeof(varied) / sizeof(varied[0]))

static uint32_t choose(unsigned bits)
{
	uint32_t flags = 0;

	for (unsigned i = 0; i < VARIED; i++)
		flags |= bits & (1U << i) ? varied[i] : 0;
	return flags;
}

/* MS-NLMP 3.1.5.1.2 and 3.2.5.1.1, in words: the three needed ones always; signing and key exchange
 * for integrity; sealing as well for confidentiality. */
static bool good_enough(uint32_t flags, uint32_t asked)
{
	if ((flags & NEEDED) != NEEDED)
		return false;
	if (asked == 0)
		return true;
	if (!(flags & NTLM_NEGOTIATE_SIGN) || !(flags & NTLM_NEGOTIATE_KEY_EXCH))
		return false;
	return asked == MECH_INTEGRITY || (flags & NTLM_NEGOTIATE_SEAL);
}

static void test_acceptor_answers_every_combination_of_flags(void** state)
{
	static const uint32_t asks[] = { 0, MECH_INTEGRITY, MECH_CONFIDENTIALITY };

	(void)state;
	for (size_t a = 0; a < 3; a++)
	{
		for (unsigned bits = 0; bits < 1U << VARIED; bits++)
		{
			const uint32_t flags = choose(bits) | NTLM_NEGOTIATE_OEM | NTLM_NEGOTIATE_LM_KEY |
			                       NTLM_NEGOTIATE_LOCAL_CALL | 0x08; /* and a reserved bit */
			struct pair_config config = pair_defaults();
			struct pair pair;
			struct ntlm_challenge challenge;
			config.server_asks = asks[a];
			pair_open(&pair, &config);
			assert_int_equal(ntlm_negotiate_write(flags, &pair.negotiate), RESULT_OK);
			const enum result result = pair_make_challenge(&pair, blob_bytes(&pair.negotiate));
			if (!good_enough(flags, asks[a]) || !(flags & NTLM_NEGOTIATE_NTLM))
			{
				assert_int_equal(result, RESULT_POLICY);
				pair_close(&pair);
				continue;
			}
			assert_int_equal(result, RESULT_OK);
			assert_int_equal(ntlm_challenge_parse(blob_bytes(&pair.challenge), &challenge, NULL),
			                 RESULT_OK);
			assert_int_equal(challenge.flags,
			                 choose(bits) | NTLM_NEGOTIATE_TARGET_INFO |
			                     (flags & NTLM_REQUEST_TARGET ? NTLM_TARGET_TYPE_SERVER : 0));
			assert_true((challenge.target_name.len != 0) == ((flags & NTLM_REQUEST_TARGET) != 0));
			pair_close(&pair);
		}
	}
}

static void test_initiator_answers_every_combination_of_flags(void** state)
{
	static const uint32_t asks[] = { 0, MECH_INTEGRITY, MECH_CONFIDENTIALITY };

	(void)state;
	for (size_t a = 0; a < 3; a++)
	{
		for (unsigned bits = 0; bits < 1U << VARIED; bits++)
		{
			struct pair_config config = pair_defaults();
			struct pair pair;
			struct ntlm_authenticate authenticate;
			/* SEAL that was not asked for is not offered, and so not negotiated. */
			const uint32_t mask = asks[a] == MECH_CONFIDENTIALITY ? 0 : NTLM_NEGOTIATE_SEAL;
			config.client_asks = asks[a];
			config.server_asks = 0;
			pair_open(&pair, &config);
			assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
			assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
			const uint32_t flags = choose(bits) | NTLM_NEGOTIATE_TARGET_INFO | NTLM_NEGOTIATE_OEM |
			                       NTLM_NEGOTIATE_LM_KEY | NTLM_NEGOTIATE_LOCAL_CALL;
			for (unsigned i = 0; i < 4; i++)
				pair.challenge.data[20 + i] = (uint8_t)(flags >> (8 * i));
			const enum result result = pair_make_authenticate(&pair, blob_bytes(&pair.challenge));
			assert_int_equal(result,
			                 good_enough(flags & ~mask, asks[a]) ? RESULT_OK : RESULT_POLICY);
			/* MS-NLMP 3.1.5.1.2: a key where there is something to protect. */
			const bool has_key = (flags & NTLM_NEGOTIATE_KEY_EXCH) &&
			                     (flags & ~mask & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL));
			if (result == RESULT_OK)
			{
				assert_int_equal(
				    ntlm_authenticate_parse(blob_bytes(&pair.authenticate), &authenticate, NULL),
				    RESULT_OK);
				assert_int_equal(authenticate.flags,
				                 (choose(bits) & ~mask) | NTLM_NEGOTIATE_TARGET_INFO);
				assert_int_equal(authenticate.encrypted_session_key.len, has_key ? 16 : 0);
			}
			pair_close(&pair);
		}
	}
}

static void test_exchange_without_key_exchange(void** state)
{
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	config.server_asks = 0;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_negotiate_write(NEEDED | NTLM_NEGOTIATE_NTLM | NTLM_NEGOTIATE_SIGN |
	                                          NTLM_NEGOTIATE_SEAL,
	                                      &pair.negotiate),
	                 RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	struct blob message = forge_authenticate(&pair, &forge);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&message)), RESULT_OK);
	assert_memory_equal(pair_session_key(pair.server), &forge.exported, sizeof(struct key));
	blob_free(&message);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acceptor_answers_every_combination_of_flags),
		cmocka_unit_test(test_initiator_answers_every_combination_of_flags),
		cmocka_unit_test(test_exchange_without_key_exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
