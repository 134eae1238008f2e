// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * File churn in one folder: create, copy, append, read, unpack a tree, delete.
 *
 * Usage: files DIR OPERATIONS [SEED]. At most FILES_LIVE files of 1 byte to 1 MiB live at a time; most are small,
 * as in a source tree. Now and then most of them are deleted at once, so that frames return to the zones' lists and
 * are taken from there again; without that, everything would circulate in per-CPU lists.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

#define FILES_LIVE 3000u
#define TREE_FILES 24u
/* Operations between two clean-ups: the files then hold more pages than per-CPU lists keep. */
#define CLEANUP_PERIOD 3000u

static char block[65536];

static void name_of(char *out, size_t bytes, const char *dir, unsigned slot)
{
	snprintf(out, bytes, "%s/f%u", dir, slot);
}

static size_t draw_bytes(uint64_t *state)
{
	switch (draw(state) % 16) {
	case 0:
		return 1 + draw(state) % (1u << 20);
	case 1:
	case 2:
	case 3:
		return 1 + draw(state) % (128u << 10);
	default:
		return 1 + draw(state) % (16u << 10);
	}
}

static void write_file(const char *name, size_t bytes, int flags)
{
	int file = open(name, O_WRONLY | O_CREAT | flags, 0644);

	if (file < 0)
		fail(name);
	while (bytes > 0) {
		size_t part = bytes < sizeof(block) ? bytes : sizeof(block);

		if (write(file, block, part) != (ssize_t)part)
			fail(name);
		bytes -= part;
	}
	close(file);
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out;
	ssize_t got;

	if (in < 0)
		return;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0)
		fail(to);
	while ((got = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)got) != got)
			fail(to);
	close(in);
	close(out);
}

/* A folder full of small files, then gone: what unpacking and removing an archive does. */
static void tree(const char *dir, uint64_t *state)
{
	char sub[200], name[256];
	unsigned i;

	snprintf(sub, sizeof(sub), "%s/tree%u", dir, draw(state) % 8);
	if (mkdir(sub, 0755) == 0) {
		for (i = 0; i < TREE_FILES; i++) {
			name_of(name, sizeof(name), sub, i);
			write_file(name, 1 + draw(state) % 12000, O_TRUNC);
		}
		return;
	}
	for (i = 0; i < TREE_FILES; i++) {
		name_of(name, sizeof(name), sub, i);
		unlink(name);
	}
	rmdir(sub);
}

static void step(const char *dir, uint64_t *state)
{
	char name[256], other[256];

	name_of(name, sizeof(name), dir, draw(state) % FILES_LIVE);
	name_of(other, sizeof(other), dir, draw(state) % FILES_LIVE);
	switch (draw(state) % 10) {
	case 0:
	case 1:
	case 2:
	case 7:
	case 8:
		write_file(name, draw_bytes(state), O_TRUNC);
		break;
	case 3:
	case 4:
		copy_file(name, other);
		break;
	case 5:
		write_file(name, 1 + draw(state) % 20000, O_APPEND);
		break;
	case 6:
		tree(dir, state);
		break;
	default:
		unlink(name);
	}
}

/* Deletes nine of ten files, in random order. */
static void clean_up(const char *dir, uint64_t *state)
{
	unsigned offset = draw(state), i;
	char name[256];

	for (i = 0; i < FILES_LIVE; i++) {
		/* 1009 is prime and no divisor of FILES_LIVE, so every slot comes up once. */
		name_of(name, sizeof(name), dir, (offset % FILES_LIVE + i * 1009u) % FILES_LIVE);
		if (draw(state) % 10)
			unlink(name);
	}
}

int main(int argc, char **argv)
{
	unsigned long operations = argument(argc, argv, 2, 1000);
	uint64_t state = argument(argc, argv, 3, 1) * 2 + 1;

	if (argc < 2) {
		fprintf(stderr, "usage: files DIR OPERATIONS [SEED]\n");
		return 2;
	}
	memset(block, 'p', sizeof(block));
	while (operations-- > 0) {
		step(argv[1], &state);
		if (operations % CLEANUP_PERIOD == 0)
			clean_up(argv[1], &state);
	}
	return 0;
}
