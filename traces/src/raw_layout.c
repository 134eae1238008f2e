/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a capture directory says about its bytes. See raw_layout.h.
 */
#include "raw_layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "input.h"
#include "mark.h"

#define FORMAT_FILE_BYTES_MAX (1u << 16)
#define PAGE_BYTES_MAX (1u << 20)

/* Flags of a ring-buffer entry, include/linux/trace_events.h. */
#define TRACE_IRQS_OFF 0x01
#define TRACE_HARDIRQ 0x08
#define TRACE_SOFTIRQ 0x10
#define TRACE_NMI 0x40

enum raw_what {
	WHAT_ALLOC,
	WHAT_FREE,
	WHAT_FREE_BATCHED,
	WHAT_ZONE_LOCKED,
	WHAT_PCPU_DRAIN,
	WHAT_EXTFRAG,
	WHAT_COMPACT_BEGIN,
	WHAT_COMPACT_END,
	WHAT_RECLAIM_BEGIN,
	WHAT_RECLAIM_END,
	WHAT_KSWAPD_WAKE,
	WHAT_KSWAPD_SLEEP,
	WHAT_COMPACT_TRY,
	WHAT_COMPACT_SCAN,
	WHAT_MIGRATE_SCAN,
	WHAT_FREE_SCAN,
	WHAT_MIGRATED,
	WHAT_FINISHED,
	WHAT_SUITABLE,
	WHAT_DEFERRED,
	WHAT_DEFER,
	WHAT_DEFER_RESET,
	WHAT_KCOMPACTD_SLEEP,
	WHAT_KCOMPACTD_CALL,
	WHAT_KCOMPACTD_WAKE,
	WHAT_RECLAIM_RETRY,
	WHAT_COMPACT_RETRY,
	WHAT_OOM_VICTIM,
	WHAT_KSWAPD_CALL,
	WHAT_MARK,
	WHAT_REC,
	WHAT_RECW,
	WHAT_COUNT
};

