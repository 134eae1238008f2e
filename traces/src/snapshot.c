/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses the tagged records of a snapshot. See rec/snapshot.h and rec/wire.h.
 *
 * Role: two passes, one that counts and bounds everything, one that fills; the checks that span records
 * (snapshot_check.c) run on the result.
 * Interface: rec_snapshot_parse, rec_snapshot_free.
 * Invariant: one allocation whose size is bounded by the input's length; nothing is read behind a record's end.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "snapshot_check.h"

/* What the first pass found, and the second one's place in the storage. */
struct parser {
	const uint8_t *bytes;
	size_t length;
	struct rec_snapshot out;
	size_t tail_bytes;     /* arrays behind the tables */
	uint8_t *arrays;
	bool have_kernel;
	bool have_end;
	struct rec_wire_end end;
	struct rec_error *error;
};

/* One record of the stream. */
struct record {
	uint32_t tag;
	const uint8_t *payload;
	size_t bytes;
	size_t offset;
};

static size_t round_up8(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

static int damaged(struct parser *parser, const struct record *record, const char *expected)
{
	return rec_fail(parser->error, -EBADMSG, record->offset, "snapshot: tag %u of %zu bytes: expected %s",
			record->tag, record->bytes, expected);
}

/* Cuts the record at @offset. Return: 1, 0 at the end, -EBADMSG. */
static int record_at(struct parser *parser, size_t offset, struct record *record)
{
	struct rec_tlv head;

	if (parser->have_end) {
		for (size_t i = offset; i < parser->length; i++)
			if (parser->bytes[i])
				return rec_fail(parser->error, -EBADMSG, i, "snapshot: expected the end, found more");
		return 0;
	}
	if (parser->length - offset < sizeof(head))
		return rec_fail(parser->error, -EBADMSG, offset,
				"snapshot: expected a record of at least 8 bytes, found %zu: it is cut",
				parser->length - offset);
	memcpy(&head, parser->bytes + offset, sizeof(head));
	record->tag = head.tag;
	record->bytes = head.bytes;
	record->payload = parser->bytes + offset + sizeof(head);
	record->offset = offset;
	if (round_up8(record->bytes) > parser->length - offset - sizeof(head))
		return rec_fail(parser->error, -EBADMSG, offset,
				"snapshot: expected a record within %zu bytes, found tag %u of %zu",
				parser->length - offset,
				record->tag, record->bytes);
	return 1;
}

/* Copies the fixed structure that a record begins with. */
static int take(struct parser *parser, const struct record *record, void *out, size_t bytes)
{
	if (record->bytes < bytes)
		return damaged(parser, record, "a longer record");
	memcpy(out, record->payload, bytes);
	return 0;
}

/* --- first pass --- */

static int count_list(struct parser *parser, const struct record *record)
{
	struct rec_wire_list list;
	int result = take(parser, record, &list, sizeof(list));

	if (result)
		return result;
	if ((record->bytes - sizeof(list)) / 8 != list.count || (record->bytes - sizeof(list)) % 8)
		return damaged(parser, record, "as many entries as its count says");
	parser->tail_bytes += (size_t)list.count * 8;
	if (record->tag == REC_TLV_PCP_LIST) {
		parser->tail_bytes += round_up8(list.count);
		parser->out.pcp_list_count++;
	} else {
		parser->out.free_list_count++;
	}
	return 0;
}

static int count_range(struct parser *parser, const struct record *record)
{
	struct rec_wire_range range;
	int result = take(parser, record, &range, sizeof(range));
	size_t bytes;

	if (result)
		return result;
	bytes = record->bytes - sizeof(range);
	if (record->tag == REC_TLV_PAGEBLOCKS || record->tag == REC_TLV_COMPOUND
		    ? bytes != range.count
		    : bytes != range.count / 8 + (range.count % 8 != 0))
		return damaged(parser, record, "as many bytes as its count says");
	parser->tail_bytes += round_up8(bytes);
	return 0;
}

static int count_counts(struct parser *parser, const struct record *record)
{
	struct rec_wire_counts counts;
	int result = take(parser, record, &counts, sizeof(counts));

	if (result)
		return result;
	if (counts.order_count > REC_COUNT_ORDERS ||
	    record->bytes != sizeof(counts) + (size_t)counts.order_count * 8)
		return damaged(parser, record, "as many counts as it says, at most 16");
	parser->out.counts_count++;
	return 0;
}

static int count_block_counts(struct parser *parser, const struct record *record)
{
	struct rec_wire_block_counts counts;
	int result = take(parser, record, &counts, sizeof(counts));

	if (result)
		return result;
	if (counts.type_count != parser->out.kernel.migratetype_count ||
	    record->bytes != sizeof(counts) + (size_t)counts.type_count * 8)
		return damaged(parser, record, "one count for each migratetype of that kernel");
	return 0;
}

static int count_kernel(struct parser *parser, const struct record *record)
{
	struct rec_wire_kernel *kernel = &parser->out.kernel;
	int result = take(parser, record, kernel, sizeof(*kernel));

	if (result)
		return result;
	if (parser->have_kernel)
		return damaged(parser, record, "one kernel record");
	if (kernel->wire_version != REC_WIRE_VERSION)
		return rec_fail(parser->error, -EBADMSG, record->offset, "snapshot: expected wire version %u, found %u",
				REC_WIRE_VERSION, kernel->wire_version);
	if (kernel->order_count < 1 || kernel->order_count > 16 || kernel->pageblock_order > 20 ||
	    kernel->page_shift < 10 || kernel->page_shift > 20)
		return damaged(parser, record, "plausible page and order sizes");
	if (kernel->migratetype_count != 5 && kernel->migratetype_count != 6)
		return damaged(parser, record, "5 or 6 migratetypes");
	if (!memchr(kernel->release, 0, sizeof(kernel->release)) ||
	    !memchr(kernel->version, 0, sizeof(kernel->version)))
		return damaged(parser, record, "strings with an end");
	rec_one_line(kernel->release);
	rec_one_line(kernel->version);
	parser->have_kernel = true;
	return 0;
}

static int count_record(struct parser *parser, const struct record *record)
{
	int result = 0;

	if (!parser->have_kernel && record->tag != REC_TLV_KERNEL)
		return damaged(parser, record, "the kernel record first");
	switch (record->tag) {
	case REC_TLV_KERNEL:
		return count_kernel(parser, record);
	case REC_TLV_ZONE:
		parser->out.zone_count++;
		return record->bytes < sizeof(struct rec_wire_zone) ? damaged(parser, record, "a longer record") : 0;
	case REC_TLV_PCP:
		parser->out.pcp_count++;
		return record->bytes < sizeof(struct rec_wire_pcp) ? damaged(parser, record, "a longer record") : 0;
	case REC_TLV_FREE_LIST:
	case REC_TLV_PCP_LIST:
		return count_list(parser, record);
	case REC_TLV_PAGEBLOCKS:
	case REC_TLV_MOVABLE:
	case REC_TLV_HOLES:
	case REC_TLV_SKIP:
	case REC_TLV_COMPOUND:
		return count_range(parser, record);
	case REC_TLV_COUNTS:
		return count_counts(parser, record);
	case REC_TLV_BLOCK_COUNTS:
		return count_block_counts(parser, record);
	case REC_TLV_SETTINGS:
		result = take(parser, record, &parser->out.settings, sizeof(parser->out.settings));
		parser->out.has_settings = !result;
		return result;
	case REC_TLV_DAEMONS:
		result = take(parser, record, &parser->out.daemons, sizeof(parser->out.daemons));
		parser->out.has_daemons = !result;
		return result;
	case REC_TLV_END:
		result = take(parser, record, &parser->end, sizeof(parser->end));
		if (!result && parser->end.bytes != record->offset)
			return rec_fail(parser->error, -EBADMSG, record->offset,
					"snapshot: expected %llu bytes before the end record, found %zu",
					(unsigned long long)parser->end.bytes, record->offset);
		parser->have_end = true;
		return result;
	default:
		return 0; /* of a later version, or REC_TLV_COMPACT, which needs nothing counted */
	}
}

/* --- second pass --- */

static void *take_array(struct parser *parser, const void *from, size_t bytes)
{
	uint8_t *to = parser->arrays;

	memcpy(to, from, bytes);
	parser->arrays += round_up8(bytes);
	return to;
}

/* Canonical number of a raw migratetype; 255 when that build has no such type. */
static uint8_t canonical(const struct parser *parser, uint32_t raw)
{
	uint32_t count = parser->out.kernel.migratetype_count;

	if (raw >= count)
		return 255;
	return (uint8_t)(count == 5 && raw == 4 ? 5 : raw);
}

static struct rec_zone *zone_of(struct parser *parser, uint32_t zone)
{
	return zone < parser->out.zone_count ? &parser->out.zones[zone] : NULL;
}

static int fill_free_list(struct parser *parser, const struct record *record, struct rec_list *list)
{
	list->migratetype = canonical(parser, list->migratetype);
	if (list->migratetype == 255)
		return damaged(parser, record, "a migratetype of that kernel");
	list->pfns = take_array(parser, record->payload + sizeof(struct rec_wire_list), (size_t)list->count * 8);
	return 0;
}

/* Entries are pfn | stored migratetype << 56. */
static int fill_pcp_list(struct parser *parser, const struct record *record, struct rec_list *list)
{
	uint64_t *pfns = take_array(parser, record->payload + sizeof(struct rec_wire_list), (size_t)list->count * 8);
	uint8_t *types = parser->arrays;

	parser->arrays += round_up8(list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		types[i] = canonical(parser, (uint32_t)(pfns[i] >> 56));
		if (types[i] == 255)
			return damaged(parser, record, "a stored migratetype of that kernel");
		pfns[i] &= ((uint64_t)1 << 56) - 1;
	}
	list->migratetype = 0;
	list->pfns = pfns;
	list->migratetypes = types;
	return 0;
}

static int fill_list(struct parser *parser, const struct record *record)
{
	bool per_cpu = record->tag == REC_TLV_PCP_LIST;
	struct rec_wire_list wire;
	struct rec_list *list;

	memcpy(&wire, record->payload, sizeof(wire));
	if (!zone_of(parser, wire.zone) || wire.order >= parser->out.kernel.order_count)
		return damaged(parser, record, "a zone and order of this snapshot");
	list = per_cpu ? &parser->out.pcp_lists[parser->out.pcp_list_count++]
		       : &parser->out.free_lists[parser->out.free_list_count++];
	*list = (struct rec_list){ .zone = wire.zone,
				   .cpu = wire.cpu,
				   .order = wire.order,
				   .migratetype = wire.migratetype,
				   .pindex = wire.pindex,
				   .count = wire.count };
	return per_cpu ? fill_pcp_list(parser, record, list) : fill_free_list(parser, record, list);
}

/* Pageblocks that a zone touches, from the one that holds its first frame. */
static uint64_t pageblocks_of(const struct parser *parser, const struct rec_wire_zone *zone)
{
	uint64_t block = (uint64_t)1 << parser->out.kernel.pageblock_order;
	uint64_t start = zone->start_pfn & ~(block - 1);

	return (zone->start_pfn + zone->spanned_pages - start + block - 1) / block;
}

static int fill_pageblocks(struct parser *parser, const struct record *record, struct rec_zone *zone,
			   const struct rec_wire_range *range)
{
	uint64_t block = (uint64_t)1 << parser->out.kernel.pageblock_order;
	uint8_t *types;

	if (zone->pageblock_types || range->start_pfn != (zone->z.start_pfn & ~(block - 1)) ||
	    range->count != pageblocks_of(parser, &zone->z))
		return damaged(parser, record, "the zone's pageblocks, once");
	types = take_array(parser, record->payload + sizeof(*range), range->count);
	for (uint64_t i = 0; i < range->count; i++) {
		types[i] = canonical(parser, types[i]);
		if (types[i] == 255)
			return damaged(parser, record, "pageblock types of that kernel");
	}
	zone->pageblock_types = types;
	zone->pageblock_start_pfn = range->start_pfn;
	zone->pageblock_count = range->count;
	return 0;
}

static int fill_range(struct parser *parser, const struct record *record)
{
	struct rec_wire_range range;
	struct rec_zone *zone;
	const uint8_t **bitmap;

	memcpy(&range, record->payload, sizeof(range));
	zone = zone_of(parser, range.zone);
	if (!zone)
		return damaged(parser, record, "a zone of this snapshot");
	if (record->tag == REC_TLV_PAGEBLOCKS)
		return fill_pageblocks(parser, record, zone, &range);
	bitmap = record->tag == REC_TLV_MOVABLE    ? &zone->movable
		 : record->tag == REC_TLV_HOLES    ? &zone->holes
		 : record->tag == REC_TLV_COMPOUND ? &zone->compound
						   : &zone->skip;
	if (*bitmap)
		return damaged(parser, record, "one map of a kind per zone");
	if (record->tag == REC_TLV_SKIP && range.count != pageblocks_of(parser, &zone->z))
		return damaged(parser, record, "a skip bit for each pageblock of the zone");
	if (record->tag != REC_TLV_SKIP &&
	    (range.start_pfn != zone->z.start_pfn || range.count != zone->z.spanned_pages))
		return damaged(parser, record, "a map that covers the zone's span");
	*bitmap = take_array(parser, record->payload + sizeof(range), record->bytes - sizeof(range));
	return 0;
}

/* As kernels name them, and /proc/zoneinfo prints them. */
static bool is_zone_name(const struct rec_wire_zone *zone)
{
	size_t length = strnlen(zone->name, sizeof(zone->name));

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)zone->name[i]))
			return false;
	return length && length < sizeof(zone->name);
}

