// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the small recordings that exit_codes.sh needs into a folder.
 *
 *   good.rec      allocations, frees, a sized request; all in order
 *   unfreed.rec   a free of a frame that was never allocated
 *   twice.rec     a frame allocated twice
 *   old.rec       from a kernel that no profile stands for
 *   kmalloc.rec   a large kmalloc request, between markers of snapshots that are not there
 *   zones.rec     with a snapshot: one zone of frames 4096 to 8191, and an event outside it
 *   long.rec      many blocks of events, to be cut and flipped
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rec/recording.h>

#include "small.h"

#define LONG_COUNT 200000

static int write_to(const char *folder, const char *name, const char *release, const struct rec_event *events,
		    size_t count)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return small_write(path, release, events, count);
}

static int write_long(const char *folder)
{
	struct rec_event *events = malloc(LONG_COUNT * sizeof(*events));
	int result;

	if (!events)
		return -1;
	for (unsigned i = 0; i < LONG_COUNT; i++) {
		uint64_t pfn = 5000 + (uint64_t)(i / 2 * 7919u) % 3000;

		events[i] = small_event(i & 1 ? REC_FREE : REC_ALLOC, pfn, 0);
		events[i].time_ns = (uint64_t)i * (1000 + i % 977);
	}
	result = write_to(folder, "long.rec", "6.1.0-56-amd64", events, LONG_COUNT);
	free(events);
	return result;
}

static int write_kmalloc(const char *folder)
{
	struct rec_event events[6];

	events[0] = small_event(REC_SNAPSHOT, 0, 0);
	events[1] = small_event(REC_SIZED_ALLOC, 0, 0);
	events[1].arg = 3 * 4096;
	events[1].flags = REC_SIZED_KMALLOC;
	events[2] = small_event(REC_ALLOC, 6144, 2);
	events[3] = small_event(REC_ALLOC, 5000, 0);
	events[4] = small_event(REC_FREE, 5000, 0);
	events[5] = small_event(REC_SNAPSHOT, 0, 0);
	events[5].arg = 1;
	return write_to(folder, "kmalloc.rec", "6.1.0-56-amd64", events, 6);
}

/* Appends a record of a snapshot. Return: bytes used then. */
static size_t put_record(unsigned char *bytes, size_t used, uint32_t tag, const void *payload, size_t length)
{
	struct rec_tlv tlv = { .tag = tag, .bytes = (uint32_t)length };

	memcpy(bytes + used, &tlv, sizeof(tlv));
	memcpy(bytes + used + sizeof(tlv), payload, length);
	return used + sizeof(tlv) + (length + 7) / 8 * 8;
}

static int write_zones(const char *folder)
{
	static unsigned char bytes[4096];
	const struct rec_snapshot *small = small_snapshot();
	struct rec_wire_kernel kernel = small->kernel;
	struct rec_wire_end end = { 0 };
	struct rec_event events[2] = { small_event(REC_ALLOC, 5000, 0), small_event(REC_ALLOC, 99999, 2) };
	struct rec_batch batch = { .events = events, .count = 2 };
	struct rec_info info = { .kernel_release = "6.1.0-56-amd64", .cpus = 1 };
	struct rec_error error = { 0 };
	struct rec_writer *writer;
	char path[512];
	size_t used;

	kernel.wire_version = REC_WIRE_VERSION;
	kernel.page_shift = 12;
	used = put_record(bytes, 0, REC_TLV_KERNEL, &kernel, sizeof(kernel));
	used = put_record(bytes, used, REC_TLV_ZONE, &small->zones[0].z, sizeof(small->zones[0].z));
	end.bytes = used;
	used = put_record(bytes, used, REC_TLV_END, &end, sizeof(end));
	snprintf(path, sizeof(path), "%s/zones.rec", folder);
	if (rec_writer_create(path, &info, &writer, &error))
		return -1;
	if (rec_writer_snapshot(writer, 0, bytes, used, &error) || rec_writer_add(writer, &batch, &error)) {
		rec_writer_abort(writer);
		return -1;
	}
	return rec_writer_finish(writer, &error);
}

int main(int argc, char **argv)
{
	struct rec_event good[8], bad[2];
	const char *release = "6.1.0-56-amd64";
	unsigned n = 0;

	if (argc != 2)
		return 2;
	good[n++] = small_event(REC_ALLOC, 5000, 0);
	good[n] = small_event(REC_SIZED_ALLOC, 0, 0);
	good[n].arg = 3 * 4096;
	good[n++].flags = REC_SIZED_EXACT;
	good[n++] = small_event(REC_ALLOC, 6144, 2);
	good[n] = small_event(REC_FREE, 6147, 0);
	good[n++].flags = REC_FREE_BUDDY | REC_FREE_TO_TAIL;
	good[n++] = small_event(REC_FREE, 5000, 0);
	bad[0] = small_event(REC_ALLOC, 5000, 0);
	bad[1] = small_event(REC_FREE, 5001, 0);
	if (write_to(argv[1], "good.rec", release, good, n) || write_to(argv[1], "unfreed.rec", release, bad, 2))
		return 1;
	bad[1] = bad[0];
	if (write_to(argv[1], "twice.rec", release, bad, 2) || write_to(argv[1], "old.rec", "2.4.18", good, n))
		return 1;
	return write_kmalloc(argv[1]) || write_zones(argv[1]) || write_long(argv[1]) ? 1 : 0;
}