/* The tracepoints we decode, and the fields each needs, in the order that decode() uses. */
static const struct {
	const char *file;
	uint8_t kind; /* REC_NONE: the event itself says */
	const char *fields[RAW_FIELD_MAX];
} wanted[WHAT_COUNT] = {
	[WHAT_ALLOC] = { "kmem__mm_page_alloc", REC_ALLOC, { "pfn", "order", "gfp_flags", "migratetype" } },
	[WHAT_FREE] = { "kmem__mm_page_free", REC_FREE, { "pfn", "order" } },
	[WHAT_FREE_BATCHED] = { "kmem__mm_page_free_batched", REC_FREE_BATCHED, { "pfn" } },
	[WHAT_ZONE_LOCKED] = { "kmem__mm_page_alloc_zone_locked",
			       REC_ZONE_LOCKED,
			       { "pfn", "order", "migratetype", "percpu_refill" } },
	[WHAT_PCPU_DRAIN] = { "kmem__mm_page_pcpu_drain", REC_PCPU_DRAIN, { "pfn", "order", "migratetype" } },
	[WHAT_EXTFRAG] = { "kmem__mm_page_alloc_extfrag",
			   REC_EXTFRAG,
			   { "pfn", "alloc_order", "alloc_migratetype", "fallback_order", "fallback_migratetype",
			     "change_ownership" } },
	[WHAT_COMPACT_BEGIN] = { "compaction__mm_compaction_begin",
				 REC_COMPACT_BEGIN,
				 { "zone_start", "migrate_pfn", "free_pfn", "zone_end", "sync" } },
	[WHAT_COMPACT_END] = { "compaction__mm_compaction_end",
			       REC_COMPACT_END,
			       { "zone_start", "migrate_pfn", "free_pfn", "zone_end", "sync", "status" } },
	[WHAT_RECLAIM_BEGIN] = { "vmscan__mm_vmscan_direct_reclaim_begin",
				 REC_RECLAIM_BEGIN,
				 { "order", "gfp_flags" } },
	[WHAT_RECLAIM_END] = { "vmscan__mm_vmscan_direct_reclaim_end", REC_RECLAIM_END, { "nr_reclaimed" } },
	[WHAT_KSWAPD_WAKE] = { "vmscan__mm_vmscan_kswapd_wake", REC_KSWAPD_WAKE, { "nid", "zid", "order" } },
	[WHAT_KSWAPD_SLEEP] = { "vmscan__mm_vmscan_kswapd_sleep", REC_KSWAPD_SLEEP, { "nid" } },
	[WHAT_COMPACT_TRY] = { "compaction__mm_compaction_try_to_compact_pages",
			       REC_COMPACT_TRY,
			       { "order", "gfp_mask", "prio" } },
	[WHAT_COMPACT_SCAN] = { "compaction__mm_compaction_fast_isolate_freepages",
				REC_COMPACT_SCAN,
				{ "start_pfn", "end_pfn", "nr_scanned", "nr_taken" } },
	[WHAT_MIGRATE_SCAN] = { "compaction__mm_compaction_isolate_migratepages",
				REC_COMPACT_MIGRATE_SCAN,
				{ "start_pfn", "end_pfn", "nr_scanned", "nr_taken" } },
	[WHAT_FREE_SCAN] = { "compaction__mm_compaction_isolate_freepages",
			     REC_COMPACT_FREE_SCAN,
			     { "start_pfn", "end_pfn", "nr_scanned", "nr_taken" } },
	[WHAT_MIGRATED] = { "compaction__mm_compaction_migratepages",
			    REC_COMPACT_MIGRATED,
			    { "nr_migrated", "nr_failed" } },
	[WHAT_FINISHED] = { "compaction__mm_compaction_finished",
			    REC_COMPACT_FINISHED,
			    { "nid", "idx", "order", "ret" } },
	[WHAT_SUITABLE] = { "compaction__mm_compaction_suitable",
			    REC_COMPACT_SUITABLE,
			    { "nid", "idx", "order", "ret" } },
	[WHAT_DEFERRED] = { "compaction__mm_compaction_deferred",
			    REC_COMPACT_DEFERRED,
			    { "nid", "idx", "order", "considered", "defer_shift", "order_failed" } },
	[WHAT_DEFER] = { "compaction__mm_compaction_defer_compaction",
			 REC_COMPACT_DEFER,
			 { "nid", "idx", "order", "considered", "defer_shift", "order_failed" } },
	[WHAT_DEFER_RESET] = { "compaction__mm_compaction_defer_reset",
			       REC_COMPACT_DEFER_RESET,
			       { "nid", "idx", "order", "considered", "defer_shift", "order_failed" } },
	[WHAT_KCOMPACTD_SLEEP] = { "compaction__mm_compaction_kcompactd_sleep", REC_KCOMPACTD_SLEEP, { "nid" } },
	[WHAT_KCOMPACTD_CALL] = { "compaction__mm_compaction_wakeup_kcompactd",
				  REC_KCOMPACTD_CALL,
				  { "nid", "highest_zoneidx", "order" } },
	[WHAT_KCOMPACTD_WAKE] = { "compaction__mm_compaction_kcompactd_wake",
				  REC_KCOMPACTD_WAKE,
				  { "nid", "highest_zoneidx", "order" } },
	[WHAT_RECLAIM_RETRY] = { "oom__reclaim_retry_zone",
				 REC_RECLAIM_RETRY,
				 { "node", "zone_idx", "order", "reclaimable", "available", "min_wmark",
				   "no_progress_loops", "wmark_check" } },
	[WHAT_COMPACT_RETRY] = { "oom__compact_retry",
				 REC_COMPACT_RETRY,
				 { "order", "priority", "result", "retries", "max_retries", "ret" } },
	[WHAT_OOM_VICTIM] = { "oom__mark_victim", REC_OOM_VICTIM, { "pid" } },
	[WHAT_KSWAPD_CALL] = { "vmscan__mm_vmscan_wakeup_kswapd",
			       REC_KSWAPD_CALL,
			       { "nid", "zid", "order", "gfp_flags" } },
	[WHAT_MARK] = { "ftrace__print", REC_NONE, { "ip" } },
	[WHAT_REC] = { "pageman__rec",
		       REC_NONE,
		       { "pfn", "arg", "gfp", "kind", "order", "migratetype", "flags" } },
	[WHAT_RECW] = { "pageman__recw",
			REC_NONE,
			{ "kind", "order", "migratetype", "flags", "gfp", "pfn", "v" } },
};

/* --- format files --- */

/* The number behind "key:" in [at, end), or @missing. */
static long number_after(const char *at, const char *end, const char *key, long missing)
{
	size_t length = strlen(key);

	for (; at + length < end; at++)
		if (!memcmp(at, key, length))
			return strtol(at + length, NULL, 10);
	return missing;
}

/* True when the declaration [at, end) ("unsigned long pfn", "u64 v[8]") declares @name. */
static bool declares(const char *at, const char *end, const char *name)
{
	size_t length = strlen(name);

	for (const char *bracket = at; bracket < end; bracket++)
		if (*bracket == '[')
			end = bracket;
	return (size_t)(end - at) > length && !memcmp(end - length, name, length) && end[-(long)length - 1] == ' ';
}

