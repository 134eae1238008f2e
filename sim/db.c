// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results in SQLite.
 *
 * Interface: db.h.
 * Invariant: SQLite's rollback journal keeps the file valid after a kill at any moment; it is one file and works
 * on any file system, which WAL does not. Samples are committed in groups; whatever fails is rolled back at once.
 */
#include "db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "db_schema.h"
#include "measures.h"
#include "totals.h"

#define SAMPLES_PER_COMMIT 64
#define UNCOMMITTED_NS_MAX INT64_C(500000000)
#define BUSY_MS_MAX 10000 /* how long another process may keep us waiting */

struct sim_db {
	sqlite3 *handle;
	char *path;
	sqlite3_stmt *sample;
	sqlite3_stmt *sample_order;
	unsigned uncommitted;
	int64_t committed_ns; /* when that was done last */
};

/* SQLite ends a transaction by itself when the disk is full, for one, so it is asked and not remembered. */
static bool in_transaction(const struct sim_db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

static void roll_back(struct sim_db *db)
{
	if (in_transaction(db))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/*
 * What the system said, 0 when SQLite's own message is all there is. SQLite keeps it of opening a file only; of writing
 * it is what errno was left at, when that is something that writing ends with.
 */
static int system_cause(const struct sim_db *db, int last)
{
	int result = sqlite3_errcode(db->handle);

	if (result == SQLITE_CANTOPEN)
		return sqlite3_system_errno(db->handle);
	if (result != SQLITE_IOERR)
		return 0;
	return last == EFBIG || last == EDQUOT || last == EIO || last == EROFS || last == ENOSPC ? last : 0;
}

/* What was begun is taken back: half a run's rows, or half a schema, must not be committed later. */
static int fail(struct sim_db *db, int code, const char *doing, struct sim_error *error)
{
	int cause = system_cause(db, errno);

	sim_fail(error, code, "%s: %s: %s%s%s%s", db->path, doing, sqlite3_errmsg(db->handle), cause ? " (" : "",
		 cause ? strerror(cause) : "", cause ? ")" : "");
	roll_back(db);
	return code;
}

static int run_sql(struct sim_db *db, const char *sql, const char *doing, struct sim_error *error)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, -EIO, doing, error);
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int begin(struct sim_db *db, struct sim_error *error)
{
	if (in_transaction(db))
		return 0;
	return run_sql(db, "BEGIN IMMEDIATE", "cannot be written", error);
}

static int commit(struct sim_db *db, struct sim_error *error)
{
	db->uncommitted = 0;
	db->committed_ns = now_ns();
	return in_transaction(db) ? run_sql(db, "COMMIT", "cannot be written", error) : 0;
}

/* First column of the first row. Return: SQLITE_OK, or why there is none. */
static int query_number(struct sim_db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* In a transaction. */
static int create_schema(struct sim_db *db, struct sim_error *error)
{
	char pragma[96];

	for (unsigned i = 0; sim_db_schema[i]; i++)
		if (run_sql(db, sim_db_schema[i], "schema cannot be created", error))
			return -EIO;
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 SIM_DB_APPLICATION_ID, SIM_DB_SCHEMA_VERSION);
	return run_sql(db, pragma, "schema cannot be created", error);
}

#define COUNT_OBJECTS "SELECT count(*) FROM sqlite_master"

/* Another process may be filling the same new file: once it is locked, we are the first or find it filled. */
static int fill_if_empty(struct sim_db *db, struct sim_error *error)
{
	int64_t objects = 0;
	int result = begin(db, error) ? -EACCES : 0;

	if (!result && query_number(db, COUNT_OBJECTS, &objects) != SQLITE_OK)
		result = fail(db, -EACCES, "cannot be read", error);
	if (!result && !objects)
		result = create_schema(db, error);
	return result ? result : commit(db, error);
}

/* Is this file ours, or empty and ours to fill? Nothing is written before that is known. */
static int check_or_create(struct sim_db *db, struct sim_error *error)
{
	int64_t objects = 0, application = 0, version = 0;
	int result = query_number(db, COUNT_OBJECTS, &objects);

	if (result == SQLITE_NOTADB)
		return sim_fail(error, -EPROTONOSUPPORT,
				"%s: expected a results database, found a file that is not an SQLite database; "
				"left untouched", db->path);
	if (result != SQLITE_OK)
		return fail(db, -EACCES, "cannot be read", error);
	if (sqlite3_db_readonly(db->handle, "main") == 1)
		return sim_fail(error, -EACCES, "%s: cannot be written", db->path);
	result = objects ? 0 : fill_if_empty(db, error);
	if (result)
		return result;
	if (query_number(db, "PRAGMA application_id", &application) != SQLITE_OK ||
	    query_number(db, "PRAGMA user_version", &version) != SQLITE_OK)
		return fail(db, -EACCES, "cannot be read", error);
	if (application != SIM_DB_APPLICATION_ID)
		return sim_fail(error, -EPROTONOSUPPORT,
				"%s: expected a results database of pageman, found another "
				"application's; left untouched",
				db->path);
	if (version != SIM_DB_SCHEMA_VERSION)
		return sim_fail(error, -EPROTONOSUPPORT,
				"%s: expected schema version %d, found %lld; left untouched", db->path,
				SIM_DB_SCHEMA_VERSION, (long long)version);
	return 0;
}

static int prepare(struct sim_db *db, const char *sql, sqlite3_stmt **out, struct sim_error *error)
{
	if (sqlite3_prepare_v2(db->handle, sql, -1, out, NULL) != SQLITE_OK)
		return fail(db, -EIO, "cannot be used", error);
	return 0;
}

static int open_handle(struct sim_db *db, const char *path, struct sim_error *error)
{
	int result;

	db->path = strdup(path);
	if (!db->path)
		return sim_fail(error, -ENOMEM, "no memory to open a database");
	result = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (result != SQLITE_OK) {
		int cause = db->handle ? sqlite3_system_errno(db->handle) : 0;

		return sim_fail(error, -EACCES, "%s: database cannot be opened for writing: %s", path,
				cause ? strerror(cause) : sqlite3_errstr(result));
	}
	sqlite3_busy_timeout(db->handle, BUSY_MS_MAX);
	return 0;
}

/* Takes away the empty file that failing to fill a new one leaves. */
static void remove_empty(const char *path)
{
	struct stat status;

	if (!stat(path, &status) && S_ISREG(status.st_mode) && !status.st_size)
		unlink(path);
}

int sim_db_open(const char *path, struct sim_db **out, struct sim_error *error)
{
	bool is_new = access(path, F_OK) != 0;
	struct sim_db *db = calloc(1, sizeof(*db));
	int result = db ? open_handle(db, path, error) : sim_fail(error, -ENOMEM, "no memory to open a database");

	if (!result)
		result = check_or_create(db, error);
	if (!result)
		result = prepare(db, "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", &db->sample, error);
	if (!result)
		result = prepare(db, "INSERT INTO sample_orders VALUES (?, ?, ?, ?, ?, ?, ?)", &db->sample_order,
				 error);
	if (result) {
		sim_db_close(db, NULL);
		if (is_new)
			remove_empty(path);
		return result;
	}
	*out = db;
	return 0;
}

static void now_text(char text[32])
{
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/*
 * Runs one statement. @types has a letter per argument: i (int64_t), d (double, NaN becomes NULL), s (text).
 */
static int execute(struct sim_db *db, struct sim_error *error, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list arguments;
	int result = prepare(db, sql, &statement, error), bound = SQLITE_OK;

	if (result)
		return result;
	va_start(arguments, types);
	for (int i = 0; types[i] && bound == SQLITE_OK; i++) {
		if (types[i] == 'i')
			bound = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
		else if (types[i] == 'd')
			bound = sqlite3_bind_double(statement, i + 1, va_arg(arguments, double));
		else
			bound = sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1,
						  SQLITE_STATIC);
	}
	va_end(arguments);
	/* What could not be bound would be written as NULL. */
	if (bound != SQLITE_OK || sqlite3_step(statement) != SQLITE_DONE)
		result = fail(db, -EIO, "cannot be written", error);
	sqlite3_finalize(statement);
	return result;
}

static int insert_details(struct sim_db *db, int64_t id, const struct sim_db_run *run, struct sim_error *error)
{
	int result = 0;

	for (unsigned i = 0; i < run->settings->count && !result; i++)
		result = execute(db, error, "INSERT INTO settings VALUES (?, ?, ?)", "isi", id,
				 run->settings->list[i].key->name, (int64_t)run->settings->list[i].value);
	for (uint32_t i = 0; i < run->machine->zone_count && !result; i++) {
		const struct buddy_zone_config *z = &run->machine->zones[i];

		result = execute(db, error, "INSERT INTO zones VALUES (?, ?, ?, ?, ?, ?)", "iiisii", id, (int64_t)i,
				 (int64_t)z->node, z->name, (int64_t)z->start_pfn, (int64_t)z->spanned_pages);
	}
	return result;
}

int sim_db_run_begin(struct sim_db *db, const struct sim_db_run *run, int64_t *run_out, struct sim_error *error)
{
	char started[32];
	int64_t id;
	int result;

	now_text(started);
	if (commit(db, error) || begin(db, error))
		return -EIO;
	result = execute(db, error,
			 "INSERT INTO runs (recording, kernel_release, workload, cpus, profile, policy, trim_kmalloc,"
			 " seed, from_snapshot, started, state, events, duration_ns, lost_events,"
			 " pageman_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', 0, 0, 0, ?)",
			 "sssissiiiss", run->recording, run->info->kernel_release, run->info->workload,
			 (int64_t)run->machine->cpu_count, run->profile, run->policy, (int64_t)run->trim_kmalloc,
			 (int64_t)run->seed, (int64_t)run->from_snapshot, started, SIM_VERSION);
	if (result)
		return result;
	id = sqlite3_last_insert_rowid(db->handle);
	result = insert_details(db, id, run, error);
	if (result)
		return result;
	*run_out = id;
	return commit(db, error);
}

static int step_and_reset(struct sim_db *db, sqlite3_stmt *statement, struct sim_error *error)
{
	int result = sqlite3_step(statement);

	sqlite3_reset(statement);
	return result == SQLITE_DONE ? 0 : fail(db, -EIO, "cannot be written", error);
}

static int insert_sample_order(struct sim_db *db, int64_t run, uint64_t event, uint32_t zone, unsigned order,
			       const struct sim_zone_state *z, struct sim_error *error)
{
	sqlite3_stmt *s = db->sample_order;

	sqlite3_bind_int64(s, 1, run);
	sqlite3_bind_int64(s, 2, (int64_t)event);
	sqlite3_bind_int64(s, 3, zone);
	sqlite3_bind_int64(s, 4, order);
	sqlite3_bind_int64(s, 5, (int64_t)z->free_blocks[order]);
	sqlite3_bind_int64(s, 6, z->unusable_permille[order]);
	sqlite3_bind_int64(s, 7, z->extfrag_permille[order]);
	return step_and_reset(db, s, error);
}

int sim_db_sample(struct sim_db *db, int64_t run, uint64_t event, uint64_t time_ns, const struct sim_state *state,
		  uint64_t saved_pages, struct sim_error *error)
{
	sqlite3_stmt *s = db->sample;
	int result = begin(db, error);

	for (uint32_t zone = 0; zone < state->zone_count && !result; zone++) {
		const struct sim_zone_state *z = &state->zones[zone];

		sqlite3_bind_int64(s, 1, run);
		sqlite3_bind_int64(s, 2, (int64_t)event);
		sqlite3_bind_int64(s, 3, zone);
		sqlite3_bind_int64(s, 4, (int64_t)time_ns);
		sqlite3_bind_int64(s, 5, (int64_t)z->free_pages);
		sqlite3_bind_int64(s, 6, (int64_t)z->pcp_pages);
		sqlite3_bind_int64(s, 7, (int64_t)saved_pages);
		result = step_and_reset(db, s, error);
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT && !result; order++)
			result = insert_sample_order(db, run, event, zone, order, z, error);
	}
	/* Whoever else writes to this database waits meanwhile. */
	if (!result && (++db->uncommitted >= SAMPLES_PER_COMMIT || now_ns() - db->committed_ns > UNCOMMITTED_NS_MAX))
		result = commit(db, error);
	return result;
}

