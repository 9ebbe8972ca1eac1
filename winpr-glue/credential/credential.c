/* SPDX-License-Identifier: Apache-2.0
 *
 * A credential's life, and what it is made of.
 *
 * What a credential cannot do is said here and not in the middle of a logon: packages that the
 * configuration excludes, FIPS, a hash that is none. Only that there is nothing to log on with is
 * found later, as on Windows: NULL as pAuthData means "whoever I am", which Kerberos may answer.
 */
#include "credential/credential.h"

#include <stdlib.h>

#include "credential/identity.h"
#include "host/foreign.h"
#include "host/text.h"
#include "log/log.h"
#include "log/once.h"

/* --- life ------------------------------------------------------------------------------------- */

static void credential_destroy(struct handle_object* object)
{
	struct credential* const credential = (struct credential*)(void*)object;

	if (credential->acquired)
		(void)FOREIGN_CALL(foreign_table_a(), FreeCredentialsHandle, &credential->foreign);
	ntlm_credential_free(credential->ntlm);
	kerberos_credential_free(credential->kerberos);
	verifier_sam_free(credential->sam);
	verifier_domain_free(credential->domain_users);
	blob_free(&credential->user);
	blob_free(&credential->domain);
	config_free(&credential->config);
	free(credential);
}

struct credential* credential_new(enum package package, ULONG use)
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

enum package package_by_name(struct bytes name)
{
	if (text_is_ascii(name, "Negotiate"))
		return PACKAGE_NEGOTIATE;
	return text_is_ascii(name, "NTLM") ? PACKAGE_NTLM : PACKAGE_FOREIGN;
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

/* --- what it is made of ----------------------------------------------------------------------- */

/* The server's own accounts. */
static enum result credential_own_verifier(struct credential* credential,
                                           const struct identity* identity,
                                           const struct verifier** verifier)
{
	if (identity->settings.hash_callback)
	{
		verifier_callback_init(&credential->callback, identity->settings.hash_callback,
		                       identity->settings.hash_callback_argument);
		*verifier = &credential->callback.verifier;
		return RESULT_OK;
	}
	TRY(verifier_sam_new(identity->settings.sam_file, &credential->sam));
	*verifier = verifier_sam_verifier(credential->sam);
	return RESULT_OK;
}

/* A host name that is one label alone is this computer's in the domain's DNS. */
static enum result credential_name_in_domain(struct config* config)
{
	const struct bytes domain = blob_bytes(&config->names[NAME_DNS_DOMAIN]);
	struct blob* const name = &config->names[NAME_DNS_COMPUTER];
	struct blob whole = BLOB_EMPTY;

	if (config->names_given[NAME_DNS_COMPUTER] || domain.len == 0 ||
	    utf16_has(blob_bytes(name), '.'))
		return RESULT_OK;
	struct writer writer = writer_make(name->len + 2 + domain.len);
	writer_bytes(&writer, blob_bytes(name));
	writer_u16le(&writer, '.');
	writer_bytes(&writer, domain);
	TRY(writer_take(&writer, &whole));
	blob_free(name);
	*name = whole;
	return RESULT_OK;
}

/* The same, and beside them the domain where the settings say so; its names are the computer's
 * then. */
static enum result credential_verifier(struct credential* credential,
                                       const struct identity* identity,
                                       const struct verifier** verifier)
{
	struct config* const config = &credential->config;
	const struct domain_config made = { .members = config->domain_members,
		                                .wait_ms = config->domain_wait_ms,
		                                .user_daemon = !config->domain_no_user_daemon,
		                                .turned_off = config->domain == CONFIG_DOMAIN_OFF };
	bool wanted[NAME_COUNT];

	TRY(credential_own_verifier(credential, identity, verifier));
	/* Where the file has a domain and the environment has none, who names one stays a domain's:
	 * else an own line that has no domain would fit. */
	if (!config->domain_decides)
		return RESULT_OK;
	if (credential->sam)
		verifier_sam_may_be_missing(credential->sam);
	for (size_t i = 0; i < NAME_COUNT; i++)
		wanted[i] = !config->names_given[i];
	TRY(verifier_domain_new(&made, wanted, config->names, &credential->domain_users));
	TRY(credential_name_in_domain(config));
	credential->route =
	    (struct verifier_route){ .own = *verifier,
		                         .domain = verifier_domain_verifier(credential->domain_users),
		                         .netbios_computer =
		                             blob_bytes(&config->names[NAME_NETBIOS_COMPUTER]),
		                         .dns_computer = blob_bytes(&config->names[NAME_DNS_COMPUTER]),
		                         .netbios_domain = blob_bytes(&config->names[NAME_NETBIOS_DOMAIN]),
		                         .bare_is_domain = config->domain == CONFIG_DOMAIN_DEFAULT,
		                         .own_is_file = credential->sam != NULL };
	verifier_route_init(&credential->route);
	*verifier = &credential->route.verifier;
	return RESULT_OK;
}

/* Names that the caller gives (FreeRDP from 3.31 can) take the place of the configuration's. */
static enum result credential_take_names(struct config* config, const struct identity* identity)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
	{
		if (identity->settings.names[i].len == 0)
			continue;
		config->names_given[i] = true;
		TRY(blob_set(&config->names[i], blob_bytes(&identity->settings.names[i])));
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
		.identity = credential->outbound && identity->given && !credential->has_pin ? &own : NULL,
		.verifier = verifier,
		.names = { blob_bytes(&config->names[NAME_NETBIOS_COMPUTER]),
		           blob_bytes(&config->names[NAME_NETBIOS_DOMAIN]),
		           blob_bytes(&config->names[NAME_DNS_COMPUTER]),
		           blob_bytes(&config->names[NAME_DNS_DOMAIN]),
		           blob_bytes(&config->names[NAME_TARGET]) },
		.policy = config->policy
	};
	return ntlm_credential_new(&made, &credential->ntlm);
}

