// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The workload generator: what is parsed, what is drawn, what never changes.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <buddy/buddy.h>

#include "workload.h"

static struct sim_work_params parsed(const char *spec)
{
	struct sim_work_params params;
	struct sim_error error = { 0 };

	if (sim_workload_parse(spec, &params, &error))
		fail_msg("%s: %s", spec, error.text);
	return params;
}

static struct sim_workload *created(const char *spec)
{
	struct sim_work_params params = parsed(spec);
	struct sim_workload *w = sim_workload_create(&params);

	assert_non_null(w);
	return w;
}

static void assert_refused(const char *spec, const char *why)
{
	struct sim_work_params params = { .value[SIM_WORK_OPS] = 77 };
	struct sim_error error = { 0 };

	assert_int_equal(sim_workload_parse(spec, &params, &error), -EINVAL);
	if (!strstr(error.text, why))
		fail_msg("%s: expected \"%s\" in \"%s\"", spec, why, error.text);
	assert_int_equal(params.value[SIM_WORK_OPS], 77);
}

static void a_profile_sets_keys_and_the_user_overrides_them(void **state)
{
	struct sim_work_params p = parsed("synth:bursty,occupancy=60,mem=64M,seed=0x10,pcp=off");

	(void)state;
	assert_string_equal(p.profile->name, "bursty");
	assert_int_equal(p.value[SIM_WORK_WAVE], SIM_WAVE_BURST);
	assert_int_equal(p.value[SIM_WORK_LOW], 20);
	assert_int_equal(p.value[SIM_WORK_OCCUPANCY], 60);
	assert_int_equal(p.value[SIM_WORK_MEM], 16384);
	assert_int_equal(p.value[SIM_WORK_SEED], 16);
	assert_int_equal(p.value[SIM_WORK_PCP], 0);
	assert_int_equal(parsed("synth:mixed,mem=2G").value[SIM_WORK_MEM], 524288);
	assert_int_equal(parsed("synth:mixed,mem=4096K").value[SIM_WORK_MEM], 1024);
	assert_int_equal(parsed("synth:mixed,mem=1048576").value[SIM_WORK_MEM], 256);
}

static void mistakes_say_what_was_expected(void **state)
{
	(void)state;
	assert_refused("drivers", "expected synth:PROFILE");
	assert_refused("synth:", "unknown profile \"\"");
	assert_refused("synth:drivres", "did you mean \"drivers\"?");
	assert_refused("synth:drivers,ocupancy=7", "did you mean \"occupancy\"?");
	assert_refused("synth:drivers,occupancy", "expected key=value, found \"occupancy\"");
	assert_refused("synth:drivers,occupancy=", "a number from 1 to 100 (percent), found \"\"");
	assert_refused("synth:drivers,occupancy=0", "from 1 to 100");
	assert_refused("synth:drivers,occupancy=101", "from 1 to 100");
	assert_refused("synth:drivers,occupancy=5x", "found \"5x\"");
	assert_refused("synth:drivers,life=long", "one of exponential, fifo, lifo, bimodal, found \"long\"");
	assert_refused("synth:drivers,mem=12", "mem: expected");
	assert_refused("synth:drivers,mem=M", "mem: expected");
	assert_refused("synth:drivers,mem=", "mem: expected");
	assert_refused("synth:drivers,mem=99999999999G", "mem: expected");
	assert_refused("synth:drivers,mem=1000000000000000000000000000000", "mem: expected");
	assert_refused("synth:drivers,seed=0", "seed: expected");
	assert_refused("synth:drivers,seed=18446744073709551616", "seed: expected");
	assert_refused("synth:drivers,", "behind the last \",\"");
	assert_refused("synth:drivers,top=1,", "behind the last \",\"");
	assert_refused("synth:drivers,,top=1", "expected key=value, found \"\"");
	assert_refused("synth:drivers,min=9,max=8", "min up to max");
	assert_refused("synth:drivers,top=1,min=2,top=1", "each key once, found top twice");
	assert_refused("synth:drivers,min=8,max=8,odd=on", "no power of two");
	assert_refused("synth:drivers,unmovable=60,movable=41", "100 percent together");
	assert_refused("synth:bursty,low=90,occupancy=80", "low up to occupancy");
	assert_refused("synth:drivers,a-key-that-is-longer-than-any-key-that-there-is-or-ever-will-be=1", "key=value");
}

