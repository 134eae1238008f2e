/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeds that are texts: what kernels print, what loggers make of it, and what users type.
 *
 * Interface: corpus_texts (make_corpus.h).
 */
#include <stdio.h>
#include <string.h>

#include "make_corpus.h"
#include "proc_texts.h"
#include "workload.h"

#define PAGE "page=00000000a1b2c3d4 "

static const char *const traces[] = {
	"# tracer: nop\n#\n# entries-in-buffer/entries-written: 4/100   #P:4\n#\n"
	"            bash-1234    [003] d.h2.   123.456789: mm_page_alloc: " PAGE
	"pfn=0x1a2b order=2 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO\n"
	"CPU:3 [LOST 17 EVENTS]\n"
	"            bash-1234    [003] .....   123.456790: mm_page_free: " PAGE "pfn=0x1a2b order=2\n"
	"##### CPU 2 buffer started ####\n"
	"          <idle>-0       [002] d.s3.   123.456793: mm_page_pcpu_drain: " PAGE
	"pfn=0xabc order=1 migratetype=3\n"
	"            bash-1234    [003] d..1.   123.456794: mm_page_alloc_extfrag: " PAGE
	"pfn=0x600 alloc_order=1 fallback_order=8 pageblock_order=9 alloc_migratetype=0 "
	"fallback_migratetype=2 fragmenting=1 change_ownership=1\n",
	"            bash-1234    [000] .....     1.000001: mm_page_alloc: " PAGE
	"pfn=0x40 order=3 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP|0x1000000\n"
	"            bash-1234    [000] .....     1.000003: kmalloc: call_site=l ptr=00000000a1b2 bytes_req=20000 "
	"bytes_alloc=32768 gfp_flags=GFP_KERNEL node=-1 accounted=false\n"
	"            bash-1234    [000] d..2.     1.000004: sched_switch: prev_comm=bash prev_pid=1234\n"
	"  sh-9  [000]  1.000001: mm_page_free: pfn=0x1 order=0\n",
	"            bash-1234    [000] .....     1.000001: tracing_mark_write: pageman: snapshot 0 ends\n"
	"            bash-1234    [000] .....     1.000002: mm_page_alloc: " PAGE
	"pfn=0x0 order=4 migratetype=0 gfp_flags=GFP_ATOMIC|GFP_NOWAIT\n"
	"            bash-1234    [000] .....     1.000003: tracing_mark_write: pageman: snapshot 1 begins\n",
};

static const char *const logs[] = {
	"[  123.456789] Pageman(Fit): Stats| Fit_size=129 KB \tRequired_pages=33 \tOriginal_pages=64 "
	"\tElapse=5120 ns \n"
	"[  123.456799] Pageman(Free): Stats| Free_size=132 KB \t fit_pages=33 \tMax_pages=64 \tElapse=3310 ns\n",
	"Nov 25 12:00:00 host kernel: [  1.000000] pageman: Stats| Fit_bytes=132000 Required_pages=33 "
	"Original_pages=64 Policy=fitfree Elapse=812 ns\nNov 25 12:00:00 host sudo[7]: Stats| Fit_size=12 KB\n",
	"6,1234,5678901,-;pageman: Stats| Free_bytes=135168 fit_pages=33 Max_pages=64 Policy=exact Elapse=640 ns\n"
	" SUBSYSTEM=memory\n[Sat Nov 25 12:00:00 2023] Stats| Fit_size=12 KB #011 Required_pages=3 Original_pages=4 "
	"Elapse=1 ns #012\n2023-11-25T12:00:00+0100 host kernel: Stats|Max_pages=8 fit_pages=5 Free_size=20 "
	"Elapse=9 ns (cpu 3)\r\n"
	"kern  :info  : [    1.000000] x Stats| a Stats| b\n"
	"Nov 25 12:00:00 host systemd-journald[1]: Missed 17 kernel messages\n",
};

static const char *const settings[] = {
	"pcp.high=100\npcp.batch=63\nmin_free_kbytes=45056\n",
	"watermark_scale_factor=3000\nwatermark_boost_factor=0\npcp.high=0\npcp.high=0x100\n",
	"min_free_kbytes=1099511627776\nwatermark_boost_factor=15000\npcp.batch=65536",
	"pcp.high\nunknown=1\npcp.high=-1\npcp.batch=0",
};

static const char *const options[] = {
	"DMA=1-4096,DMA32=4096-8192",
	"DMA=0x1-0x1000@0,Normal=4096-131072@1,Movable=131072-262144@7",
	"Normal=0-1024",
	"bulk,isolate,search,scanners,turns,putback,kswapd,asks",
	"capture,fold,tails,refill,bypass,inflight,attempts,settings,drains,order",
	"probes",
};

static void seed_each(const char *target, const char *const *texts, size_t count, const char *before)
{
	for (size_t i = 0; i < count; i++) {
		char name[32], text[4096];

		snprintf(name, sizeof(name), "text-%zu", i);
		snprintf(text, sizeof(text), "%s%s", before, texts[i]);
		corpus_seed(target, name, text, strlen(text));
	}
}

#define SEED_EACH(target, texts, before) seed_each(target, texts, sizeof(texts) / sizeof((texts)[0]), before)

static void seed_proc(void)
{
	static const char texts[] = PROC_TEXT_PAGETYPEINFO "\0" PROC_TEXT_ZONEINFO "\0" PROC_TEXT_BUDDYINFO
				    "\0" PROC_TEXT_VM;
	const char *zoneinfo = texts + sizeof(PROC_TEXT_PAGETYPEINFO) - 1;

	corpus_seed("fuzz_proc", "all", texts, sizeof(texts) - 1);
	corpus_seed("fuzz_proc", "pagetypeinfo", PROC_TEXT_PAGETYPEINFO, sizeof(PROC_TEXT_PAGETYPEINFO) - 1);
	corpus_seed("fuzz_proc", "zoneinfo", zoneinfo, sizeof(PROC_TEXT_ZONEINFO));
}

/* Every profile as it describes itself, which names every key. */
static void seed_workloads(void)
{
	const struct sim_work_profile *profile;

	for (size_t i = 0; (profile = sim_work_profile_at(i)); i++) {
		struct sim_work_params params;
		struct sim_error error;
		char spec[128], text[1024];

		snprintf(spec, sizeof(spec), SIM_WORKLOAD_PREFIX "%s,mem=16M,cpus=2", profile->name);
		corpus_seed("fuzz_workload", profile->name, spec, strlen(spec));
		if (sim_workload_parse(spec, &params, &error))
			corpus_die(error.text);
		sim_workload_describe(&params, text, sizeof(text));
		snprintf(spec, sizeof(spec), "%s-all", profile->name);
		corpus_seed("fuzz_workload", spec, text, strlen(text));
	}
}

void corpus_texts(void)
{
	SEED_EACH("fuzz_text", traces, "");
	SEED_EACH("fuzz_import", traces, "");
	SEED_EACH("fuzz_statman", logs, "\x07");
	SEED_EACH("fuzz_settings", settings, "");
	SEED_EACH("fuzz_options", options, "");
	seed_proc();
	seed_workloads();
}
