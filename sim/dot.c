// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws trees.
 *
 * Interface: sim_dot_begin, sim_dot_tree, sim_dot_end (dot.h).
 * Colours: Okabe and Ito's, which people with any colour vision tell apart.
 */
#include "dot.h"

#include <inttypes.h>
#include <string.h>

#define PICTURE_WIDTH 7.36  /* inches: 16 frames of 0.46 */
#define FRAME_WIDTH_MAX 0.46
#define BOX_HEIGHT 0.27
#define LEVEL_HEIGHT 0.40
#define GAP 0.05            /* between boxes of a level */
#define LEFT_X (-0.78)
#define LABEL_X (-0.50)     /* middle of "order 4" */
#define CHARACTER_WIDTH 0.085 /* of 10 points, with room to spare */
#define STRIPE_WIDTH 0.03
#define PLAIN_WIDTH 0.2     /* boxes below it are stripes all over */
#define BARE_WIDTH 0.05     /* boxes below it have no outline */

struct look {
	const char *text;    /* inside the box */
	const char *meaning; /* beside it in the legend */
	const char *fill;
	const char *outline;
	const char *thin;    /* colour of a box too narrow for an outline */
	const char *style;
	double outline_width;
	bool striped;
};

static const struct look looks[SIM_PIECE_COUNT] = {
	[SIM_PIECE_FREE] = { "free", "on the zone's free list",
		"#FFFFFF", "#009E73", "#009E73", "filled,bold", 2, false },
	[SIM_PIECE_ON_PCP] = { "CPU", "on a per-CPU list",
		"#9AD3F5", "#0072B2", "#0072B2", "filled,dashed", 1.2, false },
	[SIM_PIECE_IN_USE] = { "used", "in use",
		"#BBBBBB", "#666666", "#BBBBBB", "filled", 1, false },
	[SIM_PIECE_OUTSIDE] = { "none", "in no zone",
		"#FFFFFF", "#999999", "#FFFFFF", "filled,dotted", 1, false },
	[SIM_PIECE_FIRST] = { "A", "wanted by request A",
		"#E69F00", "#000000", "#E69F00", "filled", 1, false },
	[SIM_PIECE_SECOND] = { "B", "wanted by request B",
		"#DDA0C4", "#000000", "#DDA0C4", "filled,rounded", 1, false },
	[SIM_PIECE_SPARE] = { "idle", "kept, wanted by nobody",
		"#F5D9A0", "#000000", "#F5D9A0", "striped", 1, true },
	[SIM_PIECE_HELD] = { "held", "held by the policy",
		"#F7EF8A", "#000000", "#F7EF8A", "striped", 1, true },
};
static const struct look split_look = { "split", "parts of it are on lists",
	"#FFFFFF", "#666666", "#FFFFFF", "solid", 1, false };
static const struct look whole_look = { "whole", "one block to the allocator, parted here only",
	"#FFFFFF", "#666666", "#FFFFFF", "dotted", 1, false };

static double middle_of(const struct sim_dot *dot, double first_frame, double frames)
{
	return (first_frame + frames / 2) * dot->frame_width;
}

static double pages_of(unsigned order)
{
	return (double)(UINT64_C(1) << order);
}

/* Stripes at both ends; between them it is plain, for the text. A narrow box has no text. */
static void print_stripes(FILE *out, const char *fill, double width)
{
	const unsigned count = width > 1 ? 3 : 1;
	const double share = STRIPE_WIDTH / width;

	if (width < PLAIN_WIDTH) {
		fprintf(out, "%s:#FFFFFF:%s", fill, fill);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%s;%.4f:#FFFFFF;%.4f:", fill, share, share);
	fprintf(out, "%s", fill);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, ":#FFFFFF;%.4f:%s;%.4f", share, fill, share);
}

static void print_box(struct sim_dot *dot, const char *name, double x, double width, const struct look *look,
		      const char *text)
{
	bool is_bare = width < BARE_WIDTH;

	fprintf(dot->out, "  %s [pos=\"%.3f,%.3f!\" width=%.3f height=%.2f label=\"%s\" color=\"%s\" fillcolor=\"",
		name, x, dot->y, width, BOX_HEIGHT, text, look->outline);
	if (look->striped && !is_bare)
		print_stripes(dot->out, look->fill, width);
	else
		fprintf(dot->out, "%s", is_bare ? look->thin : look->fill);
	fprintf(dot->out, "\" style=\"%s\" penwidth=%.1f]\n", is_bare ? "filled" : look->style,
		is_bare ? 0 : look->outline_width);
}

/* Text of @points whose left end is at @x. */
static void print_text(struct sim_dot *dot, const char *name, double x, unsigned points, const char *text)
{
	double width = (double)strlen(text) * CHARACTER_WIDTH * points / 10;

	fprintf(dot->out, "  %s [shape=plaintext pos=\"%.3f,%.3f!\" width=%.3f height=0.24 fontsize=%u "
		"label=\"%s\\l\"]\n", name, x + width / 2, dot->y, width, points, text);
}

/* Small text whose middle is at @x. */
static void print_mark(struct sim_dot *dot, const char *name, double x, const char *text)
{
	fprintf(dot->out, "  %s [shape=plaintext pos=\"%.3f,%.3f!\" width=%.3f height=0.2 fontsize=9 "
		"fontcolor=\"#666666\" label=\"%s\"]\n", name, x, dot->y,
		(double)strlen(text) * CHARACTER_WIDTH + 0.1, text);
}

