/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows' attributes of a context. Strings and structures that an answer points to are one block
 * each, for FreeContextBuffer. In the W form the members that sspi.h of WinPR declares as char*
 * point to WCHARs, as they do on Windows.
 */
#include "host/memory.h"
#include "host/text.h"
#include "sspi/attributes.h"
#include "sspi/package_info.h"

/* Windows' SecPkgContext_NegotiationInfo.NegotiationState and LastClientTokenStatus. */
#define NEGOTIATION_COMPLETE 0u
#define NEGOTIATION_IN_PROGRESS 2u
#define LAST_TOKEN_YES 0u
#define LAST_TOKEN_NO 1u

/* Algorithm numbers of wincrypt.h; RC4 and HMAC-MD5 with 128-bit keys (MS-NLMP 3.4). */
#define ALGORITHM_RC4 0x6801u
#define ALGORITHM_HMAC 0x8009u
#define NTLM_KEY_BITS 128u

struct last_client_token
{
	UINT32 status;
};

enum result attribute_sizes(const struct attribute_query* query)
{
	struct mech_session session;

	REQUIRE(query->report.chosen, RESULT_OUT_OF_SEQUENCE);
	negossp_session(query->context->core, &session);
	*(SecPkgContext_Sizes*)query->buffer =
	    (SecPkgContext_Sizes){ .cbMaxToken = PACKAGE_MAX_TOKEN,
		                       .cbMaxSignature = session.max_signature,
		                       .cbBlockSize = session.block_size,
		                       .cbSecurityTrailer = session.security_trailer };
	return RESULT_OK;
}

bool attribute_user_known(const struct attribute_query* query)
{
	const struct context* const context = query->context;

	if (negossp_is_complete(context->core))
		return true;
	return context->role == MECH_INITIATOR && query->report.mech.user.len > 0;
}

bool attribute_is_anonymous(const struct attribute_query* query)
{
	struct mech_session session;

	negossp_session(query->context->core, &session);
	return (session.granted & MECH_NULL_SESSION) != 0;
}

static enum result attribute_account(const struct attribute_query* query, void** name)
{
	struct blob account = BLOB_EMPTY;

	REQUIRE(attribute_user_known(query), RESULT_OUT_OF_SEQUENCE);
	/* No name means that nobody is known by one here, which only an anonymous logon may say:
	 * WinPR's Kerberos does not tell whose ticket it was. */
	REQUIRE(query->report.mech.user.len > 0 || attribute_is_anonymous(query), RESULT_UNSUPPORTED);
	TRY(text_account(query->report.mech.user, query->report.mech.domain, &account));
	const enum result result = text_to_memory(blob_bytes(&account), query->wide, name);
	blob_free(&account);
	return result;
}

enum result attribute_names(const struct attribute_query* query)
{
	void* name = NULL;

	TRY(attribute_account(query, &name));
	((SecPkgContext_Names*)query->buffer)->sUserName = name;
	return RESULT_OK;
}

enum result attribute_native_names(const struct attribute_query* query)
{
	const struct mech_report* const mech = &query->report.mech;
	void* client = NULL;
	void* server = NULL;

	TRY(attribute_account(query, &client));
	const enum result result = text_to_memory(
	    mech->server_name.len > 0 ? mech->server_name : mech->target, query->wide, &server);
	if (result != RESULT_OK)
	{
		memory_free(client);
		return result;
	}
	*(SecPkgContext_NativeNames*)query->buffer =
	    (SecPkgContext_NativeNames){ .sClientName = client, .sServerName = server };
	return RESULT_OK;
}

/* NTLM logons do not end. */
enum result attribute_lifespan(const struct attribute_query* query)
{
	*(SecPkgContext_Lifespan*)query->buffer =
	    (SecPkgContext_Lifespan){ .tsStart = { 0, 0 }, .tsExpiry = { UINT32_MAX, INT32_MAX } };
	return RESULT_OK;
}

enum result attribute_flags(const struct attribute_query* query)
{
	((SecPkgContext_Flags*)query->buffer)->Flags = context_attributes(query->context);
	return RESULT_OK;
}

enum result attribute_session_key(const struct attribute_query* query)
{
	const struct key* const key = negossp_session_key(query->context->core);

