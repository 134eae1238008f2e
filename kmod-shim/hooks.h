/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Kernel functions that are replaced call by call.
 *
 * Role: ftrace in the livepatch manner. A hook decides per call whether the call is ours; if not, the kernel's own
 * function runs as if nothing had been there. A replacement therefore never calls what it replaces.
 * Interface: pageman_hook_set, pageman_hook_clear, pageman_hook_leave; pageman_hooks_drain before the module goes.
 * Invariant: whoever was sent into a replacement is counted before its first instruction and leaves the count with
 * pageman_hook_leave as the last thing, so that the module's text outlives every call.
 */
#ifndef PAGEMAN_HOOKS_H
#define PAGEMAN_HOOKS_H

#include <linux/ftrace.h>
#include <linux/percpu.h>
#include <linux/types.h>

#define PAGEMAN_HOOK_NAMES 2

/* The first three arguments of a hooked call. */
struct pageman_call {
	unsigned long arguments[3];
};

struct pageman_hook {
	const char *names[PAGEMAN_HOOK_NAMES]; /* the newest kernel's first */
	void *replacement;
	/* Whether the replacement takes this call. Any context; must be notrace and must not sleep. */
	bool (*wants)(const struct pageman_call *call);
	struct ftrace_ops ops;
	const char *found; /* the name that this kernel has; NULL before the first look */
	bool set;
	int error; /* of the last attempt to set it */
};

DECLARE_PER_CPU(unsigned long, pageman_hook_left);

/* 0; -ENOENT (no such function in this kernel), -EBUSY (another user changes it, or ftrace is off), others as ftrace
 * has them. Told in the log. Callers are serialised. While a hook is set ftrace cannot be turned off. */
int pageman_hook_set(struct pageman_hook *hook);
void pageman_hook_clear(struct pageman_hook *hook);

/* A replacement's last act. */
static inline void pageman_hook_leave(void)
{
	this_cpu_inc(pageman_hook_left);
}

/* Waits until nobody is inside a replacement. Pre: every hook is cleared. May sleep. */
void pageman_hooks_drain(void);

#endif
