/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of split/merge trees in Graphviz's language.
 *
 * Role: trees below each other, each node as wide as its frames are many and above them, so that a picture of a tree is
 * a picture of memory. What a part is, its text, its outline and its pattern say too, not its colour alone.
 * Interface: sim_dot_begin, sim_dot_tree, sim_dot_end; sim_dot_write.
 * Invariant: every place is computed here and none by Graphviz, so the same trees give the same text everywhere.
 */
#ifndef SIM_DOT_H
#define SIM_DOT_H

#include <stdio.h>

#include "error.h"
#include "tree.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_dot {
	FILE *out;          /* the caller's */
	unsigned order;     /* of every tree */
	unsigned stage;     /* trees so far */
	double frame_width; /* inches, like the others */
	double y;           /* of what comes next; goes down */
	unsigned seen;      /* pieces, by bit */
	bool seen_split, seen_whole;
};

/* @order: of the blocks that will be drawn. @title: first line of the picture. */
void sim_dot_begin(struct sim_dot *dot, FILE *out, unsigned order, const char *title);
/* Adds a tree below the last one. Pre: tree->order is that of the beginning. */
void sim_dot_tree(struct sim_dot *dot, const struct sim_tree *tree, const char *heading);
/* Adds @footer and what the colours mean, and ends the picture. */
void sim_dot_end(struct sim_dot *dot, const char *footer);

/* True for a file that sim_dot_write knows how to make. */
bool sim_dot_is_known_name(const char *path);

/**
 * sim_dot_write - put a picture where it is wanted
 * @text: the picture, NUL-terminated
 * @path: NULL or "-" for standard output; "NAME.dot" for the text; "NAME.svg" and "NAME.png" run Graphviz's dot
 *
 * The file appears under its name when it is complete; one that was there stays when something fails.
 * Return: 0, -ENOENT (no dot in PATH), or another negative error.
 */
int sim_dot_write(const char *text, const char *path, struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
