// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman statman: the statistics of a kernel log with Pageman's `Stats|` lines.
 *
 * Interface: cmd_statman. The formats are in docs/statman.md, the report in statman_report.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "interrupt.h"
#include "statman_report.h"

#define PIECE_BYTES 65536
#define PAGE_BYTES_MAX (UINT64_C(1) << 20)

enum { OPT_PAGE_SIZE = 1 };

struct log {
	const char *path;
	FILE *in;
	uint64_t bytes, total_bytes; /* read so far; of the file, 0 when not known */
	char start[8];               /* the first bytes, to tell what it is when it is no log */
	struct sim_statman statman;
	char piece[PIECE_BYTES];
};

/* Files that hold a log, but not as text. */
static const struct {
	const char *magic;
	size_t bytes;
	const char *what, *remedy;
} containers[] = {
	{ "\x1f\x8b", 2, "compressed (gzip)", "zcat FILE | pageman statman -" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed (zstd)", "zstdcat FILE | pageman statman -" },
	{ "\xfd" "7zXZ", 5, "compressed (xz)", "xzcat FILE | pageman statman -" },
	{ "LPKSHHRH", 8, "a binary journal", "journalctl -k --file FILE | pageman statman -" },
};

/* Reads all of the log. Return: an exit code; when that is not SIM_EXIT_OK, after a complaint. */
static int read_log(struct sim_parse *parse, struct log *log)
{
	struct sim_progress progress;
	size_t got;
	int result = 0, cause;

	sim_progress_begin(&progress, "statman", parse->quiet);
	errno = 0;
	while (!result && !sim_interrupted() && (got = fread(log->piece, 1, sizeof(log->piece), log->in))) {
		if (!log->bytes)
			memcpy(log->start, log->piece, got < sizeof(log->start) ? got : sizeof(log->start));
		log->bytes += got;
		result = sim_statman_feed(&log->statman, log->piece, got);
		sim_progress_show(&progress, log->bytes, log->total_bytes, sim_statman_records(&log->statman));
	}
	sim_progress_end(&progress);
	cause = errno;
	if (!result)
		result = sim_statman_finish(&log->statman);
	if (result)
		return sim_complain_at(sim_file_name(log->path), "no memory for the times of its calls");
	log->statman.cut = ferror(log->in) || sim_interrupted();
	log->statman.interrupted = sim_interrupted();
	if (log->statman.interrupted) {
		sim_complain_at(sim_file_name(log->path), "interrupted at offset %" PRIu64, log->bytes);
		return SIM_EXIT_INCOMPLETE;
	}
	if (!ferror(log->in))
		return SIM_EXIT_OK;
	sim_complain_at(sim_file_name(log->path), "cannot be read at offset %" PRIu64 ": %s", log->bytes,
			strerror(cause ? cause : EIO));
	return log->bytes ? SIM_EXIT_INCOMPLETE : SIM_EXIT_ERROR;
}

static int complain_nothing(const struct log *log)
{
	const struct sim_statman *s = &log->statman;
	const char *file = sim_file_name(log->path);

	for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
		if (log->bytes >= containers[i].bytes && !memcmp(log->start, containers[i].magic, containers[i].bytes))
			return sim_complain_at(file, "expected a log as text, found that it is %s; try: %s",
					       containers[i].what, containers[i].remedy);
	if (s->foreign)
		return sim_complain_at(file, "expected lines of the kernel with \"" SIM_STATMAN_MARKER "\", found %"
				       PRIu64 " of other programs", s->foreign);
	return sim_complain_at(file, "expected lines with \"" SIM_STATMAN_MARKER "\" of Pageman's module, found none "
			       "in %" PRIu64 " line%s", s->lines, s->lines == 1 ? "" : "s");
}

/* Return: SIM_EXIT_OK, or SIM_EXIT_INCOMPLETE after saying why. */
static int complain_partial(const struct log *log)
{
	const struct sim_statman *s = &log->statman;
	const char *file = sim_file_name(log->path);

	for (unsigned i = 0; i < SIM_STATMAN_BAD_SHOWN && i < s->bad_count; i++)
		sim_complain_at(file, "line %" PRIu64 ": %s", s->bad[i].line, s->bad[i].reason);
	if (s->bad_count > SIM_STATMAN_BAD_SHOWN)
		sim_complain_at(file, "%" PRIu64 " bad records more", s->bad_count - SIM_STATMAN_BAD_SHOWN);
	if (s->lost)
		sim_complain_at(file, "line %" PRIu64 ": messages are missing here (%" PRIu64 " in the whole log)",
				s->lost_line, s->lost);
	if (!sim_statman_is_partial(s))
		return SIM_EXIT_OK;
	fprintf(stderr, "pageman: the result covers only part of the log\n");
	return SIM_EXIT_INCOMPLETE;
}

static int report(struct sim_parse *parse, struct log *log)
{
	int status = read_log(parse, log);
	int partial;

	if (status == SIM_EXIT_ERROR)
		return status;
	if (!sim_statman_records(&log->statman))
		return status ? status : complain_nothing(log);
	if (parse->json)
		sim_statman_json(stdout, log->path, &log->statman);
	else
		sim_statman_print(stdout, log->path, &log->statman);
	partial = complain_partial(log);
	return status ? status : partial;
}

static int open_log(struct log *log)
{
	struct stat st;

	log->in = strcmp(log->path, "-") ? fopen(log->path, "re") : stdin;
	if (!log->in)
		return sim_complain_at(log->path, "cannot be opened: %s", strerror(errno));
	if (!fstat(fileno(log->in), &st) && S_ISREG(st.st_mode))
		log->total_bytes = (uint64_t)st.st_size;
	return 0;
}

static int run_statman(struct sim_parse *parse)
{
	uint64_t page_bytes = SIM_STATMAN_PAGE_BYTES;
	struct log *log;
	int id, status;

	while ((id = sim_option_next(parse)) > 0)
		if (sim_parse_u64(parse->value, PAGE_BYTES_MAX, &page_bytes) || page_bytes < 1024 ||
		    (page_bytes & (page_bytes - 1)))
			return sim_usage_error(parse->command, "--page-size: expected a power of two from 1024 to %"
					       PRIu64 ", found \"%s\"", PAGE_BYTES_MAX, parse->value);
	if (id < 0)
		return parse->status;
	log = calloc(1, sizeof(*log));
	if (!log)
		return sim_complain_at(parse->arguments[0], "no memory to read it");
	log->path = parse->arguments[0];
	sim_statman_init(&log->statman, page_bytes);
	status = open_log(log);
	if (!status)
		status = report(parse, log);
	sim_statman_fini(&log->statman);
	if (log->in && log->in != stdin)
		fclose(log->in);
	free(log);
	return status;
}

static const struct sim_option options[] = {
	{ OPT_PAGE_SIZE, 0, "page-size", "BYTES", "of the machine that wrote the log (default 4096)" },
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"journalctl -k | pageman statman -", "the log of this boot",
	"pageman statman /var/log/kern.log", "the file that rsyslog keeps",
	"dmesg | pageman statman - --json", "for scripts",
	NULL,
};

const struct sim_command cmd_statman = {
	.name = "statman",
	.summary = "The statistics of a kernel log with Pageman's Stats| lines",
	.usage = "LOG [options]",
	.details = "Counts fits and frees, pages required, original and saved, and their times. LOG is the text of "
		   "journalctl, dmesg or kern.log with lines of the original module or of ours, or \"-\". Kept is what "
		   "requests need of their blocks, saved is what was given back; the original's script prints the "
		   "share kept as \"percentage saved\". Bad Stats| lines, and messages that the log says are missing, "
		   "end with exit code 4; a log without any Stats| line with 1.",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = 1,
	.examples = examples,
	.run = run_statman,
};
