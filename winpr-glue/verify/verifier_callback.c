/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash callback as a verifier.
 */
#include "verify/verifier_callback.h"

#include <stdlib.h>

#include <winpr/error.h>

#include "host/text.h"
#include "host/version.h"

/* MS-NLMP 2.2.2.7: NTLMv2_RESPONSE is NTProofStr and temp. */
#define CALLBACK_PROOF_SIZE 16u
#define CALLBACK_CHALLENGE_SIZE 8u
#define CALLBACK_KEY_SIZE 16u
#define CALLBACK_WINPR_NEW 24 /* the minor release in which success became SEC_E_OK */

/* What the callback is shown. Copies, because it could write to them. */
struct callback_call
{
	SEC_WINNT_AUTH_IDENTITY_W identity;
	struct blob proof_value; /* server challenge and temp: what NTProofStr covers */
	struct blob mic_value;
	uint8_t random_key[CALLBACK_KEY_SIZE];
	uint8_t mic[CALLBACK_KEY_SIZE];
	uint8_t hash[KEY_SIZE];
};

static enum result callback_name(struct bytes name, UINT16** to, ULONG* length)
{
	*to = text_wide_new(name);
	*length = (ULONG)(name.len / 2);
	return *to ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result callback_prepare(const struct verify_request* request,
                                    struct callback_call* call)
{
	struct writer proof = writer_make(request->nt_response.len);

	REQUIRE(request->nt_response.len > CALLBACK_PROOF_SIZE, RESULT_MALFORMED);
	REQUIRE(request->server_challenge.len == CALLBACK_CHALLENGE_SIZE, RESULT_INTERNAL);
	writer_bytes(&proof, request->server_challenge);
	writer_bytes(&proof, bytes_make(request->nt_response.data + CALLBACK_PROOF_SIZE,
	                                request->nt_response.len - CALLBACK_PROOF_SIZE));
	TRY(writer_take(&proof, &call->proof_value));
	TRY(blob_set(&call->mic_value, request->mic_input));
	if (request->encrypted_session_key.len == CALLBACK_KEY_SIZE)
		bytes_copy(call->random_key, request->encrypted_session_key);
	if (request->mic.len == CALLBACK_KEY_SIZE)
		bytes_copy(call->mic, request->mic);
	TRY(callback_name(request->user, &call->identity.User, &call->identity.UserLength));
	TRY(callback_name(request->domain, &call->identity.Domain, &call->identity.DomainLength));
	call->identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
	return RESULT_OK;
}

static void callback_free(struct callback_call* call)
{
	free(call->identity.User);
	free(call->identity.Domain);
	blob_free(&call->proof_value);
	blob_free(&call->mic_value);
	secret_wipe(call->hash, sizeof(call->hash));
}

/* Whether the callback gave a hash, and if not, what it said with the last error. */
static bool callback_ask(const struct verifier_callback* verifier, struct callback_call* call,
                         DWORD* last_error)
{
	SecBuffer proof_value = { (ULONG)call->proof_value.len, SECBUFFER_DATA,
		                      call->proof_value.data };
	SecBuffer mic_value = { (ULONG)call->mic_value.len, SECBUFFER_DATA, call->mic_value.data };

	SetLastError(ERROR_SUCCESS);
	const SECURITY_STATUS status =
	    verifier->callback(verifier->argument, &call->identity, &proof_value, call->random_key,
	                       call->mic, &mic_value, call->hash);
	*last_error = GetLastError();
	return version_at_least(CALLBACK_WINPR_NEW) ? status == SEC_E_OK : status != 0;
}

/* The host's own verdict, which it came to without a look at the proof; without one the user is
 * unknown. */
static enum result callback_refusal(DWORD last_error, struct verify_answer* answer)
{
	static const struct
	{
		DWORD error;
		enum result result;
		const char* reason;
	} verdicts[] = { { ERROR_ACCOUNT_DISABLED, RESULT_ACCOUNT_DISABLED,
		               "the server's hash callback says that the account is disabled" },
		             { ERROR_PASSWORD_EXPIRED, RESULT_PASSWORD_EXPIRED,
		               "the server's hash callback says that the password has expired" },
		             { ERROR_PASSWORD_MUST_CHANGE, RESULT_PASSWORD_MUST_CHANGE,
		               "the server's hash callback says that the password must be changed" } };

	answer->reason = "the server's hash callback gave no hash for this user";
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
	{
		if (verdicts[i].error != last_error)
			continue;
		answer->user_found = MECH_USER_NOT_ASKED;
		answer->unproven = true;
		answer->reason = verdicts[i].reason;
		return verdicts[i].result;
	}
	return RESULT_LOGON_DENIED;
}

static enum result callback_verify(void* state, const struct verify_request* request,
                                   struct verify_answer* answer)
{
	const struct verifier_callback* const verifier = state;
	struct callback_call call = { .hash = { 0 } };
	struct key ntowfv2 = { { 0 } };
	DWORD last_error = ERROR_SUCCESS;

	enum result result = callback_prepare(request, &call);
	if (result != RESULT_OK)
		goto out;
	const bool answered = callback_ask(verifier, &call, &last_error);
	bytes_copy(ntowfv2.bytes, BYTES_OF(call.hash));
	/* A callback that succeeds without writing has not answered (CVE-2022-24882). */
	const bool given = answered & !key_is_zero(&ntowfv2);
	result = ntlm_verify_ntowfv2(request, given ? &ntowfv2 : NULL, answer);
	answer->user_found = given ? MECH_USER_FOUND : MECH_USER_NOT_FOUND;
	if (result != RESULT_LOGON_DENIED)
		goto out;
	answer->reason = "wrong password, says the hash from the server's callback";
	if (!given)
		result = callback_refusal(last_error, answer);
out:
	key_wipe(&ntowfv2);
	callback_free(&call);
	return result;
}

void verifier_callback_init(struct verifier_callback* made, psSspiNtlmHashCallback callback,
                            void* argument)
{
	made->verifier =
	    (struct verifier){ .name = "hash callback", .verify = callback_verify, .state = made };
	made->callback = callback;
	made->argument = argument;
}
