/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compact format keeps every bit, and notices every wrong one. traces/FORMAT.md.
 */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"
#include "section.h"

/* Random events; `wild` ones use every bit of every field, the others look like a kernel's. */
static struct rec_event random_event(uint64_t *seed, bool wild, struct rec_wide *wide)
{
	uint64_t a = random_next(seed), b = random_next(seed), c = random_next(seed);
	struct rec_event event = { .time_ns = wild ? a : 0,
				   .pfn = wild ? b : b % 100000,
				   .arg = wild ? c : c % 3,
				   .gfp = (uint32_t)(wild ? a >> 32 : 0xcc0),
				   .pid = (int32_t)(wild ? b >> 32 : b >> 40 & 15),
				   .cpu = (uint16_t)(wild ? c >> 48 : c >> 48 & 1),
				   .kind = (uint8_t)(1 + (a >> 8) % (REC_KIND_COUNT - 1)),
				   .order = (uint8_t)(wild ? a >> 16 : a >> 16 & 3),
				   .migratetype = (uint8_t)(wild ? a >> 24 : a >> 24 & 1),
				   .context = (uint8_t)(wild ? c >> 40 : 0),
				   .flags = (uint8_t)(wild ? c >> 32 : 0) };

	if (event.kind == REC_ALLOC && b % 16 == 0)
		event.pfn = REC_NO_PFN;
	memset(wide, 0, sizeof(*wide));
	if (rec_kind_is_wide(event.kind)) {
		event.arg = 0;
		for (unsigned i = 0; i < REC_WIDE_WORDS; i++)
			wide->v[i] = wild ? random_next(seed) : random_next(seed) % 1000;
	}
	return event;
}

static struct rec_writer *create(const char *name)
{
	struct rec_info info = { .kernel_release = "6.1.0-56-amd64",
				 .kernel_package = "6.1.192-2",
				 .workload = "two\nlines \\ and a backslash",
				 .host = "qemu \033[2J\177",
				 .cpus = 2,
				 .memory_mib = 512,
				 .lost_events = 3,
				 .missing_probes = "a b" };
	struct rec_writer *writer;
	struct rec_error error = { 0 };

	if (rec_writer_create(scratch_path(name), &info, &writer, &error))
		fail_msg("%s", error.text);
	return writer;
}

/* Writes @count random events in batches of odd sizes, with both snapshots. */
static void write_random(const char *name, size_t count, bool wild, struct stream *expected)
{
	struct rec_writer *writer = create(name);
	struct bytes snapshot = { 0 };
	struct rec_error error = { 0 };
	uint64_t seed = count * 2 + wild, time = 1000;

	expected->events = malloc(count * sizeof(*expected->events));
	expected->wide = malloc(count * sizeof(*expected->wide));
	assert_true(count == 0 || (expected->events && expected->wide));
	expected->count = count;
	snapshot_small(&snapshot, 0);
	assert_int_equal(rec_writer_snapshot(writer, 0, snapshot.bytes, snapshot.length, &error), 0);
	for (size_t done = 0; done < count;) {
		size_t some = 1 + random_next(&seed) % 5000;
		struct rec_event *events = expected->events + done;
		struct rec_batch batch = { .events = events, .wide = expected->wide + done };

		some = some < count - done ? some : count - done;
		for (size_t i = 0; i < some; i++) {
			events[i] = random_event(&seed, wild, &expected->wide[done + i]);
			time += random_next(&seed) % 4000 + (random_next(&seed) % 50 == 0 ? 1u << 30 : 0);
			if (!wild)
				events[i].time_ns = time;
			if (rec_kind_is_wide(events[i].kind))
				events[i].arg = i;
		}
		batch.count = batch.wide_count = some;
		assert_int_equal(rec_writer_add(writer, &batch, &error), 0);
		for (size_t i = 0; i < some; i++)
			if (rec_kind_is_wide(events[i].kind))
				events[i].arg = 0;
		done += some;
	}
	snapshot.length = 0;
	snapshot_small(&snapshot, 1);
	assert_int_equal(rec_writer_snapshot(writer, 1, snapshot.bytes, snapshot.length, &error), 0);
	free(snapshot.bytes);
	assert_int_equal(rec_writer_finish(writer, &error), 0);
}

