/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: AcquireCredentialsHandle and what goes with it.
 *
 * What a credential cannot do is said here and not in the middle of a logon: packages that the
 * configuration excludes, FIPS, a hash that is none. Only that there is nothing to log on with is
 * found later, as on Windows: NULL as pAuthData means "whoever I am", which Kerberos may answer.
 */
#include "credential/credential.h"

#include <stdlib.h>

#include "config/config_value.h"
#include "host/foreign.h"
#include "credential/identity.h"
#include "log/log.h"
#include "host/status.h"
#include "sspi/table.h"
#include "host/text.h"

#define CREDENTIAL_USE_FLAGS (SECPKG_CRED_AUTOLOGON_RESTRICTED | SECPKG_CRED_PROCESS_POLICY_ONLY)

/* --- life ------------------------------------------------------------------------------------- */

static void credential_destroy(struct handle_object* object)
{
	struct credential* const credential = (struct credential*)(void*)object;

	if (credential->package == PACKAGE_FOREIGN)
		(void)FOREIGN_CALL(foreign_table_a(), FreeCredentialsHandle, &credential->foreign);
	ntlm_credential_free(credential->ntlm);
	kerberos_credential_free(credential->kerberos);
	verifier_sam_free(credential->sam);
	blob_free(&credential->user);
	blob_free(&credential->domain);
	config_free(&credential->config);
	free(credential);
}

static struct credential* credential_new(enum package package, ULONG use)
{
	struct credential* const credential = calloc(1, sizeof(*credential));

	if (!credential)
		return NULL;
	handle_object_init(&credential->object, HANDLE_CREDENTIAL, credential_destroy);
	credential->package = package;
	credential->outbound = (use & SECPKG_CRED_OUTBOUND) != 0;
	credential->inbound = (use & SECPKG_CRED_INBOUND) != 0;
	return credential;
}

struct credential* credential_get(const SecHandle* handle)
{
	return (struct credential*)(void*)handle_get(handle, HANDLE_CREDENTIAL);
}

void credential_release(struct credential* credential)
{
	if (credential)
		handle_object_release(&credential->object);
}

static void credential_set_expiry(PTimeStamp expiry)
{
	if (expiry)
		*expiry = (TimeStamp){ .LowPart = UINT32_MAX, .HighPart = INT32_MAX };
}

/* --- what it is made of ----------------------------------------------------------------------- */

static enum result credential_verifier(struct credential* credential,
                                       const struct identity* identity,
                                       const struct verifier** verifier)
{
	if (identity->hash_callback)
	{
		verifier_callback_init(&credential->callback, identity->hash_callback,
		                       identity->hash_callback_argument);
		*verifier = &credential->callback.verifier;
		return RESULT_OK;
	}
	TRY(verifier_sam_new(identity->sam_file, &credential->sam));
	*verifier = verifier_sam_verifier(credential->sam);
	return RESULT_OK;
}

/* Names that the caller gives (FreeRDP from 3.31 can) take the place of the configuration's. */
static enum result credential_take_names(struct config* config, const struct identity* identity)
{
	const struct
	{
		struct blob* to;
		const struct blob* from;
	} names[] = { { &config->netbios_computer, &identity->netbios_computer },
		          { &config->netbios_domain, &identity->netbios_domain },
		          { &config->dns_computer, &identity->dns_computer },
		          { &config->dns_domain, &identity->dns_domain } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (names[i].from->len > 0)
			TRY(blob_set(names[i].to, blob_bytes(names[i].from)));
	}
	return RESULT_OK;
}

static enum result credential_make_ntlm(struct credential* credential,
                                        const struct identity* identity)
{
	const struct config* const config = &credential->config;
	const struct ntlm_identity own = { .user = blob_bytes(&identity->user),
		                               .domain = blob_bytes(&identity->domain),
		                               .password = secret_bytes(&identity->password),
		                               .nt_hash = identity->has_hash ? &identity->nt_hash : NULL };
	const struct verifier* verifier = NULL;

	if (credential->inbound)
		TRY(credential_verifier(credential, identity, &verifier));
	const struct ntlm_credential_config made = {
		.identity = credential->outbound && identity->given ? &own : NULL,
		.verifier = verifier,
		.names = { blob_bytes(&config->netbios_computer), blob_bytes(&config->netbios_domain),
		           blob_bytes(&config->dns_computer), blob_bytes(&config->dns_domain) },
		.policy = config->policy
	};
	return ntlm_credential_new(&made, &credential->ntlm);
}

