/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos credentials: kept as the caller gave them until a context needs them, then handed to
 * WinPR in the layout that the WinPR of this process reads.
 */
#include "kerberos/kerberos_credential.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "host/foreign.h"
#include "kerberos/auth_data.h"
#include "kerberos/carrier.h"
#include "kerberos/krb5_probe.h"
#include "kerberos/u2u.h"
#include "log/log.h"

enum inner_state
{
	INNER_UNTRIED,
	INNER_READY,
	INNER_REFUSED
};

struct inner /* WinPR's credential */
{
	_Atomic enum inner_state state; /* written under the lock, read without */
	CredHandle handle;
	bool has_proxy; /* the KDC proxy that is kept; guarded by short_lock */
};

struct kerberos_credential
{
	pthread_mutex_t lock;
	unsigned references;   /* guarded by short_lock */
	atomic_uint abandoned; /* workers given up on that still hold the lock */
	bool outbound;
	bool inbound;
	bool both;
	bool has_password; /* was given one; it may be gone by now */
	unsigned wait_ms;
	struct blob user;
	struct blob domain;
	struct secret password;            /* guarded by lock */
	struct kerberos_settings settings; /* its strings are ours */
	struct blob kdc_proxy;             /* SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, or empty; likewise */
	struct inner inner[2]
	                  [2]; /* by enum mech_role, then by carrier_list(): 1 is user-to-user's own */
};

/* For what must not wait for a worker: no call is made under it. */
static pthread_mutex_t short_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- is it worth trying? ---------------------------------------------------------------------- */

static bool is_ip_literal(const char* host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1 ||
	       (host[0] == '[');
}

bool kerberos_credential_needs_no_password(const struct kerberos_credential* credential)
{
	const struct kerberos_settings* settings = &credential->settings;

	return krb5_probe_ticket(settings->cache) == KRB5_YES ||
	       (settings->keytab && krb5_probe_keytab(settings->keytab) == KRB5_YES);
}

static const char* hopeless_initiator(const struct kerberos_credential* credential,
                                      const char* host)
{
	const struct kerberos_settings* settings = &credential->settings;

	if (!credential->outbound)
		return "the credential is not for outgoing logons";
	if (!host || !*host)
		return "no target host is named";
	if (is_ip_literal(host))
		return "the server is named by its IP address, which no ticket is made out to";
	/* A DNS-like name can be a realm; a NetBIOS domain cannot be found by anyone who is not told.
	 */
	if (utf16_has(blob_bytes(&credential->domain), '.') ||
	    utf16_has(blob_bytes(&credential->user), '@') || settings->pkinit_identity)
		return NULL;
	if (krb5_probe_ticket(settings->cache) != KRB5_NO)
		return NULL;
	if (settings->keytab && krb5_probe_keytab(settings->keytab) != KRB5_NO)
		return NULL;
	if (krb5_probe_default_realm() != KRB5_NO && credential->has_password)
		return NULL;
	return "there is neither a ticket nor a realm to get one from";
}

static const char* hopeless_acceptor(const struct kerberos_credential* credential)
{
	if (!credential->inbound)
		return "the credential is not for incoming logons";
	if (krb5_probe_keytab(credential->settings.keytab) == KRB5_NO)
		return "there is no keytab that can be read";
	return NULL;
}

const char* kerberos_credential_hopeless(const struct kerberos_credential* credential,
                                         enum mech_role role, bool u2u, const char* host)
{
	if (atomic_load(&credential->abandoned) > 0)
		return "the KDC has not answered yet";
	const char* const hopeless = role == MECH_INITIATOR ? hopeless_initiator(credential, host)
	                                                    : hopeless_acceptor(credential);
	if (hopeless)
		return hopeless;
	if (credential->inner[role][u2u && carrier_in_use()].state == INNER_REFUSED)
		return "WinPR's Kerberos package got no credentials";
	return NULL;
}

bool kerberos_credential_offers_u2u(const struct kerberos_credential* credential)
{
	return credential->inbound && u2u_is_offered(credential->settings.keytab);
}

