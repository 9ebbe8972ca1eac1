/* SPDX-License-Identifier: Apache-2.0
 *
 * What negossp-run puts into a program. It comes before libfreerdp in the loader's order, so that
 * the program's call of freerdp_connect() comes here first, a plugin's too.
 *
 * It is linked to no FreeRDP, which would be loaded into programs that have another: that of the
 * caller is asked for its functions by name. Of FreeRDP's structures it knows two places, which are
 * the same in every FreeRDP 3 (freerdp.h gives them their numbers).
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover.h"
#include "register/terminal.h"

#define LIBRARY_OF_2 "libfreerdp2.so.2"
#define LIBRARY_OF_3 "libfreerdp3.so.3"

struct client_context
{
	uint64_t before[40];
	void* settings;
};

struct client
{
	struct client_context* context;
};

/* Those of one FreeRDP, the caller's. */
struct client_functions
{
	int (*connect)(struct client* instance);
	void (*version)(int* major, int* minor, int* revision);
	ssize_t (*key)(const char* name);
	const char* (*get)(const void* settings, size_t key);
	int (*set)(void* settings, size_t key, const char* value);
};

static char preload_module[PATH_MAX]; /* "": nothing is done */
static bool preload_was_started;      /* this process is the one that negossp-run became */
static pid_t preload_process;
static atomic_bool preload_connected;

int freerdp_connect(struct client* instance);

