/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of negossp-probe.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command_decode.h"
#include "negossp.h"

static void main_help(void)
{
	(void)fputs(
	    "usage: negossp-probe decode [-j] [-p FILE] [FILE...]\n"
	    "\n"
	    "Shows the tokens of a logon (CredSSP, SPNEGO, NTLM, Kerberos) as a tree. They are read\n"
	    "from files or standard input: hexadecimal digits, base64, the bytes themselves, or a\n"
	    "log with FreeRDP's dumps in it.\n"
	    "\n"
	    "  -j, --json                JSON\n"
	    "  -p, --password-file FILE  say whether NTProofStr, MIC and mechListMIC of the exchange\n"
	    "                            are right for the password in the file's first line\n"
	    "  -h, --help                this text\n"
	    "  -V, --version             the version\n"
	    "\n"
	    "exit code: 0 right, 1 malformed or wrong, 2 usage, 3 not read\n",
	    stdout);
}

int main(int argc, char** argv)
{
	static const struct option known[] = { { "json", no_argument, NULL, 'j' },
		                                   { "password-file", required_argument, NULL, 'p' },
		                                   { "help", no_argument, NULL, 'h' },
		                                   { "version", no_argument, NULL, 'V' },
		                                   { NULL, 0, NULL, 0 } };
	struct decode_options options = { .json = false };
	int letter;

	while ((letter = getopt_long(argc, argv, "jp:hV", known, NULL)) != -1)
	{
		switch (letter)
		{
			case 'j':
				options.json = true;
				break;
			case 'p':
				options.password_file = optarg;
				break;
			case 'h':
				main_help();
				return EXIT_RIGHT;
			case 'V':
				(void)printf("negossp-probe %s\n", NEGOSSP_VERSION);
				return EXIT_RIGHT;
			default:
				return EXIT_USAGE;
		}
	}
	if (optind == argc || strcmp(argv[optind], "decode") != 0)
	{
		(void)fputs("negossp-probe: say what to do: negossp-probe decode [FILE...]; see --help\n",
		            stderr);
		return EXIT_USAGE;
	}
	options.files = argv + optind + 1;
	options.file_count = (size_t)(argc - optind - 1);
	if (negossp_init() != RESULT_OK)
	{
		(void)fputs("negossp-probe: OpenSSL cannot be used\n", stderr);
		return EXIT_UNREAD;
	}
	return (int)command_decode(&options);
}
