/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded: a machine whose clock is DOCS_CLOCK_AHEAD seconds ahead, and whose kernel is in FIPS
 * mode where DOCS_FIPS names a file that says so.
 */
#undef _FILE_OFFSET_BITS /* both names are given here, and one is not to become the other */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static time_t ahead(void)
{
	const char* const seconds = getenv("DOCS_CLOCK_AHEAD");

	return seconds ? (time_t)atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now)
{
	int (*const real)(clockid_t, struct timespec*) =
	    (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
	const int result = real(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += ahead();
	return result;
}

time_t time(time_t* seconds)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (seconds)
		*seconds = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval* now, void* zone)
{
	struct timespec fine;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &fine);
	now->tv_sec = fine.tv_sec;
	now->tv_usec = fine.tv_nsec / 1000;
	return 0;
}

FILE* fopen(const char* path, const char* mode)
{
	FILE* (*const real)(const char*, const char*) =
	    (FILE * (*)(const char*, const char*)) dlsym(RTLD_NEXT, "fopen");
	const char* const fips = getenv("DOCS_FIPS");

	return real(fips && strcmp(path, "/proc/sys/crypto/fips_enabled") == 0 ? fips : path, mode);
}

FILE* fopen64(const char* path, const char* mode)
{
	return fopen(path, mode);
}
