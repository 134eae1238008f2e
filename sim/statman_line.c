// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what stands behind "Stats|".
 *
 *     Stats| Fit_size=12 KB #011 Required_pages=3 #011Original_pages=4 #011Elapse=5120 ns
 *            key      number unit, in any order; loggers write tabs as "#011" or "\x09"
 *
 * Interface: sim_statman_parse, sim_statman_size_fits (statman_line.h).
 * Invariant: a line that was cut anywhere does not parse: the last thing of both formats is the unit of Elapse.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "statman_line.h"

enum field { FIELD_SIZE, FIELD_PAGES, FIELD_BLOCK, FIELD_TIME, FIELD_COUNT };

struct key {
	const char *name;
	enum field field;
	int kind;         /* enum sim_statman_kind, or -1: both */
	bool is_ours;
	uint64_t max;
	const char *unit; /* what may follow; NULL: nothing */
	bool needs_unit;
};

#define SIZE_MAX_KB ((UINT64_C(1) << 40) - 1)
#define PAGES_MAX (UINT64_C(1) << (SIM_STATMAN_ORDER_COUNT - 1))
#define TIME_MAX ((UINT64_C(1) << SIM_STATMAN_TIME_BITS) - 1)

static const struct key keys[] = {
	{ "Fit_size", FIELD_SIZE, SIM_STATMAN_FIT, false, SIZE_MAX_KB, "KB", false },
	{ "Fit_bytes", FIELD_SIZE, SIM_STATMAN_FIT, true, SIZE_MAX_KB << 10, "B", false },
	{ "Required_pages", FIELD_PAGES, SIM_STATMAN_FIT, false, PAGES_MAX, NULL, false },
	{ "Original_pages", FIELD_BLOCK, SIM_STATMAN_FIT, false, PAGES_MAX, NULL, false },
	{ "Free_size", FIELD_SIZE, SIM_STATMAN_FREE, false, SIZE_MAX_KB, "KB", false },
	{ "Free_bytes", FIELD_SIZE, SIM_STATMAN_FREE, true, SIZE_MAX_KB << 10, "B", false },
	{ "fit_pages", FIELD_PAGES, SIM_STATMAN_FREE, false, PAGES_MAX, NULL, false },
	{ "Max_pages", FIELD_BLOCK, SIM_STATMAN_FREE, false, PAGES_MAX, NULL, false },
	{ "Elapse", FIELD_TIME, -1, false, TIME_MAX, "ns", true },
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static const char *const field_keys[2][FIELD_COUNT] = {
	[SIM_STATMAN_FIT] = { "Fit_size or Fit_bytes", "Required_pages", "Original_pages", "Elapse" },
	[SIM_STATMAN_FREE] = { "Free_size or Free_bytes", "fit_pages", "Max_pages", "Elapse" },
};

struct draft {
	const struct key *seen[FIELD_COUNT];
	const struct key *with_kind; /* the first key that only fits or only frees have */
	uint64_t values[FIELD_COUNT];
	char policy[SIM_STATMAN_POLICY_BYTES];
	unsigned unknown_keys;
};

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of a control character that a logger escaped: "#011" (rsyslog), "\x09" (/dev/kmsg); 0 for none. */
static size_t escape_bytes(const char *at, size_t size)
{
	if (size < 4)
		return 0;
	if (at[0] == '#' && at[1] == '0' && at[2] >= '0' && at[2] <= '3' && is_octal(at[3]))
		return 4;
	if (at[0] == '\\' && at[1] == 'x' && (at[2] == '0' || at[2] == '1') && is_hex(at[3]))
		return 4;
	return 0;
}

/* Copies a record with every control character, escaped or not, as a blank. */
static void clean(char *clean_out, const char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		size_t escaped = escape_bytes(text + i, size - i);
		unsigned char c = (unsigned char)text[i];

		clean_out[used++] = escaped || c < ' ' || c == 0x7f ? ' ' : text[i];
		if (escaped)
			i += escaped - 1;
	}
	clean_out[used] = '\0';
}

/* The next word, made a string of its own; NULL at the end. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " ");

	if (!*word)
		return NULL;
	*rest = word + strcspn(word, " ");
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

/* The word that follows when it is no key, so that "12 KB" and "12KB" are the same. */
static const char *take_unit(char *glued, char **rest)
{
	const char *next = *rest + strspn(*rest, " ");

	if (*glued)
		return glued;
	if (!*next || memchr(next, '=', strcspn(next, " ")))
		return NULL;
	return next_word(rest);
}

static int check_unit(const struct key *key, const char *unit, struct sim_error *error)
{
	if (!unit)
		return key->needs_unit ? sim_fail(error, -EINVAL, "expected \"%s\" behind %s, found nothing", key->unit,
						  key->name)
				       : 0;
	if (!key->unit)
		return sim_fail(error, -EINVAL, "expected a number of pages for %s, found \"%.24s\" behind it",
				key->name, unit);
	if (strcmp(unit, key->unit))
		return sim_fail(error, -EINVAL, "expected \"%s\" behind %s, found \"%.24s\"", key->unit, key->name,
				unit);
	return 0;
}