static void assert_same(const struct stream *found, const struct stream *expected)
{
	assert_int_equal(found->result, 0);
	assert_int_equal(found->count, expected->count);
	for (size_t i = 0; i < found->count; i++) {
		assert_memory_equal(&found->events[i], &expected->events[i], sizeof(found->events[i]));
		if (rec_kind_is_wide(found->events[i].kind))
			assert_memory_equal(&found->wide[i], &expected->wide[i], sizeof(found->wide[i]));
	}
}

static void round_trip(size_t count, bool wild)
{
	struct stream expected = { 0 }, found;

	write_random("trip", count, wild, &expected);
	read_file("trip", &found, NULL);
	assert_same(&found, &expected);
	stream_free(&expected);
	stream_free(&found);
}

static void every_field_survives(void **state)
{
	(void)state;
	round_trip(0, false);
	round_trip(1, true);
	round_trip(2, false);
	round_trip(40000, true);
	round_trip(100000, false);
}

/* Wall-clock text has microseconds and may step back between CPUs; both must come back exactly. */
static void times_survive_in_both_units(void **state)
{
	const uint64_t times[][4] = { { 5000, 2000, 9000, 9000 },
				      { 0, UINT64_MAX / 1000 * 1000, 0, 1000 },
				      { 7, 3, (uint64_t)1 << 63, 1 },
				      { (uint64_t)1 << 62, 0, 1000, UINT64_MAX } };

	(void)state;
	for (size_t row = 0; row < 4; row++) {
		struct rec_writer *writer = create("times");
		struct rec_event events[4];
		struct rec_batch batch = { .events = events, .count = 4 };
		struct rec_error error = { 0 };
		struct stream found;

		for (size_t i = 0; i < 4; i++)
			events[i] = (struct rec_event){ .kind = REC_FREE, .time_ns = times[row][i] };
		assert_int_equal(rec_writer_add(writer, &batch, &error), 0);
		assert_int_equal(rec_writer_finish(writer, &error), 0);
		read_file("times", &found, NULL);
		assert_int_equal(found.count, 4);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(found.events[i].time_ns, times[row][i]);
		stream_free(&found);
	}
}

static void provenance_and_snapshots_survive(void **state)
{
	struct stream expected = { 0 }, found;
	struct rec_reader *reader;
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	const struct rec_info *info;

	(void)state;
	write_random("info", 10, false, &expected);
	assert_int_equal(rec_open(scratch_path("info"), REC_DIALECT_AUTO, &reader, &error), 0);
	info = rec_info(reader);
	assert_string_equal(info->kernel_release, "6.1.0-56-amd64");
	assert_string_equal(info->profile, "6.1");
	/* On its way to a terminal nothing of it is more than a character. */
	assert_string_equal(info->workload, "two?lines \\ and a backslash");
	assert_string_equal(info->host, "qemu ?[2J?");
	assert_string_equal(info->missing_probes, "a b");
	assert_int_equal(info->memory_mib, 512);
	assert_int_equal(info->lost_events, 3);
	assert_int_equal(info->events, 10);
	for (unsigned which = 0; which < 2; which++) {
		assert_true(info->has_snapshot[which]);
		assert_int_equal(rec_snapshot_get(reader, which, &snapshot, &error), 0);
		assert_int_equal(snapshot.kernel.snapshot, which);
		rec_snapshot_free(&snapshot);
	}
	read_all(reader, &found);
	assert_int_equal(rec_snapshot_get(reader, 1, &snapshot, &error), 0);
	rec_snapshot_free(&snapshot);
	rec_close(reader);
	stream_free(&expected);
	stream_free(&found);
}

