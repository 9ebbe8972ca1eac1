/* SPDX-License-Identifier: Apache-2.0
 *
 * Loaded before a program (LD_PRELOAD), it counts the calls that can fail and makes one of them do
 * so, or ends the process there: FAULT_AT says which, from 1; without it FAULT_COUNT names a file
 * for their number. FAULT_ON: all that follow fail as well. FAULT_KILL: the process is killed.
 * Allocations are not counted with these two; nothing could be said any more. FAULT_SHORT: it reads
 * or writes half; nothing else is counted then. Of children only what the program itself calls is
 * made to fail, alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static pid_t watched;
static bool kills, cuts, goes_on;
static unsigned long fault_at;
static unsigned long* calls; /* shared with children */
static const void* program;

/* What a library that it loads asks for is the library's affair. */
static bool is_counted_of_child(const void* caller)
{
	Dl_info of;

	return !kills && !cuts && !goes_on && dladdr(caller, &of) != 0 && of.dli_fbase == program;
}

static bool is_counted(bool is_allocation, const void* caller)
{
	if (!watched || (is_allocation && (kills || goes_on)))
		return false;
	return getpid() == watched || (!is_allocation && is_counted_of_child(caller));
}

static bool fault_is_now(bool is_allocation, const void* caller)
{
	if (!is_counted(is_allocation, caller) || cuts)
		return false;
	const unsigned long at = __atomic_add_fetch(calls, 1, __ATOMIC_SEQ_CST);
	if (at != fault_at && !(goes_on && fault_at > 0 && at > fault_at))
		return false;
	if (kills)
		(void)kill(watched, SIGKILL);
	return true;
}

static bool cut_is_now(size_t len)
{
	return is_counted(false, NULL) && cuts && len > 1 && ++*calls == fault_at;
}

__attribute__((constructor)) static void start(void)
{
	const char* const at = getenv("FAULT_AT");
	Dl_info of;

	program = dladdr((void*)getauxval(AT_PHDR), &of) != 0 ? of.dli_fbase : NULL;
	fault_at = at ? strtoul(at, NULL, 10) : 0;
	kills = getenv("FAULT_KILL") != NULL;
	cuts = getenv("FAULT_SHORT") != NULL;
	goes_on = getenv("FAULT_ON") != NULL;
	calls = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	watched = calls != MAP_FAILED ? getpid() : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char* const path = getenv("FAULT_COUNT");
	char text[32];

	if (!path || getpid() != watched)
		return;
	watched = 0;
	const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)syscall(SYS_write, file, text, snprintf(text, sizeof(text), "%lu", *calls));
	(void)syscall(SYS_close, file);
}

