/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder, the key and the SAM files that the logons of one test program share.
 */
#include "nla_lab.h"

#include <dirent.h>
#include <dlfcn.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <winpr/error.h>
#include <winpr/ntlm.h>
#include <winpr/ssl.h>
#include <winpr/sspi.h>
#include <winpr/string.h>

#include <freerdp/build-config.h>

#include "host/registry_api.h"

#define LAB_PATH_MAX 256
/* A whole test program takes less, sanitizers and a busy machine included. */
#define WATCHDOG_SECONDS 170

static struct
{
	char folder[LAB_PATH_MAX - 32];
	char* key;
	char* certificate;
} lab;

const char* nla_lab_key(void)
{
	return lab.key;
}

const char* nla_lab_certificate(void)
{
	return lab.certificate;
}

void nla_lab_path(const char* name, char* path, size_t size)
{
	(void)snprintf(path, size, "%s/%s", lab.folder, name);
}

bool nla_lab_is_patched(void)
{
	return NEGOSSP_FREERDP_PATCHED != 0;
}

static char* bio_take_text(BIO* bio)
{
	char* data = NULL;
	const long len = BIO_get_mem_data(bio, &data);
	return len > 0 ? strndup(data, (size_t)len) : NULL;
}

static bool certificate_fill(X509* certificate, EVP_PKEY* key)
{
	X509_NAME* const name = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char*)"localhost",
	                                  -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool tls_identity_make(void)
{
	EVP_PKEY* const key = EVP_RSA_gen(2048);
	X509* const certificate = X509_new();
	BIO* const key_text = BIO_new(BIO_s_mem());
	BIO* const certificate_text = BIO_new(BIO_s_mem());

	if (key && certificate && key_text && certificate_text && certificate_fill(certificate, key) &&
	    PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_bio_X509(certificate_text, certificate) == 1)
	{
		lab.key = bio_take_text(key_text);
		lab.certificate = bio_take_text(certificate_text);
	}
	BIO_free(certificate_text);
	BIO_free(key_text);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return lab.key && lab.certificate;
}

/* The value that FreeRDP's servers prefer to FreeRDP_SspiModule, in its place of every release. */
static bool registry_names_a_module(void)
{
	static const char server_key[] =
	    "Software\\" FREERDP_VENDOR_STRING "\\" FREERDP_PRODUCT_STRING "\\Server";
	struct registry_api winpr;
	HANDLE key = NULL;
	DWORD type = 0;
	DWORD size = 0;

	if (!registry_api_find(RTLD_DEFAULT, &winpr) ||
	    winpr.open(REGISTRY_LOCAL_MACHINE, server_key, 0, REGISTRY_ACCESS_READ, &key) !=
	        ERROR_SUCCESS)
		return false;
	const bool found = winpr.query(key, "SspiModule", NULL, &type, NULL, &size) == ERROR_SUCCESS;
	winpr.close(key);
	return found;
}

/* Takes every NEGOSSP_* out of the environment. */
static bool own_settings_clear(void)
{
	static const char prefix[] = "NEGOSSP_";
	char** variable = environ;

	while (*variable)
	{
		if (strncmp(*variable, prefix, sizeof(prefix) - 1) != 0)
		{
			variable++;
			continue;
		}
		char* const name = strndup(*variable, strcspn(*variable, "="));
		const bool cleared = name && unsetenv(name) == 0;
		free(name);
		if (!cleared)
			return false;
		variable = environ;
	}
	return true;
}

/* Only what the tests set may decide: no user's configuration, no ticket, no realm, no setting of
 * the module's own. WLOG_LEVEL may be given from outside to see what happens. */
