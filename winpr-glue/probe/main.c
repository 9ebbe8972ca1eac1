/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of negossp-probe.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command_decode.h"
#include "input.h"
#include "negossp.h"
#include "probe.h"
#include "ticket.h"
#include "user_ticket.h"

#define HOST_SIZE 256u
#define TIMEOUT_MOST 3600
#define FINGERPRINT_DIGITS 64

static void main_help(void)
{
	(void)fputs(
	    "usage: negossp-probe [-j | -c] [-t SECONDS] [-u USER ...] HOST[:PORT]\n"
	    "       negossp-probe decode [-j] [-p FILE] [FILE...]\n"
	    "\n"
	    "Looks at an RDP server and tells why NLA fails; or shows the tokens of a logon (CredSSP,\n"
	    "SPNEGO, NTLM, Kerberos) as a tree, read from files or standard input: hexadecimal "
	    "digits,\n"
	    "base64, the bytes themselves, or a log with FreeRDP's dumps in it.\n"
	    "\n"
	    "  -u, --user USER           log on too: USER, DOMAIN\\USER or USER@DOMAIN; one "
	    "AUTHENTICATE\n"
	    "                            is sent, since more could lock the account\n"
	    "  -p, --password-file FILE  its first line is the password; else NEGOSSP_PROBE_PASSWORD, "
	    "or\n"
	    "                            it is asked for. decode: whether NTProofStr, MIC and\n"
	    "                            mechListMIC are right for it\n"
	    "  -m, --mechanism WHICH     ntlm (the default) or kerberos, with the user's ticket where "
	    "there\n"
	    "                            is one, or else the password\n"
	    "      --framing WHICH       spnego (the default); negoex: in SPNEGO, behind an offer of "
	    "NEGOEX, as\n"
	    "                            Windows 11 joined to Entra ID does; raw: without SPNEGO\n"
	    "      --fingerprint HEX     trust the certificate with this SHA-256\n"
	    "      --any-certificate     trust any: who answers may try to find the password out\n"
	    "      --send-credentials    the password itself as well, as a client does\n"
	    "  -t, --timeout SECONDS     for each answer; 10\n"
	    "  -j, --json                JSON\n"
	    "  -c, --check               one line, for monitoring systems\n"
	    "  -h, --help                this text\n"
	    "  -V, --version             the version\n"
	    "\n"
	    "exit code: 0 right or reached, 1 a token malformed or wrong, 2 usage, 3 not read,\n"
	    "4 refused, 5 wrong user or password, 6 no NLA, 7 no RDP, 8 no answer in time,\n"
	    "9 the certificate is not trusted, 10 Kerberos got no ticket; with --check 0, 2 or 3, as\n"
	    "of a monitoring plugin\n",
	    stdout);
}

__attribute__((format(printf, 1, 2))) static int main_usage(const char* problem, ...)
{
	va_list arguments;

	(void)fputs("negossp-probe: ", stderr);
	va_start(arguments, problem);
	(void)vfprintf(stderr, problem, arguments);
	va_end(arguments);
	(void)fputs("; see --help\n", stderr);
	return EXIT_USAGE;
}

enum
{
	OPTION_FRAMING = 256,
	OPTION_FINGERPRINT,
	OPTION_ANY_CERTIFICATE,
	OPTION_SEND_CREDENTIALS,
	OPTION_END
};