#define FAULT(type, name, parameters, arguments, failed, error)                                    \
	EXPORT type name parameters;                                                                   \
	type name parameters                                                                           \
	{                                                                                              \
		static type(*next) parameters;                                                             \
		if (!next)                                                                                 \
			*(void**)&next = dlsym(RTLD_NEXT, #name);                                              \
		if (fault_is_now((error) == ENOMEM, __builtin_return_address(0)))                          \
		{                                                                                          \
			errno = error;                                                                         \
			return failed;                                                                         \
		}                                                                                          \
		return next arguments;                                                                     \
	}

/* Of what reads or writes. */
#define FAULT_CUT(name, memory, error)                                                             \
	EXPORT ssize_t name(int file, memory with, size_t len);                                        \
	ssize_t name(int file, memory with, size_t len)                                                \
	{                                                                                              \
		static ssize_t (*next)(int file, memory with, size_t len);                                 \
		if (!next)                                                                                 \
			*(void**)&next = dlsym(RTLD_NEXT, #name);                                              \
		if (fault_is_now(false, __builtin_return_address(0)))                                      \
		{                                                                                          \
			errno = error;                                                                         \
			return -1;                                                                             \
		}                                                                                          \
		return next(file, with, cut_is_now(len) ? len / 2 : len);                                  \
	}

FAULT_CUT(read, void*, EIO)
FAULT_CUT(write, const void*, ENOSPC)

/* What only reads is told EIO, what writes that the disk is full. */
FAULT(int, fstat, (int file, struct stat* to), (file, to), -1, EIO)
FAULT(int, lstat, (const char* path, struct stat* to), (path, to), -1, EIO)
FAULT(int, stat, (const char* path, struct stat* to), (path, to), -1, EIO)
FAULT(int, fstatat, (int at, const char* path, struct stat* to, int flags), (at, path, to, flags),
      -1, EIO)
FAULT(ssize_t, readlink, (const char* path, char* to, size_t len), (path, to, len), -1, EIO)
FAULT(void*, mmap, (void* at, size_t len, int may, int how, int file, off_t from),
      (at, len, may, how, file, from), MAP_FAILED, EIO)
FAULT(ssize_t, flistxattr, (int file, char* to, size_t len), (file, to, len), -1, EIO)
FAULT(ssize_t, fgetxattr, (int file, const char* name, void* to, size_t len), (file, name, to, len),
      -1, EIO)
FAULT(ssize_t, getxattr, (const char* path, const char* name, void* to, size_t len),
      (path, name, to, len), -1, EIO)
FAULT(char*, realpath, (const char* path, char* to), (path, to), NULL, EIO)
FAULT(char*, __realpath_chk, (const char* path, char* to, size_t room), (path, to, room), NULL, EIO)
FAULT(char*, getcwd, (char* to, size_t len), (to, len), NULL, EIO)
FAULT(FILE*, fopen, (const char* path, const char* mode), (path, mode), NULL, EMFILE)
FAULT(char*, fgets, (char* to, int len, FILE* file), (to, len, file), NULL, EIO)
FAULT(int, fgetc, (FILE * file), (file), EOF, EIO)
FAULT(int, fflush, (FILE * file), (file), EOF, ENOSPC)
FAULT(int, fclose, (FILE * file), (file), EOF, ENOSPC)
FAULT(int, access, (const char* path, int mode), (path, mode), -1, EACCES)
FAULT(int, dup2, (int file, int as), (file, as), -1, EBUSY)
FAULT(int, faccessat, (int at, const char* path, int mode, int flags), (at, path, mode, flags), -1,
      EACCES)
FAULT(int, fsync, (int file), (file), -1, ENOSPC)
FAULT(int, close, (int file), (file), -1, ENOSPC)
FAULT(int, mkdir, (const char* path, mode_t mode), (path, mode), -1, ENOSPC)
FAULT(int, rmdir, (const char* path), (path), -1, EBUSY)
FAULT(int, linkat, (int a, const char* from, int b, const char* to, int flags),
      (a, from, b, to, flags), -1, ENOSPC)
FAULT(int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to), -1, ENOSPC)
FAULT(int, unlinkat, (int at, const char* path, int flags), (at, path, flags), -1, EBUSY)
FAULT(int, flock, (int file, int how), (file, how), -1, ENOLCK)
FAULT(int, fchmod, (int file, mode_t mode), (file, mode), -1, EPERM)
FAULT(int, fchown, (int file, uid_t user, gid_t group), (file, user, group), -1, EPERM)
FAULT(int, fsetxattr, (int file, const char* name, const void* from, size_t len, int flags),
      (file, name, from, len, flags), -1, ENOSPC)
FAULT(int, fremovexattr, (int file, const char* name), (file, name), -1, EPERM)
FAULT(pid_t, fork, (void), (), -1, EAGAIN)
FAULT(pid_t, waitpid, (pid_t child, int* status, int flags), (child, status, flags), -1, ECHILD)
FAULT(int, poll, (struct pollfd * files, nfds_t count, int milliseconds),
      (files, count, milliseconds), -1, EINTR)
FAULT(int, ppoll,
      (struct pollfd * files, nfds_t count, const struct timespec* until, const sigset_t* during),
      (files, count, until, during), -1, EINTR)
FAULT(int, setgroups, (size_t count, const gid_t* groups), (count, groups), -1, EPERM)
FAULT(int, setgid, (gid_t group), (group), -1, EPERM)
FAULT(int, setuid, (uid_t user), (user), -1, EAGAIN)
FAULT(void*, malloc, (size_t len), (len), NULL, ENOMEM)
FAULT(void*, calloc, (size_t count, size_t len), (count, len), NULL, ENOMEM)
FAULT(void*, realloc, (void* old, size_t len), (old, len), NULL, ENOMEM)

/* Its third argument is a number, a pointer or nothing: a word. */
EXPORT int fcntl(int file, int what, ...);
int fcntl(int file, int what, ...)
{
	static int (*next)(int file, int what, ...);
	va_list list;
	if (!next)
		*(void**)&next = dlsym(RTLD_NEXT, "fcntl");
	va_start(list, what);
	void* const argument = va_arg(list, void*);
	va_end(list);
	if (fault_is_now(false, __builtin_return_address(0)))
	{
		errno = ENOLCK;
		return -1;
	}
	return next(file, what, argument);
}

/* Each argument is a word, and there are six at most. */
EXPORT long syscall(long number, ...);
long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long word[6];
	va_list list;
	if (!next)
		*(void**)&next = dlsym(RTLD_NEXT, "syscall");
	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		word[i] = va_arg(list, long);
	va_end(list);
	if (fault_is_now(false, __builtin_return_address(0)))
	{
		errno = ENOSYS;
		return -1;
	}
	return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

/* That it fails has to be the loader's word: dlerror() is asked for the reason. In a child what
 * does not load is no FreeRDP, or no module. */
EXPORT void* dlopen(const char* path, int how);
void* dlopen(const char* path, int how)
{
	static void* (*next)(const char* path, int how);
	if (!next)
		*(void**)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(fault_is_now(getpid() != watched, NULL) ? "/" : path, how);
}

/* The two whose last argument is not always there. */
#define FAULT_OPEN(name, parameters, arguments)                                                    \
	EXPORT int name parameters;                                                                    \
	int name parameters                                                                            \
	{                                                                                              \
		static int(*next) parameters;                                                              \
		mode_t mode = 0;                                                                           \
		va_list list;                                                                              \
		if (!next)                                                                                 \
			*(void**)&next = dlsym(RTLD_NEXT, #name);                                              \
		va_start(list, flags);                                                                     \
		if (flags & O_CREAT)                                                                       \
			mode = va_arg(list, mode_t);                                                           \
		va_end(list);                                                                              \
		if (fault_is_now(false, __builtin_return_address(0)))                                      \
		{                                                                                          \
			errno = EMFILE;                                                                        \
			return -1;                                                                             \
		}                                                                                          \
		return next arguments;                                                                     \
	}

FAULT_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
FAULT_OPEN(openat, (int at, const char* path, int flags, ...), (at, path, flags, mode))
