// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command of pageman in this process, again and again: the first time as it is, then with its first
 * allocation failing, then with its second alone, and so on to its last.
 *
 *     alloc_faults [--most N] [--output FILE] COMMAND [ARGUMENTS...]
 *
 * Role: proves that no lack of memory crashes a command, passes for success, or is blamed on the input. The linker
 * puts the functions below between our objects and the C library, zstd's contexts and mappings (--wrap); SQLite is
 * given its own allocator.
 * Invariant: each run ends as the first did, with the same output, or with exit code 1, a message about memory and no
 * output file. Leaks are found by the sanitizer at the end.
 * --most N: more allocations than that are not failed one by one, but about N of them, spread evenly.
 * --output FILE: what the command writes; removed before each run.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "command.h"
#include "interrupt.h"

#define MESSAGES_BYTES 65536

static const struct sim_command *const commands[] = {
	&cmd_info, &cmd_import, &cmd_verify, &cmd_replay, &cmd_compare, &cmd_statman, &cmd_graph,
};

/* The allocation that fails, counted from 1; 0: none. The linker's wrappers have no other way to be told. */
static struct {
	bool armed;
	unsigned long count, fails_at;
} plan;

static bool fails(void)
{
	return plan.armed && ++plan.count == plan.fails_at;
}

/* --- What stands between ------------------------------------------------------------------------------------- */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
FILE *__real_open_memstream(char **text, size_t *length);
FILE *__real_tmpfile(void);
FILE *__real_fopen(const char *path, const char *mode);
void *__real_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset);
ZSTD_DCtx *__real_ZSTD_createDCtx(void);
ZSTD_CCtx *__real_ZSTD_createCCtx(void);
size_t __real_ZSTD_compress(void *to, size_t room, const void *from, size_t bytes, int level);
size_t __real_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t bytes);
size_t __real_ZSTD_decompress(void *to, size_t room, const void *from, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
FILE *__wrap_open_memstream(char **text, size_t *length);
FILE *__wrap_tmpfile(void);
FILE *__wrap_fopen(const char *path, const char *mode);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
size_t __wrap_ZSTD_compress(void *to, size_t room, const void *from, size_t bytes, int level);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t bytes);
size_t __wrap_ZSTD_decompress(void *to, size_t room, const void *from, size_t bytes);

/* A function that answers NULL and sets errno. */
#define OR_NULL(call) (fails() ? (errno = ENOMEM, NULL) : (call))
/* zstd's functions that return a size answer with an error's number below zero. */
#define OR_ZSTD(call) (fails() ? (size_t)0 - (size_t)ZSTD_error_memory_allocation : (call))

void *__wrap_malloc(size_t bytes) { return OR_NULL(__real_malloc(bytes)); }
void *__wrap_calloc(size_t count, size_t bytes) { return OR_NULL(__real_calloc(count, bytes)); }
void *__wrap_realloc(void *old, size_t bytes) { return OR_NULL(__real_realloc(old, bytes)); }
char *__wrap_strdup(const char *text) { return OR_NULL(__real_strdup(text)); }
char *__wrap_strndup(const char *text, size_t length) { return OR_NULL(__real_strndup(text, length)); }
FILE *__wrap_open_memstream(char **text, size_t *length) { return OR_NULL(__real_open_memstream(text, length)); }
FILE *__wrap_tmpfile(void) { return OR_NULL(__real_tmpfile()); }
FILE *__wrap_fopen(const char *path, const char *mode) { return OR_NULL(__real_fopen(path, mode)); }
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void) { return OR_NULL(__real_ZSTD_createDCtx()); }
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void) { return OR_NULL(__real_ZSTD_createCCtx()); }

void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	if (fails()) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(address, bytes, protection, flags, fd, offset);
}

size_t __wrap_ZSTD_compress(void *to, size_t room, const void *from, size_t bytes, int level)
{
	return OR_ZSTD(__real_ZSTD_compress(to, room, from, bytes, level));
}

size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *to, size_t room, const void *from, size_t bytes)
{
	return OR_ZSTD(__real_ZSTD_compress2(context, to, room, from, bytes));
}

size_t __wrap_ZSTD_decompress(void *to, size_t room, const void *from, size_t bytes)
{
	return OR_ZSTD(__real_ZSTD_decompress(to, room, from, bytes));
}

/* SQLite's own allocator, with ours in front. */
static sqlite3_mem_methods usual;

static void *sqlite_malloc(int bytes) { return fails() ? NULL : usual.xMalloc(bytes); }
static void *sqlite_realloc(void *old, int bytes) { return fails() ? NULL : usual.xRealloc(old, bytes); }

static void give_sqlite_our_allocator(void)
{
	sqlite3_mem_methods ours;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
	ours = usual;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}

/* --- One run -------------------------------------------------------------------------------------------------- */

struct run {
	const struct sim_command *command;
	int argc;
	char **argv;        /* a copy for each run: the options are sorted in place */
	const char *output; /* NULL: none */
	int printed, said;  /* files that stand for descriptors 1 and 2 */
	int terminal;       /* the real descriptor 2 */
};

