// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Repeats the model's calls on the reference.
 *
 * Interface and invariant: mirror.h.
 */
#include "mirror.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void note(struct fuzz_mirror *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct fuzz_mirror *m, const char *format, ...)
{
	va_list arguments;

	if (m->differs)
		return;
	m->differs = true;
	va_start(arguments, format);
	vsnprintf(m->text, sizeof(m->text), format, arguments);
	va_end(arguments);
}

/* The results of one call on both sides. */
static void compare(struct fuzz_mirror *m, const char *call, uint64_t pfn, unsigned order, int64_t model, int64_t ref)
{
	if (model != ref)
		note(m, "%s of frame %" PRIu64 ", order %u: the model says %" PRId64 ", the reference %" PRId64, call,
		     pfn, order, model, ref);
}

static void allocated(void *context, const struct buddy_request *request, int result, const struct buddy_block *block)
{
	struct fuzz_mirror *m = context;
	struct buddy_block other = { 0 };
	int ref_result;

	if (m->differs)
		return;
	ref_result = ref_alloc_pages(m->ref, request, &other);
	if (result != ref_result)
		note(m, "request of order %u, GFP 0x%x, CPU %u: the model says %d, the reference %d",
		     (unsigned)request->order, (unsigned)request->gfp, (unsigned)request->cpu, result, ref_result);
	else if (!result && !ref_same_block(block, &other))
		note(m, "request of order %u, GFP 0x%x, CPU %u: the model gives frame %" PRIu64
		     " (zone %u, type %u, path %u, attempt %u), the reference %" PRIu64 " (%u, %u, %u, %u)",
		     (unsigned)request->order, (unsigned)request->gfp, (unsigned)request->cpu, block->pfn,
		     (unsigned)block->zone, (unsigned)block->type, (unsigned)block->path, (unsigned)block->attempt,
		     other.pfn, (unsigned)other.zone, (unsigned)other.type, (unsigned)other.path,
		     (unsigned)other.attempt);
}

static void freed(void *context, uint32_t cpu, uint64_t pfn, unsigned order, enum sim_via via, int result)
{
	struct fuzz_mirror *m = context;

	if (m->differs)
		return;
	compare(m, "free", pfn, order, result, via == SIM_VIA_TAIL
							? ref_free_direct(m->ref, cpu, pfn, order, BUDDY_FREE_TO_TAIL)
							: ref_free_pages(m->ref, cpu, pfn, order));
}

int fuzz_mirror_init(struct fuzz_mirror *m, const struct sim_machine *machine, bool with_cma)
{
	*m = (struct fuzz_mirror){ .buddy = machine->buddy };
	m->tap = (struct sim_tap){ .context = m, .allocated = allocated, .freed = freed };
	for (uint32_t i = 0; i < machine->zone_count; i++)
		m->zones[i] = machine->zones[i];
	m->config = (struct buddy_config){ .profile = machine->profile, .zones = m->zones,
					   .zone_count = machine->zone_count, .cpu_count = machine->cpu_count,
					   .pageblock_order = machine->pageblock_order, .with_cma = with_cma };
	m->ref = ref_create(&m->config, m->buddy);
	return m->ref ? 0 : -ENOMEM;
}

void fuzz_mirror_fini(struct fuzz_mirror *m)
{
	ref_destroy(m->ref);
	m->ref = NULL;
}

int fuzz_mirror_zone_tune(struct fuzz_mirror *m, uint32_t zone, const struct buddy_zone_tuning *tuning)
{
	int result = buddy_zone_tune(m->buddy, zone, tuning);

	compare(m, "settings", 0, 0, result, ref_zone_tune(m->ref, zone, tuning));
	return result;
}

int fuzz_mirror_pcp_tune(struct fuzz_mirror *m, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *tuning)
{
	int result = buddy_pcp_tune(m->buddy, zone, cpu, tuning);

	compare(m, "limits", 0, 0, result, ref_pcp_tune(m->ref, zone, cpu, tuning));
	return result;
}

int fuzz_mirror_isolate(struct fuzz_mirror *m, uint32_t cpu, uint64_t pfn, unsigned order)
{
	int result = buddy_isolate_free(m->buddy, cpu, pfn, order);

	compare(m, "isolation", pfn, order, result, ref_isolate_free(m->ref, cpu, pfn, order));
	return result;
}

int fuzz_mirror_putback(struct fuzz_mirror *m, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type)
{
	int result = buddy_putback_isolated(m->buddy, cpu, pfn, order, type);

	compare(m, "putting back", pfn, order, result, ref_putback_isolated(m->ref, cpu, pfn, order, type));
	return result;
}

int fuzz_mirror_drain(struct fuzz_mirror *m, uint32_t cpu, uint32_t zone, uint32_t list_cpu)
{
	int result = buddy_drain_zone(m->buddy, cpu, zone, list_cpu);

	compare(m, "drain", 0, 0, result, ref_drain_zone(m->ref, cpu, zone, list_cpu));
	return result;
}

int fuzz_mirror_fold(struct fuzz_mirror *m, uint32_t cpu)
{
	int result = buddy_fold_stats(m->buddy, cpu);

	compare(m, "fold", 0, 0, result, ref_fold_stats(m->ref, cpu));
	return result;
}

int fuzz_mirror_decay(struct fuzz_mirror *m, uint32_t cpu, uint32_t zone)
{
	int result = buddy_decay_pcp(m->buddy, cpu, zone);

	compare(m, "decay", 0, 0, result, ref_decay_pcp(m->ref, cpu, zone));
	return result;
}

int64_t fuzz_mirror_move_block(struct fuzz_mirror *m, uint64_t pfn, unsigned type)
{
	int64_t result = buddy_move_pageblock(m->buddy, pfn, type);

	compare(m, "move of the pageblock", pfn, 0, result, ref_move_pageblock(m->ref, pfn, type));
	return result;
}

bool fuzz_mirror_unreserve(struct fuzz_mirror *m, const struct buddy_request *request, bool force)
{
	bool result = buddy_unreserve_highatomic(m->buddy, request, force);

	compare(m, "unreserve", 0, 0, result, ref_unreserve_highatomic(m->ref, request, force));
	return result;
}

bool fuzz_mirror_same(struct fuzz_mirror *m)
{
	return ref_same(m->ref, m->buddy, m->text, sizeof(m->text));
}
