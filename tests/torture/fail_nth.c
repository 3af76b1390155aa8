/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes one call of a program fail, the n-th of its kind, as if memory, descriptors, processes, the
 * kernel's maps or the disk had run out just then.
 *
 * A library for LD_PRELOAD: what the program itself calls and what its libraries call is counted
 * alike.  Linked into the program with -DFAIL_WRAP and the linker's --wrap it counts the program's
 * own calls alone, which is how it stands beside a sanitizer.
 *
 *   FAIL_KIND    alloc, open, fork, bpf or write
 *   FAIL_AT      which call of this kind fails, counted from 1
 *   FAIL_STACK   instead: the first call that is reached this way fails, a number of the log
 *   FAIL_EVERY   instead: every so manieth call fails, after the file FAIL_AFTER exists
 *   FAIL_LOG     is written at once when the call failed: "failed N", and the way to it;
 *                without any of the three above: "N STACK" for every way that is new
 *
 * A way is the chain of the callers, as one number: the same in every run of one binary when
 * addresses are not randomised (setarch -R).  Of children nothing fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH	  24
#define WAYS_MAX  (1 << 16)
#define EARLY_LEN 4096 /* of memory that is asked for before dlsym() can be called */

enum kind { NOTHING, ALLOC, OPEN, FORK, BPF, WRITE };

static struct {
	bool ready, busy;
	enum kind kind;
	unsigned long at, every, calls;
	uint64_t stack;
	const char *after;
	int log;
	uint64_t ways[WAYS_MAX]; /* a hash table; 0 is free */
	size_t way_count;
} fail = {.log = -1};

static char early[EARLY_LEN] __attribute__((aligned(16)));
static size_t early_used;

#ifdef FAIL_WRAP
#define NAME(call)		__wrap_##call
#define REAL(result, call, ...) result __real_##call(__VA_ARGS__)
#define FIND(call)		(void)0
#define PASS(call)		__real_##call
#else
#define NAME(call)		call
#define REAL(result, call, ...) static result (*real_##call)(__VA_ARGS__)
#define FIND(call) \
	(real_##call ? (void)0 : (void)(*(void **)&real_##call = dlsym(RTLD_NEXT, #call)))
#define PASS(call) real_##call
#endif

REAL(void *, malloc, size_t size);
REAL(void *, calloc, size_t count, size_t size);
REAL(void *, realloc, void *old, size_t size);

/* ---- which call fails --------------------------------------------------------------------- */

/* FNV-1a over the return addresses; never 0. */
static uint64_t way_of(void *const *frames, int count)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (int i = 0; i < count; i++) {
		hash ^= (uint64_t)(uintptr_t)frames[i];
		hash *= 0x100000001b3;
	}
	return hash ? hash : 1;
}

static bool is_new(uint64_t way)
{
	size_t at = way % WAYS_MAX;

	if (fail.way_count > WAYS_MAX / 2)
		return false;
	while (fail.ways[at] && fail.ways[at] != way)
		at = (at + 1) % WAYS_MAX;
	if (fail.ways[at])
		return false;
	fail.ways[at] = way;
	fail.way_count++;
	return true;
}

static void say(const char *format, ...)
{
	char line[128];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (fail.log >= 0)
		syscall(SYS_write, fail.log, line, (size_t)len);
}

static void say_failed(void *const *frames, int count)
{
	say("failed %lu %016llx\n", fail.calls, (unsigned long long)way_of(frames, count));
	if (fail.log >= 0)
		backtrace_symbols_fd(frames, count, fail.log);
}

/* Is it this call of @kind?  What is called from here does not count. */
static bool is_due(enum kind kind)
{
	void *frames[DEPTH];
	bool due = false;
	int count, saved = errno;

	if (!fail.ready || fail.kind != kind || fail.busy)
		return false;
	fail.busy = true;
	fail.calls++;
	if (fail.every) {
		due = !(fail.calls % fail.every) && !access(fail.after, F_OK);
	} else if (fail.at) {
		due = fail.calls == fail.at;
	} else {
		count = backtrace(frames, DEPTH);
		if (!fail.stack && is_new(way_of(frames, count)))
			say("%lu %016llx\n", fail.calls, (unsigned long long)way_of(frames, count));
		due = fail.stack && way_of(frames, count) == fail.stack;
	}
	if (due) {
		count = backtrace(frames, DEPTH);
		say_failed(frames, count);
		if (!fail.every)
			fail.kind = NOTHING;
	}
	fail.busy = false;
	errno = saved;
	return due;
}

/* ---- start -------------------------------------------------------------------------------- */

