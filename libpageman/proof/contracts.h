/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What libpageman/proof/prove proves of plan, fit and release, in ACSL.
 *
 * Role: the contracts of the public functions, as declarations once more, so that the headers stay as they are. The
 * prover reads this file before each source; compilers never do. The sources have the loops' invariants themselves.
 * Invariant: what is proved is the compiled source, on the port of tests/libpageman/port, with every PM_ASSERT a goal.
 *
 * Frames are numbers here, so a promise about each frame is a promise about one of which nothing is known: watched_pfn.
 * What the allocator below does is one contract, free_block_model; the rest of the ghost state is what it has seen.
 */
#ifndef PAGEMAN_PROOF_CONTRACTS_H
#define PAGEMAN_PROOF_CONTRACTS_H

#include <pageman/pageman.h>

/* Numbers. The first two lemmas are about 64-bit words; words.smt2 has them, for a prover that knows words. */
/*@
  logic integer size(integer order) = 1 << order;
  predicate is_aligned(integer pfn, integer order) = pfn % (1 << order) == 0;

  lemma word_mask: \forall uint64_t pfn, integer n; 0 <= n <= 30 ==>
      ((pfn & ((1 << n) - 1)) == 0 <==> is_aligned(pfn, n));
  lemma word_bit: \forall uint64_t pfn, integer n; 0 <= n <= 30 ==> is_aligned(pfn, n) ==>
      ((pfn & (1 << n)) == 0 <==> is_aligned(pfn, n + 1));
  lemma named_bit: \forall uint64_t pfn, bit, integer n; 0 <= n <= 30 ==> bit == (1 << n) ==> is_aligned(pfn, n) ==>
      ((pfn & bit) == 0 <==> is_aligned(pfn, n + 1));
  lemma word_page: \forall uint64_t bytes;
      bytes >> 12 == bytes / 4096 && ((bytes & 4095) == 0 <==> bytes % 4096 == 0);

  lemma shift_add: \forall integer n; 0 <= n ==> ((1 << n) << 1) == (1 << (n + 1));
  lemma shift_succ: \forall integer n; 0 <= n ==> (1 << (n + 1)) == 2 * (1 << n);
  lemma shift_range: \forall integer n; 0 <= n <= 11 ==> 1 <= (1 << n) <= 2048;
  lemma shift_mono: \forall integer m, n; 0 <= m <= n <= 11 ==> (1 << m) <= (1 << n);
*/

/* Blocks and runs. */
/*@
  predicate is_block(integer pfn, integer order) =
      0 <= order <= PM_ORDER_MAX && is_aligned(pfn, order) && pfn + (1 << order) <= 0xffffffffffffffff;
  predicate is_request(integer pfn, integer order, integer pages) =
      is_block(pfn, order) && 1 <= pages <= (1 << order);
  predicate is_maximal(integer pfn, integer order, integer end_pfn) =
      order == PM_ORDER_MAX || !is_aligned(pfn, order + 1) || pfn + (1 << (order + 1)) > end_pfn;
  predicate is_grain(integer grain) = grain == PAGEMAN_BY_BLOCK || grain == PAGEMAN_BY_PAGE;
*/

/* PM_ASSERT never fails. */
/*@
  requires \false;
  terminates \true;
  assigns \nothing;
*/
void pageman_port_assert_failed(const char *condition);

/*@
  requires \valid(out);
  terminates \true;
  assigns *out;
  behavior cut:
    assumes is_request(start_pfn, order, pages);
    ensures \result == PAGEMAN_OK;
    ensures kept: out->kept.start_pfn == start_pfn && out->kept.end_pfn == start_pfn + pages;
    ensures tail: out->tail.start_pfn == start_pfn + pages && out->tail.end_pfn == start_pfn + (1 << order);
  behavior refused:
    assumes !is_request(start_pfn, order, pages);
    assigns \nothing;
    ensures \result == PAGEMAN_EINVAL;
  complete behaviors;
  disjoint behaviors;
*/
int pageman_plan(uint64_t start_pfn, unsigned order, uint64_t pages, struct pageman_plan *out);

