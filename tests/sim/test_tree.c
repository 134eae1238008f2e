// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Split/merge trees of known states, and the examples that pictures are made of.
 */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "example.h"
#include "load.h"
#include "small.h"
#include "tree.h"

static struct sim_machine machine;
static struct sim_tree tree;

static int load(void **state)
{
	struct sim_error error;

	(void)state;
	return sim_machine_load(&machine, small_snapshot(), NULL, &error);
}

static int unload(void **state)
{
	(void)state;
	sim_machine_unload(&machine);
	return 0;
}

static void take(uint64_t start_pfn, unsigned order)
{
	assert_int_equal(sim_tree_take(&tree, machine.buddy, start_pfn, order, NULL, NULL), 0);
}

static void expect_leaf(unsigned index, uint64_t start_pfn, unsigned order, enum sim_piece piece)
{
	const struct sim_tree_node *node = &tree.nodes[index];

	assert_true(index < tree.node_count);
	assert_int_equal(node->start_pfn, start_pfn);
	assert_int_equal(node->order, order);
	assert_false(node->split);
	assert_int_equal(node->piece, piece);
}

static void expect_split(unsigned index, uint64_t start_pfn, unsigned order, bool listed)
{
	const struct sim_tree_node *node = &tree.nodes[index];

	assert_true(index < tree.node_count);
	assert_int_equal(node->start_pfn, start_pfn);
	assert_int_equal(node->order, order);
	assert_true(node->split);
	assert_int_equal(node->listed, listed);
}

/*
 *     4096    4100    4101    4102            4104
 *     | in use: order 2 | use | free | free: order 1 |
 */
static void block_is_halved_down_to_its_pieces(void **state)
{
	static const int32_t parents[] = { -1, 0, 0, 2, 3, 3, 2 };

	(void)state;
	assert_int_equal(buddy_take(machine.buddy, 0, 4096, 2), 0);
	assert_int_equal(buddy_take(machine.buddy, 0, 4100, 0), 0);
	take(4096, 3);
	assert_int_equal(tree.node_count, 7);
	assert_int_equal(tree.lowest_order, 0);
	expect_split(0, 4096, 3, true);
	expect_leaf(1, 4096, 2, SIM_PIECE_IN_USE);
	expect_split(2, 4100, 2, true);
	expect_split(3, 4100, 1, true);
	expect_leaf(4, 4100, 0, SIM_PIECE_IN_USE);
	expect_leaf(5, 4101, 0, SIM_PIECE_FREE);
	expect_leaf(6, 4102, 1, SIM_PIECE_FREE);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(tree.nodes[i].parent, parents[i]);
}

static void two_free_blocks_side_by_side_are_two_leaves(void **state)
{
	(void)state;
	assert_int_equal(buddy_take(machine.buddy, 0, 4096, 3), 0);
	take(4096, 10); /* 4104 order 3, 4112 order 4, ... */
	assert_int_equal(tree.node_count, 2 * 7 + 1);
	expect_leaf(tree.node_count - 1, 4096 + 512, 9, SIM_PIECE_FREE);
	assert_int_equal(tree.lowest_order, 3);
}

static void part_of_a_free_block_is_one_leaf_that_names_the_block(void **state)
{
	(void)state;
	take(5128, 3);
	assert_int_equal(tree.node_count, 1);
	expect_leaf(0, 5128, 3, SIM_PIECE_FREE);
	assert_int_equal(tree.nodes[0].list_order, 10);
	assert_true(tree.nodes[0].listed);
}

static void used_block_is_one_leaf_and_on_no_list(void **state)
{
	(void)state;
	take(SMALL_USED_PFN, 10);
	assert_int_equal(tree.node_count, 1);
	expect_leaf(0, SMALL_USED_PFN, 10, SIM_PIECE_IN_USE);
	assert_false(tree.nodes[0].listed);
}

static void frames_outside_every_zone_are_told(void **state)
{
	(void)state;
	take(0, 4);
	assert_int_equal(tree.node_count, 1);
	expect_leaf(0, 0, 4, SIM_PIECE_OUTSIDE);
}

static enum sim_piece first_three(const void *context, uint64_t pfn)
{
	(void)context;
	return pfn < SMALL_USED_PFN + 3 ? SIM_PIECE_FIRST : SIM_PIECE_HELD;
}

static void owner_parts_what_is_whole_to_the_allocator(void **state)
{
	(void)state;
	assert_int_equal(sim_tree_take(&tree, machine.buddy, SMALL_USED_PFN, 2, first_three, NULL), 0);
	assert_int_equal(tree.node_count, 5);
	expect_split(0, SMALL_USED_PFN, 2, false);
	expect_leaf(1, SMALL_USED_PFN, 1, SIM_PIECE_FIRST);
	expect_split(2, SMALL_USED_PFN + 2, 1, false);
	expect_leaf(3, SMALL_USED_PFN + 2, 0, SIM_PIECE_FIRST);
	expect_leaf(4, SMALL_USED_PFN + 3, 0, SIM_PIECE_HELD);
}

static void block_of_single_frames_has_the_most_nodes(void **state)
{
	(void)state;
	for (uint64_t pfn = 4096; pfn < 5120; pfn += 2)
		assert_int_equal(buddy_take(machine.buddy, 0, pfn, 0), 0);
	take(4096, 10);
	assert_int_equal(tree.node_count, SIM_TREE_NODES_MAX);
}