static int fill_zone(struct parser *parser, const struct record *record)
{
	struct rec_zone *zone = &parser->out.zones[parser->out.zone_count];

	memcpy(&zone->z, record->payload, sizeof(zone->z));
	if (!is_zone_name(&zone->z))
		return damaged(parser, record, "a zone name of letters and digits");
	if (zone->z.start_pfn > (uint64_t)1 << 52 || zone->z.spanned_pages > (uint64_t)1 << 52 ||
	    zone->z.present_pages > zone->z.spanned_pages || zone->z.managed_pages > zone->z.present_pages)
		return damaged(parser, record, "managed <= present <= spanned frames");
	parser->out.zone_count++;
	return 0;
}

static int fill_pcp(struct parser *parser, const struct record *record)
{
	struct rec_wire_pcp *pcp = &parser->out.pcps[parser->out.pcp_count++];

	memcpy(pcp, record->payload, sizeof(*pcp));
	return zone_of(parser, pcp->zone) ? 0 : damaged(parser, record, "a zone of this snapshot");
}

static int fill_compact(struct parser *parser, const struct record *record)
{
	struct rec_wire_compact compact;
	struct rec_zone *zone;
	int result = take(parser, record, &compact, sizeof(compact));

	if (result)
		return result;
	zone = zone_of(parser, compact.zone);
	if (!zone)
		return damaged(parser, record, "a zone of this snapshot");
	zone->compact = compact;
	zone->has_compact = true;
	return 0;
}

