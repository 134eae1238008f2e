/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the kernel series that the recorder knows.
 *
 * Role: the only place with version checks that change a layout, and the private copies of kernel structures
 * that no installed header declares.
 * Invariant: a series that is not listed does not compile; a copied layout is never used on another series.
 */
#ifndef PAGEMAN_RECORDER_COMPAT_H
#define PAGEMAN_RECORDER_COMPAT_H

#include <linux/version.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/migrate_mode.h>
#include <linux/mmzone.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define REC_SERIES 601
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define REC_SERIES 612
#else
#error "the recorder knows the kernel series 6.1 and 6.12 only"
#endif

#if REC_SERIES == 601
#define REC_ORDER_COUNT MAX_ORDER
#else
#define REC_ORDER_COUNT NR_PAGE_ORDERS
#endif

/*
 * struct compact_control, which lives in mm/internal.h and in no header package; its last member is left out. The
 * member here called finish_pageblock is named rescan in 6.1. Source: mm/internal.h of 6.1 and 6.12.
 */
struct rec_compact_control {
#if REC_SERIES == 601
	struct list_head freepages;
#else
	struct list_head freepages[NR_PAGE_ORDERS];
#endif
	struct list_head migratepages;
	unsigned int nr_freepages;
	unsigned int nr_migratepages;
	unsigned long free_pfn;
	unsigned long migrate_pfn;
	unsigned long fast_start_pfn;
	struct zone *zone;
	unsigned long total_migrate_scanned;
	unsigned long total_free_scanned;
	unsigned short fast_search_fail;
	short search_order;
	const gfp_t gfp_mask;
	int order;
	int migratetype;
	const unsigned int alloc_flags;
	const int highest_zoneidx;
	enum migrate_mode mode;
	bool ignore_skip_hint;
	bool no_set_skip_hint;
	bool ignore_block_suitable;
	bool direct_compaction;
	bool proactive_compaction;
	bool whole_zone;
	bool contended;
	bool finish_pageblock;
};

/* Allocation flags of mm/internal.h that mark an attempt as outside the fast path. Both series. */
#define REC_ALLOC_WMARK_MASK 0x03
#define REC_ALLOC_WMARK_LOW 0x01
#define REC_ALLOC_NO_WATERMARKS 0x04

#endif