/*@
  requires \valid_read(run);
  terminates \true;
  assigns \nothing;
  ensures run->start_pfn < run->end_pfn ==> \result == run->end_pfn - run->start_pfn;
  ensures run->start_pfn >= run->end_pfn ==> \result == 0;
*/
static inline uint64_t pageman_run_pages(const struct pageman_run *run);

/* Static in run.c, as the next one. */
/*@
  requires order <= PM_ORDER_MAX + 1;
  terminates \true;
  assigns \nothing;
  ensures \result == (1 << order);
*/
static uint64_t block_pages(unsigned order);

/*@
  requires \valid_read(run) && run->start_pfn < run->end_pfn;
  terminates \true;
  assigns \nothing;
  ensures \result <= PM_ORDER_MAX && is_aligned(run->start_pfn, \result);
  ensures run->start_pfn + (1 << \result) <= run->end_pfn;
  ensures is_maximal(run->start_pfn, \result, run->end_pfn);
*/
static unsigned largest_order(const struct pageman_run *run);

/*@
  requires \valid(run) && \valid(out) && \separated(run, out);
  terminates \true;
  assigns run->start_pfn, *out;
  behavior piece:
    assumes run->start_pfn < run->end_pfn;
    ensures \result;
    ensures begins: out->start_pfn == \old(run->start_pfn);
    ensures aligned: out->order <= PM_ORDER_MAX && is_aligned(out->start_pfn, out->order);
    ensures inside: out->start_pfn + (1 << out->order) <= run->end_pfn;
    ensures shrinks: run->start_pfn == out->start_pfn + (1 << out->order) > \old(run->start_pfn);
    ensures grain: grain == PAGEMAN_BY_BLOCK ? is_maximal(out->start_pfn, out->order, run->end_pfn) : out->order == 0;
  behavior none:
    assumes run->start_pfn >= run->end_pfn;
    assigns \nothing;
    ensures !\result;
  complete behaviors;
  disjoint behaviors;
*/
bool pageman_run_next(struct pageman_run *run, enum pageman_grain grain, struct pageman_block *out);

/*@
  requires \valid(order_out);
  terminates \true;
  assigns *order_out;
  behavior found:
    assumes 1 <= pages <= (1 << PM_ORDER_MAX);
    ensures \result == PAGEMAN_OK;
    ensures holds: *order_out <= PM_ORDER_MAX && pages <= (1 << *order_out);
    ensures smallest: *order_out == 0 || (1 << (*order_out - 1)) < pages;
  behavior refused:
    assumes !(1 <= pages <= (1 << PM_ORDER_MAX));
    assigns \nothing;
    ensures \result == PAGEMAN_EINVAL;
  complete behaviors;
  disjoint behaviors;
*/
int pageman_order_for_pages(uint64_t pages, unsigned *order_out);

/*@
  terminates \true;
  assigns \nothing;
  ensures \result == (bytes + (1 << PM_PAGE_SHIFT) - 1) / (1 << PM_PAGE_SHIFT);
*/
uint64_t pageman_pages_for_bytes(uint64_t bytes);

/* What free_block has seen, of watched_pfn and of the order of the frames. */
/*@ ghost extern const uint64_t watched_pfn; */
/*@ ghost extern int is_back; */
/*@ ghost extern int is_ascending; */
/*@ ghost extern uint64_t next_pfn; */

/*@
  predicate covers(integer start_pfn, integer end_pfn) = start_pfn <= watched_pfn < end_pfn;
*/

