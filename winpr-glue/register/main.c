/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-register: names the module in the registry file that FreeRDP's servers read. This is its
 * command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "machine.h"
#include "report.h"

static void main_help(void)
{
	report(
	    "usage: negossp-register [OPTION]... register|status|unregister\n"
	    "\n"
	    "Tells the FreeRDP servers of this machine to load negossp, where the FreeRDP 3 that is\n"
	    "installed reads it (credssp.json or the registry file). Clients need no registration "
	    "(/sspi-module:).\n"
	    "\n"
	    "  register            name the module\n"
	    "  status              show what is registered, and what WinPR itself reads\n"
	    "  unregister          take it back\n"
	    "  status --report     the same, with what a report of a fault needs beside it\n"
	    "  --refresh           register where it is read now, if it was registered before\n"
	    "\n"
	    "  -m, --module PATH   the module (%s)\n"
	    "  -n, --dry-run       change nothing, show what would be changed\n"
	    "  -l, --libdir DIR    also for the FreeRDP whose libwinpr3.so.3 is in DIR\n"
	    "  -f, --force         register a module that is not a good one\n"
	    "  -h, --help          this text\n"
	    "  -V, --version       the version\n"
	    "\n"
	    "Exit codes: 0 done, 1 not (only) negossp is registered, 2 usage, 3 no FreeRDP found,\n"
	    "4 unusable module, 5 file not readable or writable (nothing was changed), 6 WinPR\n"
	    "does not read what was written, 7 changed in part. See negossp-register(8).\n",
	    NEGOSSP_DEFAULT_MODULE);
}

/* What to do stands alone behind the options. */
static bool main_command(int argc, char** argv, struct options* options)
{
	static const char* const commands[] = { "register", "status", "unregister" };

	if (options->command == COMMAND_REFRESH)
	{
		if (optind < argc)
			report_error("--refresh is a command of its own; try --help\n");
		return optind == argc;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && optind + 1 == argc; i++)
		if (strcmp(argv[optind], commands[i]) == 0)
		{
			options->command = (enum command)i;
			return true;
		}
	report_error("one of register, status and unregister is needed; try --help\n");
	return false;
}

static bool main_add_folder(struct options* options)
{
	if (optarg[0] != '/' || options->folder_count == OPTIONS_MOST_FOLDERS)
	{
		report_error("--libdir %s: %s\n", optarg,
		             optarg[0] == '/' ? "too many of them" : "not an absolute path");
		return false;
	}
	options->folders[options->folder_count++] = optarg;
	return true;
}

int main(int argc, char** argv)
{
	static const struct option known[] = { { "module", required_argument, NULL, 'm' },
		                                   { "libdir", required_argument, NULL, 'l' },
		                                   { "dry-run", no_argument, NULL, 'n' },
		                                   { "force", no_argument, NULL, 'f' },
		                                   { "help", no_argument, NULL, 'h' },
		                                   { "version", no_argument, NULL, 'V' },
		                                   { "refresh", no_argument, NULL, 'R' },
		                                   { "report", no_argument, NULL, 'P' },
		                                   { NULL, 0, NULL, 0 } };
	struct options options = { .module = NEGOSSP_DEFAULT_MODULE };
	bool with_report = false;
	int letter;

	while ((letter = getopt_long(argc, argv, "m:l:nfhV", known, NULL)) != -1)
	{
		switch (letter)
		{
			case 'm':
				options.module = optarg;
				break;
			case 'l':
				if (!main_add_folder(&options))
					return EXIT_USAGE;
				break;
			case 'n':
				options.dry_run = true;
				break;
			case 'f':
				options.force = true;
				break;
			case 'R':
				options.command = COMMAND_REFRESH;
				break;
			case 'P':
				with_report = true;
				break;
			case 'h':
				main_help();
				return EXIT_DONE;
			case 'V':
				report("negossp-register %s\n", NEGOSSP_VERSION);
				return EXIT_DONE;
			default:
				return EXIT_USAGE;
		}
	}
	if (!main_command(argc, argv, &options))
		return EXIT_USAGE;
	if (with_report && options.command != COMMAND_STATUS)
	{
		report_error("--report goes with status\n");
		return EXIT_USAGE;
	}
	if (with_report)
		machine_report(NEGOSSP_VERSION);
	(void)umask(022); /* folders that are made are for everyone to read */
	const enum report_exit outcome = command_run(&options);
	return fflush(stdout) != 0 && outcome == EXIT_DONE ? EXIT_NOT : (int)outcome;
}
