#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every allocation of every command fails once: allocations.sh PAGEMAN MAKE_RECORDINGS RECORDING ALLOC_FAULTS
#   MAKE_STATS_LOG TWO_CPUS [MOST]
# RECORDING and TWO_CPUS are shipped recordings; of a database's many allocations MOST (300) are tried.
[ -w /dev/shm ] && FAULTS_FOLDER=/dev/shm
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"
alloc_faults=$4
"$5" ours 1 >stats.log || exit 1
head -c 150000 "$3" >cut.pgr
head -c 150000 "$6" >cpus.pgr
most=${7:-300}
cat >trace.txt <<'END'
# tracer: nop
     cat-1  [000] .....  1.000000: mm_page_alloc: page=00000000deadbeef pfn=0x1388 order=0 migratetype=0 gfp_flags=GFP_KERNEL
     cat-1  [000] .....  1.000001: mm_page_free: page=00000000deadbeef pfn=0x1388 order=0
END

# each ARGUMENTS...: of alloc_faults
each() {
	timeout 500 "$alloc_faults" "$@" >out 2>&1 || { tail -n 20 out; fail "$*"; }
	tail -n 1 out
}

each info good.rec
each info cut.pgr --json
each info trace.txt
each --output o.rec import cut.pgr -o o.rec
each --output o.rec import cut.pgr -o o.rec --tracepoints-only
each --output o.rec import trace.txt -o o.rec
each verify cut.pgr
each verify cut.pgr --policy exact --json
each verify cpus.pgr
each verify cut.pgr --tracepoints-only
each replay good.rec
each replay kmalloc.rec --trim-kmalloc --policy nest --json
each replay trace.txt
each compare cut.pgr --no-time --policies none,nest
each compare kmalloc.rec --no-time --trim-kmalloc --seeds 2 --csv
each compare synth:drivers,mem=8M,ops=500 --no-time --json --policies none,nest
each --most "$most" --output o.db replay good.rec --db o.db
each graph --policy nest --second 3
each --output o.dot graph cut.pgr --at 1 --block 0x4000 -o o.dot
each statman stats.log
each statman stats.log --json
finish