static void a_description_reads_as_the_same_workload(void **state)
{
	(void)state;
	for (size_t i = 0; sim_work_profile_at(i); i++) {
		char spec[64], text[1024], again[1024];
		struct sim_work_params p, q;

		snprintf(spec, sizeof(spec), "synth:%s,seed=9", sim_work_profile_at(i)->name);
		p = parsed(spec);
		q = parsed(sim_workload_describe(&p, text, sizeof(text)));
		assert_memory_equal(p.value, q.value, sizeof(p.value));
		assert_string_equal(text, sim_workload_describe(&q, again, sizeof(again)));
		assert_true(strlen(text) < 511); /* it fits where a run keeps it */
	}
}

/* FNV-1a over the stream's fields. */
static uint64_t digest(const char *spec, unsigned count)
{
	struct sim_workload *w = created(spec);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct sim_work_op op;

	for (unsigned i = 0; i < count; i++) {
		sim_workload_next(w, &op);
		hash = (hash ^ op.id) * UINT64_C(0x100000001b3);
		hash = (hash ^ (op.pages | (uint64_t)op.kind << 16 | (uint64_t)op.type << 20 | (uint64_t)op.cpu << 24 |
				(uint64_t)op.order << 32)) * UINT64_C(0x100000001b3);
	}
	sim_workload_destroy(w);
	return hash;
}

static void a_seed_gives_one_stream_and_another_seed_another(void **state)
{
	(void)state;
	for (size_t i = 0; sim_work_profile_at(i); i++) {
		char a[64], b[64];

		snprintf(a, sizeof(a), "synth:%s,cpus=4", sim_work_profile_at(i)->name);
		snprintf(b, sizeof(b), "synth:%s,cpus=4,seed=2", sim_work_profile_at(i)->name);
		assert_true(digest(a, 20000) == digest(a, 20000));
		/* Beyond the filling, which is of one size. */
		assert_true(digest(a, 400000) != digest(b, 400000));
	}
}

/* Follows a stream: who is alive, how much is asked for. Every field is in range. */
struct watch {
	uint32_t *pages; /* by id; 0: not alive */
	uint64_t asked, requests, sized, strays, sized_frees, by_type[3], cpu_changes;
	uint16_t cpu;
	uint64_t sizes[1025];
};

static void watch_op(struct watch *t, const struct sim_work_params *p, const struct sim_work_op *op, uint32_t ids)
{
	assert_true(op->id < ids && op->cpu < p->value[SIM_WORK_CPUS] && op->type < 3);
	assert_true(op->pages >= 1 && op->pages <= 1u << op->order && op->pages > (1u << op->order) / 2);
	t->cpu_changes += op->cpu != t->cpu;
	t->cpu = op->cpu;
	if (op->kind == SIM_WORK_FREE) {
		assert_int_equal(t->pages[op->id], op->pages);
		t->asked -= op->pages;
		t->pages[op->id] = 0;
		t->strays += op->stray;
		t->sized_frees += op->sized;
		assert_true(op->sized || !op->stray);
		return;
	}
	assert_int_equal(t->pages[op->id], 0);
	t->pages[op->id] = op->pages;
	t->asked += op->pages;
	t->requests++;
	t->sized += op->sized;
	if (op->sized) {
		t->sizes[op->pages]++;
		assert_true(op->pages >= p->value[SIM_WORK_MIN] && op->pages <= p->value[SIM_WORK_MAX]);
		assert_true(!p->value[SIM_WORK_ODD] || (op->pages & (op->pages - 1)));
	} else {
		assert_int_equal(op->pages, 1u << op->order);
		t->by_type[op->type]++;
	}
}

static struct watch *watched(const char *spec, unsigned count)
{
	struct sim_work_params p = parsed(spec);
	struct sim_workload *w = created(spec);
	struct watch *t = calloc(1, sizeof(*t));
	struct sim_work_op op;

