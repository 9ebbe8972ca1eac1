/* SPDX-License-Identifier: Apache-2.0
 *
 * A log of lengths and contents, one range after the other; one that does not fit ends the program.
 */
#include "wipe_watch.h"

#include <stdlib.h>
#include <string.h>

void __real_secret_wipe(void* memory, size_t len);
void __wrap_secret_wipe(void* memory, size_t len);

static uint8_t watch_log[1 << 20];
static size_t watch_used;
static bool watch_off;

void __wrap_secret_wipe(void* memory, size_t len)
{
	if (len > 0 && !watch_off)
	{
		if (sizeof(len) + len > sizeof(watch_log) - watch_used)
			abort();
		memcpy(watch_log + watch_used, &len, sizeof(len));
		memcpy(watch_log + watch_used + sizeof(len), memory, len);
		watch_used += sizeof(len) + len;
	}
	__real_secret_wipe(memory, len);
}

void wipe_watch_start(void)
{
	__real_secret_wipe(watch_log, watch_used);
	watch_used = 0;
	watch_off = false;
}

void wipe_watch_stop(void)
{
	watch_off = true;
}

void wipe_watch_resume(void)
{
	watch_off = false;
}

size_t wipe_watch_count(struct bytes secret)
{
	size_t count = 0;
	size_t len = 0;

	for (size_t at = 0; at < watch_used; at += len)
	{
		memcpy(&len, watch_log + at, sizeof(len));
		at += sizeof(len);
		count += memmem(watch_log + at, len, secret.data, secret.len) != NULL;
	}
	return count;
}
