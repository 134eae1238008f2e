// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search.
 *
 * Interface: search.h.
 */
#include "search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xxhash.h>

#include "ref.h"
#include "tap.h"

#define DEPTH_MAX 255u
#define FIRST_SLOTS (UINT64_C(1) << 16)
#define NO_STATE UINT32_MAX

/* A state by how it was reached. Number 0 and on are the roots'. */
struct state {
	uint32_t before; /* NO_STATE: a root */
	struct world_op op;
};

struct search {
	struct world *w;
	const struct search_options *options;
	struct search_result *out;
	struct state *states;
	uint64_t room; /* of states */
	XXH128_hash_t *slots; /* keys of known states; all zero: empty */
	uint64_t slot_count;  /* a power of two */
	/* With congruence only: the number of the state in each slot, and what each state's future is. */
	uint32_t *numbers;
	uint64_t *futures;
	/* Images of the states along the path to the present one, by depth. */
	char *images[DEPTH_MAX + 1];
	uint32_t path[DEPTH_MAX + 1];
	unsigned path_length; /* images that are good */
	char *scratch;
	size_t image_bytes;
	double started;
};

/* Of processor time, which a busy machine does not stretch. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- Known states ---------------------------------------------------------------------------------------- */

static XXH128_hash_t hash(const struct world *w)
{
	uint8_t bytes[WORLD_KEY_BYTES_MAX];
	XXH128_hash_t h = XXH3_128bits(bytes, world_key(w, true, bytes));

	h.low64 += !h.low64 && !h.high64; /* zero means empty */
	return h;
}

static bool is_empty(XXH128_hash_t key)
{
	return !key.low64 && !key.high64;
}

/* Where the key is, or would be. */
static uint64_t find_slot(const XXH128_hash_t *slots, uint64_t count, XXH128_hash_t key)
{
	uint64_t at = key.low64 & (count - 1);

	while (!is_empty(slots[at]) && (slots[at].low64 != key.low64 || slots[at].high64 != key.high64))
		at = (at + 1) & (count - 1);
	return at;
}

static size_t memory_used(const struct search *s)
{
	bool more = s->options->congruence;

	return s->slot_count * (sizeof(*s->slots) + more * sizeof(*s->numbers)) +
	       s->room * (sizeof(*s->states) + more * sizeof(*s->futures));
}

static int grow_slots(struct search *s)
{
	uint64_t count = s->slot_count ? s->slot_count * 2 : FIRST_SLOTS;
	XXH128_hash_t *slots;
	uint32_t *numbers = NULL;

	/* For a moment there are the old ones beside twice as many new ones. */
	if (memory_used(s) + count * (sizeof(*slots) + s->options->congruence * sizeof(*numbers)) >
	    s->options->memory_bytes)
		return -ENOMEM;
	slots = calloc(count, sizeof(*slots));
	if (s->options->congruence)
		numbers = calloc(count, sizeof(*numbers));
	if (!slots || (s->options->congruence && !numbers)) {
		free(slots);
		free(numbers);
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < s->slot_count; i++) {
		uint64_t at = is_empty(s->slots[i]) ? count : find_slot(slots, count, s->slots[i]);

		if (at == count)
			continue;
		slots[at] = s->slots[i];
		if (numbers)
			numbers[at] = s->numbers[i];
	}
	free(s->slots);
	free(s->numbers);
	s->slots = slots;
	s->numbers = numbers;
	s->slot_count = count;
	return 0;
}

static int grow_states(struct search *s)
{
	uint64_t room = s->room ? s->room * 2 : FIRST_SLOTS / 2;
	struct state *states;

	if (room >= NO_STATE || memory_used(s) + room * sizeof(*states) > s->options->memory_bytes)
		return -ENOMEM;
	states = realloc(s->states, room * sizeof(*states));
	if (!states)
		return -ENOMEM;
	s->states = states;
	if (s->options->congruence) {
		uint64_t *futures = realloc(s->futures, room * sizeof(*futures));

		if (!futures)
			return -ENOMEM;
		s->futures = futures;
	}
	s->room = room;
	return 0;
}