	assert_non_null(t);
	t->pages = calloc(sim_workload_ids(w), sizeof(uint32_t));
	assert_non_null(t->pages);
	for (unsigned i = 0; i < count; i++) {
		sim_workload_next(w, &op);
		watch_op(t, &p, &op, sim_workload_ids(w));
		assert_true(t->asked == sim_workload_asked(w));
		assert_true(t->asked < p.value[SIM_WORK_MEM] + 1024);
	}
	while (sim_workload_end(w, &op))
		watch_op(t, &p, &op, sim_workload_ids(w));
	assert_true(t->asked == 0 && sim_workload_asked(w) == 0);
	free(t->pages);
	sim_workload_destroy(w);
	return t;
}

static void every_profile_keeps_its_books(void **state)
{
	static const char *const variants[] = { "", ",life=fifo,cpus=3", ",life=lifo,stray=20",
						",life=bimodal,fill=90,keep=3", ",sizes=geometric,min=3,max=40",
						",sizes=bimodal,odd=on,min=2,max=99",
						",occupancy=100,low=0,wave=saw,period=777" };

	(void)state;
	for (size_t i = 0; sim_work_profile_at(i); i++)
		for (size_t k = 0; k < sizeof(variants) / sizeof(variants[0]); k++) {
			char spec[128];

			if (!strcmp(sim_work_profile_at(i)->name, "odd-sizes") && k >= 4)
				continue; /* its sizes are its own */
			snprintf(spec, sizeof(spec), "synth:%s,mem=2M%s", sim_work_profile_at(i)->name, variants[k]);
			free(watched(spec, 3000));
		}
}

static void shares_are_as_asked(void **state)
{
	struct watch *t = watched("synth:mixed,sized=30,unmovable=50,movable=20,stray=40,cpus=8", 400000);

	(void)state;
	assert_true(t->sized * 100 > t->requests * 29 && t->sized * 100 < t->requests * 31);
	assert_true(t->by_type[0] * 100 > (t->requests - t->sized) * 48);
	assert_true(t->by_type[0] * 100 < (t->requests - t->sized) * 52);
	assert_true(t->by_type[2] * 100 > (t->requests - t->sized) * 28);
	assert_true(t->strays > 0 && t->cpu_changes > 2000);
	free(t);
}

static double mean_size(const struct watch *t)
{
	double sum = 0;

	for (unsigned pages = 1; pages <= 1024; pages++)
		sum += (double)pages * (double)t->sizes[pages];
	return sum / (double)t->sized;
}

static void sizes_have_their_distribution(void **state)
{
	struct watch *t = watched("synth:mixed,sized=100,sizes=uniform,min=5,max=20", 200000);

	(void)state;
	assert_true(mean_size(t) > 12.3 && mean_size(t) < 12.7);
	free(t);
	t = watched("synth:mixed,sized=100,sizes=geometric,min=1,max=1024,mean=12", 200000);
	assert_true(mean_size(t) > 11.5 && mean_size(t) < 12.5);
	assert_true(t->sizes[1] > t->sizes[2] && t->sizes[2] > t->sizes[9]);
	free(t);
	t = watched("synth:mixed,sized=100,sizes=bimodal,min=1,max=81,large=25", 200000);
	for (unsigned pages = 12; pages < 71; pages++)
		assert_int_equal(t->sizes[pages], 0);
	assert_true(mean_size(t) > 23 && mean_size(t) < 25);
	free(t);
	t = watched("synth:drivers,sized=100", 200000);
	assert_true(t->sizes[2] > t->sizes[3] && t->sizes[3] > t->sizes[9]);
	assert_true(t->sizes[9] > t->sizes[17] && t->sizes[128] > 0);
	free(t);
}

