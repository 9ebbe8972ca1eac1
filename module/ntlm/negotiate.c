/* SPDX-License-Identifier: Apache-2.0
 *
 * NEGOTIATE_MESSAGE. The names in it are of no use here (they are OEM text and nothing proves
 * them), but must lie inside of the message where its flags say that they are there.
 */
#include "ntlm/negotiate.h"

#include "ntlm/field.h"
#include "ntlm/flags.h"

/* Header, NegotiateFlags, DomainNameFields, WorkstationFields. */
#define NEGOTIATE_FIXED (NTLM_HEADER_SIZE + 4 + 8 + 8)

enum result ntlm_negotiate_parse(struct bytes message, struct ntlm_negotiate* negotiate,
                                 struct fault* fault)
{
	struct ntlm_negotiate read = { 0, BYTES_EMPTY, BYTES_EMPTY };
	struct ntlm_field domain = { 0 };
	struct ntlm_field workstation = { 0 };
	struct reader reader;

	TRY(ntlm_header_read(message, NTLM_MESSAGE_NEGOTIATE, &reader, fault));
	TRY(reader_u32le(&reader, &read.flags));
	if (reader_left(&reader) != 0)
	{
		TRY(ntlm_field_read(&reader, "DomainName", &domain));
		TRY(ntlm_field_read(&reader, "WorkstationName", &workstation));
	}
	/* Without its flag a field is ignored, whatever it says (MS-NLMP 2.2.1.1). */
	if (read.flags & NTLM_OEM_DOMAIN_SUPPLIED)
		TRY(ntlm_field_resolve(message, NEGOTIATE_FIXED, domain, &read.domain, fault));
	if (read.flags & NTLM_OEM_WORKSTATION_SUPPLIED)
		TRY(ntlm_field_resolve(message, NEGOTIATE_FIXED, workstation, &read.workstation, fault));
	*negotiate = read;
	return RESULT_OK;
}

enum result ntlm_negotiate_write(uint32_t flags, struct blob* message)
{
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	const size_t payload = NEGOTIATE_FIXED + NTLM_VERSION_SIZE;

	ntlm_header_write(&writer, NTLM_MESSAGE_NEGOTIATE);
	writer_u32le(&writer, flags);
	ntlm_field_write(&writer, BYTES_EMPTY, payload);
	ntlm_field_write(&writer, BYTES_EMPTY, payload);
	ntlm_version_write(&writer, flags & NTLM_NEGOTIATE_VERSION);
	return writer_take(&writer, message);
}
