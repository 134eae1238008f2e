// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc text and indices. The golden text is what a Debian 6.1 guest prints for such lists.
 *
 * Source: frag_show_print, pagetypeinfo_show, __fragmentation_index, unusable_free_index, mm/vmstat.c.
 */
#include <string.h>

#include "machine.h"

static void fill(struct machine *m)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", 1, 4095 },
						      { 0, BUDDY_ZONE_DMA32, "DMA32", 4096, 4096 } };

	machine_make(m, z, 2, 1);
	machine_free(m, 8, 0, BUDDY_UNMOVABLE);
	machine_free(m, 1024, 10, BUDDY_MOVABLE);
	machine_free(m, 4096 + 4, 2, BUDDY_MOVABLE);
	machine_free(m, 4096 + 16, 2, BUDDY_RECLAIMABLE);
	machine_free(m, 4096 + 512, 9, BUDDY_HIGHATOMIC);
	buddy_set_pageblock_type(m->b, 4096 + 512, BUDDY_HIGHATOMIC);
	buddy_set_pageblock_type(m->b, 4096, BUDDY_RECLAIMABLE);
}

static void buddyinfo_has_the_kernels_layout(void **state)
{
	struct machine m;
	char text[1024];
	size_t length;
	const char *expected =
		"Node 0, zone      DMA      1      0      0      0      0      0      0      0      0      0      1 \n"
		"Node 0, zone    DMA32      0      0      2      0      0      0      0      0      0      1      0 \n";

	(void)state;
	fill(&m);
	length = buddy_print_buddyinfo(m.b, text, sizeof(text));
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
	assert_int_equal(buddy_print_buddyinfo(m.b, text, 10), length);
	assert_string_equal(text, "Node 0, z");
	assert_int_equal(buddy_print_buddyinfo(m.b, NULL, 0), length);
	machine_fini(&m);
}

static void pagetypeinfo_has_the_kernels_layout(void **state)
{
	struct machine m;
	char text[4096];

	(void)state;
	fill(&m);
	buddy_print_pagetypeinfo(m.b, text, sizeof(text));
	assert_memory_equal(text, "Page block order: 9\nPages per block:  512\n\n", 43);
	assert_non_null(strstr(text, "Free pages count per migrate type at order       0      1      2      3      4 "
				     "     5      6      7      8      9     10 \n"));
	assert_non_null(strstr(text, "Node    0, zone      DMA, type    Unmovable      1      0      0      0      0 "
				     "     0      0      0      0      0      0 \n"));
	assert_non_null(strstr(text, "Node    0, zone    DMA32, type   HighAtomic      0      0      0      0      0 "
				     "     0      0      0      0      1      0 \n"));
	assert_null(strstr(text, "CMA"));
	assert_non_null(strstr(text, "\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic "
				     "     Isolate \n"));
	assert_non_null(strstr(text, "Node 0, zone    DMA32            0            6            1            1        "
				     "    0 \n"));
	machine_fini(&m);
}

/* DMA32: 8 + 512 free frames in 3 blocks. */
static void indices_follow_the_kernels_formulae(void **state)
{
	struct machine m;

	(void)state;
	fill(&m);
	assert_int_equal(buddy_unusable_index(m.b, 1, 0), 0);
	assert_int_equal(buddy_unusable_index(m.b, 1, 3), 8 * 1000 / 520);
	assert_int_equal(buddy_unusable_index(m.b, 1, 10), 1000);
	assert_int_equal(buddy_extfrag_percent(m.b, 1, 3), 1);
	assert_int_equal(buddy_fragmentation_index(m.b, 1, 9), -1000);
	assert_int_equal(buddy_fragmentation_index(m.b, 1, 10), 1000 - (1000 + 520 * 1000 / 1024) / 3);
	machine_fini(&m);
	machine_plain(&m, 4096, 8, 1);
	assert_int_equal(buddy_unusable_index(m.b, 0, 0), 1000);
	assert_int_equal(buddy_fragmentation_index(m.b, 0, 0), 0);
	assert_int_equal(buddy_extfrag_percent(m.b, 0, 0), 0);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buddyinfo_has_the_kernels_layout),
		cmocka_unit_test(pagetypeinfo_has_the_kernels_layout),
		cmocka_unit_test(indices_follow_the_kernels_formulae),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
