/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-sam: who can log on with which password, where a server has a SAM file. This is its
 * command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "commands.h"

static void main_help(void)
{
	report(
	    "usage: negossp-sam [OPTION]... add USER\n"
	    "       negossp-sam [OPTION]... remove USER\n"
	    "       negossp-sam [OPTION]... list|check [USER]\n"
	    "\n"
	    "The accounts in the SAM file of a FreeRDP server.\n"
	    "\n"
	    "  add       add the user, or give the user a new password, which is asked for on a\n"
	    "            terminal and read from standard input (one line) otherwise\n"
	    "  remove    remove the user\n"
	    "  list      who can log on, as user:domain\n"
	    "  check     what a server makes of each line, and whether others can read the file\n"
	    "\n"
	    "  -d, --domain DOMAIN   the domain that the user belongs to; otherwise the user of any\n"
	    "  -f, --file FILE       the SAM file, otherwise the one that servers read by default\n"
	    "  -h, --help            this text\n"
	    "  -V, --version         the version\n"
	    "\n"
	    "Exit codes: 0 done, 1 no such user, no password, or check found something, 2 usage,\n"
	    "5 the file cannot be read or written (nothing was changed). See negossp-sam(1).\n");
}

/* The command and, where there is one, the user. What else stands there may be a password, and is
 * not repeated. */
static bool main_command(int argc, char** argv, struct sam_options* options)
{
	static const char* const commands[] = { "add", "list", "remove", "check" };
	const int given = argc - optind;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && given > 0; i++)
	{
		if (strcmp(argv[optind], commands[i]) != 0)
			continue;
		options->command = (enum sam_command)i;
		options->user = given > 1 ? argv[optind + 1] : NULL;
		const bool changes =
		    options->command == SAM_COMMAND_ADD || options->command == SAM_COMMAND_REMOVE;
		if (given > 2)
			report_error("one user at a time, and no password here, where everybody sees it\n");
		else if (changes && given < 2)
			report_error("%s: whom? Try --help\n", commands[i]);
		else if (given < 2 && options->domain)
			report_error("--domain goes with a user\n");
		else
			return true;
		return false;
	}
	report_error("one of add, remove, list and check is needed; try --help\n");
	return false;
}

int main(int argc, char** argv)
{
	static const struct option known[] = { { "domain", required_argument, NULL, 'd' },
		                                   { "file", required_argument, NULL, 'f' },
		                                   { "help", no_argument, NULL, 'h' },
		                                   { "version", no_argument, NULL, 'V' },
		                                   { NULL, 0, NULL, 0 } };
	static const struct rlimit no_core = { 0, 0 };
	struct sam_options options = { .user = NULL };
	int letter;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)umask(022); /* folders that are made are for everyone to look into; a SAM file is not */
	while ((letter = getopt_long(argc, argv, "d:f:hV", known, NULL)) != -1)
	{
		switch (letter)
		{
			case 'd':
				options.domain = optarg;
				break;
			case 'f':
				options.file = optarg;
				break;
			case 'h':
				main_help();
				return EXIT_DONE;
			case 'V':
				report("negossp-sam %s\n", NEGOSSP_VERSION);
				return EXIT_DONE;
			default:
				return EXIT_USAGE;
		}
	}
	if (!main_command(argc, argv, &options))
		return EXIT_USAGE;
	const enum report_exit outcome = sam_command_run(&options);
	return fflush(stdout) != 0 && outcome == EXIT_DONE ? EXIT_NOT : (int)outcome;
}
