/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts requests together from the events of a recording.
 *
 * Role: a kernel's request is spread over several events: a sized request begins with its size in bytes and its
 * block comes later; a bulk request lists its frames. The assembler follows each context (a task, or an interrupt
 * level of a CPU) and yields one operation when it is complete.
 * Interface: sim_assembler_create, sim_assemble, sim_assembler_destroy.
 * Invariant: at most one operation per event, in the events' order; memory does not depend on the trace.
 */
#ifndef SIM_ASSEMBLE_H
#define SIM_ASSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include <rec/event.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sim_op_kind {
	SIM_OP_NONE = 0,
	SIM_OP_ALLOC,        /* one block: pfn, order, gfp, task; sized requests: bytes, pages, interface */
	SIM_OP_ALLOC_FAILED, /* the recorded kernel had none: order, gfp */
	SIM_OP_BULK,         /* single frames by one call: pfns, count, gfp */
	SIM_OP_FREE,         /* pfn, order, path */
	SIM_OP_COMMIT,       /* a listed free reaches its list: pfn; path is SIM_PATH_DIRECT when it bypassed the
	                        per-CPU list */
	SIM_OP_SIZED_FREE,   /* free_pages_exact: pfn, bytes, pages */
	SIM_OP_EXTERNAL      /* something else that changes the lists; the event says what */
};

enum sim_free_path {
	SIM_PATH_PCP = 0,
	SIM_PATH_LIST,        /* prepared now, committed at its SIM_OP_COMMIT */
	SIM_PATH_DIRECT,
	SIM_PATH_DIRECT_TAIL
};

struct sim_op {
	enum sim_op_kind kind;
	uint8_t order;
	uint8_t path;        /* enum sim_free_path */
	uint8_t interface;   /* REC_SIZED_*; 0 for a request without a size */
	uint16_t cpu;
	uint32_t gfp;
	uint32_t task;       /* BUDDY_TASK_* */
	uint64_t pfn;
	uint64_t bytes;
	uint64_t pages;      /* that hold the bytes */
	uint64_t time_ns;
	const uint64_t *pfns; /* bulk; valid until the next call */
	uint32_t count;
};

struct sim_assembler_totals {
	uint64_t sized_unmatched;     /* no allocation of that order followed in the context */
	uint64_t contexts_dropped;    /* open requests forgotten because too many contexts had one */
	bool out_of_memory;           /* frames of a bulk allocation were dropped */
};

struct sim_assembler;

/* Return: NULL without memory. Release with sim_assembler_destroy (NULL is fine). */
struct sim_assembler *sim_assembler_create(void);
void sim_assembler_destroy(struct sim_assembler *assembler);

/**
 * sim_assemble - take one event
 * @op: filled when there is one
 *
 * Return: true when @op is complete.
 */
bool sim_assemble(struct sim_assembler *assembler, const struct rec_event *event,
		  struct sim_op *op);

const struct sim_assembler_totals *sim_assembler_totals(const struct sim_assembler *assembler);

#ifdef __cplusplus
}
#endif
#endif