int sim_db_survey(struct sim_db *db, int64_t run, uint64_t event, uint64_t time_ns, const struct sim_survey *survey,
		  struct sim_error *error)
{
	int result = begin(db, error);

	if (!result)
		result = execute(db, error, "INSERT INTO surveys VALUES (?, ?, ?, ?, ?, ?, ?)", "iiiiiii", run,
				 (int64_t)event, (int64_t)time_ns, (int64_t)survey->largest_run_pages,
				 (int64_t)survey->mixed_pageblocks, (int64_t)survey->used_pages,
				 (int64_t)survey->movable_pages);
	for (unsigned type = 0; type < SIM_TYPE_COUNT && !result; type++)
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT && !result; order++)
			result = execute(db, error, "INSERT INTO survey_blocks VALUES (?, ?, ?, ?, ?)", "iisii", run,
					 (int64_t)event, sim_type_name(type), (int64_t)order,
					 (int64_t)survey->free_blocks[type][order]);
	return result;
}

static int insert_histogram(struct sim_db *db, int64_t run, const struct sim_db_result *r, struct sim_error *error)
{
	int result = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT && !result; order++)
		result = execute(db, error, "INSERT INTO order_histogram VALUES (?, ?, ?, ?, ?, ?, ?)", "iiiiiii", run,
				 (int64_t)order, (int64_t)r->totals->requests[order],
				 (int64_t)r->totals->failures[order], (int64_t)r->totals->recorded_failures[order],
				 (int64_t)r->end->all.free_blocks[order],
				 (int64_t)r->end->all.unusable_permille[order]);
	return result;
}