/* Every allocator that keeps to struct pageman_ops. Taken twice, a frame would break its second precondition. */
/*@
  requires aligned: order <= PM_ORDER_MAX && is_aligned(start_pfn, order);
  requires once: covers(start_pfn, start_pfn + (1 << order)) ==> !is_back;
  terminates \true;
  assigns is_back, is_ascending, next_pfn;
  ensures \result <= 0;
  ensures \result == 0 ==> (is_back <==> \old(is_back) || covers(start_pfn, start_pfn + (1 << order)));
  ensures \result == 0 ==> next_pfn == start_pfn + (1 << order);
  ensures \result != 0 ==> is_back == \old(is_back) && next_pfn == \old(next_pfn);
  ensures is_ascending <==> \old(is_ascending) && \old(next_pfn) <= start_pfn;
*/
int free_block_model(void *context, uint64_t start_pfn, unsigned order);

/*@
  requires \valid(run) && \valid_read(ops) && \separated(run, ops);
  requires ops->free_block == &free_block_model;
  requires covers(run->start_pfn, run->end_pfn) ==> !is_back;
  terminates \true;
  assigns *run, is_back, is_ascending, next_pfn;
  ensures \result <= 0;
  ensures run->end_pfn == \old(run->end_pfn);
  ensures run->start_pfn >= \old(run->start_pfn);
  ensures once: is_back <==> \old(is_back) || (\old(run->start_pfn) <= watched_pfn < run->start_pfn);
  ensures inside: run->start_pfn <= \max(\old(run->start_pfn), run->end_pfn);
  ensures ascending: \old(is_ascending && next_pfn <= run->start_pfn) ==> is_ascending && next_pfn <= run->start_pfn;
  ensures complete: \result == 0 ==> run->start_pfn >= run->end_pfn;
  ensures refused: \result != 0 && is_grain(grain) ==> run->start_pfn < run->end_pfn;
  ensures no_grain: !is_grain(grain) ==> \result == PAGEMAN_EINVAL && run->start_pfn == \old(run->start_pfn);
*/
int pageman_give_back(const struct pageman_ops *ops, void *context, struct pageman_run *run, enum pageman_grain grain);

/* Static in trim.c, as the next one. */
/*@
  terminates \true;
  assigns \nothing;
  ensures \result <==> is_grain(grain);
*/
static bool is_grain(enum pageman_grain grain);

/*@
  requires \valid_read(ops) && ops->free_block == &free_block_model && run.start_pfn <= run.end_pfn;
  requires rest_out == NULL || (\valid(rest_out) && \separated(rest_out, ops));
  requires covers(run.start_pfn, run.end_pfn) ==> !is_back;
  terminates \true;
  assigns *rest_out, is_back, is_ascending, next_pfn;
  behavior given:
    assumes is_grain(grain);
    ensures \result <= 0;
    ensures is_back && !\old(is_back) ==> covers(run.start_pfn, run.end_pfn);
    ensures \result == 0 ==> (is_back <==> \old(is_back) || covers(run.start_pfn, run.end_pfn));
    ensures \old(is_back) ==> is_back;
    ensures rest_out != NULL ==> rest_out->end_pfn == run.end_pfn &&
        run.start_pfn <= rest_out->start_pfn <= rest_out->end_pfn;
    ensures rest_out != NULL ==>
        (is_back <==> \old(is_back) || run.start_pfn <= watched_pfn < rest_out->start_pfn);
    ensures rest_out != NULL && \result == 0 ==> rest_out->start_pfn == rest_out->end_pfn;
    ensures \old(is_ascending && next_pfn <= run.start_pfn) ==> is_ascending;
  behavior refused:
    assumes !is_grain(grain);
    ensures \result == PAGEMAN_EINVAL && (is_back <==> \old(is_back)) && next_pfn == \old(next_pfn);
    ensures rest_out != NULL ==> *rest_out == \old(*rest_out);
*/
static int give_back_all(const struct pageman_ops *ops, void *context, struct pageman_run run, enum pageman_grain grain,
			 struct pageman_run *rest_out);

