/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damage to files of our compact format.
 *
 * Interface: target_load, target_free, damage_cuts, damage_flips, damage_command (damage.h).
 * Invariant: what a damaged file has to give is computed from the undamaged one: all events of the blocks that end
 * before the damage, then -EBADMSG at an offset within the section that has it; nothing at all when the file's start is
 * damaged.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"
#include "damage.h"
#include "reading.h"
#include "section.h"
#include "support.h"

#define SNAPSHOTS_ONE_IN 16 /* parsing a snapshot takes as long as reading a hundred blocks */

struct part {
	size_t begin, end;
	uint32_t type;
	uint64_t events; /* of the blocks up to its end */
	uint64_t digest;
};

struct target {
	const char *path; /* of the original */
	uint8_t *bytes;
	size_t size;
	struct part *parts; /* prelude, sections, trailer: they cover the file */
	size_t part_count;
	bool has_snapshot[2];
};

static void add_part(struct target *target, size_t begin, size_t end, uint32_t type)
{
	target->parts = realloc(target->parts, (target->part_count + 1) * sizeof(*target->parts));
	if (!target->parts)
		sweep_die("no memory");
	target->parts[target->part_count++] = (struct part){ .begin = begin, .end = end, .type = type };
}

static void find_parts(struct target *target)
{
	size_t at = PRELUDE_BYTES;

	add_part(target, 0, at, 0);
	while (at + SECTION_HEADER_BYTES < target->size) {
		struct section section;
		size_t end;

		if (section_get(target->bytes + at, &section, at, NULL))
			sweep_die("a shipped recording is damaged");
		end = at + SECTION_HEADER_BYTES + section.stored_bytes;
		add_part(target, at, end, section.type);
		if (section.type == SECTION_SNAPSHOT)
			target->has_snapshot[section.number] = true;
		at = end;
	}
	add_part(target, at, target->size, 0);
}

/* Reads the original: which events each block brings. */
static void find_events(struct target *target)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };
	struct rec_batch batch;
	struct reading reading;

	if (rec_open(target->path, REC_DIALECT_COMPACT, &reader, &error))
		sweep_die(error.text);
	reading_begin(&reading);
	for (size_t i = 0; i < target->part_count; i++) {
		if (target->parts[i].type == SECTION_EVENTS) {
			if (rec_next(reader, &batch, &error) != 1)
				sweep_die(error.text);
			reading_add(&reading, &batch);
		}
		target->parts[i].events = reading.events;
		target->parts[i].digest = reading_digest(&reading);
	}
	if (rec_next(reader, &batch, &error) || reading.fault)
		sweep_die("a shipped recording does not end where its blocks do");
	reading_end(&reading);
	rec_close(reader);
}

struct target *target_load(const char *path)
{
	struct target *target = calloc(1, sizeof(*target));
	FILE *file = fopen(path, "rb");
	long size;

	if (!target || !file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		sweep_die(path);
	rewind(file);
	target->path = path;
	target->size = (size_t)size;
	target->bytes = malloc(target->size);
	if (!target->bytes || fread(target->bytes, 1, target->size, file) != target->size)
		sweep_die(path);
	fclose(file);
	find_parts(target);
	find_events(target);
	return target;
}

void target_free(struct target *target)
{
	free(target->parts);
	free(target->bytes);
	free(target);
}

/* The part that has byte @at; a cut at @at leaves the parts before it whole. */
static size_t part_of(const struct target *target, size_t at)
{
	size_t i = 0;

	while (i + 1 < target->part_count && target->parts[i].end <= at)
		i++;
	return i;
}

/* --- in this process --- */

struct point {
	const char *damage; /* "cut", "bit 3 flipped" */
	size_t at;
	size_t file_bytes; /* of the damaged file */
	bool has_snapshots; /* look at them too */
};

static void check_snapshots(struct sweep *sweep, const struct target *target, const struct point *point,
			    struct rec_reader *reader, bool cut)
{
	size_t broken = part_of(target, point->at);

