// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The schema of the results database. docs/schema.md explains it for people who query it.
 *
 * Interface: sim_db_schema.
 * Invariant: a change of meaning raises SIM_DB_SCHEMA_VERSION.
 */
#include "db_schema.h"

/* One column per policy, of the newest run that came to its end of each recording, policy and seed. */
#define SIDE_BY_SIDE(table)                                                                                       \
	"SELECT r.recording, r.seed, t.side, t.name,"                                                             \
	" max(CASE r.policy WHEN 'none' THEN t.value END) AS none,"                                              \
	" max(CASE r.policy WHEN 'exact' THEN t.value END) AS exact,"                                            \
	" max(CASE r.policy WHEN 'fitfree' THEN t.value END) AS fitfree,"                                        \
	" max(CASE r.policy WHEN 'fit-exact' THEN t.value END) AS fit_exact,"                                    \
	" max(CASE r.policy WHEN 'exact-fit' THEN t.value END) AS exact_fit,"                                    \
	" max(CASE r.policy WHEN 'direct' THEN t.value END) AS direct,"                                          \
	" max(CASE r.policy WHEN 'lazy' THEN t.value END) AS lazy,"                                              \
	" max(CASE r.policy WHEN 'lazy-direct' THEN t.value END) AS lazy_direct,"                                \
	" max(CASE r.policy WHEN 'nest' THEN t.value END) AS nest"                                               \
	" FROM " table " t JOIN runs r ON r.id = t.run WHERE r.id IN"                                            \
	" (SELECT max(id) FROM runs WHERE state IN ('complete', 'partial')"                                      \
	" GROUP BY recording, policy, seed)"                                                                     \
	" GROUP BY r.recording, r.seed, t.side, t.name"

