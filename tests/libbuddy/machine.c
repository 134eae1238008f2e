// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A model for tests.
 */
#include "machine.h"

#include <stdio.h>
#include <sys/mman.h>

void machine_from(struct machine *m, const struct buddy_config *c)
{
	m->bytes = buddy_footprint(c);
	assert_true(m->bytes > 0);
	m->memory = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(m->memory, MAP_FAILED);
	assert_int_equal(buddy_init(m->memory, m->bytes, c, &m->b), 0);
}

static void make(struct machine *m, const char *profile, const struct buddy_zone_config *zones, uint32_t zone_count,
		 uint32_t cpus)
{
	machine_from(m, &(struct buddy_config){ .profile = buddy_profile_find(profile), .zones = zones,
						.zone_count = zone_count, .cpu_count = cpus, .pageblock_order = 9 });
}

void machine_make(struct machine *m, const struct buddy_zone_config *zones, uint32_t zone_count, uint32_t cpus)
{
	make(m, "6.1", zones, zone_count, cpus);
}

void machine_plain(struct machine *m, uint64_t frames, uint32_t high, uint32_t batch)
{
	machine_plain_as(m, "6.1", frames, high, batch);
}

void machine_plain_as(struct machine *m, const char *profile, uint64_t frames, uint32_t high, uint32_t batch)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, frames };
	struct buddy_pcp_tuning p = { .high_pages = high, .batch_pages = batch };
	struct buddy_zone_tuning t = { .present_pages = frames, .managed_pages = frames };

	make(m, profile, &z, 1, 1);
	assert_int_equal(buddy_pcp_tune(m->b, 0, 0, &p), 0);
	assert_int_equal(buddy_zone_tune(m->b, 0, &t), 0);
}

void machine_free(struct machine *m, uint64_t pfn, unsigned order, unsigned type)
{
	uint32_t zone;

	assert_int_equal(buddy_load_free(m->b, pfn, order, type), 0);
	assert_int_equal(buddy_zone_of(m->b, pfn, &zone), 0);
	buddy_zone_set_free_pages(m->b, zone, (int64_t)buddy_free_pages_listed(m->b, zone));
}

void machine_fini(struct machine *m)
{
	munmap(m->memory, m->bytes);
}

void assert_list(const struct machine *m, uint32_t zone, unsigned order, unsigned type, const uint64_t *pfns,
		 size_t count)
{
	uint64_t found[64] = { 0 };
	uint64_t length = buddy_list_copy(m->b, zone, order, type, found, 64);

	for (uint64_t i = 0; i < length && i < count; i++)
		if (found[i] != pfns[i])
			fail_msg("order %u type %u entry %llu: expected 0x%llx, found 0x%llx", order, type,
				 (unsigned long long)i, (unsigned long long)pfns[i], (unsigned long long)found[i]);
	assert_int_equal(length, count);
}

void assert_sound(const struct machine *m)
{
	char message[256] = "";

	if (!buddy_check(m->b, message, sizeof(message)))
		fail_msg("%s", message);
}
