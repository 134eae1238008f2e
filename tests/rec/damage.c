/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damages recordings in every way that a disk or a cable does, and looks at what their readers make of it.
 *
 *     damage [--seed N] [--one-in N] [--pageman PROGRAM] RECORDING...
 *
 * A small recording, made of the first one, is cut at every byte, as are a text and raw pages made of it. Each
 * RECORDING is cut at every boundary of its blocks, a byte before and behind it, and at 2,000 random places; 20,000
 * random bits are flipped over all of them. With --pageman 200 damaged files go through its `info`. --one-in tries one
 * point of so many, drawn from the seed. Exit: 0 no finding, 1 findings or an error, 2 usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "damage.h"
#include "support.h"

#define SMALL_EVENTS 74000 /* of the small recording: three blocks, about 100 KB */
#define RANDOM_CUTS 2000
#define FLIPS 20000
#define COMMAND_POINTS 200
#define FINDINGS_SHOWN 40

bool sweep_takes(struct sweep *sweep)
{
	return sweep->one_in <= 1 || random_next(&sweep->random) % sweep->one_in == 0;
}

void sweep_count(struct sweep *sweep, uint64_t done, uint64_t total)
{
	if (++sweep->points % 64 == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %3.0f%%, %" PRIu64 " points, %" PRIu64 " findings\033[K", sweep->what,
			100.0 * (double)done / (double)(total + !total), sweep->points, sweep->findings);
}

void sweep_finding(struct sweep *sweep, const char *file, const char *damage, uint64_t at, const char *format, ...)
{
	va_list arguments;

	if (sweep->findings++ >= FINDINGS_SHOWN)
		return;
	printf("FINDING %s, %s at %" PRIu64 ": ", file, damage, at);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

_Noreturn void sweep_die(const char *what)
{
	fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The first events of a recording between what /proc would have told of its snapshots, times in full. */
static void make_small(const char *recording, const char *path)
{
	struct rec_reader *reader;
	struct rec_writer *writer;
	struct rec_error error = { 0 };
	struct rec_batch batch;
	uint64_t left = SMALL_EVENTS;
	void *told[2];
	size_t length[2];

	if (rec_open(recording, REC_DIALECT_AUTO, &reader, &error))
		sweep_die(error.text);
	for (unsigned which = 0; which < 2; which++) {
		struct rec_snapshot snapshot;

		if (rec_snapshot_get(reader, which, &snapshot, &error) ||
		    rec_snapshot_forget(&snapshot, &told[which], &length[which]))
			sweep_die(error.text);
		rec_snapshot_free(&snapshot);
	}
	if (rec_writer_create(path, rec_info(reader), &writer, &error) ||
	    rec_writer_snapshot(writer, 0, told[0], length[0], &error))
		sweep_die(error.text);
	while (left && rec_next(reader, &batch, &error) == 1) {
		batch.count = batch.count < left ? batch.count : left;
		left -= batch.count;
		if (rec_writer_add(writer, &batch, &error))
			sweep_die(error.text);
	}
	if (rec_writer_snapshot(writer, 1, told[1], length[1], &error) || rec_writer_finish(writer, &error))
		sweep_die(error.text);
	rec_close(reader);
	free(told[0]);
	free(told[1]);
}

/* A row: points since the last one, and how long they took. */
static void report(struct sweep *sweep, const char *what)
{
	static uint64_t points;
	static struct timespec last;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (what)
		printf("%-44s %8" PRIu64 " points  %6.1f s  %" PRIu64 " findings so far\n", what,
		       sweep->points - points,
		       (double)(now.tv_sec - last.tv_sec) + (double)(now.tv_nsec - last.tv_nsec) / 1e9,
		       sweep->findings);
	fflush(stdout);
	points = sweep->points;
	last = now;
}

static void sweep_small(struct sweep *sweep, const char *recording)
{
	const char *path = scratch_path("small.pgr");
	char name[256];
	struct target *target;

	make_small(recording, path);
	snprintf(name, sizeof(name), "%s", path);
	target = target_load(name);
	report(sweep, NULL);
	damage_cuts(sweep, target, true, 0);
	report(sweep, "small recording, cut at every byte");
	target_free(target);
	damage_text(sweep, recording);
	report(sweep, "text, cut at every byte");
	damage_raw(sweep, recording);
	report(sweep, "raw pages, cut at every byte");
}

static void sweep_recording(struct sweep *sweep, const char *path, unsigned flips)
{
	struct target *target = target_load(path);
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char what[128];

	report(sweep, NULL);
	damage_cuts(sweep, target, false, RANDOM_CUTS);
	snprintf(what, sizeof(what), "%.60s, cuts", name);
	report(sweep, what);
	damage_flips(sweep, target, flips);
	snprintf(what, sizeof(what), "%.60s, flipped bits", name);
	report(sweep, what);
	target_free(target);
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: damage [--seed N] [--one-in N] [--pageman PROGRAM] RECORDING...\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct sweep sweep = { .random = 1, .one_in = 1 };
	unsigned count;
	int first = 1;

	for (; first + 1 < argc && !strncmp(argv[first], "--", 2); first += 2) {
		if (!strcmp(argv[first], "--seed"))
			sweep.random = strtoull(argv[first + 1], NULL, 10);
		else if (!strcmp(argv[first], "--one-in"))
			sweep.one_in = (unsigned)strtoul(argv[first + 1], NULL, 10);
		else if (!strcmp(argv[first], "--pageman"))
			sweep.pageman = argv[first + 1];
		else
			usage();
	}
	if (first >= argc || !sweep.one_in)
		usage();
	count = (unsigned)(argc - first);
	if (scratch_setup(NULL))
		sweep_die("/tmp");
	sweep_small(&sweep, argv[first]);
	for (unsigned i = 0; i < count; i++)
		sweep_recording(&sweep, argv[first + (int)i], FLIPS / count + (i < FLIPS % count));
	if (sweep.pageman) {
		struct target *target = target_load(argv[first]);

		damage_command(&sweep, target, COMMAND_POINTS);
		report(&sweep, "through pageman info");
		target_free(target);
	}
	scratch_teardown(NULL);
	printf("%" PRIu64 " points, %" PRIu64 " findings\n", sweep.points, sweep.findings);
	return sweep.findings != 0;
}