static void blocks_that_cannot_be_are_refused(void **state)
{
	(void)state;
	take(4096, 3);
	assert_int_equal(sim_tree_take(&tree, machine.buddy, 4097, 1, NULL, NULL), -EINVAL);
	assert_int_equal(sim_tree_take(&tree, machine.buddy, 0, BUDDY_ORDER_COUNT, NULL, NULL), -EINVAL);
	assert_int_equal(tree.order, 3);
	assert_int_equal(tree.node_count, 1);
}

struct seen {
	unsigned stages;
	uint64_t calls;
	unsigned last_nodes;
	struct sim_tree_node last_root;
};

static void see(void *context, const struct sim_example_stage *stage)
{
	struct seen *seen = context;

	seen->stages++;
	seen->calls += stage->calls;
	seen->last_nodes = stage->tree->node_count;
	seen->last_root = stage->tree->nodes[0];
}

static struct seen run(const struct sim_example *example)
{
	struct seen seen = { 0 };
	struct sim_error error = { 0 };
	uint64_t calls = 0;

	if (sim_example_run(example, see, &seen, &calls, &error))
		fail_msg("%s, %u pages: %s", example->policy->name, (unsigned)example->pages, error.text);
	assert_int_equal(calls, seen.calls);
	return seen;
}

/* 11 of 16 pages: a tail of 1 and 4, a front of 8, 2 and 1. The figures of docs/policies.md. */
static void calls_of_eleven_pages_are_those_of_the_grains(void **state)
{
	static const struct {
		const struct sim_policy *policy;
		uint64_t calls, calls_pressed, calls_with_second, calls_with_short_second;
	} rows[] = {
		{ &sim_policy_none, 1 + 1, 2, 4, 4 },           { &sim_policy_exact, 1 + 5 + 11, 17, 22, 22 },
		{ &sim_policy_fitfree, 1 + 2 + 3, 6, 10, 10 },  { &sim_policy_fit_exact, 1 + 2 + 11, 14, 19, 19 },
		{ &sim_policy_exact_fit, 1 + 5 + 3, 9, 13, 13 }, { &sim_policy_lazy, 1 + 1, 1 + 2 + 3, 4, 4 },
		{ &sim_policy_nest, 1 + 1, 1 + 2 + 3, 4, 2 },   { &sim_policy_direct, 1 + 2 + 3, 6, 10, 10 },
		{ &sim_policy_lazy_direct, 1 + 1, 1 + 2 + 3, 4, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_example example = { .policy = rows[i].policy, .pages = 11 };

		assert_int_equal(run(&example).calls, rows[i].calls);
		example.pressure = true;
		assert_int_equal(run(&example).calls, rows[i].calls_pressed);
		example.pressure = false;
		example.second_pages = 3;
		assert_int_equal(run(&example).calls, rows[i].calls_with_second);
		example.second_ends_first = true;
		assert_int_equal(run(&example).calls, rows[i].calls_with_short_second);
	}
}

static void every_policy_gives_the_whole_block_back(void **state)
{
	static const uint64_t second_pages[] = { 0, 1, 3, 20 };
	struct sim_example e;

	(void)state;
	for (unsigned i = 0; sim_policy_at(i); i++) {
		for (uint64_t pages = 1; pages <= SIM_EXAMPLE_PAGES_MAX; pages++) {
			for (unsigned way = 0; way < 32; way++) {
				struct seen seen;

				e = (struct sim_example){ sim_policy_at(i), way & 1 ? "6.12" : "6.1", pages,
							  second_pages[way >> 3], way & 2, way & 4 };
				seen = run(&e);
				assert_int_equal(seen.last_nodes, 1);
				assert_int_equal(seen.last_root.piece, SIM_PIECE_FREE);
				assert_int_equal(seen.last_root.list_order, seen.last_root.order);
			}
		}
	}
}

static void pages_out_of_range_are_refused(void **state)
{
	struct sim_example example = { .policy = &sim_policy_exact };
	struct seen seen = { 0 };
	struct sim_error error;
	uint64_t calls = 77;

	(void)state;
	assert_int_equal(sim_example_run(&example, see, &seen, &calls, &error), -EINVAL);
	example.pages = SIM_EXAMPLE_PAGES_MAX + 1;
	assert_int_equal(sim_example_run(&example, see, &seen, &calls, &error), -EINVAL);
	example.pages = 1;
	example.second_pages = SIM_EXAMPLE_PAGES_MAX + 1;
	assert_int_equal(sim_example_run(&example, see, &seen, &calls, &error), -EINVAL);
	example.second_pages = 0;
	example.kernel = "5.4";
	assert_int_equal(sim_example_run(&example, see, &seen, &calls, &error), -EPROTONOSUPPORT);
	assert_int_equal(seen.stages, 0);
	assert_int_equal(calls, 77);
}

#define WITH_MACHINE(test) cmocka_unit_test_setup_teardown(test, load, unload)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MACHINE(block_is_halved_down_to_its_pieces),
		WITH_MACHINE(two_free_blocks_side_by_side_are_two_leaves),
		WITH_MACHINE(part_of_a_free_block_is_one_leaf_that_names_the_block),
		WITH_MACHINE(used_block_is_one_leaf_and_on_no_list),
		WITH_MACHINE(frames_outside_every_zone_are_told),
		WITH_MACHINE(owner_parts_what_is_whole_to_the_allocator),
		WITH_MACHINE(block_of_single_frames_has_the_most_nodes),
		WITH_MACHINE(blocks_that_cannot_be_are_refused),
		cmocka_unit_test(calls_of_eleven_pages_are_those_of_the_grains),
		cmocka_unit_test(every_policy_gives_the_whole_block_back),
		cmocka_unit_test(pages_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
