// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A comparison as a table for other programs: RFC 4180, one header, a line for each measure and pair of policies.
 *
 * Interface: sim_compare_csv_begin, sim_compare_csv (compare_report.h).
 * Invariant: a value that does not exist is an empty field.
 */
#include "compare_report.h"

#include <math.h>
#include <string.h>

static void quoted(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void numbers(FILE *out, const struct sim_spread *s)
{
	const double values[] = { s->median, s->min, s->max };

	for (unsigned i = 0; i < 3; i++) {
		putc(',', out);
		if (s->runs && !isnan(values[i]))
			fprintf(out, "%.9g", values[i]);
	}
}

void sim_compare_csv_begin(FILE *out)
{
	fputs("recording,measure,side,better,policy,runs,median,min,max,against,difference_median,difference_min,"
	      "difference_max,verdict\n", out);
}

static void line(FILE *out, const char *path, const struct sim_comparison *c, unsigned measure, unsigned policy,
		 unsigned against)
{
	const struct sim_measure *m = &c->measures[measure];
	struct sim_spread s = sim_comparison_spread(c, measure, policy);
	struct sim_spread d = sim_comparison_difference(c, measure, policy, against);

	quoted(out, path);
	fprintf(out, ",%s,%s,%s,%s,%zu", m->name, m->side, m->better < 0 ? "lower" : m->better > 0 ? "higher" : "",
		c->policies[policy]->name, s.runs);
	numbers(out, &s);
	fprintf(out, ",%s", c->policies[against]->name);
	numbers(out, &d);
	fprintf(out, ",%s\n", sim_verdict_key(sim_verdict_of(&d)));
}

void sim_compare_csv(FILE *out, const char *path, const struct sim_comparison *c)
{
	for (unsigned measure = 0; measure < c->measure_count; measure++)
		for (unsigned policy = 0; policy < c->policy_count; policy++)
			for (unsigned against = 0; against < c->policy_count; against++)
				if (policy != against || c->policy_count == 1)
					line(out, path, c, measure, policy, against);
}