static const struct option known[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "check", no_argument, NULL, 'c' },
	{ "password-file", required_argument, NULL, 'p' },
	{ "user", required_argument, NULL, 'u' },
	{ "timeout", required_argument, NULL, 't' },
	{ "mechanism", required_argument, NULL, 'm' },
	{ "framing", required_argument, NULL, OPTION_FRAMING },
	{ "fingerprint", required_argument, NULL, OPTION_FINGERPRINT },
	{ "any-certificate", no_argument, NULL, OPTION_ANY_CERTIFICATE },
	{ "send-credentials", no_argument, NULL, OPTION_SEND_CREDENTIALS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

struct command_line
{
	struct probe_options probe;
	const char* password_file;
	enum story_form form;
	bool given[OPTION_END]; /* by the option's letter */
	char host[HOST_SIZE];
	char user[HOST_SIZE];
	char fingerprint[FINGERPRINT_DIGITS + 1];
};

static bool port_is_one(const char* port)
{
	char* end;

	const unsigned long number = strtoul(port, &end, 10);
	return isdigit((unsigned char)*port) && *end == '\0' && number >= 1 && number <= 65535;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT, or an IPv6 address as it is. */
static bool host_take(struct command_line* line, const char* from)
{
	const size_t len = strlen(from);
	char* end;

	if (len == 0 || len >= sizeof(line->host))
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (!isgraph((unsigned char)from[i]))
			return false;
	}
	memcpy(line->host, from, len + 1);
	line->probe.host = line->host;
	line->probe.port = "3389";
	if (line->host[0] == '[')
	{
		line->probe.host++;
		if (!(end = strchr(line->host, ']')) || (end[1] != '\0' && end[1] != ':'))
			return false;
		if (end[1] == ':')
			line->probe.port = end + 2;
		*end = '\0';
	}
	else if ((end = strchr(line->host, ':')) && end == strrchr(line->host, ':'))
	{
		*end = '\0';
		line->probe.port = end + 1;
	}
	return *line->probe.host && port_is_one(line->probe.port);
}

/* DOMAIN\USER is taken apart; USER@DOMAIN goes out as it is, with no domain beside it. */
static bool user_take(struct command_line* line, const char* from)
{
	const size_t len = strlen(from);
	char* separator;

	if (len == 0 || len >= sizeof(line->user))
		return false;
	memcpy(line->user, from, len + 1);
	line->probe.user = line->user;
	line->probe.domain = "";
	if ((separator = strchr(line->user, '\\')) != NULL)
	{
		*separator = '\0';
		line->probe.domain = line->user;
		line->probe.user = separator + 1;
	}
	return *line->probe.user != '\0';
}

static bool timeout_take(struct command_line* line, const char* from)
{
	char* end;

	errno = 0;
	const long seconds = strtol(from, &end, 10);
	if (errno != 0 || *end != '\0' || seconds < 1 || seconds > TIMEOUT_MOST)
		return false;
	line->probe.milliseconds = (int)seconds * 1000;
	return true;
}

/* As openssl x509 -fingerprint writes it, or as the probe does. */
static bool fingerprint_take(struct command_line* line, const char* from)
{
	size_t count = 0;

	for (; *from; from++)
	{
		if (*from == ':')
			continue;
		if (!isxdigit((unsigned char)*from) || count == FINGERPRINT_DIGITS)
			return false;
		line->fingerprint[count++] = (char)tolower((unsigned char)*from);
	}
	line->fingerprint[count] = '\0';
	line->probe.fingerprint = line->fingerprint;
	return count == FINGERPRINT_DIGITS;
}

/* A plugin of Nagios' and its like ends with 0, 2 (critical) or 3 (unknown). */
static int main_exit(const struct command_line* line, int code)
{
	if (line->form != STORY_CHECK || code == EXIT_RIGHT)
		return code;
	return code == EXIT_USAGE || code == EXIT_UNREAD ? CHECK_UNKNOWN : CHECK_CRITICAL;
}

/* NULL, or why there is no password that could be tried. */
static const char* main_password(struct command_line* line, struct secret* secret)
{
	/* Without a ticket WinPR would try an empty password, which may count as a wrong one. */
	const bool ask = !line->probe.kerberos || line->probe.send_credentials ||
	                 !user_ticket_is_there(line->probe.user, line->probe.domain);
	const char* const problem =
	    input_password(line->password_file, ask, secret, &line->probe.password);

	return !problem && ask && line->probe.password.len == 0 ? "it is empty" : problem;
}

static int main_probe(struct command_line* line)
{
	struct secret secret = SECRET_EMPTY;
	struct story story = { .event_count = 0 };
	char server[HOST_SIZE + 32];

	const char* const problem = line->probe.user ? main_password(line, &secret) : NULL;
	if (problem)
	{
		input_complain(line->password_file    ? INPUT_PASSWORD_FILE
		               : line->probe.kerberos ? "the password (kinit gets a ticket without)"
		                                      : "the password",
		               problem);
		secret_free(&secret);
		return EXIT_UNREAD;
	}
	probe_run(&line->probe, &story);
	secret_free(&secret);
	(void)snprintf(server, sizeof(server), strchr(line->probe.host, ':') ? "[%s]:%s" : "%s:%s",
	               line->probe.host, line->probe.port);
	story_tell(&story, server, line->form, stdout);
	const int outcome = (int)story.outcome;
	story_free(&story);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return outcome;
	input_complain("standard output", strerror(errno));
	return EXIT_UNREAD;
}

static int main_run(int count, char** arguments, struct command_line* line)
{
	if (count == 0)
		return main_usage("say which server, or decode");
	if (strcmp(arguments[0], "decode") == 0)
	{
		const struct decode_options options = { .json = line->form == STORY_JSON,
			                                    .password_file = line->password_file,
			                                    .files = arguments + 1,
			                                    .file_count = (size_t)count - 1 };
		return (int)command_decode(&options);
	}
	if (count != 1)
		return main_usage("one server at a time, as HOST or HOST:PORT");
	if (!host_take(line, arguments[0]))
		return main_usage("that is no HOST or HOST:PORT");
	return main_probe(line);
}

/* NULL, or what is wrong with the option. */
static const char* option_take(struct command_line* line, int letter, const char* argument)
{
	switch (letter)
	{
		case 'j':
			line->form = STORY_JSON;
			return NULL;
		case 'c':
			line->form = STORY_CHECK;
			return NULL;
		case 'p':
			line->password_file = argument;
			return NULL;
		case 'u':
			return user_take(line, argument) ? NULL : "that is no user";
		case 't':
			return timeout_take(line, argument) ? NULL : "--timeout takes 1 to 3600 seconds";
		case 'm':
			line->probe.kerberos = strcmp(argument, "kerberos") == 0;
			return line->probe.kerberos || strcmp(argument, "ntlm") == 0
			           ? NULL
			           : "--mechanism takes ntlm or kerberos";
		case OPTION_FRAMING:
			line->probe.bare = strcmp(argument, "raw") == 0;
			line->probe.negoex = strcmp(argument, "negoex") == 0;
			return line->probe.bare || line->probe.negoex || strcmp(argument, "spnego") == 0
			           ? NULL
			           : "--framing takes spnego, negoex or raw";
		case OPTION_FINGERPRINT:
			return fingerprint_take(line, argument)
			           ? NULL
			           : "--fingerprint takes a SHA-256: 64 hexadecimal digits";
		case OPTION_ANY_CERTIFICATE:
			line->probe.any_certificate = true;
			return NULL;
		case OPTION_SEND_CREDENTIALS:
			line->probe.send_credentials = true;
			return NULL;
		default:
			return "a defect of negossp: please report it";
	}
}

/* The name of an option that is given and is one of these; or NULL. */
static const char* given_of(const struct command_line* line, const int* options, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		for (size_t k = 0; known[k].name; k++)
		{
			if (known[k].val == options[i] && line->given[options[i]])
				return known[k].name;
		}
	}
	return NULL;
}
#define GIVEN_OF(line, options) given_of((line), (options), sizeof(options) / sizeof((options)[0]))