/*@
  requires \valid_read(ops) && ops->free_block == &free_block_model;
  requires rest_out == NULL || (\valid(rest_out) && \separated(rest_out, ops));
  requires is_request(start_pfn, order, pages) ==> covers(start_pfn, start_pfn + (1 << order)) ==> !is_back;
  terminates \true;
  assigns *rest_out, is_back, is_ascending, next_pfn;
  behavior fit:
    assumes is_request(start_pfn, order, pages) && is_grain(grain);
    ensures \result <= 0;
    ensures kept: !covers(start_pfn + pages, start_pfn + (1 << order)) ==> (is_back <==> \old(is_back));
    ensures complete: \result == 0 && covers(start_pfn + pages, start_pfn + (1 << order)) ==> is_back;
    ensures rest: rest_out != NULL ==> rest_out->end_pfn == start_pfn + (1 << order) &&
        start_pfn + pages <= rest_out->start_pfn <= rest_out->end_pfn;
    ensures partition: rest_out != NULL ==> covers(start_pfn + pages, start_pfn + (1 << order)) ==>
        (is_back <==> watched_pfn < rest_out->start_pfn);
    ensures rest_out != NULL && \result == 0 ==> rest_out->start_pfn == rest_out->end_pfn;
    ensures ascending: \old(is_ascending && next_pfn <= start_pfn + pages) ==> is_ascending;
  behavior refused:
    assumes !is_request(start_pfn, order, pages) || !is_grain(grain);
    ensures \result == PAGEMAN_EINVAL && (is_back <==> \old(is_back)) && next_pfn == \old(next_pfn);
    ensures rest_out != NULL ==> *rest_out == \old(*rest_out);
  complete behaviors;
  disjoint behaviors;
*/
int pageman_fit(const struct pageman_ops *ops, void *context, uint64_t start_pfn, unsigned order, uint64_t pages,
		enum pageman_grain grain, struct pageman_run *rest_out);

/* The order of the smallest block that holds a request. */
/*@
  predicate is_kept(integer start_pfn, integer pages) =
      \exists integer order; is_request(start_pfn, order, pages) && (order == 0 || (1 << (order - 1)) < pages);
*/

/*@
  requires \valid_read(ops) && ops->free_block == &free_block_model;
  requires rest_out == NULL || (\valid(rest_out) && \separated(rest_out, ops));
  requires covers(start_pfn, start_pfn + pages) ==> !is_back;
  terminates \true;
  assigns *rest_out, is_back, is_ascending, next_pfn;
  behavior released:
    assumes is_kept(start_pfn, pages) && is_grain(grain);
    ensures \result <= 0;
    ensures others: !covers(start_pfn, start_pfn + pages) ==> (is_back <==> \old(is_back));
    ensures complete: \result == 0 && covers(start_pfn, start_pfn + pages) ==> is_back;
    ensures rest: rest_out != NULL ==> rest_out->end_pfn == start_pfn + pages &&
        start_pfn <= rest_out->start_pfn <= rest_out->end_pfn;
    ensures partition: rest_out != NULL ==> covers(start_pfn, start_pfn + pages) ==>
        (is_back <==> watched_pfn < rest_out->start_pfn);
    ensures rest_out != NULL && \result == 0 ==> rest_out->start_pfn == rest_out->end_pfn;
    ensures ascending: \old(is_ascending && next_pfn <= start_pfn) ==> is_ascending;
  behavior refused:
    assumes !is_kept(start_pfn, pages) || !is_grain(grain);
    ensures \result == PAGEMAN_EINVAL && (is_back <==> \old(is_back)) && next_pfn == \old(next_pfn);
    ensures rest_out != NULL ==> *rest_out == \old(*rest_out);
  complete behaviors;
  disjoint behaviors;
*/
int pageman_release(const struct pageman_ops *ops, void *context, uint64_t start_pfn, uint64_t pages,
		    enum pageman_grain grain, struct pageman_run *rest_out);

/*@
  requires \valid_read(ledger);
  terminates \true;
  assigns \nothing;
  ensures \result <==> ledger->record_count > ledger->bucket_count;
*/
static inline bool pageman_ledger_is_crowded(const struct pageman_ledger *ledger);

