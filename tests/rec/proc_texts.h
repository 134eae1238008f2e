/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of /proc of a small machine, as 6.1 and 6.12 print them (mm/vmstat.c), cut to what matters.
 *
 *   zone DMA32  [4096, 1052672); movable blocks beyond what pagetypeinfo counts
 *   zone Normal: no memory, printed by zoneinfo all the same
 */
#ifndef TEST_REC_PROC_TEXTS_H
#define TEST_REC_PROC_TEXTS_H

#define PROC_TEXT_PAGETYPEINFO                                                                                   \
	"Page block order: 9\n"                                                                                      \
	"Pages per block:  512\n"                                                                                    \
	"\n"                                                                                                         \
	"Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8" \
	"      9     10 \n"                                                                                          \
	"Node    0, zone    DMA32, type    Unmovable      7      6      5      4      3      2      1      0      0" \
	"      0      1 \n"                                                                                          \
	"Node    0, zone    DMA32, type      Movable >100000      1      0      0      0      0      0      0      0" \
	"      3     40 \n"                                                                                          \
	"Node    0, zone    DMA32, type  Reclaimable      0      2      0      0      0      0      0      0      0" \
	"      0      0 \n"                                                                                          \
	"Node    0, zone    DMA32, type   HighAtomic      0      0      0      0      0      0      0      0      0" \
	"      0      0 \n"                                                                                          \
	"Node    0, zone    DMA32, type      Isolate      9      0      0      0      0      0      0      0      0" \
	"      0      0 \n"                                                                                          \
	"\n"                                                                                                         \
	"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate \n"                 \
	"Node 0, zone    DMA32           10          117            1            0            0 \n"

#define PROC_TEXT_ZONEINFO                   \
	"Node 0, zone   Normal\n"                \
	"  pages free     0\n"                   \
	"        boost    0\n"                   \
	"        spanned  0\n"                   \
	"        present  0\n"                   \
	"        managed  0\n"                   \
	"        cma      0\n"                   \
	"        protection: (0, 0, 0, 0, 0)\n"  \
	"Node 0, zone    DMA32\n"                \
	"  per-node stats\n"                     \
	"      nr_inactive_anon 4711\n"          \
	"  pages free     43210\n"               \
	"        boost    3\n"                   \
	"        min      45\n"                  \
	"        low      56\n"                  \
	"        high     67\n"                  \
	"        promo    78\n"                  \
	"        spanned  1048576\n"               \
	"        present  1000000\n"               \
	"        managed  900000\n"               \
	"        cma      0\n"                   \
	"        protection: (0, 0, 12, 34, 0)\n" \
	"      nr_free_pages 43210\n"            \
	"  pagesets\n"                           \
	"    cpu: 0\n"                           \
	"              count: 11\n"              \
	"              high:  378\n"             \
	"              batch: 63\n"              \
	"  vm stats threshold: 24\n"             \
	"    cpu: 1\n"                           \
	"              count: 5\n"               \
	"              high:  379\n"             \
	"              batch: 62\n"              \
	"  vm stats threshold: 25\n"             \
	"  node_unreclaimable:  0\n"             \
	"  start_pfn:           4096\n"

#define PROC_TEXT_BUDDYINFO \
	"Node 0, zone    DMA32 123456      9      5      4      3      2      1      0      0      3     41 \n"

#define PROC_TEXT_VM "watermark_boost_factor 15000\nwatermark_scale_factor 10\nmin_free_kbytes 5000\n"

#endif