bool kerberos_credential_knows(const struct kerberos_credential* credential,
                               const struct tgt_req* request)
{
	return u2u_is_known(credential->settings.keytab, request);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool copy_string(const char** to, const char* from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

/* Whatever the outcome, settings_free() it. */
static bool settings_copy(struct kerberos_settings* to, const struct kerberos_settings* from)
{
	bool copied = true;

	*to = *from;
#define COPY_STRING(type, name) copied = copy_string(&to->name, from->name) && copied;
	LAYOUT_KERBEROS_STRINGS(COPY_STRING)
	return copied;
}

static void settings_free(struct kerberos_settings* settings)
{
#define FREE_STRING(type, name) free((void*)(uintptr_t)settings->name);
	LAYOUT_KERBEROS_STRINGS(FREE_STRING)
}

static void credential_destroy(struct kerberos_credential* credential)
{
	for (size_t i = 0; i < 4; i++)
	{
		struct inner* const inner = &credential->inner[i / 2][i % 2];

		if (inner->state == INNER_READY)
			(void)FOREIGN_CALL(foreign_table_w(), FreeCredentialsHandle, &inner->handle);
	}
	settings_free(&credential->settings);
	secret_free(&credential->password);
	blob_free(&credential->user);
	blob_free(&credential->domain);
	blob_free(&credential->kdc_proxy);
	pthread_mutex_destroy(&credential->lock);
	free(credential);
}

enum result kerberos_credential_new(const struct kerberos_config* config,
                                    struct kerberos_credential** credential, const char** why)
{
	enum result result = RESULT_NO_MEMORY;

	*why = "this WinPR was built without it";
	REQUIRE(krb5_probe_library() != KRB5_NO, RESULT_NO_CREDENTIALS);
	struct kerberos_credential* made = calloc(1, sizeof(*made));
	REQUIRE(made, RESULT_NO_MEMORY);
	pthread_mutex_init(&made->lock, NULL);
	made->references = 1;
	made->outbound = config->outbound;
	made->inbound = config->inbound;
	made->both = config->both;
	made->has_password = config->password.len > 0;
	made->wait_ms = config->wait_ms;
	if (!settings_copy(&made->settings, &config->settings) ||
	    (result = blob_set(&made->user, config->user)) != RESULT_OK ||
	    (result = blob_set(&made->domain, config->domain)) != RESULT_OK)
		goto out;
	/* Whatever the host will be. */
	if ((made->inbound || !hopeless_initiator(made, "host")) &&
	    (result = secret_set(&made->password, config->password)) != RESULT_OK)
		goto out;
	*credential = made;
	made = NULL;
	result = RESULT_OK;
out:
	kerberos_credential_free(made);
	return result;
}

struct kerberos_credential* kerberos_credential_hold(struct kerberos_credential* credential)
{
	pthread_mutex_lock(&short_lock);
	credential->references++;
	pthread_mutex_unlock(&short_lock);
	return credential;
}

void kerberos_credential_free(struct kerberos_credential* credential)
{
	if (!credential)
		return;
	pthread_mutex_lock(&short_lock);
	const unsigned left = --credential->references;
	pthread_mutex_unlock(&short_lock);
	if (left == 0)
		credential_destroy(credential);
}

void kerberos_credential_lock(struct kerberos_credential* credential)
{
	pthread_mutex_lock(&credential->lock);
}

void kerberos_credential_unlock(struct kerberos_credential* credential)
{
	pthread_mutex_unlock(&credential->lock);
}

void kerberos_credential_abandon(struct kerberos_credential* credential, bool abandoned)
{
	if (abandoned)
		atomic_fetch_add(&credential->abandoned, 1);
	else
		atomic_fetch_sub(&credential->abandoned, 1);
}

unsigned kerberos_credential_wait_ms(const struct kerberos_credential* credential)
{
	return credential->wait_ms;
}

/* --- WinPR's credential ------------------------------------------------------------------------
 */

/* Once for each that was set. */
static void pass_kdc_proxy_on(struct kerberos_credential* credential, struct inner* inner)
{
	struct blob proxy = BLOB_EMPTY;

	pthread_mutex_lock(&short_lock);
	if (!inner->has_proxy)
		inner->has_proxy = blob_set(&proxy, blob_bytes(&credential->kdc_proxy)) == RESULT_OK;
	pthread_mutex_unlock(&short_lock);
	/* 3.10's W reads the names of handles wrongly. */
	if (proxy.len > 0 &&
	    FOREIGN_CALL(foreign_table_a(), SetCredentialsAttributesA, &inner->handle,
	                 SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, proxy.data, (ULONG)proxy.len) != SEC_E_OK)
		log_warn("WinPR's Kerberos did not take the KDC proxy: its own log lines say more");
	blob_free(&proxy);
}

void kerberos_credential_forget_password(struct kerberos_credential* credential)
{
	secret_free(&credential->password);
}

/* Whether WinPR's credential for another role may still be acquired, or, where a carrier has one
 * for each, that for the other mechanism. */
static bool password_is_needed_again(const struct kerberos_credential* credential,
                                     enum mech_role role, bool u2u)
{
	const bool used[2] = {
		[MECH_INITIATOR] = credential->outbound, [MECH_ACCEPTOR] = credential->inbound
	};
	const bool each = carrier_in_use() && credential->both;
	const size_t own = u2u && carrier_in_use();

	for (size_t any = MECH_INITIATOR; any <= MECH_ACCEPTOR; any++)
		for (size_t mech = 0; mech < 2; mech++)
			if ((any != role || mech != own) && used[any] && (each || mech == own) &&
			    credential->inner[any][mech].state == INNER_UNTRIED)
				return true;
	return false;
}

/* Acquires it if it was not yet. The copy of the password that WinPR is given is the only one of
 * ours while it waits for a KDC. NULL when WinPR refuses. */
static struct inner* inner_acquire(struct kerberos_credential* credential, enum mech_role role,
                                   bool u2u)
{
	struct inner* const inner = &credential->inner[role][u2u && carrier_in_use()];
	struct auth_data data;

	if (inner->state != INNER_UNTRIED)
		return inner->state == INNER_READY ? inner : NULL;
	if (auth_data_make(&data, blob_bytes(&credential->user), blob_bytes(&credential->domain),
	                   secret_bytes(&credential->password), &credential->settings,
	                   carrier_list(u2u)) != RESULT_OK)
		return NULL;
	if (!password_is_needed_again(credential, role, u2u))
		kerberos_credential_forget_password(credential);
	const SECURITY_STATUS status =
	    FOREIGN_CALL(foreign_table_w(), AcquireCredentialsHandleW, NULL, carrier_package(),
	                 role == MECH_INITIATOR ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, NULL,
	                 &data.winpr, NULL, NULL, &inner->handle, NULL);
	auth_data_wipe(&data);
	/* Not before it is known: others read it without the lock. */
	inner->state = status == SEC_E_OK ? INNER_READY : INNER_REFUSED;
	return status == SEC_E_OK ? inner : NULL;
}

PCredHandle kerberos_credential_acquire(struct kerberos_credential* credential, enum mech_role role,
                                        bool u2u)
{
	struct inner* const inner = inner_acquire(credential, role, u2u);

	if (!inner)
		return NULL;
	pass_kdc_proxy_on(credential, inner);
	return &inner->handle;
}

SECURITY_STATUS kerberos_credential_set(struct kerberos_credential* credential, ULONG attribute,
                                        const void* buffer, ULONG size)
{
	SecPkgCredentials_KdcProxySettingsW proxy;

	if (attribute != SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS)
		return SEC_E_UNSUPPORTED_FUNCTION;
	if (!buffer || size < sizeof(proxy))
		return SEC_E_INVALID_PARAMETER;
	memcpy(&proxy, buffer, sizeof(proxy));
	if (proxy.Version != KDC_PROXY_SETTINGS_V1 || proxy.ProxyServerOffset < sizeof(proxy) ||
	    (size_t)proxy.ProxyServerOffset + proxy.ProxyServerLength > size)
		return SEC_E_INVALID_PARAMETER;

	/* WinPR counts its own structure twice and wants that many bytes (defect D12's other half). */
	struct writer writer = writer_make(size + sizeof(proxy));
	struct blob kept = BLOB_EMPTY;
	writer_bytes(&writer, bytes_make(buffer, size));
	writer_zeros(&writer, sizeof(proxy));
	if (writer_take(&writer, &kept) != RESULT_OK)
		return SEC_E_INSUFFICIENT_MEMORY;
	pthread_mutex_lock(&short_lock);
	blob_free(&credential->kdc_proxy);
	credential->kdc_proxy = kept;
	for (size_t i = 0; i < 4; i++)
		credential->inner[i / 2][i % 2].has_proxy = false;
	pthread_mutex_unlock(&short_lock);
	return SEC_E_OK;
}
