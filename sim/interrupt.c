// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flag that a signal raises.
 *
 * Interface: interrupt.h.
 * Invariant: the flag is the only state, and only goes from 0 to 1.
 */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupted;

static const int caught[] = { SIGINT, SIGTERM };

#define CAUGHT_COUNT (sizeof(caught) / sizeof(caught[0]))

/* Replaces what is done about the signals, but for those that are ignored. Safe in a handler. */
static void act(const struct sigaction *action)
{
	struct sigaction before;

	for (size_t i = 0; i < CAUGHT_COUNT; i++)
		if (!sigaction(caught[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(caught[i], action, NULL);
}

/* The next signal of either kind finds the default: to die. */
static void note(int number)
{
	(void)number;
	interrupted = 1;
	sim_interrupt_release();
}

void sim_interrupt_catch(void)
{
	struct sigaction ours = { .sa_handler = note };

	if (interrupted)
		return;
	for (size_t i = 0; i < CAUGHT_COUNT; i++)
		sigaddset(&ours.sa_mask, caught[i]);
	act(&ours);
}

void sim_interrupt_release(void)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };

	act(&usual);
}

bool sim_interrupted(void)
{
	return interrupted;
}