/* Reads @bytes as a file; true when it gave every event and no error at all. */
static bool reads_whole(const char *bytes, size_t length, size_t events, struct stream *found)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };
	int result;

	memset(found, 0, sizeof(*found));
	scratch_write("damaged", bytes, length);
	result = rec_open(scratch_path("damaged"), REC_DIALECT_AUTO, &reader, &error);
	if (result) {
		found->result = result;
		found->error = error;
		return false;
	}
	for (unsigned which = 0; which < 2; which++) {
		struct rec_snapshot snapshot;

		if (!rec_snapshot_get(reader, which, &snapshot, &error))
			rec_snapshot_free(&snapshot);
	}
	read_all(reader, found);
	rec_close(reader);
	return found->result == 0 && found->count == events;
}

/* Whatever is cut off, what was read before is right and the cut is reported with its place. */
static void a_cut_is_noticed_at_every_byte(void **state)
{
	struct stream expected = { 0 }, found;
	size_t length;
	char *bytes;

	(void)state;
	write_random("cut", 300, false, &expected);
	bytes = scratch_read("cut", &length);
	for (size_t at = 0; at < length; at++) {
		assert_false(reads_whole(bytes, at, 300, &found));
		assert_int_equal(found.result, at == 0 ? -ENODATA : at < 4 ? -EPROTONOSUPPORT : -EBADMSG);
		assert_true(found.error.offset <= at);
		assert_true(found.count == 0 || found.count == 300);
		if (found.count)
			assert_memory_equal(found.events, expected.events, 300 * sizeof(*found.events));
		stream_free(&found);
	}
	assert_true(reads_whole(bytes, length, 300, &found));
	stream_free(&found);
	stream_free(&expected);
	free(bytes);
}

static void a_flipped_bit_is_noticed_at_every_byte(void **state)
{
	struct stream expected = { 0 }, found;
	size_t length;
	char *bytes;

	(void)state;
	write_random("flip", 300, false, &expected);
	bytes = scratch_read("flip", &length);
	for (size_t at = 0; at < length; at++) {
		char flip = (char)(1 << at % 8);

		bytes[at] ^= flip;
		assert_false(reads_whole(bytes, length, 300, &found));
		assert_int_equal(found.result, -EBADMSG);
		assert_true(found.error.text[0]);
		assert_true(found.count == 0 || found.count == 300);
		stream_free(&found);
		bytes[at] ^= flip;
	}
	stream_free(&expected);
	free(bytes);
}

/* A file cut between two blocks has only good sections; the missing tail gives it away. */
static void a_cut_between_blocks_keeps_the_blocks_before(void **state)
{
	struct stream expected = { 0 }, found;
	size_t length, shorter;
	char *bytes;

	(void)state;
	write_random("blocks", 70000, false, &expected);
	bytes = scratch_read("blocks", &length);
	for (shorter = length - 4; shorter > 0; shorter--)
		if (!memcmp(bytes + shorter, "EVNT", 4))
			break;
	assert_true(shorter > 0);
	assert_false(reads_whole(bytes, shorter, 70000, &found));
	assert_int_equal(found.result, -EBADMSG);
	assert_int_equal(found.error.offset, shorter);
	assert_int_equal(found.count, 65536);
	assert_memory_equal(found.events, expected.events, found.count * sizeof(*found.events));
	stream_free(&found);
	stream_free(&expected);
	free(bytes);
}

static void bytes_behind_the_end_are_noticed(void **state)
{
	struct stream expected = { 0 }, found;
	size_t length;
	char *bytes;

	(void)state;
	write_random("more", 5, false, &expected);
	bytes = scratch_read("more", &length);
	bytes[length] = 'x';
	assert_false(reads_whole(bytes, length + 1, 5, &found));
	assert_int_equal(found.result, -EBADMSG);
	assert_int_equal(found.error.offset, length);
	stream_free(&found);
	stream_free(&expected);
	free(bytes);
}

