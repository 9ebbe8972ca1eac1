/* SPDX-License-Identifier: Apache-2.0
 *
 *     sspi_core_target open|freed
 *
 * For who takes a core of it: exchanges in this thread and in one that has ended; then it tells
 * their keys, which a child computes, "ready", and waits for the end of its input. With `open` the
 * last exchange is still there.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntlm_flows.h"

static void tell(const char* name, const void* secret, size_t len)
{
	const uint8_t* const bytes = secret;

	for (size_t i = 0; i < len; i++)
		printf("%02" PRIx8, bytes[i]);
	printf(" %s\n", name);
}

static bool tell_secrets(const struct flow_run* run)
{
	struct ntlm_secrets secrets;
	const struct key* const keys = (const struct key*)&secrets;
	int status = -1;
	const pid_t child = fork();

	if (child == 0)
	{
		const bool had = flow_secrets(run, &secrets);

		for (size_t i = 0; i < NTLM_SECRETS; i++)
			tell(ntlm_secret_names[i], &keys[i], sizeof(keys[i]));
		tell("the password", flow_password, sizeof(flow_password));
		tell("the hash's digits", flow_hash_digits, sizeof(flow_hash_digits) - 1);
		_exit(fflush(stdout) != 0 || !had);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

int main(int count, char** arguments)
{
	struct flow_run run = { .flow = FLOW_FOUR_LEGS };
	const bool open = count == 2 && strcmp(arguments[1], "open") == 0;
	pthread_t thread;
	char nothing;

	/* A debugger need not be its parent (Yama). */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	log_capture_start(false);
	if (count != 2 || !flow_sandbox() || pthread_create(&thread, NULL, flow_run, &run) != 0 ||
	    pthread_join(thread, NULL) != 0 || !tell_secrets(&run))
		return 1;
	sspi_pair_close(&run.pair);
	(void)flow_run(&run);
	if (!tell_secrets(&run))
		return 1;
	if (!open)
		sspi_pair_close(&run.pair);
	if (puts("ready") < 0 || fflush(stdout) != 0)
		return 1;
	while (read(STDIN_FILENO, &nothing, 1) > 0)
		;
	if (open)
		sspi_pair_close(&run.pair);
	sandbox_close(&box);
	return 0;
}
