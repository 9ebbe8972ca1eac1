/* SPDX-License-Identifier: Apache-2.0
 *
 * QueryContextAttributes and SetContextAttributes: the table of what there is, and the two entries
 * in both forms. docs/attributes.md says what each answers in which state.
 */
#include "sspi/attributes.h"

#include "host/foreign.h"
#include "host/foreign_reach.h"
#include "host/status.h"
#include "sspi/table.h"

#define NAME(text, computer_name)                                                                  \
	{                                                                                              \
		text, .query = attribute_name_text, .set = attribute_set_name, .name = computer_name       \
	}
#define NAME_LENGTH(length, computer_name)                                                         \
	{                                                                                              \
		length, .query = attribute_name_length, .name = computer_name                              \
	}
#define NTLM_SET(number, function, structure)                                                      \
	{                                                                                              \
		number, ATTRIBUTE_OF_NTLM, NEEDS_LIFE, .set = function, .set_size = sizeof(structure)      \
	}

static const struct attribute attributes[] = {
	{ SECPKG_ATTR_SIZES, ATTRIBUTE_OF_ANY, NEEDS_LIFE, .query = attribute_sizes },
	{ SECPKG_ATTR_NAMES, ATTRIBUTE_OF_ANY, NEEDS_LIFE, .query = attribute_names },
	{ SECPKG_ATTR_LIFESPAN, ATTRIBUTE_OF_ANY, NEEDS_LIFE, .query = attribute_lifespan },
	{ SECPKG_ATTR_KEY_INFO, ATTRIBUTE_OF_ANY, NEEDS_LIFE | NEEDS_END, .query = attribute_key_info },
	{ SECPKG_ATTR_SESSION_KEY, ATTRIBUTE_OF_ANY, NEEDS_LIFE | NEEDS_END,
	  .query = attribute_session_key },
	{ SECPKG_ATTR_PACKAGE_INFO, ATTRIBUTE_OF_ANY, 0, .query = attribute_package_info },
	{ SECPKG_ATTR_NEGOTIATION_INFO, ATTRIBUTE_OF_ANY, 0, .query = attribute_negotiation_info },
	{ SECPKG_ATTR_NATIVE_NAMES, ATTRIBUTE_OF_ANY, NEEDS_LIFE, .query = attribute_native_names },
	{ SECPKG_ATTR_FLAGS, ATTRIBUTE_OF_ANY, NEEDS_LIFE, .query = attribute_flags },
	{ SECPKG_ATTR_TARGET_INFORMATION, ATTRIBUTE_OF_ANY, 0, .query = attribute_target_information },
	{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, ATTRIBUTE_OF_ANY,
	  NEEDS_LIFE | NEEDS_END | NEEDS_ACCEPTOR, .query = attribute_client_target },
	{ SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, ATTRIBUTE_OF_ANY, NEEDS_LIFE | NEEDS_ACCEPTOR,
	  .query = attribute_last_token },
	/* From 3.31 on WinPR's Kerberos tells whose ticket it was. */
	{ ATTRIBUTE_IDENTITY, ATTRIBUTE_OF_KERBEROS_AT_LAST, NEEDS_LIFE, .query = attribute_identity },
	/* The tickets that Remote Credential Guard sends. */
	{ .number = SECPKG_CRED_ATTR_TICKET_LOGON,
	  .of = ATTRIBUTE_OF_KERBEROS,
	  .needs = NEEDS_LIFE | NEEDS_END },
	{ ATTRIBUTE_NTLM_PROOF_VALUE, ATTRIBUTE_OF_NTLM, 0, .query = attribute_transcript },
	{ ATTRIBUTE_NTLM_RANDOM_KEY, ATTRIBUTE_OF_NTLM, 0, .query = attribute_transcript },
	{ ATTRIBUTE_NTLM_MIC, ATTRIBUTE_OF_NTLM, 0, .query = attribute_transcript },
	{ ATTRIBUTE_NTLM_MIC_VALUE, ATTRIBUTE_OF_NTLM, 0, .query = attribute_transcript },
	NTLM_SET(ATTRIBUTE_NTLM_HASH, attribute_set_hash, SecPkgContext_AuthNtlmHash),
	NTLM_SET(ATTRIBUTE_NTLM_TIMESTAMP, attribute_set_timestamp, SecPkgContext_AuthNtlmTimestamp),
	NTLM_SET(ATTRIBUTE_NTLM_CLIENT_CHALLENGE, attribute_set_client_challenge,
	         SecPkgContext_AuthNtlmClientChallenge),
	NTLM_SET(ATTRIBUTE_NTLM_SERVER_CHALLENGE, attribute_set_server_challenge,
	         SecPkgContext_AuthNtlmServerChallenge),
	NAME(ATTRIBUTE_NTLM_HOSTNAME, NAME_WORKSTATION),
	NAME_LENGTH(ATTRIBUTE_NTLM_HOSTNAME_LENGTH, NAME_WORKSTATION),
	NAME(ATTRIBUTE_NTLM_NETBIOS_COMPUTER, NAME_NETBIOS_COMPUTER),
	NAME_LENGTH(ATTRIBUTE_NTLM_NETBIOS_COMPUTER_LENGTH, NAME_NETBIOS_COMPUTER),
	NAME(ATTRIBUTE_NTLM_NETBIOS_DOMAIN, NAME_NETBIOS_DOMAIN),
	NAME_LENGTH(ATTRIBUTE_NTLM_NETBIOS_DOMAIN_LENGTH, NAME_NETBIOS_DOMAIN),
	NAME(ATTRIBUTE_NTLM_DNS_COMPUTER, NAME_DNS_COMPUTER),
	NAME_LENGTH(ATTRIBUTE_NTLM_DNS_COMPUTER_LENGTH, NAME_DNS_COMPUTER),
	NAME(ATTRIBUTE_NTLM_DNS_DOMAIN, NAME_DNS_DOMAIN),
	NAME_LENGTH(ATTRIBUTE_NTLM_DNS_DOMAIN_LENGTH, NAME_DNS_DOMAIN),
};