/* Nothing that was asked for is passed over. EXIT_RIGHT where all of it fits. */
static int options_fit(const struct command_line* line, bool decode)
{
	static const int not_of_decode[] = { 'c',
		                                 'u',
		                                 'm',
		                                 't',
		                                 OPTION_FRAMING,
		                                 OPTION_FINGERPRINT,
		                                 OPTION_ANY_CERTIFICATE,
		                                 OPTION_SEND_CREDENTIALS };
	static const int of_logons[] = { 'p', 'm', OPTION_FINGERPRINT, OPTION_ANY_CERTIFICATE,
		                             OPTION_SEND_CREDENTIALS };
	const char* name;

	if (line->given['j'] && line->given['c'])
		return main_usage("--json or --check, not both");
	if (line->given[OPTION_FINGERPRINT] && line->given[OPTION_ANY_CERTIFICATE])
		return main_usage("--fingerprint or --any-certificate, not both");
	if (decode && (name = GIVEN_OF(line, not_of_decode)) != NULL)
		return main_usage("decode knows no --%s", name);
	if (!decode && !line->given['u'] && (name = GIVEN_OF(line, of_logons)) != NULL)
		return main_usage("--%s needs --user", name);
	return EXIT_RIGHT;
}

/* EXIT_RIGHT where there is something to be done; `*done` where nothing is left. */
static int options_take(int argc, char** argv, struct command_line* line, bool* done)
{
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "jcp:u:m:t:hV", known, NULL)) != -1)
	{
		*done = letter == 'h' || letter == 'V';
		if (letter == 'h')
			main_help();
		else if (letter == 'V')
			(void)printf("negossp-probe %s\n", NEGOSSP_VERSION);
		if (*done)
			return EXIT_RIGHT;
		if (letter == '?')
			return main_usage("%s is no option, or its value is missing", argv[optind - 1]);
		const char* const problem = option_take(line, letter, optarg);
		if (problem)
			return main_usage("%s", problem);
		line->given[letter] = true;
	}
	return options_fit(line, optind < argc && strcmp(argv[optind], "decode") == 0);
}

int main(int argc, char** argv)
{
	struct command_line line = { .probe = { .milliseconds = 10000 } };
	bool done = false;
	const int taken = options_take(argc, argv, &line, &done);

	/* A wrong option may stand before this one. */
	for (int i = 1; i < argc && taken == EXIT_USAGE; i++)
		if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--check") == 0)
			line.form = STORY_CHECK;
	if (taken != EXIT_RIGHT || done)
		return main_exit(&line, taken);
	/* A server that closes is an answer. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (!ticket_watch())
	{
		(void)fputs("negossp-probe: there is not enough memory\n", stderr);
		return main_exit(&line, EXIT_UNREAD);
	}
	if (negossp_init() != RESULT_OK)
	{
		(void)fputs("negossp-probe: OpenSSL cannot be used\n", stderr);
		return main_exit(&line, EXIT_UNREAD);
	}
	return main_exit(&line, main_run(argc - optind, argv + optind, &line));
}