/*
 * Finds "field:<declaration>; offset:N; size:N; signed:N;" for a name. Format files write "field:", the page
 * header writes "field: ".
 */
static bool find_field(const char *text, const char *name, struct raw_field *out, size_t *size_out)
{
	for (const char *line = text; (line = strstr(line, "field:")); line += 6) {
		const char *declaration = line + 6;
		const char *semicolon = strchr(declaration, ';');
		const char *end = strchr(declaration, '\n');
		long offset, size;

		end = end ? end : declaration + strlen(declaration);
		if (!semicolon || semicolon > end || !declares(declaration, semicolon, name))
			continue;
		offset = number_after(semicolon, end, "offset:", -1);
		size = number_after(semicolon, end, "size:", -1);
		if (offset < 0 || offset > 4096 || size <= 0 || size > (long)PAGE_BYTES_MAX)
			return false;
		out->offset = (uint16_t)offset;
		out->size = (uint8_t)(size <= 255 ? size : 255);
		out->is_signed = number_after(semicolon, end, "signed:", 0) == 1;
		if (size_out)
			*size_out = (size_t)size;
		return true;
	}
	return false;
}

static bool readable_size(const struct raw_field *field)
{
	return field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8;
}

static int load_event(struct raw_layout *layout, const char *directory, unsigned what, struct rec_error *error)
{
	struct raw_event *event = &layout->events[layout->event_count];
	char path[4096], *text;
	size_t length;
	long id;
	int result;

	snprintf(path, sizeof(path), "%s/format/%s", directory, wanted[what].file);
	result = rec_input_slurp(path, FORMAT_FILE_BYTES_MAX, &text, &length);
	if (result == -ENOENT)
		return 0; /* that kernel or capture does not have it */
	if (result)
		return rec_fail(error, result, 0, "format/%s: %s", wanted[what].file, strerror(-result));
	*event = (struct raw_event){ .what = what };
	id = number_after(text, text + length, "ID: ", -1);
	if (id <= 0 || id > 65535)
		result = rec_fail(error, -EBADMSG, 0, "format/%s: expected \"ID: n\" in 1..65535, found none",
				  wanted[what].file);
	else if (layout->by_id[id])
		result = rec_fail(error, -EBADMSG, 0, "format/%s: expected an ID of its own, found %ld of format/%s",
				  wanted[what].file, id, wanted[layout->events[layout->by_id[id] - 1].what].file);
	for (unsigned i = 0; !result && i < RAW_FIELD_MAX && wanted[what].fields[i]; i++) {
		struct raw_field *field = &event->fields[i];
		bool array = what == WHAT_RECW && i == 6;

		if (!find_field(text, wanted[what].fields[i], field, NULL) ||
		    (array ? field->size != 8 * REC_WIDE_WORDS : !readable_size(field)))
			result = rec_fail(error, -EBADMSG, 0, "format/%s: expected a field %s of 1, 2, 4 or 8 bytes",
					  wanted[what].file, wanted[what].fields[i]);
		else if (event->bytes < field->offset + field->size)
			event->bytes = (uint16_t)(field->offset + field->size);
	}
	if (!result && !layout->common_pid.size &&
	    (!find_field(text, "common_flags", &layout->common_flags, NULL) ||
	     !find_field(text, "common_pid", &layout->common_pid, NULL) || layout->common_flags.size != 1 ||
	     layout->common_pid.size != 4 || layout->common_flags.offset > 16 || layout->common_pid.offset > 16))
		result = rec_fail(error, -EBADMSG, 0, "format/%s: expected common_flags and common_pid",
				  wanted[what].file);
	free(text);
	if (result)
		return result;
	if (event->bytes < layout->common_pid.offset + layout->common_pid.size)
		event->bytes = (uint16_t)(layout->common_pid.offset + layout->common_pid.size);
	if (event->bytes <= layout->common_flags.offset)
		event->bytes = (uint16_t)(layout->common_flags.offset + 1);
	event->id = (uint16_t)id;
	layout->by_id[id] = (uint8_t)(1 + layout->event_count++);
	return 0;
}

