/* SPDX-License-Identifier: Apache-2.0
 *
 * Channel bindings and target names. Each refusal says which side has to change what: a wrong value
 * may be an attack, a missing one is most often a program that cannot give it.
 */
#include "ntlm/bindings.h"

#include "base/crypto.h"
#include "base/utf16.h"

enum result ntlm_bindings_hash(const struct channel_bindings* bindings,
                               struct ntlm_bindings* hashed)
{
	uint8_t numbers[5][4];

	if (!bindings)
		return RESULT_OK;
	REQUIRE(bindings->initiator.len <= UINT32_MAX && bindings->acceptor.len <= UINT32_MAX &&
	            bindings->application.len <= UINT32_MAX,
	        RESULT_INVALID_ARGUMENT);
	little_endian_put(numbers[0], 4, bindings->initiator_type);
	little_endian_put(numbers[1], 4, bindings->initiator.len);
	little_endian_put(numbers[2], 4, bindings->acceptor_type);
	little_endian_put(numbers[3], 4, bindings->acceptor.len);
	little_endian_put(numbers[4], 4, bindings->application.len);
	const struct bytes parts[] = { BYTES_OF(numbers[0]), BYTES_OF(numbers[1]), bindings->initiator,
		                           BYTES_OF(numbers[2]), BYTES_OF(numbers[3]), bindings->acceptor,
		                           BYTES_OF(numbers[4]), bindings->application };
	TRY(crypto_md5(parts, sizeof(parts) / sizeof(parts[0]), hashed->hash));
	hashed->given = true;
	return RESULT_OK;
}

bool ntlm_bindings_are_absent(struct bytes received)
{
	static const uint8_t zeros[NTLM_BINDINGS_SIZE] = { 0 };

	return received.len == 0 || bytes_equal(received, BYTES_OF(zeros));
}

/* What is missing is refused only where it is required. */
static enum result absent(enum ntlm_check_policy policy, enum result refusal,
                          enum mech_check* check, const char** reason, const char* why)
{
	if (policy != NTLM_CHECK_REQUIRED)
		return RESULT_OK;
	*check = MECH_CHECK_FAILED;
	*reason = why;
	return refusal;
}

enum result ntlm_bindings_check(enum ntlm_check_policy policy, const struct ntlm_bindings* ours,
                                struct bytes received, enum mech_check* check, const char** reason)
{
	if (policy == NTLM_CHECK_OFF)
		return RESULT_OK;
	if (!ours->given)
		return absent(
		    policy, RESULT_BAD_BINDINGS, check, reason,
		    "channel bindings are required and this server's program gave none (FreeRDP's "
		    "NLA has none to give): set the policy for bindings to when-present");
	if (ntlm_bindings_are_absent(received))
		return absent(
		    policy, RESULT_BAD_BINDINGS, check, reason,
		    "channel bindings are required and the client sent none: use a client that binds "
		    "its logon to the TLS channel");
	if (!secret_equal(BYTES_OF(ours->hash), received))
	{
		*check = MECH_CHECK_FAILED;
		*reason = "the client's channel bindings are not those of this connection: something in "
		          "between ends TLS (a proxy or an attacker), or the server was given the wrong "
		          "certificate";
		return RESULT_BAD_BINDINGS;
	}
	*check = MECH_CHECK_OK;
	return RESULT_OK;
}

static bool target_matches(struct bytes accepted, struct bytes received)
{
	const size_t slash = utf16_find(received, 0, '/');
	struct bytes host;

	if (utf16_equal_ignoring_case(accepted, received))
		return true;
	if (slash == received.len || utf16_has(accepted, '/'))
		return false;
	return bytes_part(received, slash + 2, received.len - slash - 2, &host) == RESULT_OK &&
	       utf16_equal_ignoring_case(accepted, host);
}

enum result ntlm_target_check(enum ntlm_check_policy policy, struct bytes accepted,
                              struct bytes received, bool untrusted, enum mech_check* check,
                              const char** reason)
{
	if (policy == NTLM_CHECK_OFF)
		return RESULT_OK;
	if (accepted.len == 0)
		return absent(policy, RESULT_WRONG_TARGET, check, reason,
		              "a target name is required and none is configured: configure the name this "
		              "server accepts, or set the policy for target names to when-present");
	if (received.len == 0)
		return absent(
		    policy, RESULT_WRONG_TARGET, check, reason,
		    "a target name is required and the client sent none: use a client that names the "
		    "server it means");
	if (!target_matches(accepted, received))
	{
		*check = MECH_CHECK_FAILED;
		*reason = "the client meant another server: connect by the name this server is configured "
		          "to accept (an answer relayed from elsewhere looks like this too)";
		return RESULT_WRONG_TARGET;
	}
	if (untrusted)
		return absent(policy, RESULT_WRONG_TARGET, check, reason,
		              "a target name is required, and the client says that it does not trust its "
		              "own (MsvAvFlags): use a client that is told the server's name by its user");
	*check = MECH_CHECK_OK;
	return RESULT_OK;
}
