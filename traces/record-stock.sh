#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records what a stock kernel tells of its page allocator: the kernel's own tracepoints, and copies of
# /proc/pagetypeinfo, zoneinfo and buddyinfo from before and after. Needs root, tracefs and sh; no module, no probes.
#
#   record-stock.sh -o DIR [options] [-- COMMAND...]      without a command it records for --seconds
#
#   -o DIR          the folder to leave; `pageman verify DIR` and `pageman import DIR -o FILE` read it
#   --seconds N     how long, without a command (10)
#   --buffer KIB    trace buffer of each CPU (65536); an event takes about 32 bytes, 110 as text
#   --clock NAME    trace clock (local with one CPU, else counter for --ship and global for text)
#   --ship PROGRAM  copy the buffers raw with "PROGRAM trace_pipe_raw FILE"; without it the trace is copied as text
#   --help          this text
#
# Exit: the command's status, or 1 when recording failed, 2 for wrong usage. The machine's own tracing is left alone: all
# happens in an instance of its own, which is removed in the end.
#
# The copies are made so that their place in the trace is known: the files are opened first, then a mark is written to
# the trace, the first line of each is read (which makes the kernel print all of it into a buffer), pagetypeinfo last,
# and a second mark is written. Nothing is started in between, so that a handful of events lies there at most.

STOCK_EVENTS="kmem/mm_page_alloc kmem/mm_page_free kmem/mm_page_free_batched kmem/mm_page_alloc_zone_locked
kmem/mm_page_pcpu_drain kmem/mm_page_alloc_extfrag
compaction/mm_compaction_begin compaction/mm_compaction_end compaction/mm_compaction_try_to_compact_pages
compaction/mm_compaction_fast_isolate_freepages compaction/mm_compaction_isolate_migratepages
compaction/mm_compaction_isolate_freepages compaction/mm_compaction_migratepages
compaction/mm_compaction_finished compaction/mm_compaction_suitable
compaction/mm_compaction_deferred compaction/mm_compaction_defer_compaction compaction/mm_compaction_defer_reset
compaction/mm_compaction_kcompactd_sleep compaction/mm_compaction_wakeup_kcompactd
compaction/mm_compaction_kcompactd_wake
vmscan/mm_vmscan_direct_reclaim_begin vmscan/mm_vmscan_direct_reclaim_end
vmscan/mm_vmscan_kswapd_wake vmscan/mm_vmscan_kswapd_sleep"
STOCK_PROC="zoneinfo buddyinfo pagetypeinfo"
STOCK_VM="watermark_boost_factor watermark_scale_factor min_free_kbytes percpu_pagelist_high_fraction"

stock_fail()
{
	echo "record-stock: $*" >&2
	return 1
}

stock_usage()
{
	echo "record-stock: $*" >&2
	echo "record-stock: try --help" >&2
	exit 2
}

# Sets stock_tracefs and stock_instance.
stock_find_tracefs()
{
	for stock_tracefs in /sys/kernel/tracing /sys/kernel/debug/tracing; do
		[ -e "$stock_tracefs/trace_marker" ] && break
	done
	if [ ! -e "$stock_tracefs/trace_marker" ]; then
		stock_tracefs=/sys/kernel/tracing
		mount -t tracefs tracefs "$stock_tracefs" 2>/dev/null
	fi
	[ -w "$stock_tracefs/trace_marker" ] || stock_fail "no tracefs that can be written: are you root?" || return 1
	[ -r /proc/pagetypeinfo ] || stock_fail "/proc/pagetypeinfo cannot be read: are you root?" || return 1
	stock_instance=$stock_tracefs/instances/pageman.$$
}

# stock_set_up DIR CLOCK KIB: makes the folder and the instance, tracing still off.
stock_set_up()
{
	stock_out=$1
	mkdir -p "$stock_out/proc0" "$stock_out/proc1" "$stock_out/format" || return 1
	mkdir "$stock_instance" || stock_fail "cannot make a trace instance" || return 1
	echo 0 >"$stock_instance/tracing_on"
	# A full buffer keeps its beginning, and with it the first copies.
	echo 0 >"$stock_instance/options/overwrite"
	echo "$2" >"$stock_instance/trace_clock" || stock_fail "no trace clock $2" || return 1
	echo "$3" >"$stock_instance/buffer_size_kb" || stock_fail "no $3 KiB for each trace buffer" || return 1
	stock_missing=
	for stock_event in $STOCK_EVENTS; do
		echo 1 2>/dev/null >"$stock_instance/events/$stock_event/enable" ||
			stock_missing="$stock_missing ${stock_event##*/}"
	done
}