const char *const sim_db_schema[] = {
	"CREATE TABLE runs ("
	" id INTEGER PRIMARY KEY,"
	" recording TEXT NOT NULL, kernel_release TEXT NOT NULL, workload TEXT NOT NULL, cpus INTEGER NOT NULL,"
	" profile TEXT NOT NULL, policy TEXT NOT NULL, trim_kmalloc INTEGER NOT NULL, seed INTEGER NOT NULL,"
	" from_snapshot INTEGER NOT NULL, started TEXT NOT NULL, finished TEXT,"
	" state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'partial', 'interrupted', 'failed')),"
	" events INTEGER NOT NULL, duration_ns INTEGER NOT NULL,"
	" lost_events INTEGER NOT NULL, pageman_version TEXT NOT NULL) STRICT",

	"CREATE TABLE settings ("
	" run INTEGER NOT NULL REFERENCES runs(id), key TEXT NOT NULL, value INTEGER NOT NULL,"
	" PRIMARY KEY (run, key)) STRICT",

	"CREATE TABLE zones ("
	" run INTEGER NOT NULL REFERENCES runs(id), zone INTEGER NOT NULL, node INTEGER NOT NULL,"
	" name TEXT NOT NULL, start_pfn INTEGER NOT NULL, spanned_pages INTEGER NOT NULL,"
	" PRIMARY KEY (run, zone)) STRICT",

	"CREATE TABLE samples ("
	" run INTEGER NOT NULL REFERENCES runs(id), event INTEGER NOT NULL, zone INTEGER NOT NULL,"
	" time_ns INTEGER NOT NULL, free_pages INTEGER NOT NULL, pcp_pages INTEGER NOT NULL,"
	" saved_pages INTEGER NOT NULL, PRIMARY KEY (run, event, zone)) STRICT, WITHOUT ROWID",

	"CREATE TABLE sample_orders ("
	" run INTEGER NOT NULL REFERENCES runs(id), event INTEGER NOT NULL, zone INTEGER NOT NULL,"
	" block_order INTEGER NOT NULL, free_blocks INTEGER NOT NULL, unusable_permille INTEGER NOT NULL,"
	" extfrag_permille INTEGER NOT NULL,"
	" PRIMARY KEY (run, event, zone, block_order)) STRICT, WITHOUT ROWID",

	"CREATE TABLE surveys ("
	" run INTEGER NOT NULL REFERENCES runs(id), event INTEGER NOT NULL, time_ns INTEGER NOT NULL,"
	" largest_run_pages INTEGER NOT NULL, mixed_pageblocks INTEGER NOT NULL, used_pages INTEGER NOT NULL,"
	" movable_pages INTEGER NOT NULL, PRIMARY KEY (run, event)) STRICT, WITHOUT ROWID",

	"CREATE TABLE survey_blocks ("
	" run INTEGER NOT NULL REFERENCES runs(id), event INTEGER NOT NULL, type TEXT NOT NULL,"
	" block_order INTEGER NOT NULL, free_blocks INTEGER NOT NULL,"
	" PRIMARY KEY (run, event, type, block_order)) STRICT, WITHOUT ROWID",

	"CREATE TABLE measures ("
	" run INTEGER NOT NULL REFERENCES runs(id), name TEXT NOT NULL, side TEXT NOT NULL"
	"  CHECK (side IN ('state', 'cost')), value REAL, PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID",

	"CREATE TABLE order_histogram ("
	" run INTEGER NOT NULL REFERENCES runs(id), block_order INTEGER NOT NULL, requests INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, recorded_failures INTEGER NOT NULL, free_blocks_end INTEGER NOT NULL,"
	" unusable_permille_end INTEGER NOT NULL, PRIMARY KEY (run, block_order)) STRICT, WITHOUT ROWID",

	"CREATE TABLE policy_totals ("
	" run INTEGER NOT NULL REFERENCES runs(id), name TEXT NOT NULL, side TEXT NOT NULL"
	"  CHECK (side IN ('request', 'state', 'cost', 'account')),"
	" value INTEGER NOT NULL, PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID",

	"CREATE VIEW v_run_summary AS SELECT r.id AS run, r.recording, r.policy, r.profile, r.state, r.events,"
	" r.duration_ns / 1e9 AS duration_s,"
	" (SELECT sum(requests) FROM order_histogram h WHERE h.run = r.id) AS requests,"
	" (SELECT sum(failures) FROM order_histogram h WHERE h.run = r.id) AS failures,"
	" (SELECT value FROM policy_totals t WHERE t.run = r.id AND t.name = 'sized_pages_asked') AS pages_asked,"
	" (SELECT value FROM policy_totals t WHERE t.run = r.id AND t.name = 'sized_pages_kept') AS pages_kept,"
	" (SELECT value FROM policy_totals t WHERE t.run = r.id AND t.name = 'sized_pages_saved') AS pages_saved,"
	" (SELECT value FROM policy_totals t WHERE t.run = r.id AND t.name = 'policy_calls') AS policy_calls"
	" FROM runs r",

	"CREATE VIEW v_policy_side_by_side AS " SIDE_BY_SIDE("policy_totals"),

	"CREATE VIEW v_measures_side_by_side AS " SIDE_BY_SIDE("measures"),

	"CREATE VIEW v_free_blocks_over_time AS SELECT s.run, r.policy, s.event, s.time_ns / 1e9 AS time_s,"
	" z.name AS zone, o.block_order, o.free_blocks, o.unusable_permille, o.extfrag_permille"
	" FROM sample_orders o JOIN samples s ON s.run = o.run AND s.event = o.event AND s.zone = o.zone"
	" JOIN zones z ON z.run = o.run AND z.zone = o.zone JOIN runs r ON r.id = o.run",

	"CREATE VIEW v_order_share AS SELECT h.run, r.policy, h.block_order, h.requests,"
	" round(100.0 * h.requests / nullif(sum(h.requests) OVER (PARTITION BY h.run), 0), 3) AS percent"
	" FROM order_histogram h JOIN runs r ON r.id = h.run",

	(const char *)0,
};
