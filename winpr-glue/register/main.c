/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-register: names the module in the registry file that FreeRDP's servers read.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

/* "/" is no other root; "/srv/root/" is "/srv/root". */
static void main_trim_root(struct options* options, char* root, size_t size)
{
	if (!options->root)
		return;
	(void)snprintf(root, size, "%s", options->root);
	size_t length = strlen(root);
	while (length > 0 && root[length - 1] == '/')
		root[--length] = '\0';
	options->root = length > 0 ? root : NULL;
}

int main(int argc, char** argv)
{
	struct options options;
	char root[4096];
	int exit_code = EXIT_DONE;

	if (!options_parse(argc, argv, &options, &exit_code))
		return exit_code;
	if (options.root && (options.root[0] == '\0' || strlen(options.root) >= sizeof(root)))
	{
		report_error("--root: not a folder's name\n");
		return EXIT_USAGE;
	}
	main_trim_root(&options, root, sizeof(root));
	/* Folders that are made are for everyone to read. */
	(void)umask(022);
	exit_code = (int)command_run(&options);
	if (fflush(stdout) != 0 && exit_code == EXIT_DONE)
		exit_code = EXIT_NOT;
	return exit_code;
}
