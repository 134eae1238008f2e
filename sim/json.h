/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON as a stream, value by value, into a FILE.
 *
 * Role: 64-bit integers stay integers, nothing is built in memory, output is the same for the same calls.
 * Interface: sim_json_begin, containers, values, sim_json_end. Inside an object every value has a key, inside an
 * array the key is NULL.
 * Invariant: between begin and end the calls nest; a wrong nesting is our bug and an assertion.
 */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_JSON_DEPTH_MAX 16

struct sim_json {
	FILE *out;
	unsigned depth;
	bool is_array[SIM_JSON_DEPTH_MAX];
	bool has_entries[SIM_JSON_DEPTH_MAX];
};

/* Opens the document: an object whose first member is "schema": "pageman-@command/1". */
void sim_json_begin(struct sim_json *json, FILE *out, const char *command);
/* Closes the document with a newline. Write errors are found by whoever closes the stream. */
void sim_json_end(struct sim_json *json);

void sim_json_object(struct sim_json *json, const char *key);
void sim_json_object_end(struct sim_json *json);
void sim_json_array(struct sim_json *json, const char *key);
void sim_json_array_end(struct sim_json *json);

void sim_json_u64(struct sim_json *json, const char *key, uint64_t value);
void sim_json_i64(struct sim_json *json, const char *key, int64_t value);
void sim_json_double(struct sim_json *json, const char *key, double value); /* null when not finite */
void sim_json_bool(struct sim_json *json, const char *key, bool value);
void sim_json_null(struct sim_json *json, const char *key);
/* Bytes that are not UTF-8 come out as U+FFFD; NULL as null. */
void sim_json_string(struct sim_json *json, const char *key, const char *value);

#ifdef __cplusplus
}
#endif
#endif