/* The world's state becomes known. Return: 0 or -ENOMEM; *at_out is its slot. */
static int know(struct search *s, uint32_t before, struct world_op op, uint64_t *at_out)
{
	XXH128_hash_t key = hash(s->w);

	if (s->out->states * 3 >= s->slot_count * 2 && grow_slots(s))
		return -ENOMEM;
	*at_out = find_slot(s->slots, s->slot_count, key);
	if (!is_empty(s->slots[*at_out]))
		return 0;
	if (s->out->states == s->room && grow_states(s))
		return -ENOMEM;
	s->slots[*at_out] = key;
	if (s->options->congruence) {
		s->numbers[*at_out] = (uint32_t)s->out->states;
		s->futures[s->out->states] = 0;
	}
	s->states[s->out->states++] = (struct state){ before, op };
	return 0;
}

/* --- The way to a state ---------------------------------------------------------------------------------- */

/* Path from a root to @state, roots first. Return: its length. */
static unsigned path_to(const struct search *s, uint32_t state, uint32_t path[DEPTH_MAX + 1])
{
	unsigned length = 0;

	for (uint32_t at = state; at != NO_STATE; at = s->states[at].before)
		length++;
	for (unsigned i = length; i > 0; i--) {
		path[i - 1] = state;
		state = s->states[state].before;
	}
	return length;
}

static int save(struct search *s, unsigned depth)
{
	if (!s->images[depth])
		s->images[depth] = malloc(s->image_bytes);
	if (!s->images[depth])
		return -ENOMEM;
	world_save(s->w, s->images[depth]);
	return 0;
}

/* Brings the world into @state. Return: 0 or -ENOMEM. */
static int go_to(struct search *s, uint32_t state, unsigned *depth_out)
{
	uint32_t path[DEPTH_MAX + 1];
	unsigned length = path_to(s, state, path);
	unsigned common = 0;

	while (common < s->path_length && common < length && path[common] == s->path[common])
		common++;
	if (common)
		world_restore(s->w, s->images[common - 1]);
	for (unsigned i = common; i < length; i++) {
		(void)world_apply(s->w, s->states[path[i]].op); /* it was all right the first time */
		if (save(s, i))
			return -ENOMEM;
	}
	memcpy(s->path, path, length * sizeof(path[0]));
	s->path_length = length;
	*depth_out = length - 1;
	return 0;
}

/* Writes what is wrong and the way there. */
static int tell(struct search *s, uint32_t state, const struct world_op *last)
{
	char *text = s->out->wrong;
	size_t room = sizeof(s->out->wrong), used;
	uint32_t path[DEPTH_MAX + 1];
	unsigned length = path_to(s, state, path);
	char op[96];

	used = (size_t)snprintf(text, room, "%s\n", s->w->wrong);
	for (unsigned i = 0; i < length + (last != NULL) && used < room; i++) {
		struct world_op next = i < length ? s->states[path[i]].op : *last;

		(void)world_apply(s->w, next);
		used += (size_t)snprintf(text + used, room - used, "  %2u  %s\n", i, world_op_text(s->w, next, op));
	}
	return -ECANCELED;
}

/* --- The search ------------------------------------------------------------------------------------------ */

static bool trims(const struct world *w)
{
	return w->policy && !w->policy->held && w->policy != &sim_policy_none && !w->config.pcp;
}

/* A hash of the states that all operations lead to from here. */
static bool future(struct search *s, const char *image, uint64_t *out)
{
	struct world_op ops[WORLD_OPS_MAX];
	unsigned count = world_ops(s->w, ops);
	uint64_t sum = count;

	for (unsigned i = 0; i < count; i++) {
		XXH128_hash_t key;

		world_restore(s->w, image);
		if (!world_apply(s->w, ops[i]))
			return false;
		key = hash(s->w);
		sum = XXH3_64bits_withSeed(&key, sizeof(key), sum);
	}
	*out = sum;
	return true;
}

/* The world is in state @known, perhaps by another way than before: what comes then must be the same. */
static int compare_futures(struct search *s, uint32_t known)
{
	uint64_t mine;

	world_save(s->w, s->scratch);
	if (!future(s, s->scratch, &mine))
		return -ECANCELED;
	s->out->congruences++;
	if (s->futures[known] == 0)
		s->futures[known] = mine;
	if (s->futures[known] == mine)
		return 0;
	snprintf(s->w->wrong, sizeof(s->w->wrong), "a state with the key of state %u has another future", known);
	return -ECANCELED;
}

