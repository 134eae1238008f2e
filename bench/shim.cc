// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Google benchmark behind shim.h.
 *
 * Interface: shim.h.
 */
#include "shim.h"

#include <benchmark/benchmark.h>

struct bench {
	benchmark::State &state;
	uint64_t items;
	bool failed;
};

static void run_case(benchmark::State &state, bench_case c)
{
	bench b{state, 0, false};
	void *mine = c.setup(&b, c.param);

	for (auto _ : state)
		if (b.failed || !c.run(&b, mine))
			break;
	if (!b.failed) {
		state.SetItemsProcessed(static_cast<int64_t>(b.items));
	}
	if (mine != nullptr)
		c.teardown(&b, mine);
}

void bench_register(const struct bench_case *c)
{
	auto *registered = benchmark::RegisterBenchmark(c->name, run_case, *c);

	registered->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
	if (c->iterations != 0)
		registered->Iterations(static_cast<benchmark::IterationCount>(c->iterations));
}

void bench_fail(struct bench *bench, const char *why)
{
	bench->failed = true;
	bench->state.SkipWithError(why);
}

void bench_items(struct bench *bench, uint64_t items)
{
	bench->items += items;
}

void bench_count(struct bench *bench, const char *name, double value)
{
	bench->state.counters[name] = value;
}

void bench_keep(uint64_t value)
{
	benchmark::DoNotOptimize(value);
}

int bench_main(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
