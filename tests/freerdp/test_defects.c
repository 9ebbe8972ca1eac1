/* SPDX-License-Identifier: Apache-2.0
 *
 * What FreeRDP's own CredSSP does wrong and a provider cannot mend. Each test states what the
 * FreeRDP it is built against does: the defect on an unpatched one, MS-CSSP's behaviour on one with
 * this project's patches. A logon that a defect prevents must still end at once and safely.
 */
#include "nla_check.h"

/* Before version 5 the server proves itself with the public key plus one (MS-CSSP 3.1.5, step 4).
 * FreeRDP's server seals a buffer of zeros with a one instead, and its own client rightly keeps the
 * credentials to itself. */
static void echo_in_version(enum nla_pairing pairing, uint32_t version)
{
	struct nla_options options = nla_frank(pairing);
	struct nla_result result;

	options.version = version;
	nla_run(&options, &result);
	if (nla_lab_is_patched())
		nla_assert_exchange(&result, nla_flow(pairing));
	else
		nla_assert_no_logon(&result);
	assert_int_equal(result.server_logged_on, nla_lab_is_patched());
	const struct recorded* const answer =
	    recorder_find(&result.recorder, FROM_SERVER, nla_flow_legs(pairing, FROM_SERVER));
	assert_non_null(answer);
	assert_int_equal(answer->request.version, version);
	/* NTLM's signature and the whole key: an RSA key of 2048 bits is 270 bytes of DER. */
	assert_int_equal(answer->request.pub_key_auth.len, 16 + 270);
	nla_result_clear(&result);
}

static void test_public_key_echo_of_version_2(void** state)
{
	echo_in_version(nla_pairing_of(state), 2);
}

static void test_public_key_echo_of_version_4(void** state)
{
	echo_in_version(nla_pairing_of(state), 4);
}

/* A client may send pubKeyAuth one message after bare NTLM's AUTHENTICATE. FreeRDP's server looks
 * for it beside the token only and gives up. */
static void test_bare_pub_key_auth_one_message_later(void** state)
{
	struct nla_options options = nla_frank(nla_pairing_of(state));
	struct nla_result result;

	options.fault = (struct nla_fault){ .kind = FAULT_SPLIT, .who = FROM_CLIENT, .leg = 2 };
	nla_run(&options, &result);
	if (nla_lab_is_patched())
	{
		nla_assert_exchange(&result, "> NEGOTIATE\n"
		                             "< CHALLENGE\n"
		                             "> AUTHENTICATE\n"
		                             "> pubKeyAuth\n"
		                             "< pubKeyAuth\n"
		                             "> authInfo\n");
	}
	else
	{
		nla_assert_no_logon(&result);
		nla_assert_exchange(&result, "> NEGOTIATE\n"
		                             "< CHALLENGE\n"
		                             "> AUTHENTICATE\n");
	}
	assert_int_equal(result.server_logged_on, nla_lab_is_patched());
	nla_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_EACH(test_public_key_echo_of_version_2),
		NLA_EACH(test_public_key_echo_of_version_4),
		NLA_ONE(test_bare_pub_key_auth_one_message_later, stock_to_module),
	};
	return cmocka_run_group_tests_name("freerdp_defects", tests, nla_open_with_frank,
	                                   nla_lab_close);
}
