/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line; see options.h.
 */
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "report.h"

static void options_help(void)
{
	report(
	    "usage: negossp-register [OPTION]... register|status|unregister\n"
	    "\n"
	    "Tells the FreeRDP servers of this machine to load negossp, through the registry file of\n"
	    "each FreeRDP 3 that is installed. Clients need no registration (/sspi-module:).\n"
	    "\n"
	    "  register            name the module for every FreeRDP found\n"
	    "  status              show what is registered (also what WinPR itself reads)\n"
	    "  unregister          take it back\n"
	    "\n"
	    "  -m, --module PATH   the module (%s)\n"
	    "  -n, --dry-run       change nothing, show what would be changed\n"
	    "  -r, --root DIR      work on the system below DIR; nothing of it is executed\n"
	    "  -l, --libdir DIR    also look for libwinpr3.so.3 in DIR (below the root)\n"
	    "  -f, --force         register a module that does not look like one\n"
	    "  -h, --help          this text\n"
	    "  -V, --version       the version\n"
	    "\n"
	    "Exit codes: 0 done, 1 not (only) negossp is registered, 2 usage, 3 no FreeRDP found,\n"
	    "4 unusable module, 5 file not readable or writable (nothing was changed), 6 WinPR does "
	    "not\n"
	    "read what was written, 7 changed in part. See negossp-register(8).\n",
	    NEGOSSP_DEFAULT_MODULE);
}

static bool options_command(int argc, char** argv, struct options* options)
{
	static const char* const commands[] = { "register", "status", "unregister" };

	if (optind + 1 != argc)
	{
		report_error("%s; try --help\n", optind == argc
		                                     ? "what to do? register, status or unregister"
		                                     : "one command at a time");
		return false;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[optind], commands[i]) == 0)
		{
			options->command = (enum command)i;
			return true;
		}
	report_error("no such command: %s; try --help\n", argv[optind]);
	return false;
}

static bool options_folder(const char* folder, struct options* options)
{
	if (folder[0] != '/' || options->folder_count == OPTIONS_MOST_FOLDERS)
	{
		report_error("--libdir %s: %s\n", folder,
		             folder[0] == '/' ? "too many of them" : "not an absolute path");
		return false;
	}
	options->folders[options->folder_count++] = folder;
	return true;
}

bool options_parse(int argc, char** argv, struct options* options, int* exit_code)
{
	static const struct option known[] = {
		{ "module", required_argument, NULL, 'm' }, { "root", required_argument, NULL, 'r' },
		{ "libdir", required_argument, NULL, 'l' }, { "dry-run", no_argument, NULL, 'n' },
		{ "force", no_argument, NULL, 'f' },        { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { NULL, 0, NULL, 0 }
	};
	int letter;

	*options = (struct options){ .module = NEGOSSP_DEFAULT_MODULE };
	*exit_code = EXIT_USAGE;
	while ((letter = getopt_long(argc, argv, "m:r:l:nfhV", known, NULL)) != -1)
	{
		switch (letter)
		{
			case 'm':
				options->module = optarg;
				break;
			case 'r':
				options->root = optarg;
				break;
			case 'l':
				if (!options_folder(optarg, options))
					return false;
				break;
			case 'n':
				options->dry_run = true;
				break;
			case 'f':
				options->force = true;
				break;
			case 'h':
				options_help();
				*exit_code = EXIT_DONE;
				return false;
			case 'V':
				report("negossp-register %s\n", NEGOSSP_VERSION);
				*exit_code = EXIT_DONE;
				return false;
			default:
				return false;
		}
	}
	return options_command(argc, argv, options);
}
