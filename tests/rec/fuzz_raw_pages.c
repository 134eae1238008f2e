/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes raw ring-buffer pages of two CPUs, through the front door.
 *
 * Input: pages of 256 bytes, so that inputs stay short; the first half of them is CPU 0's, the rest, with what is
 * left of a page, CPU 1's.
 * Invariant: as of every reader (reading.h); events are of these CPUs, and their kinds are known.
 */
#include <errno.h>
#include <string.h>

#include <unistd.h>

#include "capture.h"
#include "reading.h"

#define SMALL_PAGE_BYTES 256
#define FIRST_ID 600 /* of the tracepoints below */

static const char page_header[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:240;\tsigned:1;\n";

/* Those that capture_begin lacks, each field an int behind the common ones. */
static const struct {
	const char *file;
	const char *fields[9];
} more[] = {
	{ "kmem__mm_page_alloc_zone_locked", { "pfn", "order", "migratetype", "percpu_refill" } },
	{ "kmem__mm_page_pcpu_drain", { "pfn", "order", "migratetype" } },
	{ "kmem__mm_page_alloc_extfrag", { "pfn", "alloc_order", "alloc_migratetype", "fallback_order",
					   "fallback_migratetype", "change_ownership" } },
	{ "vmscan__mm_vmscan_direct_reclaim_begin", { "order", "gfp_flags" } },
	{ "vmscan__mm_vmscan_kswapd_wake", { "nid", "zid", "order" } },
	{ "compaction__mm_compaction_finished", { "nid", "idx", "order", "ret" } },
	{ "compaction__mm_compaction_migratepages", { "nr_migrated", "nr_failed" } },
	{ "oom__reclaim_retry_zone", { "node", "zone_idx", "order", "reclaimable", "available", "min_wmark",
				       "no_progress_loops", "wmark_check" } },
	{ "oom__mark_victim", { "pid" } },
	{ "ftrace__print", { "ip" } },
};

static void remove_folder(void)
{
	scratch_teardown(NULL);
}

static void make_folder(void)
{
	fuzz_require(scratch_setup(NULL) == 0);
	atexit(remove_folder);
	capture_begin("capture", 2, "");
	capture_file("capture", "header_page", page_header, strlen(page_header));
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		char text[2048], file[64];
		size_t used = (size_t)snprintf(text, sizeof(text), "name: x\nID: %zu\nformat:\n%s%s\n", FIRST_ID + i,
					       "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n",
					       "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n");

		for (unsigned k = 0; more[i].fields[k]; k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 "\tfield:int %s;\toffset:%u;\tsize:4;\tsigned:1;\n", more[i].fields[k],
						 8 + 4 * k);
		snprintf(file, sizeof(file), "format/%s", more[i].file);
		capture_file("capture", file, text, used);
	}
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "capture/cpu%u.raw", cpu);
		fuzz_require(symlink(fuzz_file(cpu, "", 0), scratch_path(name)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	size_t half = size / SMALL_PAGE_BYTES / 2 * SMALL_PAGE_BYTES;
	struct rec_reader *reader = NULL;
	struct rec_error error = { 0 };
	struct reading reading;
	int result;

	if (!is_ready)
		make_folder();
	is_ready = true;
	fuzz_file(0, data, half);
	fuzz_file(1, data + half, size - half);
	result = rec_open(scratch_path("capture"), REC_DIALECT_RAW, &reader, &error);
	if (result) {
		fuzz_require(!reader && result == -EBADMSG);
		fuzz_no_fault(reading_error_fault(&error, result, size));
		return 0;
	}
	reading_all(&reading, reader);
	fuzz_no_fault(reading.fault);
	if (reading.result) {
		fuzz_require(reading.result == -EBADMSG);
		fuzz_no_fault(reading_error_fault(&reading.error, reading.result, size));
	}
	reading_end(&reading);
	rec_close(reader);
	return 0;
}