/* Operations that the longest and the shortest life took. */
static void lives(const char *spec, uint64_t *shortest, uint64_t *longest, uint64_t *newest_first)
{
	struct sim_workload *w = created(spec);
	uint32_t *born = calloc(sim_workload_ids(w), sizeof(uint32_t));
	struct sim_work_op op;
	uint32_t newest = 0;

	assert_non_null(born);
	*shortest = UINT64_MAX;
	*longest = *newest_first = 0;
	for (uint32_t i = 1; i < 100000; i++) {
		sim_workload_next(w, &op);
		if (op.kind == SIM_WORK_ALLOC) {
			born[op.id] = i;
			newest = op.id;
			continue;
		}
		*newest_first += op.id == newest;
		*shortest = i - born[op.id] < *shortest ? i - born[op.id] : *shortest;
		*longest = i - born[op.id] > *longest ? i - born[op.id] : *longest;
	}
	free(born);
	sim_workload_destroy(w);
}

#define SINGLES "synth:mixed,mem=8M,occupancy=50,sized=0,orders=single,"

static void lives_have_their_distribution(void **state)
{
	uint64_t shortest, longest, newest_first;

	(void)state;
	/* 1024 live blocks of one page each; every other operation is a free. */
	lives(SINGLES "life=fifo", &shortest, &longest, &newest_first);
	assert_true(shortest >= 1024 && longest <= 2049 && newest_first == 0);
	lives(SINGLES "life=lifo", &shortest, &longest, &newest_first);
	assert_true(longest <= 2 && newest_first > 40000);
	lives(SINGLES "life=exponential", &shortest, &longest, &newest_first);
	assert_true(shortest < 10 && longest > 8 * 1024 && longest < 60 * 1024);
	lives(SINGLES "life=bimodal,short=90,ratio=1000", &shortest, &longest,
	      &newest_first);
	assert_true(longest > 60 * 1024);
}

static void waves_move_the_occupancy(void **state)
{
	struct sim_workload *w = created("synth:bursty,mem=16M,period=20000,low=20,occupancy=80");
	uint64_t high = 0, low = UINT64_MAX;
	struct sim_work_op op;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		sim_workload_next(w, &op);
		if (i < 20000)
			continue;
		high = sim_workload_asked(w) > high ? sim_workload_asked(w) : high;
		low = sim_workload_asked(w) < low ? sim_workload_asked(w) : low;
	}
	assert_true(high >= 4096 * 80 / 100 && high < 4096 * 80 / 100 + 64);
	assert_true(low <= 4096 * 20 / 100 && low >= 4096 * 20 / 100 - 64);
	sim_workload_destroy(w);
}

/*  1 1 1 1 1 1 ...  then  1 . 1 . 1 . ...  */
static void a_checkerboard_frees_every_other_block(void **state)
{
	struct sim_workload *w = created("synth:checkerboard,mem=4M,fill=50,keep=2,occupancy=30");
	struct sim_work_op op;

	(void)state;
	for (uint32_t i = 0; i < 512; i++) {
		sim_workload_next(w, &op);
		assert_true(op.kind == SIM_WORK_ALLOC && op.id == i && op.pages == 1);
	}
	for (uint32_t i = 0; i < 256; i++) {
		sim_workload_next(w, &op);
		assert_true(op.kind == SIM_WORK_FREE && op.id == 2 * i + 1);
	}
	assert_int_equal(sim_workload_asked(w), 256);
	for (uint32_t i = 0; i < 20000; i++) {
		sim_workload_next(w, &op);
		/* The others stay. */
		assert_true(op.kind == SIM_WORK_ALLOC || op.id >= 512 || op.id % 2 == 1);
	}
	sim_workload_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_sets_keys_and_the_user_overrides_them),
		cmocka_unit_test(mistakes_say_what_was_expected),
		cmocka_unit_test(a_description_reads_as_the_same_workload),
		cmocka_unit_test(a_seed_gives_one_stream_and_another_seed_another),
		cmocka_unit_test(every_profile_keeps_its_books),
		cmocka_unit_test(shares_are_as_asked),
		cmocka_unit_test(sizes_have_their_distribution),
		cmocka_unit_test(lives_have_their_distribution),
		cmocka_unit_test(waves_move_the_occupancy),
		cmocka_unit_test(a_checkerboard_frees_every_other_block),
	};

	return cmocka_run_group_tests_name("sim/workload", tests, NULL, NULL);
}