struct outcome {
	int status;
	unsigned long allocations;
	uint64_t printed, written; /* hashes; of no file 0 */
	char said[MESSAGES_BYTES];
};

/* FNV-1a of a whole file. */
static uint64_t hash_of(int fd)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	unsigned char bytes[4096];
	ssize_t got;
	off_t at = 0;

	while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
		at += got;
	}
	return hash;
}

static uint64_t hash_of_output(const struct run *run)
{
	int fd = run->output ? open(run->output, O_RDONLY) : -1;
	uint64_t hash = fd < 0 ? 0 : hash_of(fd);

	if (fd >= 0)
		close(fd);
	return hash;
}

static void empty(int fd)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		abort();
}

static void run_once(const struct run *run, unsigned long fails_at, struct outcome *out)
{
	char *argv[64];
	struct sim_parse parse;
	ssize_t got;

	memcpy(argv, run->argv, (size_t)run->argc * sizeof(*argv));
	argv[run->argc] = NULL;
	if (run->output)
		unlink(run->output);
	empty(run->printed);
	empty(run->said);
	dup2(run->said, STDERR_FILENO);
	plan.count = 0;
	plan.fails_at = fails_at;
	plan.armed = true;
	sim_parse_init(&parse, run->command, run->argc, argv);
	out->status = run->command->run(&parse);
	sim_parse_fini(&parse);
	out->status = sim_finish_output(out->status);
	plan.armed = false;
	dup2(run->terminal, STDERR_FILENO);
	out->allocations = plan.count;
	out->printed = hash_of(run->printed);
	out->written = hash_of_output(run);
	got = pread(run->said, out->said, sizeof(out->said) - 1, 0);
	out->said[got > 0 ? got : 0] = '\0';
}

/* --- All of them ---------------------------------------------------------------------------------------------- */

/* What a run may not leave: a file under a temporary name, or, when it failed, one under the final name. */
static bool leaves_files(const struct run *run, const struct outcome *o)
{
	char pattern[4096];
	glob_t found;
	bool some;

	if (!run->output)
		return false;
	snprintf(pattern, sizeof(pattern), "%s.*", run->output);
	some = glob(pattern, 0, NULL, &found) == 0;
	globfree(&found);
	/* A database is valid at every moment and stays. */
	return some || (o->status == SIM_EXIT_ERROR && o->written && !strstr(run->output, ".db"));
}

static const char *fault_of(const struct run *run, const struct outcome *first, const struct outcome *o)
{
	bool database = run->output && strstr(run->output, ".db");

	if (leaves_files(run, o))
		return "it leaves files";
	if (o->status == first->status)
		return o->printed != first->printed ? "it prints something else" :
		       !database && o->written != first->written ? "it writes something else" : NULL;
	if (o->status != SIM_EXIT_ERROR)
		return "expected exit code 1";
	if (!strstr(o->said, "memory"))
		return "expected a message about memory";
	return NULL;
}

static int run_all(const struct run *run, unsigned long most)
{
	static struct outcome first, o;
	unsigned long step, tried = 0, survived = 0, faults = 0;

	run_once(run, 0, &first);
	step = most && first.allocations > most ? first.allocations / most : 1;
	for (unsigned long n = 1; n <= first.allocations && !sim_interrupted(); n += step) {
		const char *fault;

		run_once(run, n, &o);
		fault = fault_of(run, &first, &o);
		tried++;
		survived += o.status == first.status;
		if (!fault)
			continue;
		faults++;
		fprintf(stderr, "allocation %lu of %lu: %s: exit code %d (%d without), after saying:\n%s", n,
			first.allocations, fault, o.status, first.status, o.said);
	}
	fprintf(stderr, "%s: exit code %d; of %lu allocations %lu were failed, %lu without consequence; %lu faults\n",
		run->command->name, first.status, first.allocations, tried, survived, faults);
	if (!first.allocations || sim_interrupted()) {
		fprintf(stderr, "%s\n", first.allocations ? "interrupted" : "no allocation was seen");
		faults = 1;
	}
	return faults != 0;
}

static int scratch(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

int main(int argc, char **argv)
{
	struct run run = { .terminal = dup(STDERR_FILENO) };
	unsigned long most = 0;
	int at = 1;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		if (!strcmp(argv[at], "--most"))
			most = strtoul(argv[at + 1], NULL, 10);
		else if (!strcmp(argv[at], "--output"))
			run.output = argv[at + 1];
	}
	for (size_t i = 0; at < argc && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[at], commands[i]->name))
			run.command = commands[i];
	if (!run.command || argc - at > 60) {
		fprintf(stderr, "usage: alloc_faults [--most N] [--output FILE] COMMAND [ARGUMENTS...]\n");
		return SIM_EXIT_USAGE;
	}
	run.argc = argc - at;
	run.argv = argv + at;
	run.printed = scratch("printed");
	run.said = scratch("said");
	/* stdio keeps its buffers, so that what it allocates is not counted in one run and missing in the next. */
	dup2(run.printed, STDOUT_FILENO);
	give_sqlite_our_allocator();
	return run_all(&run, most);
}
