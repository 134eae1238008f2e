// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model and the reference in step over random operations, on machines of every kind.
 *
 *   oracle_lockstep                     the tests: a fixed number of operations, and that a difference is told
 *   oracle_lockstep OPERATIONS [SEED]   runs with this seed (1) and the next ones until so many operations are done
 *   oracle_lockstep --seed SEED         that run alone
 *   oracle_lockstep --bytes SEED        its bytes to standard output: a seed for the fuzzer (fuzz_ops)
 *   oracle_lockstep --file FILE         a run from bytes, as the fuzzer leaves them
 *
 * A run is decided by its seed: a machine, which kinds of operations it has (few of them reach states that all together
 * never do), and waves of allocating and freeing. After each operation results and states are compared.
 * Exit: 0, 1 with the first difference and the command that shows it again, 2 usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lockstep.h"

#define TEST_OPERATIONS 150000u
#define OPERATIONS_A_RUN 600u

struct stream {
	uint64_t x;
};

static uint64_t draw(struct stream *s)
{
	s->x ^= s->x << 13;
	s->x ^= s->x >> 7;
	s->x ^= s->x << 17;
	return s->x >> 8;
}

/* Operations of a run, with those kinds only that its mask has. Allocating and freeing always are. */
static void next_op(struct lockstep *l, struct stream *s, uint32_t kinds, bool fills,
		    uint8_t bytes[LOCKSTEP_OP_BYTES], struct lockstep_op *op)
{

	for (unsigned tries = 0; tries < 16; tries++) {
		uint64_t drawn = draw(s);

		for (unsigned i = 0; i < LOCKSTEP_OP_BYTES; i++)
			bytes[i] = (uint8_t)(i < 6 ? drawn >> 8 * i : draw(s));
		lockstep_decode(l, bytes, op);
		if (op->kind == LOCKSTEP_FREE && fills && draw(s) % 4)
			continue;
		if (op->kind == LOCKSTEP_ALLOC && !fills && draw(s) % 4)
			continue;
		if (kinds & 1u << op->kind)
			return;
	}
}

