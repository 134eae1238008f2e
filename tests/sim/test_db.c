// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The results database: what is in it, what is refused, what a killed run leaves.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db.h"
#include "run.h"
#include "small.h"

static char folder[64];
static char database[128], recording[128];

static int setup(void **state)
{
	struct rec_event events[3];

	(void)state;
	strcpy(folder, "/tmp/pageman-test-db-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(database, sizeof(database), "%s/results.db", folder);
	snprintf(recording, sizeof(recording), "%s/small.rec", folder);
	events[0] = small_event(REC_ALLOC, 5000, 0);
	events[1] = small_event(REC_ALLOC, 6144, 3);
	events[2] = small_event(REC_FREE, 6144, 3);
	return small_write(recording, "6.1.0-56-amd64", events, 3);
}

static int teardown(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static int64_t number(const char *sql)
{
	sqlite3 *handle;
	sqlite3_stmt *statement;
	int64_t value = -1;

	assert_int_equal(sqlite3_open_v2(database, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return value;
}

static void replay_into(struct sim_db *db)
{
	struct sim_run_options options = { .path = recording, .policies = { &sim_policy_none, &sim_policy_exact },
					   .policy_count = 2, .sample_count = 4, .timed = true, .db = db };
	struct sim_run *run = calloc(1, sizeof(*run));
	struct sim_error error = { 0 };

	assert_non_null(run);
	if (sim_run(&options, run, &error))
		fail_msg("%s", error.text);
	free(run);
}

/* The recording has two. */
static void samples_can_come_with_allocations(void **state)
{
	struct sim_run_options options = { .path = recording, .policies = { &sim_policy_none }, .policy_count = 1,
					   .sample_count = 4 };
	struct sim_run *run = calloc(1, sizeof(*run));
	struct sim_error error = { 0 };

	(void)state;
	assert_non_null(run);
	for (options.sample_allocs = 1; options.sample_allocs <= 3; options.sample_allocs++) {
		if (sim_run(&options, run, &error))
			fail_msg("%s", error.text);
		assert_int_equal(run->samples, 2 / options.sample_allocs);
	}
	free(run);
}

static void finished_runs_are_complete_and_views_answer(void **state)
{
	struct sim_db *db;
	struct sim_error error = { 0 };

	(void)state;
	assert_int_equal(sim_db_open(database, &db, &error), 0);
	replay_into(db);
	assert_int_equal(sim_db_close(db, &error), 0);
	assert_int_equal(number("PRAGMA user_version"), SIM_DB_SCHEMA_VERSION);
	assert_int_equal(number("SELECT count(*) FROM runs WHERE state = 'complete'"), 2);
	assert_int_equal(number("SELECT count(*) FROM order_histogram"), 22);
	assert_int_equal(number("SELECT sum(requests) FROM order_histogram WHERE run = 1"), 2);
	assert_true(number("SELECT count(*) FROM samples") > 0);
	assert_int_equal(number("SELECT count(*) FROM v_run_summary"), 2);
	assert_int_equal(number("SELECT none FROM v_policy_side_by_side WHERE name = 'requests'"), 2);
	assert_true(number("SELECT count(*) FROM v_free_blocks_over_time") > 0);
	assert_int_equal(number("SELECT percent FROM v_order_share WHERE run = 1 AND block_order = 3"), 50);
	assert_int_equal(number("SELECT count(*) FROM surveys WHERE largest_run_pages > 0"), 2);
	assert_int_equal(number("SELECT count(*) FROM survey_blocks"), 2 * 4 * 11);
	assert_int_equal(number("SELECT count(*) FROM survey_blocks WHERE type = 'movable' AND block_order = 10"
				" AND free_blocks > 0"), 2);
	assert_int_equal(number("SELECT count(*) FROM measures WHERE name = 'available_order9_mean' AND value > 0"), 2);
	/* There is no sized request, so nothing to divide by. */
	assert_int_equal(number("SELECT count(*) FROM measures WHERE name = 'ns_per_request' AND value IS NULL"), 2);
	assert_int_equal(number("SELECT exact = none FROM v_measures_side_by_side WHERE name = 'free_pages_end'"), 1);
	assert_int_equal(number("SELECT nest IS NULL AND lazy IS NULL AND seed = 0 FROM v_policy_side_by_side"), 1);
	/* A second run is added to what is there. */
	assert_int_equal(sim_db_open(database, &db, &error), 0);
	replay_into(db);
	assert_int_equal(sim_db_close(db, &error), 0);
	assert_int_equal(number("SELECT count(*) FROM runs"), 4);
}

static void killed_run_leaves_a_valid_database(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct sim_machine machine = { .cpu_count = 1 };
		struct rec_info info = { 0 };
		struct sim_settings settings = { 0 };
		struct sim_db_run run = { .recording = "x", .info = &info, .profile = "6.1", .policy = "none",
					  .settings = &settings, .machine = &machine };
		struct sim_state zone = { .zone_count = 1 };
		struct sim_db *db;
		int64_t id;

		if (sim_db_open(database, &db, NULL) || sim_db_run_begin(db, &run, &id, NULL))
			_exit(1);
		for (uint64_t i = 0; i < 1000; i++)
			if (sim_db_sample(db, id, i, i, &zone, 0, NULL))
				_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
	assert_int_equal(number("SELECT count(*) FROM runs WHERE state = 'running'"), 1);
	assert_true(number("SELECT count(*) FROM samples") >= 900);
}

static void write_file(const char *text)
{
	FILE *file = fopen(database, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void file_that_is_no_database_is_left_untouched(void **state)
{
	static const char text[] = "my precious notes, which are no database at all\n";
	char now[sizeof(text) + 10] = "";
	struct sim_db *db;
	struct sim_error error = { 0 };
	FILE *file;

	(void)state;
	write_file(text);
	assert_int_equal(sim_db_open(database, &db, &error), -EPROTONOSUPPORT);
	assert_non_null(strstr(error.text, "untouched"));
	file = fopen(database, "r");
	assert_non_null(file);
	assert_int_equal(fread(now, 1, sizeof(now), file), sizeof(text) - 1);
	fclose(file);
	assert_string_equal(now, text);
}

static void other_databases_and_versions_are_refused(void **state)
{
	struct sim_db *db;
	struct sim_error error = { 0 };
	sqlite3 *handle;

	(void)state;
	assert_int_equal(sqlite3_open(database, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE mine (a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	assert_int_equal(sim_db_open(database, &db, &error), -EPROTONOSUPPORT);
	assert_int_equal(number("SELECT count(*) FROM sqlite_master"), 1);
	unlink(database);
	assert_int_equal(sim_db_open(database, &db, &error), 0);
	assert_int_equal(sim_db_close(db, &error), 0);
	number("PRAGMA user_version = 99");
	assert_int_equal(sim_db_open(database, &db, &error), -EPROTONOSUPPORT);
	assert_non_null(strstr(error.text, "99"));
}

static void path_that_cannot_be_written_is_an_error(void **state)
{
	struct sim_db *db;
	struct sim_error error = { 0 };

	(void)state;
	assert_int_equal(sim_db_open("/proc/nowhere/results.db", &db, &error), -EACCES);
	assert_non_null(strstr(error.text, "/proc/nowhere/results.db"));
	assert_int_equal(sim_db_open(folder, &db, &error), -EACCES); /* a folder */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples_can_come_with_allocations, setup, teardown),
		cmocka_unit_test_setup_teardown(finished_runs_are_complete_and_views_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_run_leaves_a_valid_database, setup, teardown),
		cmocka_unit_test_setup_teardown(file_that_is_no_database_is_left_untouched, setup, teardown),
		cmocka_unit_test_setup_teardown(other_databases_and_versions_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(path_that_cannot_be_written_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
