/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-run: starts a program that has no way to be told of the module. This is its command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "desktop.h"
#include "register/report.h"
#include "start.h"

static void main_help(void)
{
	report(
	    "usage: negossp-run [-m PATH] PROGRAM [ARGUMENT]...\n"
	    "       negossp-run --desktop|--undesktop NAME\n"
	    "\n"
	    "Starts a client of FreeRDP 3 that has no /sspi-module: (remmina, krdc, "
	    "gnome-connections,\n"
	    "freerdp-proxy) and has its connections use negossp.\n"
	    "\n"
	    "  -d, --desktop NAME     have the desktop start it so: by copies of the desktop entries "
	    "of\n"
	    "                         the program, or the one entry, of that name, for this user\n"
	    "  -u, --undesktop NAME   remove these copies\n"
	    "  -m, --module PATH      another module than the installed one\n"
	    "  -h, --help             this text\n"
	    "  -V, --version          the version\n"
	    "\n"
	    "Exit codes: the program's own; 125 it was refused or the command line is wrong, 126 it\n"
	    "cannot be started, 127 there is none. With --desktop and --undesktop 0 done, 1 not all "
	    "of\n"
	    "it. See negossp-run(1).\n");
}

int main(int argc, char** argv)
{
	/* What comes behind the program is the program's. */
	static const char letters[] = "+d:hm:u:V";
	static const struct option known[] = {
		{ "desktop", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' },
		{ "module", required_argument, NULL, 'm' },  { "undesktop", required_argument, NULL, 'u' },
		{ "version", no_argument, NULL, 'V' },       { NULL, 0, NULL, 0 }
	};
	const char* module = NULL;
	const char* entry = NULL;
	bool add = false;
	int letter;

	while ((letter = getopt_long(argc, argv, letters, known, NULL)) != -1)
	{
		switch (letter)
		{
			case 'd':
			case 'u':
				entry = optarg;
				add = letter == 'd';
				break;
			case 'm':
				module = optarg;
				break;
			case 'h':
				main_help();
				return EXIT_DONE;
			case 'V':
				report("negossp-run %s\n", NEGOSSP_VERSION);
				return EXIT_DONE;
			default:
				return EXIT_REFUSED;
		}
	}
	if (entry && !module && optind == argc)
		return (int)(add ? desktop_add(entry) : desktop_remove(entry));
	if (!entry && optind < argc)
		return (int)start(argv + optind, module);
	report_error(entry ? "--desktop and --undesktop stand alone; try --help\n"
	                   : "which program? Try --help\n");
	return EXIT_REFUSED;
}