__attribute__((format(printf, 1, 2))) static void preload_say(const char* format, ...)
{
	char text[2 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	terminal_mask(text, false); /* a path may come from a file of anybody's */
	(void)fprintf(stderr, "negossp-run: %s: %s\n", program_invocation_short_name, text);
}

/* Shells and env hand it on to what they start: a script in front of a program is common. */
static bool preload_is_shell(void)
{
	static const char* const names[] = { "sh",  "dash", "bash",    "ksh",
		                                 "zsh", "mksh", "busybox", "env" };
	char path[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	const char* const slash = strrchr(path, '/');
	for (size_t i = 0; slash && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(slash + 1, names[i]) == 0)
			return true;
	return false;
}

/* The path under which the loader knows this library: that of LD_PRELOAD. */
static const char* preload_own_path(void)
{
	Dl_info own;

	return dladdr(&preload_process, &own) != 0 && own.dli_fname ? own.dli_fname : "";
}

/* What the program starts is to have the environment that negossp-run was called with. */
static void preload_take_out(void)
{
	const char* const own = preload_own_path();
	const size_t len = strlen(own);
	const char* const list = secure_getenv(HANDOVER_LOADER);

	(void)unsetenv(HANDOVER_VARIABLE);
	if (!list || strncmp(list, own, len) != 0)
		return;
	if (list[len] == ':')
		(void)setenv(HANDOVER_LOADER, list + len + 1, 1);
	else if (!list[len])
		(void)unsetenv(HANDOVER_LOADER);
}

static bool preload_is_loaded(const char* library)
{
	void* const handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);

	if (handle)
		(void)dlclose(handle);
	return handle != NULL;
}

__attribute__((constructor)) static void preload_begin(void)
{
	const char* const told = secure_getenv(HANDOVER_VARIABLE);
	char* module = NULL;
	const long started = told ? strtol(told, &module, 10) : 0;

	if (!module || *module != ':' || preload_is_shell())
		return;
	(void)snprintf(preload_module, sizeof(preload_module), "%s", module + 1);
	preload_process = getpid();
	preload_was_started = preload_process == started;
	preload_take_out();
	if (!preload_is_loaded(LIBRARY_OF_2) || preload_is_loaded(LIBRARY_OF_3))
		return;
	preload_say("it uses FreeRDP 2, which cannot load negossp; it is not started");
	_exit(EXIT_REFUSED);
}

/* What dlsym() finds is a pointer to an object, which ISO C does not let become one to a function.
 */
static bool preload_function(void* library, const char* name, void* function)
{
	void* const symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

/* What the loader would have taken without us: of the libraries that all can see the next, or else
 * what a plugin that was loaded for itself has brought along. */
static bool preload_find(void* caller, struct client_functions* found)
{
	void* library = RTLD_NEXT;
	Dl_info who;

	if (!preload_function(library, "freerdp_connect", &found->connect))
	{
		library = dladdr(caller, &who) != 0 ? dlopen(who.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
		if (!library || !preload_function(library, "freerdp_connect", &found->connect))
			return false;
	}
	if (!preload_function(library, "freerdp_get_version", &found->version) ||
	    !preload_function(library, "freerdp_settings_get_key_for_name", &found->key) ||
	    !preload_function(library, "freerdp_settings_get_string", &found->get) ||
	    !preload_function(library, "freerdp_settings_set_string", &found->set))
		found->version = NULL;
	return true;
}

/* False: the connection would be made without the module. */
static bool preload_choose(const struct client* instance, const struct client_functions* of)
{
	int version[3] = { 0 };

	if (of->version)
		of->version(&version[0], &version[1], &version[2]);
	if (version[0] != 3)
	{
		preload_say("it uses FreeRDP %d, which cannot load negossp; it does not connect",
		            version[0]);
		return false;
	}
	if (!instance || !instance->context || !instance->context->settings)
		return true; /* it connects nowhere */
	void* const settings = instance->context->settings;
	const ssize_t key = of->key("FreeRDP_SspiModule");
	const char* const chosen = key >= 0 ? of->get(settings, (size_t)key) : NULL;
	if (chosen && *chosen && strcmp(chosen, preload_module) != 0)
		preload_say("it was told to use %s, and does", chosen);
	else if (key < 0 || !of->set(settings, (size_t)key, preload_module))
	{
		preload_say("FreeRDP %d.%d.%d did not take the module; it does not connect", version[0],
		            version[1], version[2]);
		return false;
	}
	else
		preload_say("FreeRDP %d.%d.%d connects with %s", version[0], version[1], version[2],
		            preload_module);
	return true;
}

__attribute__((visibility("default"))) int freerdp_connect(struct client* instance)
{
	struct client_functions of = { .connect = NULL };

	atomic_store(&preload_connected, true);
	if (!preload_find(__builtin_return_address(0), &of))
	{
		preload_say("its FreeRDP is not found; it does not connect");
		return 0;
	}
	if (preload_module[0] && !preload_choose(instance, &of))
		return 0;
	return of.connect(instance);
}

/* Whether the process has a file of this path in its memory. */
static bool preload_is_in(const char* process, const char* path)
{
	char name[64];
	char line[PATH_MAX + 128];
	bool found = false;

	(void)snprintf(name, sizeof(name), "/proc/%.20s/maps", process);
	FILE* const maps = fopen(name, "re");
	while (maps && !found && fgets(line, sizeof(line), maps))
		found = strstr(line, path) != NULL;
	if (maps)
		(void)fclose(maps);
	return found;
}

/* A process of the same user's that runs the same program; `entry` is its number. */
static bool preload_is_same_program(const char* entry)
{
	char name[64];
	char ours[PATH_MAX];
	char theirs[PATH_MAX];

	struct stat status;

	(void)snprintf(name, sizeof(name), "/proc/%.20s/exe", entry);
	if (strspn(entry, "0123456789") != strlen(entry) || strtol(entry, NULL, 10) == getpid() ||
	    lstat(name, &status) != 0 || status.st_uid != geteuid())
		return false;
	const ssize_t len = readlink("/proc/self/exe", ours, sizeof(ours));
	return len > 0 && readlink(name, theirs, sizeof(theirs)) == len &&
	       memcmp(ours, theirs, (size_t)len) == 0;
}

/* A program that lets one that runs already do its work ends at once, and has not connected. */
__attribute__((destructor)) static void preload_end(void)
{
	if (!preload_was_started || getpid() != preload_process || atomic_load(&preload_connected))
		return;
	DIR* const processes = opendir("/proc");
	const struct dirent* entry;
	bool taken_over = false;
	bool by_ours = false;
	while (processes && !taken_over && (entry = readdir(processes)))
		if (preload_is_same_program(entry->d_name))
		{
			by_ours = preload_is_in(entry->d_name, preload_own_path());
			taken_over = !by_ours;
			if (taken_over)
				preload_say(
				    "it ended without a connection: process %.20s, which runs the same program "
				    "without negossp, may have taken it over; end that and try again",
				    entry->d_name);
		}
	if (processes)
		(void)closedir(processes);
	if (!taken_over && !by_ours)
		preload_say("it ended without a connection of FreeRDP 3's that negossp-run saw");
}
