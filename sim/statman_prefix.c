// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What loggers put before a kernel message.
 *
 * Interface: sim_statman_prefix_of, sim_statman_prefix_name, sim_statman_find (statman_line.h).
 * Invariant: nothing is read beyond the line; what is not recognised is "plain", never an error.
 */
#include <string.h>

#include "statman_line.h"

struct cursor {
	const char *at, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

const char *sim_statman_find(const char *text, size_t size, const char *what)
{
	size_t length = strlen(what);
	const char *end = text + size;

	while ((size_t)(end - text) >= length) {
		const char *c = memchr(text, what[0], (size_t)(end - text) - length + 1);

		if (!c)
			return NULL;
		if (!memcmp(c, what, length))
			return c;
		text = c + 1;
	}
	return NULL;
}

/*
 * Takes @shape off the front: '0' stands for a digit, 'a' for a letter, '_' for a blank or a digit, anything else for
 * itself. Return: whether the line begins so; if not, the cursor stays.
 */
static bool take_shape(struct cursor *c, const char *shape)
{
	const char *at = c->at;

	for (; *shape; shape++, at++) {
		if (at == c->end)
			return false;
		if (*shape == '0' ? !is_digit(*at) : *shape == 'a' ? !is_letter(*at) :
		    *shape == '_' ? *at != ' ' && !is_digit(*at) : *at != *shape)
			return false;
	}
	c->at = at;
	return true;
}

static void skip(struct cursor *c, const char *set)
{
	while (c->at < c->end && *c->at && strchr(set, *c->at))
		c->at++;
}

/* Takes text up to the next blank, and that. Return: false when there is no blank. */
static bool take_word(struct cursor *c, const char **word_out, size_t *length_out)
{
	const char *blank = memchr(c->at, ' ', (size_t)(c->end - c->at));

	if (!blank)
		return false;
	*word_out = c->at;
	*length_out = (size_t)(blank - c->at);
	c->at = blank;
	skip(c, " ");
	return true;
}

/* "kernel:", or "kernel[0]:" as some loggers have it. */
static bool is_kernel(const char *program, size_t length)
{
	struct cursor c = { program, program + length };

	if (!take_shape(&c, "kernel"))
		return false;
	if (take_shape(&c, "[0")) {
		skip(&c, "0123456789");
		if (!take_shape(&c, "]"))
			return false;
	}
	return take_shape(&c, ":") && c.at == c.end;
}

/* Behind the time: another program's: "host program: " or "host program[pid]: ". */
static bool is_foreign(struct cursor *c)
{
	const char *host, *program;
	size_t host_length, length;

	if (!take_word(c, &host, &host_length) || !take_word(c, &program, &length))
		return false;
	return !is_kernel(program, length);
}

/* "[  123.456789]", "[    +0.000012]", "[123.4 <    0.1>]" or "[Sat Nov 25 12:00:00 2023]", "[Nov25 12:00]" */
static bool take_bracket(struct cursor *c, enum sim_statman_prefix *prefix_out)
{
	const char *close;
	struct cursor inside = *c;

	if (c->at == c->end || *c->at != '[')
		return false;
	close = memchr(c->at, ']', (size_t)(c->end - c->at));
	if (!close || close - c->at > 64)
		return false;
	inside.at++;
	skip(&inside, " +");
	if (is_letter(*inside.at))
		*prefix_out = SIM_STATMAN_DMESG_CLOCK;
	else if (is_digit(*inside.at))
		*prefix_out = SIM_STATMAN_DMESG;
	else
		return false;
	c->at = close + 1;
	return true;
}

/* "kern  :info  : " of dmesg -x, "<6>" of dmesg -r; nothing is no error. */
static void skip_level(struct cursor *c)
{
	struct cursor try = *c;

	if (take_shape(&try, "<0>") || take_shape(&try, "<00>")) {
		*c = try;
		return;
	}
	for (unsigned part = 0; part < 2; part++) {
		const char *start = try.at;

		while (try.at < try.end && (is_letter(*try.at) || is_digit(*try.at)))
			try.at++;
		if (try.at == start)
			return;
		skip(&try, " ");
		if (try.at == try.end || *try.at++ != ':')
			return;
	}
	skip(&try, " ");
	*c = try;
}

static bool take_iso_time(struct cursor *c, bool *is_dmesg_out)
{
	if (!take_shape(c, "0000-00-00T00:00:00") && !take_shape(c, "0000-00-00 00:00:00"))
		return false;
	*is_dmesg_out = c->at < c->end && *c->at == ','; /* loggers write a point */
	skip(c, ".,0123456789+-:Z");
	skip(c, " ");
	return true;
}

/* "6,1234,5678,-;" */
static bool is_kmsg(struct cursor c)
{
	const char *start = c.at;
	const char *end = memchr(c.at, ';', (size_t)(c.end - c.at));

	if (!end || end - start > 64 || !is_digit(*start))
		return false;
	for (unsigned field = 0; field < 3; field++) {
		skip(&c, "0123456789");
		if (c.at == c.end || *c.at++ != ',')
			return false;
	}
	return true;
}

enum sim_statman_prefix sim_statman_prefix_of(const char *line, size_t size, bool *is_foreign_out)
{
	struct cursor c = { line, line + size };
	enum sim_statman_prefix prefix;
	bool is_dmesg;

	*is_foreign_out = false;
	if (is_kmsg(c))
		return SIM_STATMAN_KMSG;
	if (take_iso_time(&c, &is_dmesg)) {
		if (is_dmesg)
			return SIM_STATMAN_DMESG_CLOCK;
		*is_foreign_out = is_foreign(&c);
		return SIM_STATMAN_SYSLOG_ISO;
	}
	if (take_shape(&c, "aaa _0 00:00:00")) {
		skip(&c, ".0123456789");
		skip(&c, " ");
		*is_foreign_out = is_foreign(&c);
		return SIM_STATMAN_SYSLOG;
	}
	skip_level(&c);
	return take_bracket(&c, &prefix) ? prefix : SIM_STATMAN_PLAIN;
}

const char *sim_statman_prefix_name(enum sim_statman_prefix prefix)
{
	static const char *const names[SIM_STATMAN_PREFIX_COUNT] = {
		[SIM_STATMAN_PLAIN] = "plain",   [SIM_STATMAN_DMESG] = "dmesg",
		[SIM_STATMAN_DMESG_CLOCK] = "dmesg_clock", [SIM_STATMAN_KMSG] = "kmsg",
		[SIM_STATMAN_SYSLOG] = "syslog", [SIM_STATMAN_SYSLOG_ISO] = "syslog_iso",
	};

	return names[prefix];
}