/* What the policies will refuse is said when a server starts, not to the first user who calls. */
static void credential_announce(const struct config* config)
{
	if (config->policy.bindings == NTLM_CHECK_REQUIRED && log_first_time("required", "bindings"))
		log_info("channel bindings are required: clients that send none are refused, FreeRDP's own "
		         "NLA client among them");
	if (config->policy.target == NTLM_CHECK_REQUIRED && log_first_time("required", "target"))
		log_info("a target name is required: clients that send none are refused");
	if (config_is_strict(config) && config->packages.kerberos &&
	    log_first_time("required", "kerberos"))
		log_info("Kerberos is not accepted: it cannot be held to what is required%s",
		         config->domain_decides ? " (DomainMembers)" : "");
}

/* Kerberos may be missing without harm; the log says so once. */
static enum result credential_make_kerberos(struct credential* credential,
                                            const struct identity* identity)
{
	const struct config* const config = &credential->config;
	const struct kerberos_config made = {
		.outbound = credential->outbound,
		.inbound = credential->inbound,
		.both = config->packages.kerberos && config->packages.u2u,
		.wait_ms =
		    config->packages.kerberos_by_name ? KERBEROS_WAIT_FOREVER : config->kerberos_wait_ms,
		.user = blob_bytes(&identity->user),
		.domain = blob_bytes(&identity->domain),
		/* A hash is no password to Kerberos; its ticket cache may still do. */
		.password = identity->has_hash ? BYTES_EMPTY : secret_bytes(&identity->password),
		.settings = identity->settings.kerberos
	};

	const char* why = NULL;
	const enum result result = kerberos_credential_new(&made, &credential->kerberos, &why);
	/* With a keytab of its own a server asks for Kerberos: the question is put now, so that its
	 * answer is there when a client has sent its token. The default one is left alone until a
	 * client asks. */
	if (result == RESULT_OK && made.settings.keytab && config->packages.u2u &&
	    !config_is_strict(config))
		(void)kerberos_credential_offers_u2u(credential->kerberos);
	if (result != RESULT_NO_CREDENTIALS)
		return result;
	if (log_first_time("kerberos", why))
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
	if (log_first_time("ntlm", why))
		log_info("NTLM is not offered: %s", why);
	return RESULT_OK;
}

static enum result credential_fill(struct credential* credential, const struct identity* identity)
{
	const struct bytes list = blob_bytes(&identity->package_list);

	TRY(config_load(&credential->config, credential->inbound,
	                identity->has_package_list ? &list : NULL));
	TRY(credential_take_names(&credential->config, identity));
	credential->has_identity = identity->given;
	credential->has_secret = identity->has_hash || identity->password.len > 0;
	credential->has_pin = identity->settings.kerberos.pkinit_identity && !identity->has_hash;
	TRY(blob_set(&credential->user, blob_bytes(&identity->user)));
	TRY(blob_set(&credential->domain, blob_bytes(&identity->domain)));
	TRY(credential_make_mechs(credential, identity));
	if (credential->inbound)
		credential_announce(&credential->config);
	return RESULT_OK;
}

enum result credential_acquire(enum package package, ULONG use, const void* auth_data,
                               struct credential** credential)
{
	struct identity identity = { 0 };
	const char* reason = NULL;

	TRY(negossp_init());
	struct credential* made = credential_new(package, use);
	REQUIRE(made, RESULT_NO_MEMORY);
	enum result result = identity_parse(auth_data, &identity, &reason);
	if (result != RESULT_OK)
	{
		if (result != RESULT_NO_MEMORY)
			log_warn("credentials are not acquired: %s", reason);
		goto out;
	}
	if ((result = credential_fill(made, &identity)) != RESULT_OK)
	{
		if (result == RESULT_CRYPTO)
			log_warn("credentials are not acquired: OpenSSL failed");
		goto out;
	}
	*credential = made;
	made = NULL;
out:
	identity_free(&identity);
	credential_release(made);
	return result;
}