static bool environment_make(void)
{
	char path[LAB_PATH_MAX];

	if (!own_settings_clear())
		return false;
	nla_lab_path("krb5.conf", path, sizeof(path));
	FILE* const empty = fopen(path, "w");
	if (!empty || fclose(empty) != 0 || setenv("KRB5_CONFIG", path, 1) != 0)
		return false;
	nla_lab_path("no-ccache", path, sizeof(path));
	return setenv("KRB5CCNAME", path, 1) == 0 && unsetenv("KRB5_KTNAME") == 0 &&
	       setenv("HOME", lab.folder, 1) == 0 && setenv("XDG_CONFIG_HOME", lab.folder, 1) == 0 &&
	       setenv("WLOG_LEVEL", "OFF", 0) == 0;
}

/* WinPR's table of context buffers starts with four entries and grows without a lock, under the
 * feet of whoever uses it. Grown before any thread runs, it stays where it is. */
#define CONTEXT_BUFFERS 128

static bool context_buffers_grow(void)
{
	static SEC_CHAR package[] = "NTLM";
	SecurityFunctionTableA* const table = InitSecurityInterfaceExA(0);
	SecPkgInfoA* infos[CONTEXT_BUFFERS] = { NULL };
	bool grown = table != NULL;

	for (size_t i = 0; i < CONTEXT_BUFFERS && grown; i++)
		grown = table->QuerySecurityPackageInfoA(package, &infos[i]) == SEC_E_OK;
	for (size_t i = 0; i < CONTEXT_BUFFERS && table; i++)
	{
		if (infos[i])
			(void)table->FreeContextBuffer(infos[i]);
	}
	return grown;
}

static int remove_entry(const char* path, const struct stat* status, int flag, struct FTW* where)
{
	(void)status;
	(void)flag;
	(void)where;
	return remove(path);
}

int nla_lab_close(void** state)
{
	(void)state;
	free(lab.key);
	free(lab.certificate);
	return lab.folder[0] ? nftw(lab.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) : 0;
}

/* CMocka runs no tear-down when the set-up failed. */
static int lab_abandon(void)
{
	(void)nla_lab_close(NULL);
	return -1;
}

int nla_lab_open(void** state)
{
	(void)state;
	(void)alarm(WATCHDOG_SECONDS);
	const char* const parent = getenv("TMPDIR");
	(void)snprintf(lab.folder, sizeof(lab.folder), "%s/negossp-nla-XXXXXX",
	               parent && parent[0] == '/' ? parent : "/tmp");
	if (!mkdtemp(lab.folder))
	{
		lab.folder[0] = '\0';
		return -1;
	}
	/* WinPR hashes with MD4 only after this, and says nothing but FALSE before. */
	if (!environment_make() || !winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT) ||
	    !context_buffers_grow() || !tls_identity_make())
		return lab_abandon();
	if (registry_names_a_module())
	{
		(void)fprintf(stderr, "WinPR's registry on this machine names an SspiModule: servers would "
		                      "not be what the tests say they are\n");
		return lab_abandon();
	}
	return 0;
}

static bool sam_line_write(FILE* file, const struct nla_account* account)
{
	size_t units = 0;
	BYTE hash[16] = { 0 };
	WCHAR* const password = ConvertUtf8ToWCharAlloc(account->password, &units);
	const bool hashed = password && NTOWFv1W(password, (UINT32)(units * sizeof(WCHAR)), hash);

	free(password);
	if (!hashed || fprintf(file, "%s:%s::", account->user, account->domain) < 0)
		return false;
	for (size_t i = 0; i < sizeof(hash); i++)
	{
		if (fprintf(file, "%02x", hash[i]) < 0)
			return false;
	}
	return fputs(":::\n", file) >= 0;
}

bool nla_lab_write_sam(const char* name, const struct nla_account* accounts, size_t count)
{
	char path[LAB_PATH_MAX];
	bool written = true;

	nla_lab_path(name, path, sizeof(path));
	FILE* const file = fopen(path, "w");
	if (!file)
		return false;
	for (size_t i = 0; i < count && written; i++)
		written = sam_line_write(file, &accounts[i]);
	return fclose(file) == 0 && written;
}

size_t nla_lab_open_files(void)
{
	size_t count = 0;
	DIR* const folder = opendir("/proc/self/fd");

	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}
