// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots out of /proc. See proc_read.h.
 *
 * What the kernel prints (mm/vmstat.c, the same in 6.1 and 6.12 but for lines that are not needed):
 *
 *   pagetypeinfo   Page block order: 9
 *                  Node    0, zone    DMA32, type    Unmovable     12      3 ... >100000
 *                  Number of blocks type     Unmovable      Movable ...
 *                  Node 0, zone    DMA32           10          500 ...
 *   zoneinfo       Node 0, zone    DMA32
 *                    pages free     123
 *                          min      45            likewise boost, low, high, promo, spanned, present, managed
 *                          protection: (0, 966, 966, 966)
 *                    pagesets
 *                      cpu: 0
 *                                count: 12        likewise high, batch
 *                    vm stats threshold: 24
 *                    start_pfn:           4096
 *   buddyinfo      Node 0, zone    DMA32     15      7 ...
 *
 * zoneinfo prints zones without memory too; they end before the pagesets and are left out.
 */
#include "proc_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "input.h"
#include "snapshot_build.h"

#define PROC_BYTES_MAX ((size_t)64 << 20)
#define LINE_MAX_BYTES 1024
#define ZONE_MAX 64
#define PCP_MAX (ZONE_MAX * 1024u)
#define ORDER_COUNT 11
#define TYPE_MAX 6

static const char *const file_names[PROC_FILE_COUNT] = { "pagetypeinfo", "zoneinfo", "buddyinfo", "vm" };

struct proc_zone {
	struct rec_wire_zone z;
	bool complete;    /* start_pfn was there */
	bool has_blocks;  /* its row of the table of pageblocks was there */
	bool has_totals;  /* its line of buddyinfo was there */
	unsigned rows;    /* bit t: the row of type t was there */
	uint64_t counts[TYPE_MAX][ORDER_COUNT];
	uint32_t floor_mask[TYPE_MAX];
	uint64_t blocks[TYPE_MAX];
	uint64_t totals[ORDER_COUNT];
};

struct proc {
	const struct proc_text *texts;
	unsigned which;
	struct rec_error *error;
	struct proc_zone zones[ZONE_MAX];
	uint32_t zone_count;
	struct rec_wire_pcp *pcps;
	uint32_t pcp_count, pcp_room;
	uint32_t pageblock_order;
	uint32_t type_count;
	uint32_t cpus, nodes;
	struct rec_wire_settings settings;
	/* The line at hand. */
	enum proc_file file;
	size_t offset, line_offset;
	uint64_t line;
	char text[LINE_MAX_BYTES];
};

static int expected(struct proc *p, const char *what)
{
	return rec_fail_line(p->error, -EBADMSG, p->line_offset, p->line, "proc%u/%s: expected %s, found \"%.80s\"",
			     p->which, file_names[p->file], what, p->text);
}

static int missing(struct proc *p, const char *what)
{
	return rec_fail_line(p->error, -EBADMSG, p->offset, p->line, "proc%u/%s: expected %s, found the text's end",
			     p->which, file_names[p->file], what);
}

/* Return: 1 with the next line in p->text, 0 at the end, -EBADMSG. */
static int next_line(struct proc *p)
{
	const struct proc_text *text = &p->texts[p->file];
	const char *at = text->bytes + p->offset, *end;
	size_t length;

	if (p->offset == text->length)
		return 0;
	end = memchr(at, '\n', text->length - p->offset);
	length = end ? (size_t)(end - at) : text->length - p->offset;
	p->line++;
	p->line_offset = p->offset;
	snprintf(p->text, sizeof(p->text), "%.*s", (int)(length < 200 ? length : 200), at);
	if (!end)
		return expected(p, "a whole line with its newline: the text is cut");
	if (length >= sizeof(p->text) || memchr(at, 0, length))
		return expected(p, "a line of text as the kernel prints it");
	memcpy(p->text, at, length);
	p->text[length] = '\0';
	p->offset += length + 1;
	return 1;
}

static void begin_file(struct proc *p, enum proc_file file)
{
	p->file = file;
	p->offset = p->line_offset = 0;
	p->line = 0;
	p->text[0] = '\0';
}

/* "Node 0, zone    DMA32". Return: bytes of it, 0 when the line does not begin so. */
static int zone_heading(const char *text, uint32_t *node, char name[16])
{
	int used = 0;

	if (sscanf(text, "Node %9u, zone %15[A-Za-z0-9]%n", node, name, &used) != 2)
		return 0;
	return used;
}