/* @copy: gets the run's bytes; may be NULL. */
static bool run(struct lockstep *l, uint64_t seed, FILE *copy, uint64_t *ops_out)
{
	struct stream s = { seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
	struct lockstep_machine machine;
	uint8_t header[LOCKSTEP_HEADER_BYTES], bytes[LOCKSTEP_OP_BYTES];
	struct lockstep_op op;
	uint32_t kinds;
	bool ok;

	for (unsigned i = 0; i < 8; i++)
		draw(&s);
	for (unsigned i = 0; i < sizeof(header); i++)
		header[i] = (uint8_t)draw(&s);
	kinds = (uint32_t)(draw(&s) | draw(&s)) | 1u << LOCKSTEP_ALLOC | 1u << LOCKSTEP_FREE;
	lockstep_machine_from(header, &machine);
	if (copy)
		fwrite(header, sizeof(header), 1, copy);
	ok = lockstep_init(l, &machine);
	for (unsigned i = 0; ok && i < OPERATIONS_A_RUN; i++) {
		next_op(l, &s, kinds, i / 100 % 2 == 0, bytes, &op);
		if (copy)
			fwrite(bytes, sizeof(bytes), 1, copy);
		ok = lockstep_step(l, &op);
		++*ops_out;
	}
	lockstep_fini(l);
	return ok;
}

/* --- Tests -------------------------------------------------------------------------------------------------- */

static void model_and_reference_stay_in_step(void **state)
{
	struct lockstep *l = malloc(sizeof(*l));
	uint64_t ops = 0;

	(void)state;
	assert_non_null(l);
	for (uint64_t seed = 1; ops < TEST_OPERATIONS; seed++)
		if (!run(l, seed, NULL, &ops))
			fail_msg("seed %" PRIu64 ": %s", seed, l->message);
	free(l);
}

static void any_bytes_are_a_run(void **state)
{
	struct lockstep *l = malloc(sizeof(*l));
	uint8_t bytes[LOCKSTEP_HEADER_BYTES + 64 * LOCKSTEP_OP_BYTES];
	uint64_t ops;

	(void)state;
	assert_non_null(l);
	for (unsigned value = 0; value < 256; value++) {
		memset(bytes, (int)value, sizeof(bytes));
		if (!lockstep_bytes(l, bytes, sizeof(bytes), &ops))
			fail_msg("bytes 0x%02x: %s", value, l->message);
		assert_int_equal(ops, 64);
		assert_true(lockstep_bytes(l, bytes, value % 12, &ops));
		assert_int_equal(ops, value % 12 == 11);
	}
	free(l);
}

enum plant {
	PLANT_ALLOC, PLANT_FREE, PLANT_MOVABLE, PLANT_COUNTER, PLANT_BOOST, PLANT_TYPE, PLANT_HIGH, PLANT_DIFF,
	PLANT_BELOW_HIGH, PLANT_FREE_FACTOR, PLANT_ROTATE, PLANT_COUNT
};

/* Changes the model alone, by one thing. */
static void plant(struct buddy *b, enum plant what)
{
	struct buddy_request r = { .gfp = 0xcc0, .order = 0 };
	struct buddy_zone_tuning z;
	struct buddy_pcp_tuning p;
	struct buddy_block block;
	unsigned order = 0;
	uint64_t first;

	buddy_zone_tuning_get(b, 0, &z);
	buddy_pcp_tuning_get(b, 0, 0, &p);
	if (what == PLANT_ALLOC)
		assert_int_equal(buddy_alloc_pages(b, &r, &block), 0);
	if (what == PLANT_FREE)
		assert_int_equal(buddy_free_direct(b, 0, 0, 0, 0), 0);
	if (what == PLANT_MOVABLE)
		assert_int_equal(buddy_set_movable(b, 0, true), 0);
	if (what == PLANT_COUNTER)
		buddy_zone_set_free_pages(b, 0, buddy_free_pages_counter(b, 0) + 1);
	if (what == PLANT_TYPE)
		assert_int_equal(buddy_set_pageblock_type(b, 0, BUDDY_RECLAIMABLE), 0);
	if (what == PLANT_ROTATE) {
		/* The same blocks in another order: the first one of a list of several comes back. */
		while (buddy_list_length(b, 0, order, BUDDY_UNMOVABLE) < 2)
			assert_true(++order < BUDDY_ORDER_COUNT);
		assert_true(buddy_list_first(b, 0, order, BUDDY_UNMOVABLE, &first));
		assert_int_equal(buddy_take(b, 0, first, order), 0);
		assert_int_equal(buddy_free_direct(b, 0, first, order, BUDDY_FREE_TO_TAIL), 0);
	}
	z.boost_pages += what == PLANT_BOOST;
	z.below_high ^= what == PLANT_BELOW_HIGH;
	p.high_pages += what == PLANT_HIGH;
	p.free_pages_diff += what == PLANT_DIFF;
	p.free_factor += what == PLANT_FREE_FACTOR;
	if (what == PLANT_BOOST || what == PLANT_BELOW_HIGH)
		assert_int_equal(buddy_zone_tune(b, 0, &z), 0);
	if (what == PLANT_HIGH || what == PLANT_DIFF || what == PLANT_FREE_FACTOR)
		assert_int_equal(buddy_pcp_tune(b, 0, 0, &p), 0);
}

/* Frame 0 is in use, and every second frame up to 15 is free. */
static void make_ragged(struct lockstep *l, const uint8_t *header)
{
	struct lockstep_op op = { .kind = LOCKSTEP_TAKE, .order = 4 };
	struct lockstep_machine machine;

	lockstep_machine_from(header, &machine);
	assert_true(lockstep_init(l, &machine));
	assert_true(lockstep_step(l, &op));
	op.kind = LOCKSTEP_MOVE;
	op.type = BUDDY_UNMOVABLE;
	assert_true(lockstep_step(l, &op));
	op.kind = LOCKSTEP_FREE_DIRECT;
	op.order = 0;
	for (op.pfn = 1; op.pfn < 16; op.pfn += 2)
		assert_true(lockstep_step(l, &op));
}

static void every_planted_difference_is_told(void **state)
{
	/* One zone [0, 256), CPU lists and thresholds on, pageblock order 4, for either kernel. */
	static const uint8_t headers[2][LOCKSTEP_HEADER_BYTES] = { { 0xc0, 0x60, 0 }, { 0xc1, 0x60, 0 } };
	struct lockstep *l = malloc(sizeof(*l));
	struct lockstep_op drain = { .kind = LOCKSTEP_DRAIN_ALL };

	(void)state;
	assert_non_null(l);
	for (unsigned kernel = 0; kernel < 2; kernel++)
		for (unsigned what = 0; what < PLANT_COUNT; what++) {
			make_ragged(l, headers[kernel]);
			assert_true(ref_same(l->ref, l->buddy, l->message, sizeof(l->message)));
			plant(l->buddy, (enum plant)what);
			l->message[0] = '\0';
			if (ref_same(l->ref, l->buddy, l->message, sizeof(l->message)))
				fail_msg("kernel %u: planted difference %u was not seen", kernel, what);
			assert_non_null(strstr(l->message, "reference"));
			assert_non_null(strstr(l->message, "model"));
			assert_false(lockstep_step(l, &drain));
			assert_non_null(strstr(l->message, "after drain_all("));
			lockstep_fini(l);
		}
	free(l);
}

static void every_counter_is_compared(void **state)
{
	static const uint8_t header[LOCKSTEP_HEADER_BYTES] = { 0xc0, 0x60, 0 };
	struct lockstep *l = malloc(sizeof(*l));
	uint64_t *counters;

	(void)state;
	assert_non_null(l);
	make_ragged(l, header);
	counters = (uint64_t *)(uintptr_t)buddy_stats(l->buddy);
	for (unsigned i = 0; i < sizeof(struct buddy_stats) / sizeof(*counters); i++) {
		counters[i]++;
		l->message[0] = '\0';
		if (ref_same(l->ref, l->buddy, l->message, sizeof(l->message)))
			fail_msg("a wrong counter %u was not seen", i);
		assert_non_null(strstr(l->message, "buddy_stats, "));
		counters[i]--;
	}
	assert_true(ref_same(l->ref, l->buddy, l->message, sizeof(l->message)));
	lockstep_fini(l);
	free(l);
}

static void a_different_result_is_told(void **state)
{
	static const uint8_t header[LOCKSTEP_HEADER_BYTES] = { 0xc0, 0x60, 0 };
	struct lockstep_op free_it = { .kind = LOCKSTEP_FREE_DIRECT };
	struct lockstep *l = malloc(sizeof(*l));

	(void)state;
	assert_non_null(l);
	make_ragged(l, header);
	assert_int_equal(buddy_free_direct(l->buddy, 0, 0, 0, 0), 0);
	assert_false(lockstep_step(l, &free_it));
	assert_non_null(strstr(l->message, "result: reference 0, model -17; after free_direct("));
	lockstep_fini(l);
	free(l);
}

/* --- Long runs ---------------------------------------------------------------------------------------------- */

static int long_run(uint64_t operations, uint64_t seed, bool only)
{
	struct lockstep *l = malloc(sizeof(*l));
	time_t start = time(NULL), told = start;
	uint64_t ops = 0;

	if (!l)
		return 1;
	do {
		if (!run(l, seed, NULL, &ops)) {
			printf("seed %" PRIu64 ", after %" PRIu64 " operations: %s\n"
			       "again: oracle_lockstep --seed %" PRIu64 "\n", seed, ops, l->message, seed);
			free(l);
			return 1;
		}
		seed++;
		if (isatty(STDERR_FILENO) && time(NULL) > told) {
			told = time(NULL);
			fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " operations (%.1f%%), %.0f a second ", ops,
				operations, 100.0 * (double)ops / (double)operations,
				(double)ops / (double)(told - start));
		}
	} while (!only && ops < operations);
	if (told > start)
		fputc('\n', stderr);
	printf("%" PRIu64 " operations, seeds up to %" PRIu64 ", no difference, %.0f s\n", ops, seed - 1,
	       difftime(time(NULL), start));
	free(l);
	return 0;
}

