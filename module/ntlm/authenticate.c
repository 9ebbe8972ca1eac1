/* SPDX-License-Identifier: Apache-2.0
 *
 * AUTHENTICATE_MESSAGE. Whether there is room for a MIC follows from where the payload starts,
 * since old clients leave it out and no flag says so.
 */
#include "ntlm/authenticate.h"

#include "ntlm/field.h"
#include "ntlm/flags.h"

/* Header, six fields, NegotiateFlags. */
#define AUTHENTICATE_FIXED (NTLM_HEADER_SIZE + 6 * 8 + 4)
#define AUTHENTICATE_MIC (AUTHENTICATE_FIXED + NTLM_VERSION_SIZE)

/* In the order of the fixed part. */
static const char* const names[] = { "LmChallengeResponse", "NtChallengeResponse",
	                                 "DomainName",          "UserName",
	                                 "Workstation",         "EncryptedRandomSessionKey" };
#define FIELD_COUNT (sizeof(names) / sizeof(names[0]))

static size_t authenticate_mic_offset(size_t payload_start, uint32_t flags)
{
	if (payload_start >= AUTHENTICATE_MIC + NTLM_MIC_SIZE)
		return AUTHENTICATE_MIC;
	if (payload_start >= AUTHENTICATE_FIXED + NTLM_MIC_SIZE && !(flags & NTLM_NEGOTIATE_VERSION))
		return AUTHENTICATE_FIXED;
	return 0;
}

enum result ntlm_authenticate_parse(struct bytes message, struct ntlm_authenticate* authenticate,
                                    struct fault* fault)
{
	struct ntlm_authenticate read = { 0 };
	struct ntlm_field fields[FIELD_COUNT];
	struct bytes* const values[FIELD_COUNT] = { &read.lm_response, &read.nt_response,
		                                        &read.domain,      &read.user,
		                                        &read.workstation, &read.encrypted_session_key };
	struct reader reader;

	TRY(ntlm_header_read(message, NTLM_MESSAGE_AUTHENTICATE, &reader, fault));
	for (size_t i = 0; i < FIELD_COUNT; i++)
		TRY(ntlm_field_read(&reader, names[i], &fields[i]));
	TRY(reader_u32le(&reader, &read.flags));
	for (size_t i = 0; i < FIELD_COUNT; i++)
		TRY(ntlm_field_resolve(message, AUTHENTICATE_FIXED, fields[i], values[i], fault));

	read.mic_offset =
	    authenticate_mic_offset(ntlm_payload_start(message, fields, FIELD_COUNT), read.flags);
	if (read.mic_offset != 0)
		TRY(bytes_part(message, read.mic_offset, NTLM_MIC_SIZE, &read.mic));
	*authenticate = read;
	return RESULT_OK;
}

enum result ntlm_authenticate_write(const struct ntlm_authenticate* authenticate,
                                    struct blob* message, size_t* mic_offset)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	/* The payload's order is that of Windows: names first. */
	const size_t domain_at = AUTHENTICATE_MIC + NTLM_MIC_SIZE;
	const size_t user_at = domain_at + authenticate->domain.len;
	const size_t workstation_at = user_at + authenticate->user.len;
	const size_t lm_at = workstation_at + authenticate->workstation.len;
	const size_t nt_at = lm_at + authenticate->lm_response.len;
	const size_t key_at = nt_at + authenticate->nt_response.len;

	ntlm_header_write(&writer, NTLM_MESSAGE_AUTHENTICATE);
	ntlm_field_write(&writer, authenticate->lm_response, lm_at);
	ntlm_field_write(&writer, authenticate->nt_response, nt_at);
	ntlm_field_write(&writer, authenticate->domain, domain_at);
	ntlm_field_write(&writer, authenticate->user, user_at);
	ntlm_field_write(&writer, authenticate->workstation, workstation_at);
	ntlm_field_write(&writer, authenticate->encrypted_session_key, key_at);
	writer_u32le(&writer, authenticate->flags);
	ntlm_version_write(&writer, authenticate->flags & NTLM_NEGOTIATE_VERSION);
	writer_zeros(&writer, NTLM_MIC_SIZE);
	writer_bytes(&writer, authenticate->domain);
	writer_bytes(&writer, authenticate->user);
	writer_bytes(&writer, authenticate->workstation);
	writer_bytes(&writer, authenticate->lm_response);
	writer_bytes(&writer, authenticate->nt_response);
	writer_bytes(&writer, authenticate->encrypted_session_key);
	TRY(writer_take(&writer, message));
	*mic_offset = AUTHENTICATE_MIC;
	return RESULT_OK;
}

enum result ntlm_mic_input_write(struct bytes negotiate, struct bytes challenge,
                                 struct bytes authenticate, size_t mic_offset, struct blob* input)
{
	static const uint8_t zeros[NTLM_MIC_SIZE] = { 0 };
	struct writer writer = writer_make((size_t)3 * NTLM_MAX_TOKEN);

	writer_bytes(&writer, negotiate);
	writer_bytes(&writer, challenge);
	writer_bytes(&writer, authenticate);
	if (mic_offset != 0)
		writer_patch_bytes(&writer, negotiate.len + challenge.len + mic_offset, BYTES_OF(zeros));
	return writer_take(&writer, input);
}