static void in_child(void)
{
	fail.kind = NOTHING;
}

static unsigned long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
	static const char *const kinds[] = {"", "alloc", "open", "fork", "bpf", "write"};
	const char *kind = getenv("FAIL_KIND"), *log = getenv("FAIL_LOG");
	const char *stack = getenv("FAIL_STACK");
	void *frames[4];

	for (size_t i = 1; kind && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kind, kinds[i]))
			fail.kind = (enum kind)i;
	}
	fail.at = number("FAIL_AT");
	fail.every = number("FAIL_EVERY");
	fail.after = getenv("FAIL_AFTER") ? getenv("FAIL_AFTER") : "/";
	fail.stack = stack ? strtoull(stack, NULL, 16) : 0;
	if (log) /* far from the numbers that the program gets */
		fail.log = fcntl((int)syscall(SYS_openat, AT_FDCWD, log,
					      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
				 F_DUPFD_CLOEXEC, 700);
	backtrace(frames, 4); /* loads what it needs */
	pthread_atfork(NULL, NULL, in_child);
	unsetenv("LD_PRELOAD");
	unsetenv("FAIL_KIND");
	fail.ready = true;
}

/* ---- memory ------------------------------------------------------------------------------- */

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

#ifndef FAIL_WRAP
/* Other libraries begin before this one, and dlsym() itself asks for memory. */
static bool find_memory(void)
{
	static bool finding;

	if (!real_realloc && !finding) {
		finding = true;
		FIND(malloc);
		FIND(calloc);
		FIND(realloc);
		finding = false;
	}
	return real_realloc != NULL;
}

static void *early_memory(size_t size)
{
	void *memory = early + early_used;

	size = (size + 15) & ~(size_t)15;
	if (size > sizeof(early) - early_used)
		return no_memory();
	early_used += size;
	return memory;
}

static bool is_early(const void *memory)
{
	return (const char *)memory >= early && (const char *)memory < early + sizeof(early);
}
#endif

void *NAME(malloc)(size_t size);
void *NAME(calloc)(size_t count, size_t size);
void *NAME(realloc)(void *old, size_t size);

void *NAME(malloc)(size_t size)
{
#ifndef FAIL_WRAP
	if (!find_memory())
		return early_memory(size);
#endif
	return is_due(ALLOC) ? no_memory() : PASS(malloc)(size);
}

void *NAME(calloc)(size_t count, size_t size)
{
#ifndef FAIL_WRAP
	if (!find_memory())
		return early_memory(count * size);
#endif
	return is_due(ALLOC) ? no_memory() : PASS(calloc)(count, size);
}

void *NAME(realloc)(void *old, size_t size)
{
#ifndef FAIL_WRAP
	if (!find_memory() || is_early(old)) {
		void *memory = malloc(size);

		if (memory && old)
			memcpy(memory, old, size);
		return memory;
	}
#endif
	return is_due(ALLOC) ? no_memory() : PASS(realloc)(old, size);
}

#ifdef FAIL_WRAP
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return is_due(ALLOC) ? no_memory() : __real_strdup(text);
}

#else

static void (*real_free)(void *memory);

void free(void *memory)
{
	FIND(free);
	if (!is_early(memory))
		real_free(memory);
}

REAL(void *, reallocarray, void *old, size_t count, size_t size);
REAL(int, posix_memalign, void **memory, size_t alignment, size_t size);
REAL(void *, aligned_alloc, size_t alignment, size_t size);