static const char *const state_names[] = {
	[SIM_DB_COMPLETE] = "complete", [SIM_DB_PARTIAL] = "partial", [SIM_DB_INTERRUPTED] = "interrupted",
	[SIM_DB_FAILED] = "failed",
};

int sim_db_run_end(struct sim_db *db, int64_t run, const struct sim_db_result *r, enum sim_db_state state,
		   struct sim_error *error)
{
	struct sim_total list[SIM_TOTALS_MAX];
	unsigned count = sim_totals_list(list, r->totals, r->assembled, r->cost, r->end);
	char finished[32];
	int result = begin(db, error);

	if (!result)
		result = insert_histogram(db, run, r, error);
	for (unsigned i = 0; i < count && !result; i++)
		result = execute(db, error, "INSERT INTO policy_totals VALUES (?, ?, ?, ?)", "issi", run,
				 list[i].name, list[i].side, (int64_t)list[i].value);
	for (unsigned i = 0; i < r->measure_count && !result; i++)
		result = execute(db, error, "INSERT INTO measures VALUES (?, ?, ?, ?)", "issd", run,
				 r->measures[i].name, r->measures[i].side, r->measures[i].value);
	now_text(finished);
	if (!result)
		result = execute(db, error,
				 "UPDATE runs SET finished = ?, state = ?, events = ?, duration_ns = ?,"
				 " lost_events = ? WHERE id = ?",
				 "ssiiii", finished, state_names[state], (int64_t)r->events,
				 (int64_t)(r->totals->last_time_ns - r->totals->first_time_ns),
				 (int64_t)r->lost_events, run);
	return result ? result : commit(db, error);
}

void sim_db_run_fail(struct sim_db *db, int64_t run)
{
	roll_back(db);
	execute(db, NULL, "UPDATE runs SET state = ? WHERE id = ? AND state = 'running'", "si",
		state_names[SIM_DB_FAILED], run);
}

int sim_db_close(struct sim_db *db, struct sim_error *error)
{
	int result;

	if (!db)
		return 0;
	result = db->handle ? commit(db, error) : 0;
	sqlite3_finalize(db->sample);
	sqlite3_finalize(db->sample_order);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
	return result;
}