/* Records: what free_block took and what the record owns is always the whole block, less what is lent. */
/*@
  logic integer end_of(struct pageman_record *r) = r->start_pfn + (1 << r->order) - r->lent_pages;
  predicate is_record(struct pageman_record *r) =
      is_request(r->start_pfn, r->order, r->pages) && r->released_pages <= r->pages &&
      r->pages + r->pending_pages + r->lent_pages <= (1 << r->order);
  predicate owns(struct pageman_record *r) =
      covers(r->start_pfn + r->released_pages, r->start_pfn + r->pages) ||
      covers(end_of(r) - r->pending_pages, end_of(r));
*/

/*@
  requires \valid(record);
  terminates \true;
  assigns *record;
  behavior described:
    assumes is_request(start_pfn, order, pages);
    ensures \result == PAGEMAN_OK;
    ensures is_record(record) && record->next == NULL;
    ensures record->start_pfn == start_pfn && record->order == order && record->pages == pages;
    ensures whole: record->released_pages == 0 && record->lent_pages == 0 &&
        record->pending_pages == (1 << order) - pages;
  behavior refused:
    assumes !is_request(start_pfn, order, pages);
    assigns \nothing;
    ensures \result == PAGEMAN_EINVAL;
  complete behaviors;
  disjoint behaviors;
*/
int pageman_record_init(struct pageman_record *record, uint64_t start_pfn, unsigned order, uint64_t pages);

/*@
  requires \valid_read(record) && is_record(record);
  terminates \true;
  assigns \nothing;
  ensures \result == end_of(record);
*/
static inline uint64_t pageman_record_end_pfn(const struct pageman_record *record);

/*@
  requires \valid_read(record) && is_record(record);
  terminates \true;
  assigns \nothing;
  ensures \result == record->pages - record->released_pages + record->pending_pages;
*/
static inline uint64_t pageman_record_owned_pages(const struct pageman_record *record);

/*@
  requires \valid(record) && \valid_read(ops) && \separated(record, ops) && is_record(record);
  requires ops->free_block == &free_block_model;
  requires owns(record) ==> !is_back;
  terminates \true;
  assigns record->pending_pages, is_back, is_ascending, next_pfn;
  ensures \result <= 0;
  ensures is_record(record);
  ensures conserved: \old(owns(record)) ==> (owns(record) <==> !is_back);
  ensures others: !\old(owns(record)) ==> !owns(record) && (is_back <==> \old(is_back));
  ensures complete: \result == 0 ==> record->pending_pages == 0;
  ensures no_grain: !is_grain(grain) ==> \result == PAGEMAN_EINVAL && (is_back <==> \old(is_back)) &&
      record->pending_pages == \old(record->pending_pages);
*/
int pageman_record_fit(struct pageman_record *record, const struct pageman_ops *ops, void *context,
		       enum pageman_grain grain);

/*@
  requires \valid(record) && \valid_read(ops) && \separated(record, ops) && is_record(record);
  requires ops->free_block == &free_block_model;
  requires owns(record) ==> !is_back;
  terminates \true;
  assigns record->pending_pages, record->released_pages, is_back, is_ascending, next_pfn;
  ensures \result <= 0;
  ensures is_record(record);
  ensures conserved: \old(owns(record)) ==> (owns(record) <==> !is_back);
  ensures others: !\old(owns(record)) ==> !owns(record) && (is_back <==> \old(is_back));
  ensures complete: \result == 0 ==> record->pending_pages == 0 && record->released_pages == record->pages;
  ensures no_grain: !is_grain(grain) ==> \result == PAGEMAN_EINVAL && (is_back <==> \old(is_back)) &&
      record->pending_pages == \old(record->pending_pages) &&
      record->released_pages == \old(record->released_pages);
*/
int pageman_record_release(struct pageman_record *record, const struct pageman_ops *ops, void *context,
			   enum pageman_grain grain);

#endif