static int load_page_header(struct raw_layout *layout, const char *directory, struct rec_error *error)
{
	struct raw_field timestamp, commit, data;
	size_t data_bytes, length;
	char path[4096], *text;
	bool found;
	int result;

	snprintf(path, sizeof(path), "%s/header_page", directory);
	result = rec_input_slurp(path, FORMAT_FILE_BYTES_MAX, &text, &length);
	if (result)
		return rec_fail(error, result == -ENOENT ? -EPROTONOSUPPORT : result, 0,
				"expected a capture directory with header_page: %s", strerror(-result));
	found = find_field(text, "timestamp", &timestamp, NULL) && find_field(text, "commit", &commit, NULL) &&
		find_field(text, "data", &data, &data_bytes);
	free(text);
	if (!found || timestamp.offset != 0 || timestamp.size != 8 || (commit.size != 4 && commit.size != 8) ||
	    commit.offset + commit.size > data.offset)
		return rec_fail(error, -EBADMSG, 0, "header_page: expected timestamp, commit and data");
	layout->commit_offset = commit.offset;
	layout->commit_bytes = commit.size;
	layout->data_offset = data.offset;
	layout->page_bytes = data.offset + data_bytes;
	if (layout->page_bytes < 64 || layout->page_bytes > PAGE_BYTES_MAX)
		return rec_fail(error, -EBADMSG, 0, "header_page: expected pages of 64 bytes to 1 MiB, found %zu",
				layout->page_bytes);
	return 0;
}

int raw_layout_load(struct raw_layout *layout, const char *directory, struct rec_error *error)
{
	int result;

	memset(layout, 0, sizeof(*layout));
	result = load_page_header(layout, directory, error);
	for (unsigned what = 0; !result && what < WHAT_COUNT; what++)
		result = load_event(layout, directory, what, error);
	if (!result && !layout->event_count)
		result = rec_fail(error, -EPROTONOSUPPORT, 0,
				  "expected format files of kmem events in format/, found none");
	return result;
}

/* --- events --- */

static uint64_t load(const uint8_t *payload, struct raw_field field)
{
	const uint8_t *at = payload + field.offset;
	uint64_t value = 0;

	switch (field.size) {
	case 1:
		return field.is_signed ? (uint64_t)(int8_t)at[0] : at[0];
	case 2: {
		uint16_t half;

		memcpy(&half, at, 2);
		return field.is_signed ? (uint64_t)(int16_t)half : half;
	}
	case 4: {
		uint32_t word;

		memcpy(&word, at, 4);
		return field.is_signed ? (uint64_t)(int32_t)word : word;
	}
	default:
		memcpy(&value, at, 8);
		return value;
	}
}

static uint8_t canonical(const struct raw_layout *layout, uint64_t migratetype)
{
	return (uint8_t)(layout->no_cma && migratetype == 4 ? 5 : migratetype);
}

static uint8_t context_of(uint8_t trace_flags)
{
	return (uint8_t)((trace_flags & TRACE_HARDIRQ ? REC_CTX_HARDIRQ : 0) |
			 (trace_flags & TRACE_SOFTIRQ ? REC_CTX_SOFTIRQ : 0) |
			 (trace_flags & TRACE_NMI ? REC_CTX_NMI : 0) |
			 (trace_flags & TRACE_IRQS_OFF ? REC_CTX_IRQS_OFF : 0));
}

static void decode_page(const struct raw_layout *layout, const struct raw_event *raw, const uint8_t *payload,
			struct rec_event *event)
{
	const struct raw_field *field = raw->fields;

	event->pfn = load(payload, field[0]);
	if (raw->what == WHAT_FREE_BATCHED)
		return;
	event->order = (uint8_t)load(payload, field[1]);
	if (raw->what == WHAT_ALLOC) {
		event->gfp = (uint32_t)load(payload, field[2]);
		event->migratetype = canonical(layout, load(payload, field[3]));
	} else if (raw->what == WHAT_ZONE_LOCKED) {
		event->migratetype = canonical(layout, load(payload, field[2]));
		event->arg = load(payload, field[3]);
	} else if (raw->what == WHAT_PCPU_DRAIN) {
		event->migratetype = canonical(layout, load(payload, field[2]));
	} else if (raw->what == WHAT_EXTFRAG) {
		event->migratetype = canonical(layout, load(payload, field[2]));
		event->arg = REC_EXTFRAG_ARG((uint8_t)load(payload, field[3]),
					     canonical(layout, load(payload, field[4])),
					     (uint8_t)load(payload, field[5]));
	}
}

static void decode_reclaim(const struct raw_event *raw, const uint8_t *payload, struct rec_event *event,
			   struct rec_wide *wide)
{
	const struct raw_field *field = raw->fields;

