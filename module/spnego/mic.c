/* SPDX-License-Identifier: Apache-2.0
 *
 * Making and checking the mechListMIC through the mechanism. Whatever a mechanism calls a wrong MIC
 * is RESULT_ALTERED here: a peer that sends one of another size has altered it as well.
 */
#include "spnego/mic.h"

struct bytes spnego_mic_of_response(struct bytes mech_list_mic, struct bytes response_token)
{
	return bytes_equal(mech_list_mic, response_token) ? BYTES_EMPTY : mech_list_mic;
}

enum result spnego_mic_make(const struct mech* mech, void* context, struct bytes mech_types,
                            struct blob* mic)
{
	struct blob made = BLOB_EMPTY;
	TRY(mech->mic_make(context, mech_types, &made));
	if (made.len == 0)
	{
		blob_free(&made);
		return RESULT_INTERNAL;
	}
	blob_free(mic);
	*mic = made;
	return RESULT_OK;
}

enum result spnego_mic_verify(const struct mech* mech, void* context, struct bytes mech_types,
                              struct bytes mic)
{
	REQUIRE(mic.len > 0, RESULT_ALTERED);
	const enum result result = mech->mic_verify(context, mech_types, mic);
	switch (result)
	{
		case RESULT_OK:
		case RESULT_NO_MEMORY:
		case RESULT_CRYPTO:
		case RESULT_POLICY:
		case RESULT_INTERNAL:
			return result;
		default:
			return RESULT_ALTERED;
	}
}