void *reallocarray(void *old, size_t count, size_t size)
{
	FIND(reallocarray);
	return is_due(ALLOC) ? no_memory() : real_reallocarray(old, count, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	FIND(posix_memalign);
	return is_due(ALLOC) ? ENOMEM : real_posix_memalign(memory, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	FIND(aligned_alloc);
	return is_due(ALLOC) ? no_memory() : real_aligned_alloc(alignment, size);
}

/* ---- descriptors, processes, the kernel, the disk ------------------------------------------ */

static int no_descriptor(void)
{
	errno = EMFILE;
	return -1;
}

/* open() and its like: the mode is only there when a file may be made. */
#define OPENER(call)                                                                    \
	REAL(int, call, const char *path, int flags, mode_t mode);                      \
	int call(const char *path, int flags, ...)                                      \
	{                                                                               \
		mode_t mode = 0;                                                        \
		va_list arguments;                                                      \
                                                                                        \
		va_start(arguments, flags);                                             \
		if (flags & (O_CREAT | O_TMPFILE))                                      \
			mode = va_arg(arguments, mode_t);                               \
		va_end(arguments);                                                      \
		FIND(call);                                                             \
		return is_due(OPEN) ? no_descriptor() : real_##call(path, flags, mode); \
	}

OPENER(open)
OPENER(open64)

REAL(int, openat, int directory, const char *path, int flags, mode_t mode);
int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	FIND(openat);
	return is_due(OPEN) ? no_descriptor() : real_openat(directory, path, flags, mode);
}

#define FILE_OPENER(call)                                       \
	REAL(FILE *, call, const char *path, const char *mode); \
	FILE *call(const char *path, const char *mode)          \
	{                                                       \
		FIND(call);                                     \
		if (!is_due(OPEN))                              \
			return real_##call(path, mode);         \
		no_descriptor();                                \
		return NULL;                                    \
	}

FILE_OPENER(fopen)
FILE_OPENER(fopen64)

/* Calls with whole numbers as arguments that return a new descriptor. */
#define MAKER(call, kind, error, parameters, ...)        \
	REAL(int, call, PLAIN parameters);               \
	int call parameters                              \
	{                                                \
		FIND(call);                              \
		if (!is_due(kind))                       \
			return real_##call(__VA_ARGS__); \
		errno = error;                           \
		return -1;                               \
	}
#define PLAIN(...) __VA_ARGS__

MAKER(socket, OPEN, EMFILE, (int domain, int type, int protocol), domain, type, protocol)
MAKER(accept4, OPEN, EMFILE,
      (int fd, struct sockaddr *restrict name, socklen_t *restrict len, int flags), fd, name, len,
      flags)
MAKER(pipe2, OPEN, EMFILE, (int fds[2], int flags), fds, flags)
MAKER(epoll_create1, OPEN, EMFILE, (int flags), flags)
MAKER(eventfd, OPEN, EMFILE, (unsigned value, int flags), value, flags)
MAKER(timerfd_create, OPEN, EMFILE, (int clock, int flags), clock, flags)
MAKER(dup, OPEN, EMFILE, (int fd), fd)
MAKER(fork, FORK, EAGAIN, (void), )

REAL(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
     void *argument);
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument)
{
	FIND(pthread_create);
	return is_due(FORK) ? EAGAIN : real_pthread_create(thread, attributes, run, argument);
}

/* posix_spawn() and posix_spawnp() */
#define SPAWNER(call)                                                                            \
	REAL(int, call, pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, \
	     const posix_spawnattr_t *attributes, char *const *arguments,                        \
	     char *const *environment);                                                          \
	int call(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,        \
		 const posix_spawnattr_t *attributes, char *const *arguments,                    \
		 char *const *environment)                                                       \
	{                                                                                        \
		FIND(call);                                                                      \
		return is_due(FORK) ? EAGAIN                                                     \
				    : real_##call(pid, path, actions, attributes, arguments,     \
						  environment);                                  \
	}

SPAWNER(posix_spawn)
SPAWNER(posix_spawnp)

/* libbpf calls the kernel by number. */
REAL(long, syscall, long which, long a, long b, long c, long d, long e, long f);
long syscall(long which, ...)
{
	long argument[6];
	va_list arguments;

	va_start(arguments, which);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(arguments, long);
	va_end(arguments);
	FIND(syscall);
	if (which == SYS_bpf && is_due(BPF)) {
		errno = ENOMEM;
		return -1;
	}
	return real_syscall(which, argument[0], argument[1], argument[2], argument[3], argument[4],
			    argument[5]);
}

static ssize_t disk_full(void)
{
	errno = ENOSPC;
	return -1;
}

REAL(ssize_t, write, int fd, const void *data, size_t len);
ssize_t write(int fd, const void *data, size_t len)
{
	FIND(write);
	/* Of a log that cannot be written nobody can be told. */
	return fd > STDERR_FILENO && is_due(WRITE) ? disk_full() : real_write(fd, data, len);
}

#define WRITER(call, offset_type)                                                    \
	REAL(ssize_t, call, int fd, const void *data, size_t len, offset_type at);   \
	ssize_t call(int fd, const void *data, size_t len, offset_type at)           \
	{                                                                            \
		FIND(call);                                                          \
		return is_due(WRITE) ? disk_full() : real_##call(fd, data, len, at); \
	}

WRITER(pwrite, off_t)
WRITER(pwrite64, off64_t)

MAKER(fsync, WRITE, EIO, (int fd), fd)
MAKER(fdatasync, WRITE, EIO, (int fd), fd)
MAKER(ftruncate, WRITE, ENOSPC, (int fd, off_t len), fd, len)
#endif
