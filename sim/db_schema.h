/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statements that create a results database.
 *
 * Role: the schema in one place; docs/schema.md explains it.
 */
#ifndef SIM_DB_SCHEMA_H
#define SIM_DB_SCHEMA_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char *const sim_db_schema[]; /* ends with NULL */

#ifdef __cplusplus
}
#endif
#endif
