// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of the model on their way.
 *
 * Interface: tap.h; the functions that the linker puts in the model's place (--wrap).
 */
#include "tap.h"

#include <string.h>

int __real_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);
int __wrap_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);

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
	if (pfn != 6 || order != 1 || !is_free(b, 4, 1) || !in_use(b, 3) || is_free(b, 0, 1))
		return false;
	*result_out = buddy_load_free(b, pfn, order, buddy_pageblock_type(b, pfn));
	(void)buddy_zone_set_free_pages(b, 0, buddy_free_pages_counter(b, 0) + 2);
	return true;
}

/* A frame between two others in use goes to a list of the other type. */
static bool wrong_list(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	if (pfn != 2 || order || !in_use(b, 1) || !in_use(b, 3) || buddy_nr_free(b, 0, 0))
		return false;
	*result_out = buddy_putback_isolated(b, cpu, pfn, order, !buddy_pageblock_type(b, pfn));
	return true;
}

/* The last frame of a tail is forgotten when another allocation follows it. */
static bool leak(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, int *result_out)
{
	(void)cpu;
	if (pfn != 3 || order || !in_use(b, 2) || !in_use(b, 4))
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

int __wrap_buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order)
{
	int result;

	if (planted && planted(buddy, cpu, pfn, order, &result))
		return result;
	return __real_buddy_free_pages(buddy, cpu, pfn, order);
}
