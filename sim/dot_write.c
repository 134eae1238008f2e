// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes pictures, and has Graphviz draw them.
 *
 * Interface: sim_dot_is_known_name, sim_dot_write (dot.h).
 * Invariant: a file gets its name when all of it is written.
 */
#include "dot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && !strcmp(text + length - end_length, end);
}

/* Graphviz's switch for the kind of file; "" for one that is the text itself; NULL for another. */
static const char *format_of(const char *path)
{
	if (ends_with(path, ".dot") || ends_with(path, ".gv"))
		return "";
	if (ends_with(path, ".svg"))
		return "-Tsvg";
	return ends_with(path, ".png") ? "-Tpng" : NULL;
}

bool sim_dot_is_known_name(const char *path)
{
	return !strcmp(path, "-") || format_of(path);
}

/* Runs "dot FORMAT" from one file to another. */
static int run_dot(const char *format, int from, int to, const char *path, struct sim_error *error)
{
	char name[] = "dot", quiet[] = "-q", kind[8]; /* quiet: with another font a text may be a little too wide */
	char *arguments[] = { name, quiet, kind, NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status, result;

	snprintf(kind, sizeof(kind), "%s", format);
	result = posix_spawn_file_actions_init(&actions);
	if (result)
		return sim_fail(error, -result, "%s: cannot run dot: %s", path, strerror(result));
	posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	result = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (result == ENOENT)
		return sim_fail(error, -ENOENT, "%s: expected Graphviz's program \"dot\" in PATH, found none; install "
				"graphviz, or give a name that ends with .dot", path);
	if (result)
		return sim_fail(error, -result, "%s: cannot run dot: %s", path, strerror(result));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return sim_fail(error, -errno, "%s: dot is lost: %s", path, strerror(errno));
	if (WIFSIGNALED(status))
		return sim_fail(error, -EIO, "%s: dot was ended by signal %d", path, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return sim_fail(error, -EIO, "%s: dot ended with exit code %d", path, WEXITSTATUS(status));
	return 0;
}

static int write_all(int file, const char *text)
{
	size_t rest = strlen(text);

	while (rest) {
		ssize_t done = write(file, text, rest);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			text += done;
			rest -= (size_t)done;
		}
	}
	return 0;
}

static int draw(const char *text, const char *format, int to, const char *path, struct sim_error *error)
{
	FILE *from = tmpfile();
	int result;

	if (!from)
		return sim_fail(error, -errno, "%s: no temporary file: %s", path, strerror(errno));
	result = write_all(fileno(from), text);
	if (!result && lseek(fileno(from), 0, SEEK_SET) < 0)
		result = -errno;
	if (result)
		sim_fail(error, result, "%s: cannot write a temporary file: %s", path, strerror(-result));
	else
		result = run_dot(format, fileno(from), to, path, error);
	fclose(from);
	return result;
}

static int fill(const char *text, int file, const char *path, struct sim_error *error)
{
	const char *format = format_of(path);
	int result;

	if (!format)
		return sim_fail(error, -EINVAL, "%s: expected a name that ends with .dot, .svg or .png", path);
	if (*format)
		return draw(text, format, file, path, error);
	result = write_all(file, text);
	return result ? sim_fail(error, result, "%s: cannot write: %s", path, strerror(-result)) : 0;
}

int sim_dot_write(const char *text, const char *path, struct sim_error *error)
{
	char temporary[4096];
	int file, result;

	if (!path || !strcmp(path, "-")) {
		fputs(text, stdout);
		return 0; /* whether that worked, sim_finish_output sees */
	}
	if (!access(path, F_OK) && access(path, W_OK))
		return sim_fail(error, -errno, "%s: cannot write: %s", path, strerror(errno));
	if (snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof(temporary))
		return sim_fail(error, -ENAMETOOLONG, "%.200s...: cannot write: the name is too long", path);
	file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file < 0)
		return sim_fail(error, -errno, "%s: cannot write: %s", path, strerror(errno));
	result = fill(text, file, path, error);
	if (close(file) && !result)
		result = sim_fail(error, -errno, "%s: cannot write: %s", path, strerror(errno));
	if (!result && rename(temporary, path))
		result = sim_fail(error, -errno, "%s: cannot write: %s", path, strerror(errno));
	if (result)
		unlink(temporary);
	return result;
}
