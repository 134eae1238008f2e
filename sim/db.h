/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results database: SQLite, schema in docs/schema.md.
 *
 * Role: keeps what replays found, so that it can be queried and compared later.
 * Interface: sim_db_open, sim_db_run_begin / _sample / _survey / _run_end (or _run_fail) per run, sim_db_close.
 * Invariant: the file is a valid database at every moment; a run that did not reach sim_db_run_end is
 * "running" in it for ever. A file that is not a database of ours is left untouched.
 */
#ifndef SIM_DB_H
#define SIM_DB_H

#include "replay.h"
#include "settings.h"
#include "state.h"
#include "survey.h"

#include <rec/recording.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_DB_SCHEMA_VERSION 3
#define SIM_DB_APPLICATION_ID 0x50474d4e /* "PGMN" */

struct sim_db;
struct sim_measure;

/* How a run ended; until then it is "running". */
enum sim_db_state {
	SIM_DB_COMPLETE,
	SIM_DB_PARTIAL,     /* at its end, but the input was damaged, or lost or contradicted something */
	SIM_DB_INTERRUPTED, /* by a signal */
	SIM_DB_FAILED,      /* no memory, for example; it has no totals */
};

struct sim_db_run {
	const char *recording;      /* path as given */
	const struct rec_info *info;
	const char *profile;
	const char *policy;
	bool trim_kmalloc;
	uint64_t seed;              /* 0: as recorded */
	bool from_snapshot;         /* false: all frames were taken to be free at the start */
	const struct sim_settings *settings;
	const struct sim_machine *machine;
};

/* What a finished run leaves. */
struct sim_db_result {
	const struct sim_replay_totals *totals;
	const struct sim_assembler_totals *assembled;
	const struct buddy_stats *cost;
	const struct sim_state *end;
	uint64_t events;      /* of the whole stream */
	uint64_t lost_events;
	const struct sim_measure *measures; /* measures.h; those that are NaN become NULL */
	unsigned measure_count;
};

/**
 * sim_db_open - open or create a results database
 * @out: on success; release with sim_db_close
 *
 * Return: 0, -EACCES (cannot be opened or written), -EPROTONOSUPPORT (not a database, or not one of ours, or of
 * another schema version; untouched), -EIO.
 */
int sim_db_open(const char *path, struct sim_db **out, struct sim_error *error);

/* Starts a run, on disk when this returns. Return: 0 with *run_out, or -EIO. */
int sim_db_run_begin(struct sim_db *db, const struct sim_db_run *run, int64_t *run_out, struct sim_error *error);

/* Adds a sample. Committed from time to time. Return: 0 or -EIO. */
int sim_db_sample(struct sim_db *db, int64_t run, uint64_t event, uint64_t time_ns, const struct sim_state *state,
		  uint64_t saved_pages, struct sim_error *error);

/* Adds what a walk through all frames found. Return: 0 or -EIO. */
int sim_db_survey(struct sim_db *db, int64_t run, uint64_t event, uint64_t time_ns, const struct sim_survey *survey,
		  struct sim_error *error);

/* Writes the totals and the measures. Return: 0 or -EIO. */
int sim_db_run_end(struct sim_db *db, int64_t run, const struct sim_db_result *result, enum sim_db_state state,
		   struct sim_error *error);

/* Marks a run as failed, as far as the database can still be written. */
void sim_db_run_fail(struct sim_db *db, int64_t run);

/* Commits and closes; NULL is fine. Return: 0 or -EIO. */
int sim_db_close(struct sim_db *db, struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
