/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of other_freerdp.c's: it connects, whatever it is told.
 */
#include <stdint.h>
#include <stdio.h>

#include "client.h"

int freerdp_connect(void* instance);

int client_run(int count, char** words)
{
	static uint64_t context[64] = { [40] = 1 };
	static void* instance[64] = { context };

	(void)count;
	(void)words;
	(void)printf("connected=%d\n", freerdp_connect(instance));
	return 7;
}