static struct proc_zone *find_zone(struct proc *p, uint32_t node, const char *name)
{
	for (uint32_t i = 0; i < p->zone_count; i++)
		if (p->zones[i].z.node == node && !strcmp(p->zones[i].z.name, name))
			return &p->zones[i];
	return NULL;
}

/* --- zoneinfo --- */

static int zone_type(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };

	for (int i = 0; i < 4; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

static int begin_zone(struct proc *p, uint32_t node, const char *name)
{
	struct proc_zone *zone = p->zone_count ? &p->zones[p->zone_count - 1] : NULL;

	/* The one before had no memory. */
	if (zone && !zone->complete && !zone->z.present_pages)
		p->zone_count--;
	else if (zone && !zone->complete)
		return expected(p, "the start_pfn of the zone before");
	if (p->zone_count == ZONE_MAX)
		return expected(p, "at most 64 zones");
	if (find_zone(p, node, name))
		return expected(p, "every zone once");
	zone = &p->zones[p->zone_count++];
	memset(zone, 0, sizeof(*zone));
	zone->z.node = node;
	snprintf(zone->z.name, sizeof(zone->z.name), "%.15s", name);
	/* Of other types ("Device") no memory is ever listed. */
	zone->z.zone_type = (uint32_t)zone_type(name);
	if (node + 1 > p->nodes)
		p->nodes = node + 1;
	return 0;
}

static struct rec_wire_pcp *add_pcp(struct proc *p, uint32_t cpu)
{
	if (p->pcp_count == p->pcp_room) {
		uint32_t room = p->pcp_room ? 2 * p->pcp_room : 64;
		struct rec_wire_pcp *larger = p->pcp_room < PCP_MAX ? realloc(p->pcps, room * sizeof(*larger)) : NULL;

		if (!larger)
			return NULL;
		p->pcps = larger;
		p->pcp_room = room;
	}
	p->pcps[p->pcp_count] = (struct rec_wire_pcp){ .zone = p->zone_count - 1, .cpu = cpu };
	if (cpu + 1 > p->cpus)
		p->cpus = cpu + 1;
	return &p->pcps[p->pcp_count++];
}

static int protection(struct proc *p, struct rec_wire_zone *z, const char *at)
{
	for (unsigned i = 0; *at && *at != ')'; i++) {
		char *behind;
		unsigned long long pages = strtoull(at, &behind, 10);

		if (behind == at)
			return expected(p, "numbers in protection: (...)");
		if (i < 8)
			z->lowmem_reserve[i] = pages;
		at = behind + strspn(behind, ", ");
	}
	return *at == ')' ? 0 : expected(p, "a closing parenthesis");
}

/* Where the number of a line "NAME NUMBER" goes; NULL: it is not needed. */
static uint64_t *zone_number(struct rec_wire_zone *z, const char *name)
{
	const struct { const char *name; uint64_t *to; } numbers[] = {
		{ "boost", &z->watermark_boost },     { "min", &z->watermark[0] },
		{ "low", &z->watermark[1] },          { "high", &z->watermark[2] },
		{ "promo", &z->watermark[3] },        { "spanned", &z->spanned_pages },
		{ "present", &z->present_pages },     { "managed", &z->managed_pages },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(name, numbers[i].name))
			return numbers[i].to;
	return NULL;
}

static int pcp_line(struct proc *p, const char *name, unsigned long long value)
{
	struct rec_wire_pcp *pcp = p->pcp_count ? &p->pcps[p->pcp_count - 1] : NULL;

	if (!pcp || pcp->zone != p->zone_count - 1)
		return expected(p, "a line \"cpu: N\" before");
	if (value > UINT32_MAX)
		return expected(p, "a number of pages");
	if (!strcmp(name, "count"))
		pcp->count = (uint32_t)value;
	else if (!strcmp(name, "high"))
		pcp->high = (uint32_t)value;
	else if (!strcmp(name, "batch"))
		pcp->batch = (uint32_t)value;
	return 0;
}

static int zoneinfo_line(struct proc *p)
{
	struct proc_zone *zone = p->zone_count ? &p->zones[p->zone_count - 1] : NULL;
	unsigned long long value;
	uint64_t *number;
	char name[32];
	uint32_t node;

	if (zone_heading(p->text, &node, name))
		return begin_zone(p, node, name);
	if (!zone)
		return expected(p, "a line \"Node N, zone NAME\"");
	if (sscanf(p->text, " pages free %llu", &value) == 1) {
		zone->z.free_pages = (int64_t)(value & INT64_MAX);
	} else if (sscanf(p->text, " cpu: %9llu", &value) == 1 && value < 65536) {
		return add_pcp(p, (uint32_t)value) ? 0 : expected(p, "fewer per-CPU lists, or more memory");
	} else if (sscanf(p->text, " vm stats threshold: %9llu", &value) == 1 && p->pcp_count) {
		p->pcps[p->pcp_count - 1].stat_threshold = (uint32_t)value;
	} else if (sscanf(p->text, " start_pfn: %llu", &value) == 1) {
		zone->z.start_pfn = value;
		zone->complete = true;
	} else if (strstr(p->text, " protection: (")) {
		return protection(p, &zone->z, strchr(p->text, '(') + 1);
	} else if (sscanf(p->text, " %31[a-z]: %llu", name, &value) == 2) {
		return pcp_line(p, name, value);
	} else if (sscanf(p->text, " %31[a-z] %llu", name, &value) == 2 && (number = zone_number(&zone->z, name))) {
		*number = value;
	}
	return 0;
}

static int check_zone(struct proc *p, const struct proc_zone *zone)
{
	const struct rec_wire_zone *z = &zone->z;

	if (!zone->complete)
		return missing(p, "a line \"start_pfn: N\" for the last zone");
	if (z->zone_type > 3 || z->managed_pages > z->present_pages || z->present_pages > z->spanned_pages ||
	    !z->spanned_pages || z->spanned_pages > (uint64_t)1 << 40 || z->start_pfn > (uint64_t)1 << 40)
		return rec_fail(p->error, -EBADMSG, 0,
				"proc%u/zoneinfo: zone %s: expected managed <= present <= spanned frames in a zone "
				"DMA, DMA32, Normal or Movable", p->which, z->name);
	return 0;
}

static int read_zoneinfo(struct proc *p)
{
	int result;

	begin_file(p, PROC_ZONEINFO);
	while ((result = next_line(p)) > 0) {
		result = zoneinfo_line(p);
		if (result)
			return result;
	}
	if (!result && p->zone_count && !p->zones[p->zone_count - 1].complete &&
	    !p->zones[p->zone_count - 1].z.present_pages)
		p->zone_count--;
	if (!result && !p->zone_count)
		result = missing(p, "at least one zone with memory");
	for (uint32_t i = 0; !result && i < p->zone_count; i++)
		result = check_zone(p, &p->zones[i]);
	return result;
}

/* --- pagetypeinfo and buddyinfo --- */

static int type_number(const struct proc *p, const char *name)
{
	static const char *const names[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA" };

	for (int i = 0; i < 5; i++)
		if (!strcmp(name, names[i]))
			return i < 4 || p->type_count == 6 ? i : -1;
	return !strcmp(name, "Isolate") ? (int)p->type_count - 1 : -1;
}

/* Numbers to the line's end. A number behind '>' sets its bit in the mask. Return: 0 or -EBADMSG. */
static int numbers(struct proc *p, const char *at, uint64_t *to, unsigned count, uint32_t *floor_mask)
{
	for (unsigned i = 0; i < count; i++) {
		char *behind;

		at += strspn(at, " ");
		if (*at == '>' && floor_mask) {
			*floor_mask |= 1u << i;
			at++;
		}
		if (*at < '0' || *at > '9')
			return expected(p, "a number for each column");
		to[i] = strtoull(at, &behind, 10);
		at = behind;
	}
	return at[strspn(at, " ")] ? expected(p, "no more numbers than columns") : 0;
}

static int type_row(struct proc *p, struct proc_zone *zone, const char *at)
{
	char name[32];
	int used = 0, type;

	if (sscanf(at, ", type %31[A-Za-z]%n", name, &used) != 1)
		return expected(p, "\", type NAME\" behind the zone");
	type = type_number(p, name);
	if (type < 0)
		return expected(p, "a migratetype: Unmovable, Movable, Reclaimable, HighAtomic, CMA or Isolate");
	zone->rows |= 1u << type;
	return numbers(p, at + used, zone->counts[type], ORDER_COUNT, &zone->floor_mask[type]);
}

/* The part of the table at hand. */
enum table { TABLE_NONE, TABLE_FREE, TABLE_BLOCKS, TABLE_OTHER };

static int pagetypeinfo_line(struct proc *p, enum table *table)
{
	struct proc_zone *zone;
	uint32_t node;
	char name[16];
	int used;

	if (!strncmp(p->text, "Page block order: ", 18)) {
		p->pageblock_order = (uint32_t)strtoul(p->text + 18, NULL, 10);
		if (p->pageblock_order < 4 || p->pageblock_order >= ORDER_COUNT)
			return expected(p, "an order from 4 to 10");
		return 0;
	}
	if (!strncmp(p->text, "Free pages count per migrate type", 33))
		*table = TABLE_FREE;
	else if (!strncmp(p->text, "Number of blocks type", 21))
		*table = TABLE_BLOCKS;
	else if (!strncmp(p->text, "Number of mixed blocks", 22))
		*table = TABLE_OTHER;
	if (*table == TABLE_OTHER || strncmp(p->text, "Node ", 5))
		return 0;
	used = zone_heading(p->text, &node, name);
	zone = used ? find_zone(p, node, name) : NULL;
	if (!zone)
		return expected(p, "a zone that zoneinfo has");
	if (*table == TABLE_FREE)
		return type_row(p, zone, p->text + used);
	if (*table != TABLE_BLOCKS)
		return expected(p, "a heading before");
	zone->has_blocks = true;
	return numbers(p, p->text + used, zone->blocks, p->type_count, NULL);
}

/* Both tables name the types; CMA is there or not. */
static bool names_cma(const struct proc_text *text)
{
	return strstr(text->bytes, "CMA") != NULL;
}

static int read_pagetypeinfo(struct proc *p)
{
	enum table table = TABLE_NONE;
	int result;

	begin_file(p, PROC_PAGETYPEINFO);
	p->type_count = names_cma(&p->texts[PROC_PAGETYPEINFO]) ? 6 : 5;
	while ((result = next_line(p)) > 0) {
		result = pagetypeinfo_line(p, &table);
		if (result)
			return result;
	}
	if (!result && !p->pageblock_order)
		return missing(p, "a line \"Page block order: N\"");
	for (uint32_t i = 0; !result && i < p->zone_count; i++)
		if (p->zones[i].rows != (1u << p->type_count) - 1 || !p->zones[i].has_blocks)
			result = rec_fail_line(p->error, -EBADMSG, p->offset, p->line,
					       "proc%u/pagetypeinfo: expected all rows of zone %s, found only some: "
					       "the text is cut", p->which, p->zones[i].z.name);
	return result;
}

static int read_buddyinfo(struct proc *p)
{
	int result;

	begin_file(p, PROC_BUDDYINFO);
	while ((result = next_line(p)) > 0) {
		struct proc_zone *zone;
		uint32_t node;
		char name[16];
		int used = zone_heading(p->text, &node, name);

		zone = used ? find_zone(p, node, name) : NULL;
		if (!zone)
			return expected(p, "a zone that zoneinfo has");
		zone->has_totals = true;
		result = numbers(p, p->text + used, zone->totals, ORDER_COUNT, NULL);
		if (result)
			return result;
	}
	for (uint32_t i = 0; !result && i < p->zone_count; i++)
		if (!p->zones[i].has_totals)
			result = rec_fail_line(p->error, -EBADMSG, p->offset, p->line,
					       "proc%u/buddyinfo: expected a line for zone %s, found none", p->which,
					       p->zones[i].z.name);
	return result;
}

static int read_vm(struct proc *p)
{
	const struct { const char *name; uint64_t *to; } values[] = {
		{ "watermark_boost_factor", &p->settings.watermark_boost_factor },
		{ "watermark_scale_factor", &p->settings.watermark_scale_factor },
		{ "min_free_kbytes", &p->settings.min_free_kbytes },
		{ "percpu_pagelist_high_fraction", &p->settings.percpu_pagelist_high_fraction },
	};
	int result;

	p->settings.thp_enabled = 255;
	begin_file(p, PROC_VM);
	while ((result = next_line(p)) > 0) {
		unsigned long long value;
		char name[64];

		if (sscanf(p->text, "%63[a-z_] %llu", name, &value) != 2)
			return expected(p, "a name and a number");
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			if (!strcmp(name, values[i].name))
				*values[i].to = value;
	}
	return result;
}

/* Where pagetypeinfo stopped counting one type, the total of buddyinfo less the others says how many there are. */
static void complete_floors(struct proc_zone *zone)
{
	for (unsigned order = 0; order < ORDER_COUNT; order++) {
		unsigned cut = 0, which = 0;
		uint64_t rest = zone->totals[order];

		for (unsigned type = 0; type < TYPE_MAX; type++) {
			if (zone->floor_mask[type] >> order & 1) {
				cut++;
				which = type;
				continue;
			}
			rest -= zone->counts[type][order] < rest ? zone->counts[type][order] : rest;
		}
		if (cut != 1 || rest < zone->counts[which][order])
			continue;
		zone->counts[which][order] = rest;
		zone->floor_mask[which] &= ~(1u << order);
	}
}

/* --- the records --- */

static void write_zone(struct snapshot_build *build, const struct proc *p, uint32_t index)
{
	const struct proc_zone *zone = &p->zones[index];
	const struct rec_wire_block_counts head = { .zone = index, .type_count = p->type_count };

	for (uint32_t type = 0; type < p->type_count; type++) {
		const struct rec_wire_counts counts = { .zone = index, .migratetype = type,
							.order_count = ORDER_COUNT,
							.floor_mask = zone->floor_mask[type] };

		build_counts(build, &counts, zone->counts[type]);
	}
	build_record(build, REC_TLV_BLOCK_COUNTS, &head, sizeof(head), zone->blocks, (size_t)p->type_count * 8);
}

static int write_records(struct proc *p, const struct rec_info *info, void **bytes_out, size_t *length_out)
{
	struct rec_wire_kernel kernel = { .wire_version = REC_WIRE_VERSION, .snapshot = p->which, .page_shift = 12,
					  .pageblock_order = p->pageblock_order, .order_count = ORDER_COUNT,
					  .migratetype_count = p->type_count, .online_cpus = p->cpus,
					  .online_nodes = p->nodes };
	struct snapshot_build build;

	memcpy(kernel.release, info->kernel_release, sizeof(kernel.release) - 1);
	build_begin(&build, &kernel);
	for (uint32_t i = 0; i < p->zone_count; i++)
		build_record(&build, REC_TLV_ZONE, &p->zones[i].z, sizeof(p->zones[i].z), NULL, 0);
	for (uint32_t i = 0; i < p->pcp_count; i++)
		if (p->pcps[i].zone < p->zone_count)
			build_record(&build, REC_TLV_PCP, &p->pcps[i], sizeof(p->pcps[i]), NULL, 0);
	for (uint32_t i = 0; i < p->zone_count; i++)
		write_zone(&build, p, i);
	if (p->texts[PROC_VM].bytes)
		build_record(&build, REC_TLV_SETTINGS, &p->settings, sizeof(p->settings), NULL, 0);
	if (build_end(&build, bytes_out, length_out))
		return rec_fail(p->error, -ENOMEM, 0, "out of memory");
	return 0;
}

int proc_parse(const struct proc_text texts[PROC_FILE_COUNT], unsigned which, const struct rec_info *info,
	       void **bytes_out, size_t *length_out, struct rec_error *error)
{
	struct proc *p = calloc(1, sizeof(*p));
	int result;

	if (!p)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	p->texts = texts;
	p->which = which;
	p->error = error;
	result = read_zoneinfo(p);
	if (!result)
		result = read_pagetypeinfo(p);
	if (!result)
		result = read_buddyinfo(p);
	if (!result && texts[PROC_VM].bytes)
		result = read_vm(p);
	for (uint32_t i = 0; !result && i < p->zone_count; i++)
		complete_floors(&p->zones[i]);
	if (!result)
		result = write_records(p, info, bytes_out, length_out);
	free(p->pcps);
	free(p);
	return result;
}

bool proc_exists(const char *directory, unsigned which)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/proc%u", directory, which);
	return access(path, F_OK) == 0;
}

int proc_snapshot(const char *directory, unsigned which, const struct rec_info *info, void **bytes_out,
		  size_t *length_out, struct rec_error *error)
{
	struct proc_text texts[PROC_FILE_COUNT] = { { 0 } };
	char *bytes[PROC_FILE_COUNT] = { NULL };
	int result = 0;

	if (!proc_exists(directory, which))
		return rec_fail(error, -ENOENT, 0, "there is no snapshot %u", which);
	for (unsigned file = 0; file < PROC_FILE_COUNT && !result; file++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/proc%u/%s", directory, which, file_names[file]);
		result = rec_input_slurp(path, PROC_BYTES_MAX, &bytes[file], &texts[file].length);
		if (result == -ENOENT && file == PROC_VM) {
			result = 0;
			continue;
		}
		texts[file].bytes = bytes[file];
		if (result)
			rec_fail(error, -EBADMSG, 0, "proc%u/%s: expected a copy of /proc/%s: %s", which,
				 file_names[file], file_names[file], strerror(-result));
	}
	if (!result)
		result = proc_parse(texts, which, info, bytes_out, length_out, error);
	else
		result = -EBADMSG;
	for (unsigned file = 0; file < PROC_FILE_COUNT; file++)
		free(bytes[file]);
	return result;
}
