/* SPDX-License-Identifier: Apache-2.0
 *
 * What SPNEGO is told: of mechanisms, of how far the exchange is, and of nothing at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attack.h"
#include "spnego/message.h"
#include "vector.h"

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))

#define NTLM "060a2b06010401823702020a"
#define NEGOEX "060a2b06010401823702021e"
#define KERBEROS "06092a864886f712010202"
#define UNKNOWN "06032a0304"

/* --- what the client lists ---------------------------------------------------------------------
 */

static void set_init(struct blob* token, struct neg_token_init init)
{
	struct blob made = BLOB_EMPTY;

	assert_int_equal(neg_token_init_write(&init, &made), RESULT_OK);
	blob_free(token);
	*token = made;
}

static struct neg_token_init init_of(const struct blob* token)
{
	struct neg_token_init init;

	assert_int_equal(neg_token_init_parse(blob_bytes(token), &init, NULL), RESULT_OK);
	return init;
}

/* Another list over the client's own token. */
static void change_list(struct attack_run* run, struct blob* token)
{
	struct blob list = test_hex(run->attack->hex[run->variant]);
	struct neg_token_init init = init_of(token);

	init.mech_types = blob_bytes(&list);
	set_init(token, init);
	blob_free(&list);
}

/* Another list, and a token of its first mechanism that is meant to be read: NEGOEX's signature and
 * lengths beyond everything. */
static void change_list_and_token(struct attack_run* run, struct blob* token)
{
	static const uint8_t payload[] = "NEGOEXTS\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
	                                 "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
	static const size_t sizes[] = { 1, 8, 16, sizeof(payload) - 1 };
	struct blob list = test_hex(run->attack->hex[run->variant / COUNT(sizes)]);

	set_init(token, (struct neg_token_init){
	                    .mech_types = blob_bytes(&list),
	                    .mech_token = bytes_make(payload, sizes[run->variant % COUNT(sizes)]) });
	blob_free(&list);
}

static const char* const unknown_alone[] = { "3005" UNKNOWN };
static const char* const unknown_first[] = { "3011" UNKNOWN NTLM };
static const char* const negoex_first[] = { "3018" NEGOEX NTLM, "3023" NEGOEX NTLM KERBEROS };
static const char* const other_lists[] = { "3017" NTLM KERBEROS, "3018" NTLM NTLM,
	                                       "3011" NTLM UNKNOWN, "3018" NTLM NEGOEX };

/* --- what is answered --------------------------------------------------------------------------
 */

static struct neg_token_resp resp_of(const struct blob* token)
{
	struct neg_token_resp resp;

	assert_int_equal(neg_token_resp_parse(blob_bytes(token), &resp, NULL), RESULT_OK);
	return resp;
}

static void set_resp(struct blob* token, struct neg_token_resp resp)
{
	struct blob made = BLOB_EMPTY;

	assert_int_equal(neg_token_resp_write(&resp, &made), RESULT_OK);
	blob_free(token);
	*token = made;
}

/* The OID's content, without tag and length. */
static void choose(struct attack_run* run, struct blob* token)
{
	struct blob oid = test_hex(run->attack->hex[run->variant]);
	struct neg_token_resp resp = resp_of(token);

	resp.supported_mech = bytes_make(oid.data + 2, oid.len - 2);
	set_resp(token, resp);
	blob_free(&oid);
}

static const char* const kerberos[] = { KERBEROS };
static const char* const unknown[] = { UNKNOWN };

static void put(struct attack_run* run, struct blob* token)
{
	blob_free(token);
	*token = test_hex(run->attack->hex[run->variant]);
}

/* A NegTokenResp of nothing; with a token of no bytes; no bytes at all. */
static const char* const empty[] = { "a1023000", "a1063004a2020400", "" };

static void neg_state_out_of_range(struct attack_run* run, struct blob* token)
{
	const size_t at = test_find(blob_bytes(token), BYTES_LITERAL("\xa0\x03\x0a\x01"));

	assert_true(at < 16);
	token->data[at + 4] = (uint8_t)(NEG_STATE_REQUEST_MIC + 1 + run->variant);
}

/* With the token, and in its place. */
static void claim_completed(struct attack_run* run, struct blob* token)
{
	struct neg_token_resp resp = resp_of(token);

	resp.neg_state = NEG_STATE_ACCEPT_COMPLETED;
	if (run->variant || run->attack->leg == 3)
		resp.response_token = BYTES_EMPTY;
	if (run->attack->leg == 3 && run->variant)
		resp.mech_list_mic = BYTES_EMPTY;
	set_resp(token, resp);
}

struct attack attacks_on_negotiation[] = {
	{ "test_FreeRDP_66a326490_neg_state_out_of_range_to_the_server", 3, 252, SEC_E_INVALID_TOKEN,
	  .token = neg_state_out_of_range },
	{ "test_FreeRDP_66a326490_neg_state_out_of_range_to_the_client", 2, 252, SEC_E_INVALID_TOKEN,
	  .token = neg_state_out_of_range },
	{ "test_FreeRDP_0d975f9c2_unknown_mechanism_listed", 1, COUNT(unknown_alone),
	  SEC_E_SECPKG_NOT_FOUND, .token = change_list, .hex = unknown_alone },
	{ "test_FreeRDP_0d975f9c2_unknown_mechanism_chosen", 2, COUNT(unknown), SEC_E_SECPKG_NOT_FOUND,
	  .token = choose, .hex = unknown },
	{ "test_CVE_2014_4344_empty_continuation_token", 3, COUNT(empty), SEC_E_OK, .token = put,
	  .hex = empty },
	{ "test_CVE_2021_44758_bad_preferred_mechanism", 1, 4 * COUNT(unknown_first), SEC_E_OK,
	  .token = change_list_and_token, .hex = unknown_first, .refused = 2 },
	{ "test_CVE_2022_37958_and_CVE_2025_21295_NEGOEX_payload", 1, 4 * COUNT(negoex_first), SEC_E_OK,
	  .token = change_list_and_token, .hex = negoex_first, .refused = 2 },
	{ "test_SSTIC_2020_another_mechanism_chosen", 2, COUNT(kerberos), SEC_E_SECPKG_NOT_FOUND,
	  .token = choose, .hex = kerberos },
	{ "test_SSTIC_2020_another_mechanism_in_the_last_answer", 4, COUNT(kerberos),
	  SEC_E_OUT_OF_SEQUENCE, .token = choose, .hex = kerberos },
	{ "test_accept_completed_claimed_early_by_the_server", 2, 2, SEC_E_OUT_OF_SEQUENCE,
	  .token = claim_completed },
	{ "test_accept_completed_claimed_early_by_the_client", 3, 2, SEC_E_OUT_OF_SEQUENCE,
	  .token = claim_completed },
	{ "test_mech_types_changed_on_the_wire", 1, COUNT(other_lists), SEC_E_OK, .token = change_list,
	  .hex = other_lists, .refused = 3 },
	{ .name = NULL },
};