/* What the policies will refuse is said when a server starts, not to the first user who calls. */
static void credential_announce(const struct config* config)
{
	if (config->policy.bindings == NTLM_CHECK_REQUIRED && config_first_time("required", "bindings"))
		log_info("channel bindings are required: clients that send none are refused, FreeRDP's own "
		         "NLA client among them");
	if (config->policy.target == NTLM_CHECK_REQUIRED && config_first_time("required", "target"))
		log_info("a target name is required: clients that send none are refused");
	if (config_is_strict(config) && config->packages.kerberos &&
	    config_first_time("required", "kerberos"))
		log_info("Kerberos is not accepted: it cannot be held to what is required");
}

/* Kerberos may be missing without harm; the log says so once. */
static enum result credential_make_kerberos(struct credential* credential,
                                            const struct identity* identity)
{
	const struct config* const config = &credential->config;
	const struct kerberos_config made = {
		.outbound = credential->outbound,
		.inbound = credential->inbound,
		.wait_ms =
		    config->packages.kerberos_by_name ? KERBEROS_WAIT_FOREVER : config->kerberos_wait_ms,
		.user = blob_bytes(&identity->user),
		.domain = blob_bytes(&identity->domain),
		/* A hash is no password to Kerberos; its ticket cache may still do. */
		.password = identity->has_hash ? BYTES_EMPTY : secret_bytes(&identity->password),
		.settings = identity->kerberos
	};

	const char* why = NULL;
	const enum result result = kerberos_credential_new(&made, &credential->kerberos, &why);
	if (result != RESULT_NO_CREDENTIALS)
		return result;
	if (config_first_time("kerberos", why))
		log_info("Kerberos is not offered: %s", why);
	return RESULT_OK;
}

/* Makes what of the mechanisms the configuration and this machine allow. */
static enum result credential_make_mechs(struct credential* credential,
                                         const struct identity* identity)
{
	const struct config_packages* const packages = &credential->config.packages;
	const bool only_ntlm = credential->package == PACKAGE_NTLM;
	const char* why = NULL;

	if (!only_ntlm && (packages->kerberos || packages->u2u))
		TRY(credential_make_kerberos(credential, identity));
	if (!only_ntlm && !packages->ntlm)
		why = "the package list, the registry (SSPI\\Negotiate) or NEGOSSP_PACKAGES exclude it";
	else if (negossp_ntlm_available(&why))
		return credential_make_ntlm(credential, identity);
	if (!credential->kerberos)
	{
		log_warn("no mechanism is left: NTLM is not offered: %s", why);
		return RESULT_POLICY;
	}
	if (config_first_time("ntlm", why))
		log_info("NTLM is not offered: %s", why);
	return RESULT_OK;
}

static enum result credential_fill(struct credential* credential, const void* auth_data)
{
	struct identity identity = { 0 };
	const char* reason = NULL;

	enum result result = identity_parse(auth_data, &identity, &reason);
	if (result != RESULT_OK && reason)
		log_warn("credentials are not acquired: %s", reason);
	const struct bytes list = blob_bytes(&identity.package_list);
	if (result == RESULT_OK)
		result = config_load(&credential->config, credential->inbound,
		                     identity.has_package_list ? &list : NULL);
	if (result == RESULT_OK)
		result = credential_take_names(&credential->config, &identity);
	if (result == RESULT_OK)
	{
		credential->has_identity = identity.given;
		result = blob_set(&credential->user, blob_bytes(&identity.user));
	}
	if (result == RESULT_OK)
		result = blob_set(&credential->domain, blob_bytes(&identity.domain));
	if (result == RESULT_OK)
		result = credential_make_mechs(credential, &identity);
	if (result == RESULT_OK && credential->inbound)
		credential_announce(&credential->config);
	identity_free(&identity);
	return result;
}

/* --- AcquireCredentialsHandle ----------------------------------------------------------------- */

static enum result credential_acquire_ours(enum package package, ULONG use, const void* auth_data,
                                           PCredHandle handle)
{
	TRY(negossp_init());
	struct credential* const credential = credential_new(package, use);
	REQUIRE(credential, RESULT_NO_MEMORY);
	enum result result = credential_fill(credential, auth_data);
	if (result == RESULT_OK)
		result = handle_open(&credential->object, handle);
	if (result != RESULT_OK)
		credential_release(credential);
	return result;
}