/* Good sections in a wrong place: snapshot 1 twice, and events behind it. */
static void nothing_but_the_tail_follows_snapshot_1(void **state)
{
	static const char *const tags[] = { "SNAP", "EVNT" };
	struct stream expected = { 0 }, found;
	size_t length, tail, from;
	char *bytes;

	(void)state;
	write_random("order", 300, false, &expected);
	bytes = scratch_read("order", &length);
	for (tail = length - 4; memcmp(bytes + tail, "TAIL", 4); tail--)
		;
	for (size_t i = 0; i < 2; i++) {
		struct bytes file = { 0 };
		struct section section;

		for (from = tail - 4; memcmp(bytes + from, tags[i], 4); from--)
			;
		assert_int_equal(section_get((uint8_t *)bytes + from, &section, from, NULL), 0);
		if (section.type == SECTION_EVENTS)
			section.first_index = 300;
		bytes_add(&file, bytes, tail);
		bytes_add(&file, bytes + from, SECTION_HEADER_BYTES + section.stored_bytes);
		section_put(file.bytes + tail, &section, tail);
		assert_false(reads_whole((char *)file.bytes, file.length, 300, &found));
		assert_int_equal(found.result, -EBADMSG);
		assert_int_equal(found.error.offset, tail);
		assert_non_null(strstr(found.error.text, "its kind, place and size"));
		assert_int_equal(found.count, 300);
		stream_free(&found);
		free(file.bytes);
	}
	stream_free(&expected);
	free(bytes);
}

/* A tail with good checksums that sends a reader elsewhere. */
static void a_tail_names_places_in_the_file(void **state)
{
	struct stream expected = { 0 }, found;
	struct section section;
	size_t length, tail;
	char *bytes;

	(void)state;
	write_random("places", 300, false, &expected);
	bytes = scratch_read("places", &length);
	for (tail = length - 4; memcmp(bytes + tail, "TAIL", 4); tail--)
		;
	assert_int_equal(section_get((uint8_t *)bytes + tail, &section, tail, NULL), 0);
	put_u64((uint8_t *)bytes + tail + SECTION_HEADER_BYTES + 8 * TAIL_SNAPSHOT_1, UINT64_MAX / 3);
	section.checksum = section_checksum(bytes + tail + SECTION_HEADER_BYTES, section.stored_bytes);
	section_put((uint8_t *)bytes + tail, &section, tail);
	assert_false(reads_whole(bytes, length, 300, &found));
	assert_int_equal(found.result, -EBADMSG);
	assert_int_equal(found.error.offset, tail);
	assert_non_null(strstr(found.error.text, "snapshot 1 before the tail"));
	assert_int_equal(found.count, 300);
	stream_free(&found);
	stream_free(&expected);
	free(bytes);
}

/* Random damage of several bytes, lengths included, must neither crash nor pass; sanitizers watch. */
static void random_damage_never_passes(void **state)
{
	struct stream expected = { 0 }, found;
	uint64_t seed = 7;
	size_t length;
	char *bytes, *copy;

	(void)state;
	write_random("noise", 500, false, &expected);
	bytes = scratch_read("noise", &length);
	copy = malloc(length);
	assert_non_null(copy);
	for (unsigned round = 0; round < 300; round++) {
		memcpy(copy, bytes, length);
		for (unsigned i = 0; i <= round % 5; i++)
			copy[random_next(&seed) % length] ^= (char)(1 + random_next(&seed) % 255);
		if (memcmp(copy, bytes, length))
			assert_false(reads_whole(copy, length, 500, &found));
		stream_free(&found);
	}
	stream_free(&expected);
	free(bytes);
	free(copy);
}