	/* WinPR does not hand Kerberos' key out. */
	REQUIRE(key, RESULT_UNSUPPORTED);
	BYTE* const copy = memory_alloc(KEY_SIZE);
	REQUIRE(copy, RESULT_NO_MEMORY);
	bytes_copy(copy, key_bytes(key));
	*(SecPkgContext_SessionKey*)query->buffer =
	    (SecPkgContext_SessionKey){ .SessionKeyLength = KEY_SIZE, .SessionKey = copy };
	return RESULT_OK;
}

static enum result attribute_literal(const char* literal, bool wide, void** string)
{
	struct blob text = BLOB_EMPTY;

	TRY(text_from_string(literal, &text));
	const enum result result = text_to_memory(blob_bytes(&text), wide, string);
	blob_free(&text);
	return result;
}

enum result attribute_key_info(const struct attribute_query* query)
{
	void* signature = NULL;
	void* encryption = NULL;

	REQUIRE(query->report.mech.ntlm_version > 0, RESULT_UNSUPPORTED);
	TRY(attribute_literal("HMAC-MD5", query->wide, &signature));
	const enum result result = attribute_literal("RC4", query->wide, &encryption);
	if (result != RESULT_OK)
	{
		memory_free(signature);
		return result;
	}
	*(SecPkgContext_KeyInfo*)query->buffer =
	    (SecPkgContext_KeyInfo){ .sSignatureAlgorithmName = signature,
		                         .sEncryptAlgorithmName = encryption,
		                         .KeySize = NTLM_KEY_BITS,
		                         .SignatureAlgorithm = ALGORITHM_HMAC,
		                         .EncryptAlgorithm = ALGORITHM_RC4 };
	return RESULT_OK;
}

/* --- packages --------------------------------------------------------------------------------- */

/* The mechanism in use once there is one: gnome-remote-desktop wants NTLM or Kerberos here. */
static enum result attribute_package(const struct attribute_query* query, void** info)
{
	const char* const ours =
	    query->context->credential->package == PACKAGE_NTLM ? "NTLM" : "Negotiate";

	return package_info_new(query->report.chosen ? query->report.chosen : ours, query->wide, info);
}

/* SecPkgContext_PackageInfoA and W are both one pointer. */
enum result attribute_package_info(const struct attribute_query* query)
{
	void* info = NULL;

	TRY(attribute_package(query, &info));
	((SecPkgContext_PackageInfo*)query->buffer)->PackageInfo = info;
	return RESULT_OK;
}

enum result attribute_negotiation_info(const struct attribute_query* query)
{
	void* info = NULL;

	TRY(attribute_package(query, &info));
	SecPkgContext_NegotiationInfo* const negotiation = query->buffer;
	negotiation->PackageInfo = info;
	negotiation->NegotiationState =
	    negossp_is_complete(query->context->core) && !query->context->dead
	        ? NEGOTIATION_COMPLETE
	        : NEGOTIATION_IN_PROGRESS;
	return RESULT_OK;
}

/* --- targets ---------------------------------------------------------------------------------- */

enum result attribute_target_information(const struct attribute_query* query)
{
	const struct bytes target = query->report.mech.target_info;

	REQUIRE(target.len > 0 && target.len <= UINT32_MAX, RESULT_OUT_OF_SEQUENCE);
	BYTE* const copy = memory_alloc(target.len);
	REQUIRE(copy, RESULT_NO_MEMORY);
	bytes_copy(copy, target);
	*(SecPkgContext_TargetInformation*)query->buffer =
	    (SecPkgContext_TargetInformation){ .MarshalledTargetInfoLength = (UINT32)target.len,
		                                   .MarshalledTargetInfo = copy };
	return RESULT_OK;
}

enum result attribute_client_target(const struct attribute_query* query)
{
	void* name = NULL;

	REQUIRE(query->report.mech.target.len > 0 && !query->report.mech.target_is_untrusted,
	        RESULT_OUT_OF_SEQUENCE);
	TRY(text_to_memory(query->report.mech.target, query->wide, &name));
	((SecPkgContext_ClientSpecifiedTarget*)query->buffer)->sTargetName = name;
	return RESULT_OK;
}

enum result attribute_last_token(const struct attribute_query* query)
{
	((struct last_client_token*)query->buffer)->status =
	    negossp_is_complete(query->context->core) ? LAST_TOKEN_YES : LAST_TOKEN_NO;
	return RESULT_OK;
}