static int write_bytes(uint64_t seed)
{
	struct lockstep *l = malloc(sizeof(*l));
	uint64_t ops = 0;
	bool ok = l && run(l, seed, stdout, &ops) && !fflush(stdout) && !ferror(stdout);

	free(l);
	return !ok;
}

static int run_file(const char *name)
{
	struct lockstep *l = malloc(sizeof(*l));
	size_t room = LOCKSTEP_HEADER_BYTES + (size_t)LOCKSTEP_OP_BYTES * 1000000, size;
	uint8_t *data = malloc(room);
	FILE *file = fopen(name, "rb");
	uint64_t ops = 0;
	bool ok = false;

	if (!file) {
		fprintf(stderr, "oracle_lockstep: %s: %s\n", name, strerror(errno));
	} else if (l && data) {
		size = fread(data, 1, room, file);
		ok = !ferror(file) && lockstep_bytes(l, data, size, &ops);
		printf("%s: %" PRIu64 " operations: %s\n", name, ops, ok ? "no difference" : l->message);
	}
	if (file)
		fclose(file);
	free(data);
	free(l);
	return !ok;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && *end == '\0' && *text >= '0' && *text <= '9' && *out;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model_and_reference_stay_in_step),
		cmocka_unit_test(any_bytes_are_a_run),
		cmocka_unit_test(every_planted_difference_is_told),
		cmocka_unit_test(every_counter_is_compared),
		cmocka_unit_test(a_different_result_is_told),
	};
	uint64_t value, seed = 1;

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	if ((argc == 2 || (argc == 3 && number(argv[2], &seed))) && number(argv[1], &value))
		return long_run(value, seed, false);
	if (argc == 3 && !strcmp(argv[1], "--seed") && number(argv[2], &value))
		return long_run(OPERATIONS_A_RUN, value, true);
	if (argc == 3 && !strcmp(argv[1], "--bytes") && number(argv[2], &value))
		return write_bytes(value);
	if (argc == 3 && !strcmp(argv[1], "--file"))
		return run_file(argv[2]);
	fprintf(stderr, "usage: oracle_lockstep [OPERATIONS [SEED] | --seed SEED | --bytes SEED | --file FILE], "
		"numbers from 1\n");
	return 2;
}