static int fill_counts(struct parser *parser, const struct record *record)
{
	struct rec_counts *counts = &parser->out.counts[parser->out.counts_count++];
	struct rec_wire_counts wire;

	memcpy(&wire, record->payload, sizeof(wire));
	*counts = (struct rec_counts){ .zone = wire.zone,
				       .migratetype = canonical(parser, wire.migratetype),
				       .floor_mask = wire.floor_mask };
	if (!zone_of(parser, wire.zone) || counts->migratetype == 255)
		return damaged(parser, record, "a zone of this snapshot and a migratetype of that kernel");
	memcpy(counts->blocks, record->payload + sizeof(wire), (size_t)wire.order_count * 8);
	return 0;
}

static int fill_block_counts(struct parser *parser, const struct record *record)
{
	struct rec_wire_block_counts wire;
	struct rec_zone *zone;

	memcpy(&wire, record->payload, sizeof(wire));
	zone = zone_of(parser, wire.zone);
	if (!zone)
		return damaged(parser, record, "a zone of this snapshot");
	for (uint32_t raw = 0; raw < wire.type_count; raw++)
		memcpy(&zone->pageblocks_of[canonical(parser, raw)], record->payload + sizeof(wire) + (size_t)raw * 8,
		       8);
	return 0;
}

/* Zones first (pass `zones` true), then all that refers to them. */
static int fill_record(struct parser *parser, const struct record *record, bool zones)
{
	if (zones)
		return record->tag == REC_TLV_ZONE ? fill_zone(parser, record) : 0;
	switch (record->tag) {
	case REC_TLV_PCP:
		return fill_pcp(parser, record);
	case REC_TLV_FREE_LIST:
	case REC_TLV_PCP_LIST:
		return fill_list(parser, record);
	case REC_TLV_PAGEBLOCKS:
	case REC_TLV_MOVABLE:
	case REC_TLV_HOLES:
	case REC_TLV_SKIP:
	case REC_TLV_COMPOUND:
		return fill_range(parser, record);
	case REC_TLV_COMPACT:
		return fill_compact(parser, record);
	case REC_TLV_COUNTS:
		return fill_counts(parser, record);
	case REC_TLV_BLOCK_COUNTS:
		return fill_block_counts(parser, record);
	default:
		return 0;
	}
}

