/* SPDX-License-Identifier: Apache-2.0
 *
 * A program with a client's code in it.
 */
#include <stdio.h>

#include "client.h"

int main(int argc, char** argv)
{
	(void)printf("started\n");
	(void)fflush(stdout);
	return client_run(argc - 1, argv + 1);
}
