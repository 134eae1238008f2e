/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A first SIGINT or SIGTERM asks a long command to stop; a second one kills it.
 *
 * Role: commands that loop over events catch the two signals, ask between blocks of events whether one came, and then
 * report what they have as a partial result.
 * Interface: sim_interrupt_catch, sim_interrupted, sim_interrupt_release; sim_open_recording,
 * sim_progress_begin and _end call them.
 * Invariant: a signal that is ignored when the command starts (nohup, a shell's background job) stays ignored. A read
 * that waits for a pipe ends with EINTR, as the handlers do not restart it.
 */
#ifndef SIM_INTERRUPT_H
#define SIM_INTERRUPT_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on the first SIGINT or SIGTERM only raises the flag. Calling it again changes nothing. */
void sim_interrupt_catch(void);

/* True once one of them came. */
bool sim_interrupted(void);

/* The work is done, what is left is to print: either signal ends the process again. The flag stays. */
void sim_interrupt_release(void);

#ifdef __cplusplus
}
#endif
#endif
