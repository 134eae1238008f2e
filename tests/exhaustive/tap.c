// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of the model on their way.
 *
 * Interface: tap.h; the functions that the linker puts in the model's place (--wrap).
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

int __real_buddy_alloc_pages(struct buddy *buddy, const struct buddy_request *request, struct buddy_block *out);
int __wrap_buddy_alloc_pages(struct buddy *buddy, const struct buddy_request *request, struct buddy_block *out);
int __real_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);
int __wrap_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);
int __real_buddy_free_direct(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags);
int __wrap_buddy_free_direct(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags);
int __real_buddy_drain_all(struct buddy *buddy, uint32_t cpu);
int __wrap_buddy_drain_all(struct buddy *buddy, uint32_t cpu);
int __real_buddy_decay_pcp(struct buddy *buddy, uint32_t cpu, uint32_t zone);
int __wrap_buddy_decay_pcp(struct buddy *buddy, uint32_t cpu, uint32_t zone);

/* --- Planted faults --------------------------------------------------------------------------------------------- */

/* Returns true when it did something else in place of the free; *result_out is then the call's result. */
typedef bool plant(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out);

static bool is_free(const struct buddy *b, uint64_t pfn, unsigned order)
{
	uint64_t head;
	unsigned found;

	return buddy_frame_state(b, pfn, &head, &found) == BUDDY_FRAME_FREE && head == pfn && found == order;
}

static bool in_use(const struct buddy *b, uint64_t pfn)
{
	return buddy_frame_state(b, pfn, NULL, NULL) == BUDDY_FRAME_IN_USE;
}

/* The second of two buddies of order 1 comes back, between two blocks in use. */
static bool skip_merge(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	(void)cpu;
	if (pfn != 6 || order != 1 || !is_free(b, 4, 1) || !in_use(b, 6) || !in_use(b, 3))
		return false;
	*result_out = buddy_load_free(b, pfn, order, buddy_pageblock_type(b, pfn));
	(void)buddy_zone_set_free_pages(b, 0, buddy_free_pages_counter(b, 0) + 2);
	return true;
}

/* A frame between two others in use goes to a list of the other type. */
static bool wrong_list(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	if (pfn != 2 || order || !in_use(b, 1) || !in_use(b, 2) || !in_use(b, 3) || buddy_nr_free(b, 0, 0))
		return false;
	*result_out = buddy_putback_isolated(b, cpu, pfn, order, !buddy_pageblock_type(b, pfn));
	return true;
}

/* A block goes to the tail of its list where the kernel puts it at the head: nobody but the reference minds. */
static bool wrong_end(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	if (pfn != 5 || order || !in_use(b, 4) || !in_use(b, 5) || !in_use(b, 6) || !buddy_nr_free(b, 0, 0))
		return false;
	*result_out = __real_buddy_free_direct(b, cpu, pfn, order, BUDDY_FREE_TO_TAIL);
	return true;
}

/* The last frame of a tail is forgotten when another allocation follows it. */
static bool leak(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	(void)cpu;
	if (pfn != 3 || order || !in_use(b, 2) || !in_use(b, 3) || !in_use(b, 4))
		return false;
	*result_out = 0;
	return true;
}

static const struct {
	const char *name, *summary;
	plant *plant;
} plants[] = {
	{ "merge", "two buddies stay apart", skip_merge },
	{ "list", "a frame goes to a list of the wrong type", wrong_list },
	{ "tail", "a frame goes to the wrong end of its list", wrong_end },
	{ "leak", "a frame of a tail is not given back", leak },
};

static plant *planted;

bool tap_plant(const char *name)
{
	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		if (!strcmp(plants[i].name, name)) {
			planted = plants[i].plant;
			return true;
		}
	return false;
}

const char *tap_plant_name(size_t index, const char **summary_out)
{
	if (index >= sizeof(plants) / sizeof(plants[0]))
		return NULL;
	*summary_out = plants[index].summary;
	return plants[index].name;
}

/* --- The calls ----------------------------------------------------------------------------------------------- */

static struct ref *follower;
static char differs[256];

void tap_follow(struct ref *ref)
{
	follower = ref;
	differs[0] = '\0';
}

const char *tap_differs(void)
{
	return differs[0] ? differs : NULL;
}

static void compare(const char *call, int model, int reference)
{
	if (model != reference && !differs[0])
		snprintf(differs, sizeof(differs), "%s returned %d, the reference's %d", call, model, reference);
}

int __wrap_buddy_alloc_pages(struct buddy *buddy, const struct buddy_request *request, struct buddy_block *out)
{
	int result = __real_buddy_alloc_pages(buddy, request, out);
	struct buddy_block block;

	if (!follower)
		return result;
	compare("buddy_alloc_pages", result, ref_alloc_pages(follower, request, &block));
	if (!result && !differs[0] && !ref_same_block(out, &block))
		snprintf(differs, sizeof(differs),
			 "buddy_alloc_pages gave frame %llu, type %u, path %u, attempt %u; reference %llu, %u, %u, %u",
			 (unsigned long long)out->pfn, out->type, out->path, out->attempt,
			 (unsigned long long)block.pfn, block.type, block.path, block.attempt);
	return result;
}

int __wrap_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order)
{
	int result;

	if (!planted || !planted(buddy, cpu, pfn, order, &result))
		result = __real_buddy_free_pages(buddy, cpu, pfn, order);
	if (follower)
		compare("buddy_free_pages", result, ref_free_pages(follower, cpu, pfn, order));
	return result;
}

int __wrap_buddy_free_direct(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags)
{
	int result = __real_buddy_free_direct(buddy, cpu, pfn, order, flags);

	if (follower)
		compare("buddy_free_direct", result, ref_free_direct(follower, cpu, pfn, order, flags));
	return result;
}

int __wrap_buddy_drain_all(struct buddy *buddy, uint32_t cpu)
{
	int result = __real_buddy_drain_all(buddy, cpu);

	if (follower)
		compare("buddy_drain_all", result, ref_drain_all(follower, cpu));
	return result;
}

int __wrap_buddy_decay_pcp(struct buddy *buddy, uint32_t cpu, uint32_t zone)
{
	int result = __real_buddy_decay_pcp(buddy, cpu, zone);

	if (follower)
		compare("buddy_decay_pcp", result, ref_decay_pcp(follower, cpu, zone));
	return result;
}
