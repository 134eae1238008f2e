// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What commands say on standard error and how they leave standard output.
 *
 * Interface: sim_complain, sim_finish_output, sim_open_recording, sim_progress_* (command.h).
 */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "table.h"
#include "workload.h"

#define REDRAW_NS UINT64_C(100000000)

int sim_complain(const struct sim_error *error)
{
	fprintf(stderr, "pageman: %s\n", error->text);
	return error->code == -EINTR ? SIM_EXIT_INCOMPLETE : SIM_EXIT_ERROR;
}

int sim_complain_at(const char *file, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "pageman: %s: ", file);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return SIM_EXIT_ERROR;
}

/* Why an earlier write to standard output failed: stdio forgets. A newline more does not harm what is cut already. */
static int find_cause(void)
{
	return write(STDOUT_FILENO, "\n", 1) < 0 ? errno : EIO;
}

int sim_finish_output(int status)
{
	int cause = 0;

	if (fflush(stdout))
		cause = errno;
	if (!cause && !ferror(stdout))
		return status;
	if (!cause)
		cause = find_cause();
	/* Whoever closed the pipe has seen enough, as head has, and wants no message. */
	if (cause != EPIPE)
		fprintf(stderr, "pageman: standard output: cannot be written: %s\n", strerror(cause));
	return SIM_EXIT_ERROR;
}

static bool color_wanted(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no_color && *no_color) && isatty(fileno(out)) && !(term && !strcmp(term, "dumb"));
}

void sim_heading(FILE *out, const char *text)
{
	bool color = color_wanted(out);

	fprintf(out, "%s%s%s\n", color ? "\033[1m" : "", text, color ? "\033[0m" : "");
}

const char *sim_file_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

int sim_open_recording(const char *path, enum rec_dialect dialect, struct rec_reader **out, struct sim_error *error)
{
	struct rec_error cause = { 0 };
	int result;

	if (sim_workload_is(path))
		return sim_fail(error, -EINVAL, "%s: expected a recording; workloads are for compare and replay",
				path);
	sim_interrupt_catch();
	result = rec_open(path, dialect, out, &cause);
	if (!result) {
		rec_stop_when(*out, sim_interrupted);
		return 0;
	}
	if (result == -EINTR)
		return sim_fail(error, result, "%s: interrupted before its first event", sim_file_name(path));
	if (!cause.code)
		cause.code = result;
	return sim_fail_rec(error, sim_file_name(path), &cause);
}

bool sim_can_read_twice(const char *path)
{
	struct stat status;

	return strcmp(path, "-") && (stat(path, &status) || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

bool sim_is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

int sim_reading_ended(const char *path, int result, struct rec_error *cause, struct sim_error *damage)
{
	if (!cause->code)
		cause->code = result;
	sim_fail_rec(damage, sim_file_name(path), cause);
	return result == -ENOMEM ? result : 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void sim_progress_begin(struct sim_progress *progress, const char *what, bool quiet)
{
	sim_interrupt_catch();
	memset(progress, 0, sizeof(*progress));
	progress->shown = !quiet && isatty(STDERR_FILENO);
	progress->what = what;
	progress->start_ns = now_ns();
	progress->last_ns = progress->start_ns;
}

void sim_progress_show(struct sim_progress *progress, uint64_t done, uint64_t total, uint64_t events)
{
	uint64_t now;
	double seconds, rate;
	char count[32], left[48] = "";

	if (!progress->shown)
		return;
	now = now_ns();
	if (now - progress->last_ns < REDRAW_NS)
		return;
	progress->last_ns = now;
	seconds = (double)(now - progress->start_ns) / 1e9;
	rate = (double)events / seconds;
	if (total && done && done <= total) {
		uint64_t rest_ns = (uint64_t)((double)(total - done) / (double)done * seconds * 1e9);
		char eta[32];

		snprintf(left, sizeof(left), "%3.0f%%, %s left, ", (double)done * 100 / (double)total,
			 sim_text_duration(eta, rest_ns));
	}
	/* What is judged event by event is slow. */
	fprintf(stderr, "\r%s: %s%s events, %.*f %s/s\033[K", progress->what, left, sim_text_count(count, events),
		rate < 1e5 ? 1 : 2, rate < 1e5 ? rate / 1e3 : rate / 1e6, rate < 1e5 ? "k" : "M");
	progress->drawn = true;
}

void sim_progress_end(struct sim_progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
	sim_interrupt_release();
}
