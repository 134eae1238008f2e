// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a kernel log whose totals are those of the 2023 report: 462 fits, 253 frees, 5384 pages saved.
 *
 *     make_stats_log original|ours SEED
 *
 * The seed draws the blocks, what is kept of them, the order of fits and frees and what stands before each line; the
 * totals stay. 19,552 pages of blocks are what makes 5384 pages saved 27.54% and the rest 72.46%, and divides by 4.
 * The times of the fits are 1000, 1017, 1034, ... ns and those of the frees 500, 513, ... ns, shuffled.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FITS 462u
#define FREES 253u
#define BLOCK_PAGES 19552u
#define SAVED_PAGES 5384u
#define PAGE_KB 4u
#define LEAST_BLOCK 4u /* of 2 pages, or of 1, nothing can be given back */
#define MOST_BLOCK 1024u
#define RESERVE 32u    /* blocks that make the sum exact */
#define PREFIXES 9u

struct fit {
	unsigned block, kept;
	unsigned time_ns;
};

struct maker {
	uint64_t state;
	int ours;
	uint64_t now_us;
	struct fit fits[FITS];
	unsigned free_times_ns[FREES];
};

/* xorshift64* */
static unsigned draw(struct maker *m, unsigned below)
{
	m->state ^= m->state >> 12;
	m->state ^= m->state << 25;
	m->state ^= m->state >> 27;
	return (unsigned)((m->state * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* Doubles random blocks until their sum is near, then those of the reserve until it is exact. */
static void draw_blocks(struct maker *m)
{
	unsigned left = BLOCK_PAGES - FITS * LEAST_BLOCK;

	for (unsigned i = 0; i < FITS; i++)
		m->fits[i].block = LEAST_BLOCK;
	for (unsigned tries = 0; tries < 100000 && left > 1024; tries++) {
		struct fit *fit = &m->fits[draw(m, FITS - RESERVE)];

		if (fit->block < MOST_BLOCK && fit->block <= left) {
			left -= fit->block;
			fit->block *= 2;
		}
	}
	for (unsigned i = FITS - RESERVE; i < FITS; i++) {
		while (m->fits[i].block <= left && m->fits[i].block < MOST_BLOCK) {
			left -= m->fits[i].block;
			m->fits[i].block *= 2;
		}
	}
}

/* A request needs more than half of its block and less than all of it. */
static void draw_kept(struct maker *m)
{
	unsigned left = SAVED_PAGES - FITS;

	for (unsigned i = 0; i < FITS; i++)
		m->fits[i].kept = m->fits[i].block - 1;
	while (left) {
		struct fit *fit = &m->fits[draw(m, FITS)];
		unsigned room = fit->kept - fit->block / 2 - 1;
		unsigned most = room < left ? room : left;

		if (most) {
			unsigned saved = 1 + draw(m, most);

			fit->kept -= saved;
			left -= saved;
		}
	}
}

static void draw_times(struct maker *m)
{
	for (unsigned i = 0; i < FITS; i++) {
		unsigned other = draw(m, i + 1);

		m->fits[i].time_ns = m->fits[other].time_ns;
		m->fits[other].time_ns = 1000 + 17 * i;
	}
	for (unsigned i = 0; i < FREES; i++) {
		unsigned other = draw(m, i + 1);

		m->free_times_ns[i] = m->free_times_ns[other];
		m->free_times_ns[other] = 500 + 13 * i;
	}
}

/* What stands before a message; the tab of the original as that logger writes it. */
static const char *print_prefix(struct maker *m)
{
	unsigned s = (unsigned)(m->now_us / 1000000), us = (unsigned)(m->now_us % 1000000);
	unsigned hour = 12 + s / 3600, minute = s / 60 % 60, second = s % 60;

	switch (draw(m, PREFIXES)) {
	case 0: printf("[%5u.%06u] ", s, us); return "\t";
	case 1: printf("[Sat Nov 25 %02u:%02u:%02u 2023] ", hour, minute, second); return "\t";
	case 2: printf("kern  :info  : [%5u.%06u] ", s, us); return "\t";
	case 3: printf("<6>[%5u.%06u] ", s, us); return "\t";
	case 4: printf("Nov 25 %02u:%02u:%02u lab kernel: ", hour, minute, second); return "\t";
	case 5: printf("Nov 25 %02u:%02u:%02u lab kernel: [%5u.%06u] ", hour, minute, second, s, us); return "#011";
	case 6: printf("2023-11-25T%02u:%02u:%02u+0100 lab kernel: ", hour, minute, second); return "\t";
	case 7: printf("2023-11-25T%02u:%02u:%02u.%06u+01:00 lab kernel: [%5u.%06u] ", hour, minute, second, us, s,
		       us); return "#011";
	default: printf("6,%u,%" PRIu64 ",-;", s, m->now_us); return "\\x09";
	}
}

static void print_fit(struct maker *m, const struct fit *fit)
{
	const char *tab = print_prefix(m);
	unsigned bytes = fit->kept * PAGE_KB * 1024 - draw(m, PAGE_KB * 1024);

	if (m->ours)
		printf("pageman: Stats| Fit_bytes=%u Required_pages=%u Original_pages=%u Policy=fitfree Elapse=%u ns\n",
		       bytes, fit->kept, fit->block, fit->time_ns);
	else
		printf("Pageman(Fit): Stats| Fit_size=%u KB %s Required_pages=%u %sOriginal_pages=%u %sElapse=%u ns \n",
		       bytes / 1024, tab, fit->kept, tab, fit->block, tab, fit->time_ns);
}

static void print_free(struct maker *m, const struct fit *fit, unsigned time_ns)
{
	const char *tab = print_prefix(m);

	if (m->ours)
		printf("pageman: Stats| Free_bytes=%u fit_pages=%u Max_pages=%u Policy=fitfree Elapse=%u ns\n",
		       fit->kept * PAGE_KB * 1024, fit->kept, fit->block, time_ns);
	else
		printf("Pageman(Free): Stats| Free_size=%u KB %s fit_pages=%u %sMax_pages=%u %sElapse=%u ns\n",
		       fit->kept * PAGE_KB, tab, fit->kept, tab, fit->block, tab, time_ns);
}

static void print_log(struct maker *m)
{
	unsigned live[FITS], live_count = 0, fits = 0, frees = 0;

	while (fits < FITS || frees < FREES) {
		m->now_us += 1 + draw(m, 2000000);
		if (!draw(m, 4)) {
			print_prefix(m);
			printf("eth0: link is up\n");
		}
		if (fits < FITS && (!live_count || frees == FREES || draw(m, 3))) {
			live[live_count++] = fits;
			print_fit(m, &m->fits[fits++]);
		} else if (live_count) {
			unsigned which = draw(m, live_count);

			print_free(m, &m->fits[live[which]], m->free_times_ns[frees++]);
			live[which] = live[--live_count];
		}
	}
}

int main(int argc, char **argv)
{
	static struct maker maker;

	if (argc != 3 || (strcmp(argv[1], "original") && strcmp(argv[1], "ours"))) {
		fprintf(stderr, "Usage: make_stats_log original|ours SEED\n");
		return 2;
	}
	maker.ours = !strcmp(argv[1], "ours");
	maker.state = strtoull(argv[2], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	draw_blocks(&maker);
	draw_kept(&maker);
	draw_times(&maker);
	print_log(&maker);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