/* Puts a handle of WinPR's behind one of ours. */
static SECURITY_STATUS credential_wrap_foreign(const CredHandle* foreign, ULONG use,
                                               PCredHandle handle)
{
	struct credential* const credential = credential_new(PACKAGE_FOREIGN, use);
	CredHandle unused = *foreign;

	if (!credential)
	{
		(void)FOREIGN_CALL(foreign_table_a(), FreeCredentialsHandle, &unused);
		return status_leave_result(RESULT_NO_MEMORY);
	}
	credential->foreign = *foreign;
	const enum result result = handle_open(&credential->object, handle);
	if (result != RESULT_OK)
		credential_release(credential);
	return status_leave_result(result);
}

static bool credential_use_is_valid(ULONG use)
{
	return (use & SECPKG_CRED_BOTH) != 0 &&
	       (use & ~(ULONG)(SECPKG_CRED_BOTH | CREDENTIAL_USE_FLAGS)) == 0;
}

/* The package by its converted name. False, and *status set, if the call cannot go on. */
static bool credential_package(enum result converted, struct blob* name, ULONG use,
                               const CredHandle* handle, enum package* package,
                               SECURITY_STATUS* status)
{
	*package = converted == RESULT_OK ? package_by_name(blob_bytes(name)) : PACKAGE_FOREIGN;
	blob_free(name);
	*status = SEC_E_OK;
	if (converted != RESULT_OK || (*package == PACKAGE_FOREIGN && !package_foreign_is_usable()))
		*status = status_leave(SEC_E_SECPKG_NOT_FOUND);
	else if (!handle || !credential_use_is_valid(use))
		*status = status_leave_result(RESULT_INVALID_ARGUMENT);
	return *status == SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY credential_acquire_a(LPSTR principal, LPSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry)
{
	struct blob name = BLOB_EMPTY;
	CredHandle foreign = { 0, 0 };
	enum package which;
	SECURITY_STATUS status;

	const enum result converted =
	    package ? text_from_string(package, &name) : RESULT_INVALID_ARGUMENT;
	if (!credential_package(converted, &name, use, handle, &which, &status))
		return status;
	if (which == PACKAGE_FOREIGN)
	{
		status = FOREIGN_CALL(foreign_table_a(), AcquireCredentialsHandleA, principal, package, use,
		                      logon_id, auth_data, get_key, get_key_argument, &foreign, expiry);
		return status == SEC_E_OK ? credential_wrap_foreign(&foreign, use, handle)
		                          : status_leave(status);
	}
	const enum result result = credential_acquire_ours(which, use, auth_data, handle);
	if (result == RESULT_OK)
		credential_set_expiry(expiry);
	return status_leave_result(result);
}

SECURITY_STATUS SEC_ENTRY credential_acquire_w(LPWSTR principal, LPWSTR package, ULONG use,
                                               void* logon_id, void* auth_data,
                                               SEC_GET_KEY_FN get_key, void* get_key_argument,
                                               PCredHandle handle, PTimeStamp expiry)
{
	struct blob name = BLOB_EMPTY;
	CredHandle foreign = { 0, 0 };
	enum package which;
	SECURITY_STATUS status;

	const enum result converted =
	    package ? text_from_wide_string(package, &name) : RESULT_INVALID_ARGUMENT;
	if (!credential_package(converted, &name, use, handle, &which, &status))
		return status;
	if (which == PACKAGE_FOREIGN)
	{
		status = FOREIGN_CALL(foreign_table_w(), AcquireCredentialsHandleW, principal, package, use,
		                      logon_id, auth_data, get_key, get_key_argument, &foreign, expiry);
		return status == SEC_E_OK ? credential_wrap_foreign(&foreign, use, handle)
		                          : status_leave(status);
	}
	const enum result result = credential_acquire_ours(which, use, auth_data, handle);
	if (result == RESULT_OK)
		credential_set_expiry(expiry);
	return status_leave_result(result);
}

SECURITY_STATUS SEC_ENTRY credential_free(PCredHandle handle)
{
	struct handle_object* const object = handle_close(handle, HANDLE_CREDENTIAL);

	if (!object)
		return status_leave(SEC_E_INVALID_HANDLE);
	handle_object_release(object);
	return status_leave(SEC_E_OK);
}