/* The operation, and what the reference makes of it. Return: 0, -ECANCELED, -ENOMEM. */
static int apply(struct search *s, struct world_op op)
{
	struct world *w = s->w;
	struct ref *ref = NULL;
	bool ok;

	if (s->options->oracle && !w->config.alone) {
		ref = ref_create(&w->buddy_config, w->buddy);
		if (!ref)
			return -ENOMEM;
	}
	tap_follow(ref);
	ok = world_apply(w, op);
	if (ref && ok && tap_differs())
		snprintf(w->wrong, sizeof(w->wrong), "%s", tap_differs());
	ok = ok && !tap_differs() && (!ref || ref_same(ref, w->buddy, w->wrong, sizeof(w->wrong)));
	tap_follow(NULL);
	ref_destroy(ref);
	return ok ? 0 : -ECANCELED;
}

static int transition(struct search *s, uint32_t from, const char *image, struct world_op op)
{
	uint64_t at;
	int error;

	world_restore(s->w, image);
	s->out->transitions++;
	error = apply(s, op);
	if (error)
		return error;
	s->out->refused += s->w->result != 0;
	if (!world_check(s->w))
		return -ECANCELED;
	if (know(s, from, op, &at))
		return -ENOMEM;
	if (s->options->congruence && compare_futures(s, s->numbers[at]))
		return -ECANCELED;
	if (!trims(s->w) || (op.kind != WORLD_SIZED && op.kind != WORLD_FREE))
		return 0;
	s->out->grain_pairs++;
	return world_check_grains(s->w, op, image) ? 0 : -ECANCELED;
}

static int expand(struct search *s, uint32_t state)
{
	struct world_op ops[WORLD_OPS_MAX];
	unsigned depth, count;
	int error;

	if (go_to(s, state, &depth))
		return -ENOMEM;
	s->out->depth = depth > s->out->depth ? depth : s->out->depth;
	if (depth == DEPTH_MAX)
		return -ENOMEM;
	if (!world_check_refusals(s->w, s->images[depth], s->scratch) || !world_end(s->w))
		return tell(s, state, NULL);
	world_restore(s->w, s->images[depth]);
	count = world_ops(s->w, ops);
	for (unsigned i = 0; i < count; i++) {
		error = transition(s, state, s->images[depth], ops[i]);
		if (error == -ECANCELED)
			return tell(s, state, &ops[i]);
		if (error)
			return error;
	}
	return 0;
}

static void show_progress(struct search *s, uint64_t done, double *last)
{
	double t = now();

	if (!s->options->progress || t - *last < 1.0)
		return;
	*last = t;
	fprintf(stderr, "\r%llu states known, %llu expanded, %llu transitions, depth %u, %.0f s ",
		(unsigned long long)s->out->states, (unsigned long long)done, (unsigned long long)s->out->transitions,
		s->out->depth, t - s->started);
}

static int start(struct search *s)
{
	uint64_t at;

	s->image_bytes = world_image_bytes(s->w);
	s->scratch = malloc(s->image_bytes);
	if (!s->scratch || grow_slots(s) || grow_states(s))
		return -ENOMEM;
	for (unsigned root = 0; root < world_root_count(s->w); root++) {
		struct world_op op = { .kind = WORLD_ROOT, .value = root & 63u };

		if (!world_apply(s->w, op) || !world_check(s->w))
			return tell(s, NO_STATE, &op);
		if (know(s, NO_STATE, op, &at))
			return -ENOMEM;
	}
	return 0;
}

int search_run(struct world *w, const struct search_options *options, struct search_result *out)
{
	struct search s = { .w = w, .options = options, .out = out, .started = now() };
	double last = s.started;
	int error;

	memset(out, 0, sizeof(*out));
	error = start(&s);
	for (uint64_t i = 0; i < out->states && !error; i++) {
		error = expand(&s, (uint32_t)i);
		if (i % 256 == 0)
			show_progress(&s, i, &last);
	}
	if (options->progress && last > s.started)
		fprintf(stderr, "\r%78s\r", "");
	out->seconds = now() - s.started;
	out->memory_bytes = memory_used(&s);
	for (unsigned i = 0; i <= DEPTH_MAX; i++)
		free(s.images[i]);
	free(s.scratch);
	free(s.states);
	free(s.slots);
	free(s.numbers);
	free(s.futures);
	return error;
}