/* Reads "@text", perhaps with a unit stuck to it or behind it, as the value of @key. */
static int read_value(struct draft *d, const struct key *key, char *text, char **rest, struct sim_error *error)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;

	if (!digits)
		return sim_fail(error, -EINVAL, "expected a number for %s, found \"%.24s\"", key->name, text);
	for (size_t i = 0; i < digits; i++) {
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > key->max)
			return sim_fail(error, -EINVAL, "expected at most %" PRIu64 " for %s, found %.24s%s", key->max,
					key->name, text, strlen(text) > 24 ? "..." : "");
	}
	if (d->seen[key->field])
		return sim_fail(error, -EINVAL, "expected %s once, found %s and %s",
				field_keys[key->kind == SIM_STATMAN_FREE][key->field], d->seen[key->field]->name,
				key->name);
	d->seen[key->field] = key;
	d->values[key->field] = value;
	return check_unit(key, take_unit(text + digits, rest), error);
}

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int read_word(struct draft *d, char *word, char **rest, struct sim_error *error)
{
	char *value = strchr(word, '=');
	const struct key *key;

	if (!value)
		return 0; /* words between the keys say nothing to us */
	*value++ = '\0';
	if (!strcmp(word, "Policy")) {
		snprintf(d->policy, sizeof(d->policy), "%s", value);
		return 0;
	}
	key = find_key(word);
	if (!key) {
		d->unknown_keys++;
		return 0;
	}
	if (key->kind >= 0 && d->with_kind && d->with_kind->kind != key->kind)
		return sim_fail(error, -EINVAL, "expected the keys of a fit or of a free, found %s and %s",
				d->with_kind->name, key->name);
	if (key->kind >= 0 && !d->with_kind)
		d->with_kind = key;
	return read_value(d, key, value, rest, error);
}

static unsigned order_of(uint64_t block_pages)
{
	unsigned order = 0;

	while (block_pages >> (order + 1))
		order++;
	return order;
}

static int check_plausible(const struct draft *d, struct sim_error *error)
{
	const char *const *names = field_keys[d->with_kind->kind];
	uint64_t pages = d->values[FIELD_PAGES], block = d->values[FIELD_BLOCK];

	for (unsigned field = 0; field < FIELD_COUNT; field++)
		if (!d->seen[field])
			return sim_fail(error, -EINVAL, "expected %s, found the end of the line", names[field]);
	if (!block || (block & (block - 1)))
		return sim_fail(error, -EINVAL, "expected a power of two for %s, found %" PRIu64, names[FIELD_BLOCK],
				block);
	if (!pages || pages > block)
		return sim_fail(error, -EINVAL, "expected 1 to %" PRIu64 " for %s, found %" PRIu64, block,
				names[FIELD_PAGES], pages);
	return 0;
}

int sim_statman_parse(const char *text, size_t size, struct sim_statman_record *out, struct sim_error *error)
{
	char buffer[SIM_STATMAN_RECORD_BYTES_MAX + 1];
	char *rest = buffer + SIM_STATMAN_MARKER_BYTES, *word;
	struct draft d = { 0 };
	int result = 0;

	assert(size >= SIM_STATMAN_MARKER_BYTES && size <= SIM_STATMAN_RECORD_BYTES_MAX);
	clean(buffer, text, size);
	while (!result && (word = next_word(&rest)))
		result = read_word(&d, word, &rest, error);
	if (!result && !d.with_kind)
		result = sim_fail(error, -EINVAL, "expected Fit_size, Fit_bytes, Free_size or Free_bytes, found none");
	if (!result)
		result = check_plausible(&d, error);
	if (result)
		return result;
	memset(out, 0, sizeof(*out));
	out->kind = (enum sim_statman_kind)d.with_kind->kind;
	out->is_ours = d.seen[FIELD_SIZE]->is_ours;
	out->size = d.values[FIELD_SIZE];
	out->pages = d.values[FIELD_PAGES];
	out->block_pages = d.values[FIELD_BLOCK];
	out->order = order_of(out->block_pages);
	out->time_ns = d.values[FIELD_TIME];
	memcpy(out->policy, d.policy, sizeof(out->policy));
	out->unknown_keys = d.unknown_keys;
	return 0;
}

bool sim_statman_size_fits(const struct sim_statman_record *record, uint64_t page_bytes)
{
	uint64_t least = record->is_ours ? record->size : record->size << 10;
	uint64_t most = record->is_ours ? record->size : least + 1023; /* whole KB: the rest was cut off */

	return (least + page_bytes - 1) / page_bytes <= record->pages &&
	       (most + page_bytes - 1) / page_bytes >= record->pages;
}