	if (rec_kind_is_wide(event->kind)) {
		memset(wide, 0, sizeof(*wide));
		for (unsigned i = 0; i < RAW_FIELD_MAX && field[i].size; i++)
			wide->v[i] = load(payload, field[i]);
		return;
	}
	switch (raw->what) {
	case WHAT_RECLAIM_BEGIN:
		event->order = (uint8_t)load(payload, field[0]);
		event->gfp = (uint32_t)load(payload, field[1]);
		break;
	case WHAT_KSWAPD_WAKE:
	case WHAT_KCOMPACTD_CALL:
	case WHAT_KCOMPACTD_WAKE:
		event->arg = (uint32_t)load(payload, field[0]) | (load(payload, field[1]) & UINT32_MAX) << 32;
		event->order = (uint8_t)load(payload, field[2]);
		break;
	case WHAT_KSWAPD_CALL:
		event->arg = (uint32_t)load(payload, field[0]) | (load(payload, field[1]) & UINT32_MAX) << 32;
		event->order = (uint8_t)load(payload, field[2]);
		event->gfp = (uint32_t)load(payload, field[3]);
		break;
	case WHAT_COMPACT_TRY:
		event->order = (uint8_t)load(payload, field[0]);
		event->gfp = (uint32_t)load(payload, field[1]);
		event->arg = load(payload, field[2]);
		break;
	case WHAT_MIGRATED:
		event->arg = (uint32_t)load(payload, field[0]) | load(payload, field[1]) << 32;
		break;
	default: /* WHAT_RECLAIM_END, WHAT_KSWAPD_SLEEP, WHAT_KCOMPACTD_SLEEP, WHAT_OOM_VICTIM */
		event->arg = load(payload, field[0]);
		break;
	}
}

/* The text stands behind the caller's address, to the payload's end. Source: struct print_entry, kernel/trace. */
static void decode_mark(const struct raw_event *raw, const uint8_t *payload, size_t length, struct rec_event *event)
{
	size_t begin = (size_t)raw->fields[0].offset + raw->fields[0].size;
	char text[MARK_BYTES_MAX] = "";

	memcpy(text, payload + begin, length - begin < sizeof(text) ? length - begin : sizeof(text));
	mark_event(text, event);
}

static void decode_ours(const struct raw_layout *layout, const struct raw_event *raw, const uint8_t *payload,
			struct rec_event *event, struct rec_wide *wide)
{
	const struct raw_field *field = raw->fields;

	if (raw->what == WHAT_REC) {
		event->pfn = load(payload, field[0]);
		event->arg = load(payload, field[1]);
		event->gfp = (uint32_t)load(payload, field[2]);
		field += 3;
	} else {
		event->gfp = (uint32_t)load(payload, field[4]);
		event->pfn = load(payload, field[5]);
		memcpy(wide, payload + field[6].offset, sizeof(*wide));
	}
	event->kind = (uint8_t)load(payload, field[0]);
	event->order = (uint8_t)load(payload, field[1]);
	event->migratetype = canonical(layout, load(payload, field[2]));
	event->flags = (uint8_t)load(payload, field[3]);
	if (raw->what == WHAT_RECW && !rec_kind_is_wide(event->kind))
		event->arg = wide->v[0];
	if (raw->what == WHAT_REC && rec_kind_is_wide(event->kind))
		*wide = (struct rec_wide){ .v = { event->arg } };
	if (event->kind == REC_COMPACT_ALLOC && layout->no_cma && wide->v[6] >> 32 == 4)
		wide->v[6] += (uint64_t)1 << 32;
}

int raw_decode(const struct raw_layout *layout, const uint8_t *payload, size_t length, struct rec_event *event,
		struct rec_wide *wide)
{
	const struct raw_event *raw;
	uint16_t id;
	uint8_t number;
	int32_t pid;

	if (length < 2)
		return -EBADMSG;
	memcpy(&id, payload, 2);
	number = layout->by_id[id];
	if (!number)
		return 0;
	raw = &layout->events[number - 1];
	if (length < raw->bytes)
		return -EBADMSG;
	memcpy(&pid, payload + layout->common_pid.offset, 4);
	*event = (struct rec_event){ .kind = wanted[raw->what].kind,
				     .pid = pid,
				     .context = context_of(payload[layout->common_flags.offset]) };
	if (raw->what == WHAT_MARK)
		decode_mark(raw, payload, length, event);
	else if (raw->what <= WHAT_EXTFRAG)
		decode_page(layout, raw, payload, event);
	else if (raw->what < WHAT_REC)
		decode_reclaim(raw, payload, event, wide);
	else
		decode_ours(layout, raw, payload, event, wide);
	return event->kind != REC_NONE && event->kind < REC_KIND_COUNT;
}