void sim_dot_begin(struct sim_dot *dot, FILE *out, unsigned order, const char *title)
{
	*dot = (struct sim_dot){ .out = out, .order = order };
	dot->frame_width = PICTURE_WIDTH / pages_of(order);
	if (dot->frame_width > FRAME_WIDTH_MAX)
		dot->frame_width = FRAME_WIDTH_MAX;
	fprintf(out, "// Written by pageman graph; dot -Tsvg draws it.\n"
		     "graph pageman {\n"
		     "  layout=neato splines=line outputorder=edgesfirst pad=0.15 bgcolor=white\n"
		     "  node [shape=box fixedsize=true fontname=\"Helvetica\" fontsize=10 margin=0]\n"
		     "  edge [color=\"#999999\"]\n");
	print_text(dot, "title", LEFT_X, 14, title);
	dot->y -= 0.1;
}

static const struct look *look_of(struct sim_dot *dot, const struct sim_tree_node *node)
{
	if (!node->split) {
		dot->seen |= 1u << node->piece;
		return &looks[node->piece];
	}
	dot->seen_split |= node->listed;
	dot->seen_whole |= !node->listed;
	return node->listed ? &split_look : &whole_look;
}

static void draw_node(struct sim_dot *dot, const struct sim_tree *tree, unsigned index, double top_y)
{
	const struct sim_tree_node *node = &tree->nodes[index];
	const struct look *look = look_of(dot, node);
	double frames = pages_of(node->order);
	double width = frames * dot->frame_width;
	char name[32], text[48] = "";

	dot->y = top_y - LEVEL_HEIGHT * (tree->order - node->order);
	if (node->list_order != node->order)
		snprintf(text, sizeof(text), "%s, in a block of order %u", look->text, node->list_order);
	else
		snprintf(text, sizeof(text), "%s", look->text);
	if ((double)strlen(text) * CHARACTER_WIDTH > width)
		text[0] = '\0';
	width -= width > 4 * GAP ? GAP : 0;
	snprintf(name, sizeof(name), "t%un%u", dot->stage, index);
	print_box(dot, name, middle_of(dot, (double)(node->start_pfn - tree->start_pfn), frames), width, look, text);
	if (node->parent >= 0 && width >= BARE_WIDTH)
		fprintf(dot->out, "  t%un%d -- %s\n", dot->stage, node->parent, name);
}

static void draw_levels(struct sim_dot *dot, const struct sim_tree *tree, double top_y)
{
	for (unsigned order = tree->order + 1; order-- > tree->lowest_order;) {
		char name[32], text[32];

		dot->y = top_y - LEVEL_HEIGHT * (tree->order - order);
		snprintf(name, sizeof(name), "t%uo%u", dot->stage, order);
		snprintf(text, sizeof(text), "order %u", order);
		print_mark(dot, name, LABEL_X, text);
	}
}

/* Numbers of the frames inside the block, as many as there is room for. */
static void draw_frames(struct sim_dot *dot, const struct sim_tree *tree)
{
	uint64_t step = 1;

	while (dot->frame_width * (double)step < 0.4)
		step *= 2;
	for (uint64_t frame = 0; frame < UINT64_C(1) << tree->order; frame += step) {
		char name[32], text[32];

		snprintf(name, sizeof(name), "t%uf%" PRIu64, dot->stage, frame);
		snprintf(text, sizeof(text), "%" PRIu64, frame);
		print_mark(dot, name, middle_of(dot, (double)frame, 1), text);
	}
}

void sim_dot_tree(struct sim_dot *dot, const struct sim_tree *tree, const char *heading)
{
	char name[32];
	double top_y;

	dot->stage++;
	dot->y -= 0.3;
	snprintf(name, sizeof(name), "t%uh", dot->stage);
	print_text(dot, name, LEFT_X, 11, heading);
	top_y = dot->y - 0.3;
	draw_levels(dot, tree, top_y);
	for (unsigned i = 0; i < tree->node_count; i++)
		draw_node(dot, tree, i, top_y);
	dot->y = top_y - LEVEL_HEIGHT * (tree->order - tree->lowest_order) - 0.22;
	draw_frames(dot, tree);
}

static void draw_meaning(struct sim_dot *dot, unsigned *index, const struct look *look)
{
	const double column = *index % 2 ? 3.5 : 0;
	char name[32];

	if (*index % 2 == 0)
		dot->y -= 0.34;
	snprintf(name, sizeof(name), "l%ub", *index);
	print_box(dot, name, LABEL_X + column, 0.5, look, look->text);
	snprintf(name, sizeof(name), "l%ut", *index);
	print_text(dot, name, LABEL_X + column + 0.35, 9, look->meaning);
	++*index;
}

void sim_dot_end(struct sim_dot *dot, const char *footer)
{
	unsigned index = 0;

	dot->y -= 0.32;
	print_text(dot, "footer", LEFT_X, 11, footer);
	dot->y -= 0.04;
	for (unsigned piece = 0; piece < SIM_PIECE_COUNT; piece++)
		if (dot->seen >> piece & 1)
			draw_meaning(dot, &index, &looks[piece]);
	if (dot->seen_split)
		draw_meaning(dot, &index, &split_look);
	if (dot->seen_whole)
		draw_meaning(dot, &index, &whole_look);
	fprintf(dot->out, "}\n");
}
