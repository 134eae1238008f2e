/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model's calls, made once more on the reference allocator.
 *
 * Role: a tap (sim/host.h) that repeats what policies and workloads ask of the model, and functions that do the other
 * operations on both sides. The first difference is kept.
 * Interface: fuzz_mirror_init, fuzz_mirror_fini, one function per operation, fuzz_mirror_same.
 * Invariant: until `differs` is set, the reference has had the same calls as the model.
 */
#ifndef FUZZ_MIRROR_H
#define FUZZ_MIRROR_H

#include "fuzz.h"
#include "ref.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fuzz_mirror {
	struct sim_tap tap;
	struct buddy *buddy;
	struct buddy_config config;
	struct buddy_zone_config zones[BUDDY_ZONE_COUNT_MAX];
	struct ref *ref;
	bool differs;
	char text[300]; /* how */
};

/* Return: 0 or -ENOMEM. Release with fuzz_mirror_fini. */
int fuzz_mirror_init(struct fuzz_mirror *m, const struct sim_machine *machine, bool with_cma);
void fuzz_mirror_fini(struct fuzz_mirror *m);

/* One operation of the kernel's own on both sides; @pfn and @order: of a block. Return: the model's result. */
int fuzz_mirror_zone_tune(struct fuzz_mirror *m, uint32_t zone, const struct buddy_zone_tuning *tuning);
int fuzz_mirror_pcp_tune(struct fuzz_mirror *m, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *tuning);
int fuzz_mirror_isolate(struct fuzz_mirror *m, uint32_t cpu, uint64_t pfn, unsigned order);
int fuzz_mirror_putback(struct fuzz_mirror *m, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type);
int fuzz_mirror_drain(struct fuzz_mirror *m, uint32_t cpu, uint32_t zone, uint32_t list_cpu);
int fuzz_mirror_fold(struct fuzz_mirror *m, uint32_t cpu);
int fuzz_mirror_decay(struct fuzz_mirror *m, uint32_t cpu, uint32_t zone);
int64_t fuzz_mirror_move_block(struct fuzz_mirror *m, uint64_t pfn, unsigned type);
bool fuzz_mirror_unreserve(struct fuzz_mirror *m, const struct buddy_request *request, bool force);

/* Whether both stand at the same place. False: m->text says where not. */
bool fuzz_mirror_same(struct fuzz_mirror *m);

#ifdef __cplusplus
}
#endif
#endif