	for (unsigned which = 0; which < 2; which++) {
		struct rec_snapshot snapshot;
		struct rec_error error = { 0 };
		bool whole = target->has_snapshot[which] &&
			     (which == 0 ? broken > 2 || (broken == 2 && target->parts[2].type != SECTION_SNAPSHOT)
					 : !cut && target->parts[broken].type == SECTION_EVENTS);
		int result = rec_snapshot_get(reader, which, &snapshot, &error);

		if (!result)
			rec_snapshot_free(&snapshot);
		if (whole && result)
			sweep_finding(sweep, target->path, point->damage, point->at, "snapshot %u is whole and not "
				      "given: %s", which, error.text);
		if (result && result != -EBADMSG && target->has_snapshot[which])
			sweep_finding(sweep, target->path, point->damage, point->at, "snapshot %u: %d, %s", which,
				      result, error.text);
	}
}

static void check_reading(struct sweep *sweep, const struct target *target, const struct point *point,
			  const struct reading *reading)
{
	const struct part *part = &target->parts[part_of(target, point->at)];
	const struct part *before = part - 1;
	const struct rec_error *error = &reading->error;
	const char *fault = reading->fault;

	if (!fault && reading->result)
		fault = reading_error_fault(error, reading->result, point->file_bytes);
	if (fault)
		sweep_finding(sweep, target->path, point->damage, point->at, "broken promise: %s", fault);
	if (reading->result != -EBADMSG)
		sweep_finding(sweep, target->path, point->damage, point->at, "expected damage, found %d",
			      reading->result);
	else if (error->offset < part->begin || error->offset > part->end)
		sweep_finding(sweep, target->path, point->damage, point->at,
			      "expected an offset in [%zu, %zu], found %" PRIu64 ": %s", part->begin, part->end,
			      error->offset, error->text);
	if (reading->events != before->events || reading_digest(reading) != before->digest)
		sweep_finding(sweep, target->path, point->damage, point->at,
			      "expected the %" PRIu64 " events before it, found %" PRIu64 " or others",
			      before->events, reading->events);
}

static void check_file(struct sweep *sweep, const struct target *target, const struct point *point, const char *path,
		       bool cut)
{
	struct rec_reader *reader = NULL;
	struct rec_error error = { 0 };
	struct reading reading;
	bool opens = part_of(target, point->at) > 1; /* behind prelude and INFO */
	int result = rec_open(path, REC_DIALECT_AUTO, &reader, &error);

	if (!!result == opens)
		sweep_finding(sweep, target->path, point->damage, point->at, "opening gives %d: %s", result,
			      error.text);
	if (result) {
		const char *fault = reading_error_fault(&error, result, point->file_bytes);

		if (fault)
			sweep_finding(sweep, target->path, point->damage, point->at, "broken promise: %s", fault);
		return;
	}
	if (point->has_snapshots)
		check_snapshots(sweep, target, point, reader, cut);
	reading_all(&reading, reader);
	if (opens)
		check_reading(sweep, target, point, &reading);
	reading_end(&reading);
	rec_close(reader);
}

static int compare_descending(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return left > right ? -1 : left < right;
}

/* The places to cut at, each once, greatest first. */
static size_t *choose_cuts(struct sweep *sweep, const struct target *target, bool everywhere, unsigned random_cuts,
			   size_t *count_out)
{
	size_t count = 0, *cuts = malloc((target->size + 3 * target->part_count + random_cuts) * sizeof(*cuts));

	if (!cuts)
		sweep_die("no memory");
	for (size_t at = 0; everywhere && at < target->size; at++)
		if (sweep_takes(sweep))
			cuts[count++] = at;
	for (size_t i = 0; !everywhere && i < target->part_count; i++) {
		size_t begin = target->parts[i].begin;

		if (!sweep_takes(sweep))
			continue;
		if (begin)
			cuts[count++] = begin - 1;
		cuts[count++] = begin;
		cuts[count++] = begin + 1;
	}
	for (unsigned i = 0; i < random_cuts; i++)
		if (sweep_takes(sweep))
			cuts[count++] = random_next(&sweep->random) % target->size;
	qsort(cuts, count, sizeof(*cuts), compare_descending);
	*count_out = count;
	return cuts;
}

void damage_cuts(struct sweep *sweep, struct target *target, bool everywhere, unsigned random_cuts)
{
	size_t count, *cuts = choose_cuts(sweep, target, everywhere, random_cuts, &count);
	const char *path = fuzz_file(0, target->bytes, target->size);

	sweep->what = target->path;
	for (size_t i = 0; i < count; i++) {
		struct point point = { .damage = "cut", .at = cuts[i], .file_bytes = cuts[i],
				       .has_snapshots = i % SNAPSHOTS_ONE_IN == 0 };

		if (truncate(path, (off_t)cuts[i]))
			sweep_die("truncate");
		check_file(sweep, target, &point, path, true);
		sweep_count(sweep, i, count);
	}
	free(cuts);
}

void damage_flips(struct sweep *sweep, struct target *target, unsigned flips)
{
	sweep->what = target->path;
	for (unsigned i = 0; i < flips; i++) {
		size_t at = random_next(&sweep->random) % target->size;
		unsigned bit = random_next(&sweep->random) % 8;
		char damage[32];
		struct point point = { .damage = damage, .at = at, .file_bytes = target->size,
				       .has_snapshots = i % SNAPSHOTS_ONE_IN == 0 };

		if (!sweep_takes(sweep))
			continue;
		snprintf(damage, sizeof(damage), "bit %u flipped", bit);
		target->bytes[at] ^= (uint8_t)(1u << bit);
		check_file(sweep, target, &point, fuzz_file(0, target->bytes, target->size), false);
		target->bytes[at] ^= (uint8_t)(1u << bit);
		sweep_count(sweep, i, flips);
	}
}

/* --- the command --- */

/* Runs "pageman info FILE". Return: its exit code; what it said on standard error is in @said. */
static int run_info(const char *pageman, const char *path, char *said, size_t room)
{
	char command[1024];
	FILE *pipe;
	size_t used;
	int status;

	snprintf(command, sizeof(command), "'%s' info -q '%s' 2>&1 >/dev/null", pageman, path);
	pipe = popen(command, "r");
	if (!pipe)
		sweep_die("popen");
	used = fread(said, 1, room - 1, pipe);
	said[used] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Exit 4 where something is usable, else 1; the message names the file, and the offset where there is one. */
static void check_command(struct sweep *sweep, const struct target *target, const char *damage, size_t at)
{
	int expected = part_of(target, at) > 1 ? 4 : 1, found;
	const char *name = "damaged.pgr";
	char said[2048];

	found = run_info(sweep->pageman, scratch_path(name), said, sizeof(said));
	if (found != expected)
		sweep_finding(sweep, target->path, damage, at, "pageman info: expected exit code %d, found %d: %s",
			      expected, found, said);
	if (!strstr(said, name) || (expected == 4 && !strstr(said, "offset")))
		sweep_finding(sweep, target->path, damage, at, "pageman info: expected file and offset, found: %s",
			      said);
}

void damage_command(struct sweep *sweep, struct target *target, unsigned points)
{
	if (!sweep->pageman)
		return;
	sweep->what = "pageman info";
	for (unsigned i = 0; i < points; i++) {
		size_t at = random_next(&sweep->random) % target->size;
		uint8_t mask = (uint8_t)(1u << random_next(&sweep->random) % 8);

		if (!sweep_takes(sweep))
			continue;
		/* Some of them in what stands before the events, which is small. */
		if (i % 8 == 0)
			at %= 1024;
		if (i % 2) {
			scratch_write("damaged.pgr", target->bytes, at);
		} else {
			target->bytes[at] ^= mask;
			scratch_write("damaged.pgr", target->bytes, target->size);
			target->bytes[at] ^= mask;
		}
		check_command(sweep, target, i % 2 ? "cut" : "a bit flipped", at);
		sweep_count(sweep, i, points);
	}
}