/* From a pipe: events in order, snapshot 0 at once, snapshot 1 after the end. */
static void a_pipe_will_do(void **state)
{
	struct stream expected = { 0 }, found;
	struct rec_reader *reader;
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	size_t length;
	char *bytes;
	int fds[2], saved = dup(0);
	pid_t child;

	(void)state;
	write_random("pipe", 40000, false, &expected);
	bytes = scratch_read("pipe", &length);
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[0]);
		for (size_t done = 0; done < length;) {
			ssize_t wrote = write(fds[1], bytes + done, length - done < 777 ? length - done : 777);

			if (wrote < 0)
				_exit(1);
			done += (size_t)wrote;
		}
		_exit(0);
	}
	close(fds[1]);
	dup2(fds[0], 0);
	close(fds[0]);
	assert_int_equal(rec_open("-", REC_DIALECT_AUTO, &reader, &error), 0);
	assert_int_equal(rec_snapshot_get(reader, 0, &snapshot, &error), 0);
	rec_snapshot_free(&snapshot);
	assert_int_equal(rec_snapshot_get(reader, 1, &snapshot, &error), -ENOENT);
	read_all(reader, &found);
	assert_same(&found, &expected);
	assert_int_equal(rec_snapshot_get(reader, 1, &snapshot, &error), 0);
	rec_snapshot_free(&snapshot);
	rec_close(reader);
	dup2(saved, 0);
	close(saved);
	assert_int_equal(waitpid(child, NULL, 0), child);
	stream_free(&found);
	stream_free(&expected);
	free(bytes);
}

/* A full disk is an error of the write or of finish, and leaves no file. */
static void a_full_disk_is_reported(void **state)
{
	struct rec_info info = { 0 };
	struct rec_writer *writer;
	struct rec_error error = { 0 };
	int result;

	(void)state;
	result = rec_writer_create("/dev/full", &info, &writer, &error);
	if (!result)
		result = rec_writer_finish(writer, &error);
	assert_int_equal(result, -ENOSPC);
	assert_non_null(strstr(error.text, "space"));
	assert_int_equal(access("/dev/full", W_OK), 0);
}

static void an_unfinished_file_has_no_name(void **state)
{
	struct rec_writer *writer = create("name");
	struct rec_error error = { 0 };
	struct stat status;

	(void)state;
	assert_int_equal(stat(scratch_path("name"), &status), -1);
	rec_writer_abort(writer);
	assert_int_equal(stat(scratch_path("name"), &status), -1);
	writer = create("name");
	assert_int_equal(rec_writer_finish(writer, &error), 0);
	assert_int_equal(stat(scratch_path("name"), &status), 0);
}

static void a_wide_event_without_words_is_refused(void **state)
{
	struct rec_writer *writer = create("wide");
	struct rec_event event = { .kind = REC_COMPACT_BEGIN, .arg = 1 };
	struct rec_wide wide = { { 0 } };
	struct rec_batch batch = { .events = &event, .count = 1, .wide = &wide, .wide_count = 1 };
	struct rec_error error = { 0 };

	(void)state;
	assert_int_equal(rec_writer_add(writer, &batch, &error), -EINVAL);
	rec_writer_abort(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_survives),
		cmocka_unit_test(times_survive_in_both_units),
		cmocka_unit_test(provenance_and_snapshots_survive),
		cmocka_unit_test(a_cut_is_noticed_at_every_byte),
		cmocka_unit_test(a_flipped_bit_is_noticed_at_every_byte),
		cmocka_unit_test(a_cut_between_blocks_keeps_the_blocks_before),
		cmocka_unit_test(bytes_behind_the_end_are_noticed),
		cmocka_unit_test(nothing_but_the_tail_follows_snapshot_1),
		cmocka_unit_test(a_tail_names_places_in_the_file),
		cmocka_unit_test(random_damage_never_passes),
		cmocka_unit_test(a_pipe_will_do),
		cmocka_unit_test(a_full_disk_is_reported),
		cmocka_unit_test(an_unfinished_file_has_no_name),
		cmocka_unit_test(a_wide_event_without_words_is_refused),
	};

	return cmocka_run_group_tests_name("rec_compact", tests, scratch_setup, scratch_teardown);
}
