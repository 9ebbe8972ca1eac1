/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts that cannot be had are told as "unknown".
 */
#include "machine.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "report.h"

#define OPENSSL_VERSION 0 /* which of its texts OpenSSL_version() is asked for */

/* The first line of a file that begins so, without that and without quotes; false where there is
 * none. */
static bool machine_line(const char* path, const char* start, char* text, size_t size)
{
	FILE* const file = fopen(path, "re");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
	{
		found = strncmp(line, start, strlen(start)) == 0;
		if (found)
		{
			const char* const value = line + strlen(start) + (line[strlen(start)] == '"');
			(void)snprintf(text, size, "%.*s", (int)strcspn(value, "\"\n"), value);
		}
	}
	if (file)
		(void)fclose(file);
	return found;
}

static const char* machine_openssl(void)
{
	const char* (*version)(int which) = NULL;
	void* const library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	void* const symbol = library ? dlsym(library, "OpenSSL_version") : NULL;

	if (!symbol)
		return "unknown";
	memcpy(&version, &symbol, sizeof(version));
	return version(OPENSSL_VERSION);
}

void machine_report(const char* version)
{
	static const char fips[] = "/proc/sys/crypto/fips_enabled";
	struct utsname kernel;
	char text[256];

	report("negossp-register %s\n", version);
	report("system:  %s\n",
	       machine_line("/etc/os-release", "PRETTY_NAME=", text, sizeof(text)) ? text : "unknown");
	if (uname(&kernel) == 0)
		report("kernel:  %s %s %s\n", kernel.sysname, kernel.release, kernel.machine);
	report("OpenSSL: %s\n", machine_openssl());
	report("FIPS:    %s\n", machine_line(fips, "", text, sizeof(text)) ? text : "no such flag");
}
