// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Streaming JSON writer.
 *
 * Interface: json.h.
 * Invariant: what was written so far is a prefix of a valid document.
 */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Length of the UTF-8 sequence at @s, 0 when it is not one. */
static unsigned utf8_length(const unsigned char *s)
{
	unsigned length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (unsigned i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (length == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0;
	if (length == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return length;
}

static void write_escaped(FILE *out, unsigned char c)
{
	switch (c) {
	case '"': fputs("\\\"", out); break;
	case '\\': fputs("\\\\", out); break;
	case '\n': fputs("\\n", out); break;
	case '\r': fputs("\\r", out); break;
	case '\t': fputs("\\t", out); break;
	default: fprintf(out, "\\u%04x", c); break;
	}
}

static void write_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', out);
	while (*s) {
		unsigned length = utf8_length(s);

		if (*s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f) {
			write_escaped(out, *s++);
		} else if (!length) {
			fputs("\\ufffd", out);
			s++;
		} else {
			fwrite(s, 1, length, out);
			s += length;
		}
	}
	fputc('"', out);
}

static void begin_value(struct sim_json *json, const char *key)
{
	unsigned level = json->depth - 1;

	assert(json->depth > 0 && "a value outside the document");
	assert(json->is_array[level] == !key && "objects have keys, arrays have none");
	fputs(json->has_entries[level] ? ",\n" : "\n", json->out);
	json->has_entries[level] = true;
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
	if (key) {
		write_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_container(struct sim_json *json, bool is_array)
{
	assert(json->depth < SIM_JSON_DEPTH_MAX);
	json->is_array[json->depth] = is_array;
	json->has_entries[json->depth] = false;
	json->depth++;
	fputc(is_array ? '[' : '{', json->out);
}

static void close_container(struct sim_json *json, bool is_array)
{
	assert(json->depth > 0 && json->is_array[json->depth - 1] == is_array);
	json->depth--;
	if (json->has_entries[json->depth]) {
		fputc('\n', json->out);
		for (unsigned i = 0; i < json->depth; i++)
			fputs("  ", json->out);
	}
	fputc(is_array ? ']' : '}', json->out);
}

void sim_json_begin(struct sim_json *json, FILE *out, const char *command)
{
	char schema[64];

	json->out = out;
	json->depth = 0;
	open_container(json, false);
	snprintf(schema, sizeof(schema), "pageman-%s/1", command);
	sim_json_string(json, "schema", schema);
}

void sim_json_end(struct sim_json *json)
{
	close_container(json, false);
	assert(json->depth == 0 && "containers left open");
	fputc('\n', json->out);
}

void sim_json_object(struct sim_json *json, const char *key)
{
	begin_value(json, key);
	open_container(json, false);
}

void sim_json_object_end(struct sim_json *json)
{
	close_container(json, false);
}

void sim_json_array(struct sim_json *json, const char *key)
{
	begin_value(json, key);
	open_container(json, true);
}

void sim_json_array_end(struct sim_json *json)
{
	close_container(json, true);
}

void sim_json_u64(struct sim_json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void sim_json_i64(struct sim_json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void sim_json_double(struct sim_json *json, const char *key, double value)
{
	char text[40];

	begin_value(json, key);
	if (!isfinite(value)) {
		fputs("null", json->out);
		return;
	}
	snprintf(text, sizeof(text), "%.9g", value);
	for (char *c = text; *c; c++)
		if (*c == ',') /* a locale's decimal comma */
			*c = '.';
	fputs(text, json->out);
}

void sim_json_bool(struct sim_json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->out);
}

void sim_json_null(struct sim_json *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->out);
}

void sim_json_string(struct sim_json *json, const char *key, const char *value)
{
	begin_value(json, key);
	if (value)
		write_string(json->out, value);
	else
		fputs("null", json->out);
}