/* --- both --- */

static int walk(struct parser *parser, int (*visit)(struct parser *parser, const struct record *record))
{
	struct record record = { 0 };
	int result;

	parser->have_end = false;
	for (size_t offset = 0; (result = record_at(parser, offset, &record)) > 0;) {
		result = visit(parser, &record);
		if (result)
			return result;
		if (record.tag == REC_TLV_END)
			parser->have_end = true;
		offset += sizeof(struct rec_tlv) + round_up8(record.bytes);
	}
	return result;
}

static int fill_zones(struct parser *parser, const struct record *record)
{
	return fill_record(parser, record, true);
}

static int fill_others(struct parser *parser, const struct record *record)
{
	return fill_record(parser, record, false);
}

/* Lays out the tables in one allocation and resets the counts, which the second pass counts up again. */
static int lay_out(struct parser *parser)
{
	struct rec_snapshot *out = &parser->out;
	size_t bytes = out->zone_count * sizeof(*out->zones) + out->pcp_count * sizeof(*out->pcps) +
		       out->free_list_count * sizeof(*out->free_lists) +
		       out->pcp_list_count * sizeof(*out->pcp_lists) + out->counts_count * sizeof(*out->counts);
	uint8_t *at;

	_Static_assert(sizeof(struct rec_zone) % 8 == 0 && sizeof(struct rec_list) % 8 == 0 &&
			       sizeof(struct rec_wire_pcp) % 8 == 0 && sizeof(struct rec_counts) % 8 == 0,
		       "tables follow each other without padding");
	at = calloc(1, bytes + parser->tail_bytes + 8);
	if (!at)
		return rec_fail(parser->error, -ENOMEM, 0, "out of memory");
	out->storage = at;
	out->zones = (struct rec_zone *)(void *)at;
	at += out->zone_count * sizeof(*out->zones);
	out->pcps = (struct rec_wire_pcp *)(void *)at;
	at += out->pcp_count * sizeof(*out->pcps);
	out->free_lists = (struct rec_list *)(void *)at;
	at += out->free_list_count * sizeof(*out->free_lists);
	out->pcp_lists = (struct rec_list *)(void *)at;
	at += out->pcp_list_count * sizeof(*out->pcp_lists);
	out->counts = (struct rec_counts *)(void *)at;
	at += out->counts_count * sizeof(*out->counts);
	parser->arrays = at;
	out->zone_count = out->pcp_count = out->free_list_count = out->pcp_list_count = out->counts_count = 0;
	return 0;
}

int rec_snapshot_parse(const void *bytes, size_t length, struct rec_snapshot *out, struct rec_error *error)
{
	struct parser parser = { .bytes = bytes, .length = length, .error = error };
	int result = walk(&parser, count_record);

	if (!result)
		result = lay_out(&parser);
	if (!result)
		result = walk(&parser, fill_zones);
	if (!result)
		result = walk(&parser, fill_others);
	parser.out.ordered = !parser.out.counts_count;
	if (!result)
		result = snapshot_check(&parser.out, parser.end.free_pages_walked, error);
	if (result) {
		rec_snapshot_free(&parser.out);
		return result;
	}
	*out = parser.out;
	return 0;
}

void rec_snapshot_free(struct rec_snapshot *snapshot)
{
	free(snapshot->storage);
	memset(snapshot, 0, sizeof(*snapshot));
}