/* The row of a number, or one that can neither be asked nor set. */
static const struct attribute* attribute_find(ULONG number)
{
	static const struct attribute none;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
	{
		if (attributes[i].number == number)
			return &attributes[i];
	}
	return &none;
}

/* Whether a question or a change is in order; *ntlm becomes NTLM's context where that is chosen. */
static enum result attribute_allowed(const struct context* context, const struct attribute* row,
                                     bool needs_life, void** ntlm)
{
	void* chosen = NULL;

	if (negossp_chosen(context->core, &chosen) == ntlm_mech())
		*ntlm = chosen;
	REQUIRE(!context->dead || !needs_life, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(*ntlm || row->of != ATTRIBUTE_OF_NTLM, RESULT_UNSUPPORTED);
	REQUIRE(context->role == MECH_ACCEPTOR || !(row->needs & NEEDS_ACCEPTOR), RESULT_UNSUPPORTED);
	REQUIRE(negossp_is_complete(context->core) || !(row->needs & NEEDS_END),
	        RESULT_OUT_OF_SEQUENCE);
	return RESULT_OK;
}

/* --- query ------------------------------------------------------------------------------------ */

/* Whether WinPR's Kerberos answers, in its own terms; *inner is its context then. */
static bool attribute_is_winprs(const struct context* context, const struct attribute* row,
                                void** inner)
{
	const struct mech* const mech = negossp_chosen(context->core, inner);

	if (mech != kerberos_mech() && mech != kerberos_u2u_mech())
		return false;
	return row->of == ATTRIBUTE_OF_KERBEROS ||
	       (row->of == ATTRIBUTE_OF_KERBEROS_AT_LAST && negossp_is_complete(context->core));
}

static SECURITY_STATUS attribute_answer(struct context* context, const struct attribute* row,
                                        bool wide, void* buffer)
{
	struct attribute_query query = {
		.row = row, .context = context, .wide = wide, .buffer = buffer
	};
	void* inner = NULL;

	REQUIRE(buffer, SEC_E_INVALID_PARAMETER);
	const bool winprs = attribute_is_winprs(context, row, &inner);
	REQUIRE(winprs || row->query, SEC_E_UNSUPPORTED_FUNCTION);
	const enum result result =
	    attribute_allowed(context, row, row->needs & NEEDS_LIFE, &query.ntlm);
	REQUIRE(result == RESULT_OK, status_from_result(result));
	if (winprs)
		return kerberos_context_query(inner, row->number, buffer);
	negossp_describe(context->core, &query.report);
	return status_from_result(row->query(&query));
}

static SECURITY_STATUS attribute_query(PCtxtHandle handle, ULONG number, void* buffer, bool wide)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	/* What is a list of WinPR's; another attribute may ask a KDC, which may take its time. */
	const bool is_list = context_is_foreign(context) && number == SECPKG_ATTR_PACKAGE_INFO;
	if (is_list)
		foreign_buffers_lock();
	if (context_is_foreign(context))
		status = FOREIGN_CALL_AW(wide, QueryContextAttributes, &context->foreign, number, buffer);
	else
		status = attribute_answer(context, attribute_find(number), wide, buffer);
	if (is_list)
		foreign_buffers_unlock();
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY attribute_query_a(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return attribute_query(handle, attribute, buffer, false);
}

SECURITY_STATUS SEC_ENTRY attribute_query_w(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return attribute_query(handle, attribute, buffer, true);
}

/* --- set -------------------------------------------------------------------------------------- */

static enum result attribute_apply(struct context* context, const struct attribute* row,
                                   const void* buffer, ULONG size, bool wide)
{
	struct attribute_change change = {
		.row = row, .context = context, .wide = wide, .buffer = buffer, .size = size
	};

	REQUIRE(buffer && size >= row->set_size, RESULT_INVALID_ARGUMENT);
	REQUIRE(row->set, RESULT_UNSUPPORTED);
	TRY(attribute_allowed(context, row, true, &change.ntlm));
	return row->set(&change);
}

static SECURITY_STATUS attribute_set(PCtxtHandle handle, ULONG number, const void* buffer,
                                     ULONG size, bool wide)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
		status = FOREIGN_CALL_AW(wide, SetContextAttributes, &context->foreign, number,
		                         (void*)(uintptr_t)buffer, size);
	else
		status = status_from_result(
		    attribute_apply(context, attribute_find(number), buffer, size, wide));
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY attribute_set_a(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size)
{
	return attribute_set(handle, attribute, buffer, size, false);
}

SECURITY_STATUS SEC_ENTRY attribute_set_w(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size)
{
	return attribute_set(handle, attribute, buffer, size, true);
}
