/* SPDX-License-Identifier: Apache-2.0
 *
 * The NT hash of a SAM line is computed by WinPR, whose readers it is for.
 */
#include "sandbox.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <winpr/ntlm.h>
#include <winpr/ssl.h>

static void clean_environment(void)
{
	static const char* const names[] = { "WLOG_LEVEL",        "WLOG_FILTER", "WLOG_APPENDER",
		                                 "WLOG_PREFIX",       "KRB5CCNAME",  "KRB5_KTNAME",
		                                 "KRB5_CLIENT_KTNAME" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	extern char** environ;
	for (char** entry = environ; *entry;)
	{
		char name[64];
		const size_t len = strcspn(*entry, "=");
		if (strncmp(*entry, "NEGOSSP_", 8) != 0 || len >= sizeof(name))
		{
			entry++;
			continue;
		}
		memcpy(name, *entry, len);
		name[len] = '\0';
		unsetenv(name); /* moves the rest down: look at the same place again */
	}
}

void sandbox_open(struct sandbox* sandbox)
{
	clean_environment();
	const char* base = getenv("TMPDIR");
	snprintf(sandbox->folder, sizeof(sandbox->folder), "%s/negossp-test-XXXXXX",
	         base && strlen(base) < 200 ? base : "/tmp");
	if (!mkdtemp(sandbox->folder))
		abort();
	snprintf(sandbox->sam, sizeof(sandbox->sam), "%s/sam", sandbox->folder);
	char path[320];
	sandbox_file(sandbox, "krb5.conf",
	             "[libdefaults]\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
	             " dns_canonicalize_hostname = false\n default_ccache_name = MEMORY:test\n",
	             path, sizeof(path));
	setenv("KRB5_CONFIG", path, 1);
}

void sandbox_file(const struct sandbox* sandbox, const char* name, const char* content, char* path,
                  size_t size)
{
	const int length = snprintf(path, size, "%s/%s", sandbox->folder, name);
	if (length < 0 || (size_t)length >= size)
		abort();
	FILE* file = fopen(path, "w");
	if (!file || fputs(content, file) < 0 || fclose(file) != 0)
		abort();
}

void sandbox_sam_line(const struct sandbox* sandbox, const char* line)
{
	FILE* file = fopen(sandbox->sam, "a");
	/* A server warns of one that everybody can read. */
	if (!file || fchmod(fileno(file), 0600) != 0 || fprintf(file, "%s\n", line) < 0 ||
	    fclose(file) != 0)
		abort();
}

void sandbox_nt_hash(const char* password, uint8_t* hash)
{
	static const uint8_t of_nothing[16] = { 0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31,
		                                    0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0 };
	const size_t len = strlen(password);
	if (!len)
	{
		memcpy(hash, of_nothing, sizeof(of_nothing));
		return;
	}
	char* copy = strdup(password);
	/* WinPR's MD4 is OpenSSL's legacy provider, which this loads. */
	if (!copy || !winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT) || !NTOWFv1A(copy, (UINT32)len, hash))
		abort();
	free(copy);
}

void sandbox_hex(const uint8_t* bytes, size_t len, char* text)
{
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void sandbox_sam_user(const struct sandbox* sandbox, const char* user, const char* domain,
                      const char* password)
{
	uint8_t hash[16];
	char hex[33];
	char line[4096];
	sandbox_nt_hash(password, hash);
	sandbox_hex(hash, sizeof(hash), hex);
	snprintf(line, sizeof(line), "%s:%s::%s:::", user, domain ? domain : "", hex);
	sandbox_sam_line(sandbox, line);
}

static int remove_one(const char* path, const struct stat* status, int type, struct FTW* ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void sandbox_close(struct sandbox* sandbox)
{
	if (sandbox->folder[0])
		(void)nftw(sandbox->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	unsetenv("KRB5_CONFIG");
	*sandbox = (struct sandbox){ "", "" };
}
