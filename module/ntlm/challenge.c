/* SPDX-License-Identifier: Apache-2.0
 *
 * CHALLENGE_MESSAGE. What is written has the layout of Windows: TargetName, then TargetInfo, behind
 * Version.
 */
#include "ntlm/challenge.h"

#include "ntlm/field.h"
#include "ntlm/flags.h"

/* Header, TargetNameFields, NegotiateFlags, ServerChallenge, Reserved, TargetInfoFields. */
#define CHALLENGE_FIXED (NTLM_HEADER_SIZE + 8 + 4 + NTLM_CHALLENGE_SIZE + 8 + 8)

enum result ntlm_challenge_parse(struct bytes message, struct ntlm_challenge* challenge,
                                 struct fault* fault)
{
	struct ntlm_challenge read = { 0, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct ntlm_field target_name;
	struct ntlm_field target_info;
	struct reader reader;

	TRY(ntlm_header_read(message, NTLM_MESSAGE_CHALLENGE, &reader, fault));
	TRY(ntlm_field_read(&reader, "TargetName", &target_name));
	TRY(reader_u32le(&reader, &read.flags));
	TRY(reader_take(&reader, NTLM_CHALLENGE_SIZE, &read.server_challenge));
	TRY(reader_skip(&reader, 8));
	TRY(ntlm_field_read(&reader, "TargetInfo", &target_info));
	TRY(ntlm_field_resolve(message, CHALLENGE_FIXED, target_name, &read.target_name, fault));
	if (read.flags & NTLM_NEGOTIATE_TARGET_INFO)
		TRY(ntlm_field_resolve(message, CHALLENGE_FIXED, target_info, &read.target_info, fault));
	*challenge = read;
	return RESULT_OK;
}

enum result ntlm_challenge_write(const struct ntlm_challenge* challenge, struct blob* message)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	const size_t target_name_at = CHALLENGE_FIXED + NTLM_VERSION_SIZE;
	const size_t target_info_at = target_name_at + challenge->target_name.len;

	REQUIRE(challenge->server_challenge.len == NTLM_CHALLENGE_SIZE, RESULT_INVALID_ARGUMENT);
	ntlm_header_write(&writer, NTLM_MESSAGE_CHALLENGE);
	ntlm_field_write(&writer, challenge->target_name, target_name_at);
	writer_u32le(&writer, challenge->flags);
	writer_bytes(&writer, challenge->server_challenge);
	writer_zeros(&writer, 8);
	ntlm_field_write(&writer, challenge->target_info, target_info_at);
	ntlm_version_write(&writer, challenge->flags & NTLM_NEGOTIATE_VERSION);
	writer_bytes(&writer, challenge->target_name);
	writer_bytes(&writer, challenge->target_info);
	return writer_take(&writer, message);
}
