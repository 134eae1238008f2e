/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Gives runs back to the allocator below.
 *
 * Interface: pageman/trim.h.
 * Invariant: a frame leaves the run only after free_block took it, so a failure loses nothing.
 */
#include <pageman/trim.h>

static bool is_grain(enum pageman_grain grain)
{
	return grain == PAGEMAN_BY_BLOCK || grain == PAGEMAN_BY_PAGE;
}

int pageman_give_back(const struct pageman_ops *ops, void *context, struct pageman_run *run, enum pageman_grain grain)
{
	struct pageman_run after;
	struct pageman_block block;

	PM_ASSERT(ops != NULL && ops->free_block != NULL && run != NULL);
	if (!is_grain(grain))
		return PAGEMAN_EINVAL;
	after = *run;
	/*@
	  loop invariant run->end_pfn == after.end_pfn == \at(run->end_pfn, Pre);
	  loop invariant run->start_pfn == after.start_pfn >= \at(run->start_pfn, Pre);
	  loop invariant after.start_pfn <= \max(\at(run->start_pfn, Pre), after.end_pfn);
	  loop invariant is_back <==> \at(is_back, Pre) || covers(\at(run->start_pfn, Pre), after.start_pfn);
	  loop invariant \at(is_ascending && next_pfn <= run->start_pfn, Pre) ==>
	      is_ascending && next_pfn <= after.start_pfn;
	  loop assigns *run, after, block, is_back, is_ascending, next_pfn;
	  loop variant after.end_pfn - after.start_pfn;
	*/
	while (pageman_run_next(&after, grain, &block)) {
		int error;

		/*@ assert grain == PAGEMAN_BY_BLOCK ? is_maximal(block.start_pfn, block.order, after.end_pfn) :
		      block.order == 0; */
		/*@ calls free_block_model; */
		error = ops->free_block(context, block.start_pfn, block.order);
		PM_ASSERT(error <= 0);
		if (error != 0)
			return error;
		*run = after;
	}
	return PAGEMAN_OK;
}

/* Gives @run back and tells in *@rest_out, when there is one, what was refused. */
static int give_back_all(const struct pageman_ops *ops, void *context, struct pageman_run run, enum pageman_grain grain,
			 struct pageman_run *rest_out)
{
	int error;

	if (!is_grain(grain))
		return PAGEMAN_EINVAL;
	error = pageman_give_back(ops, context, &run, grain);
	if (rest_out != NULL)
		*rest_out = run;
	return error;
}

int pageman_fit(const struct pageman_ops *ops, void *context, uint64_t start_pfn, unsigned order, uint64_t pages,
		enum pageman_grain grain, struct pageman_run *rest_out)
{
	struct pageman_plan plan;
	int error = pageman_plan(start_pfn, order, pages, &plan);

	if (error != 0)
		return error;
	return give_back_all(ops, context, plan.tail, grain, rest_out);
}

int pageman_release(const struct pageman_ops *ops, void *context, uint64_t start_pfn, uint64_t pages,
		    enum pageman_grain grain, struct pageman_run *rest_out)
{
	struct pageman_plan plan;
	unsigned order;
	int error = pageman_order_for_pages(pages, &order);

	if (error == 0)
		error = pageman_plan(start_pfn, order, pages, &plan);
	if (error != 0)
		return error;
	return give_back_all(ops, context, plan.kept, grain, rest_out);
}