# stock_read_proc N: the copies, and the marks around them. bash reads ahead and seeks back, which would make the kernel
# print anew, so there the copies are made by cat, and what cat itself allocates lies between the marks.
stock_read_proc()
{
	if [ -n "${BASH_VERSION:-}" ]; then
		echo "pageman: snapshot $1 begins" >"$stock_instance/trace_marker"
		for stock_file in $STOCK_PROC; do
			cat "/proc/$stock_file" >"$stock_out/proc$1/$stock_file"
		done
		echo "pageman: snapshot $1 ends" >"$stock_instance/trace_marker"
	else
		exec 3</proc/zoneinfo 4</proc/buddyinfo 5</proc/pagetypeinfo 6>"$stock_instance/trace_marker"
		echo "pageman: snapshot $1 begins" >&6
		IFS= read -r stock_line3 <&3
		IFS= read -r stock_line4 <&4
		IFS= read -r stock_line5 <&5
		echo "pageman: snapshot $1 ends" >&6
		exec 6>&-
		[ "$1" = 0 ] || echo 0 >"$stock_instance/tracing_on"
		{ printf '%s\n' "$stock_line3"; cat <&3; } >"$stock_out/proc$1/zoneinfo"
		{ printf '%s\n' "$stock_line4"; cat <&4; } >"$stock_out/proc$1/buddyinfo"
		{ printf '%s\n' "$stock_line5"; cat <&5; } >"$stock_out/proc$1/pagetypeinfo"
		exec 3<&- 4<&- 5<&-
	fi
	# These tell nothing behind their first byte to a shell that reads byte by byte.
	for stock_file in $STOCK_VM; do
		[ -r "/proc/sys/vm/$stock_file" ] && echo "$stock_file $(cat "/proc/sys/vm/$stock_file")"
	done >"$stock_out/proc$1/vm"
}

stock_begin()
{
	echo 1 >"$stock_instance/tracing_on"
	stock_read_proc 0
}

stock_end()
{
	stock_read_proc 1
	echo 0 >"$stock_instance/tracing_on"
}

# stock_collect SHIP: the trace, as text when SHIP is empty, and how much of it was lost.
stock_collect()
{
	{
		echo "format=1"
		echo "kernel_release=$(uname -r)"
		echo "kernel_version=$(uname -v)"
		echo "captured_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
		echo "missing_events=${stock_missing# }"
	} >"$stock_out/meta"
	stock_cpus=0
	for stock_folder in "$stock_instance"/per_cpu/cpu*; do
		stock_cpu=${stock_folder##*/}
		stock_cpus=$((stock_cpus + 1))
		sed -n "s/^overrun: */${stock_cpu}_overrun=/p; s/^commit overrun: */${stock_cpu}_commit_overrun=/p
			s/^dropped events: */${stock_cpu}_dropped=/p" "$stock_folder/stats" >>"$stock_out/meta"
		[ -z "$1" ] || "$1" "$stock_folder/trace_pipe_raw" "$stock_out/$stock_cpu.raw" || return 1
	done
	echo "cpus=$stock_cpus" >>"$stock_out/meta"
	if [ -z "$1" ]; then
		cat "$stock_instance/trace" >"$stock_out/trace.txt" || return 1
	fi
	cat "$stock_tracefs/events/header_page" >"$stock_out/header_page"
	cat "$stock_tracefs/events/header_event" >"$stock_out/header_event"
	for stock_event in ftrace/print $STOCK_EVENTS; do
		[ -r "$stock_tracefs/events/$stock_event/format" ] || continue
		cat "$stock_tracefs/events/$stock_event/format" >"$stock_out/format/${stock_event%%/*}__${stock_event##*/}"
	done
}

stock_clean_up()
{
	[ -z "${stock_instance:-}" ] || rmdir "$stock_instance" 2>/dev/null
}

stock_main()
{
	stock_to='' stock_seconds=10 stock_kib=65536 stock_clock='' stock_ship=''
	while [ $# -gt 0 ]; do
		case $1 in
		--help | -h) sed -n 's/^# \{0,1\}//; 4,22p' "$0"; exit 0 ;;
		--) shift; break ;;
		-o | --seconds | --buffer | --clock | --ship) [ $# -ge 2 ] || stock_usage "$1 wants a value" ;;
		*) stock_usage "unknown argument '$1'" ;;
		esac
		case $1 in
		-o) stock_to=$2 ;;
		--seconds) stock_seconds=$2 ;;
		--buffer) stock_kib=$2 ;;
		--clock) stock_clock=$2 ;;
		--ship) stock_ship=$2 ;;
		esac
		shift 2
	done
	[ -n "$stock_to" ] || stock_usage "-o DIR is missing"
	stock_find_tracefs || exit 1
	if [ -z "$stock_clock" ]; then
		stock_clock=local
		[ ! -e "$stock_tracefs/per_cpu/cpu1" ] || stock_clock=${stock_ship:+counter}
	fi
	trap stock_clean_up EXIT
	stock_set_up "$stock_to" "${stock_clock:-global}" "$stock_kib" || exit 1
	stock_begin
	if [ $# -gt 0 ]; then "$@"; else sleep "$stock_seconds"; fi
	stock_status=$?
	stock_end
	echo "workload=$*" >"$stock_to/command"
	stock_collect "$stock_ship" || exit 1
	tr '\n' ' ' <"$stock_to/command" | sed 's/ $//' >>"$stock_to/meta"
	echo >>"$stock_to/meta"
	rm -f "$stock_to/command"
	exit "$stock_status"
}

[ -n "${STOCK_SOURCED:-}" ] || stock_main "$@"
