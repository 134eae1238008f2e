#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs in a guest: what the modules show and measure. /proc/pageinfo against the kernel's own files, the order monitor
# against a load whose requests are known, the timing module's refusals and figures, and that both can be unloaded.
#
#   kmod_view_steps.sh FOLDER      with pageman.ko and pageman_lab.ko in FOLDER
#
# Prints one line for each step, "ok STEP" or "not ok STEP: why", then "steps: N, failed: M". Exit status 0 when
# none failed.
modules=$1
debug=/sys/kernel/debug
parameters=/sys/module/pageman/parameters
work=$(mktemp -d)
steps=0
failed=0

ok()
{
	steps=$((steps + 1))
	echo "ok $1"
}

not_ok()
{
	steps=$((steps + 1))
	failed=$((failed + 1))
	echo "not ok $1: $2"
}

# result STATUS STEP WHY
result()
{
	if [ "$1" -eq 0 ]; then ok "$2"; else not_ok "$2" "$3"; fi
}

# "NODE ZONE ORDER BLOCKS" for each zone and order, from either file.
blocks_of_buddyinfo()
{
	awk '{ for (i = 5; i <= NF; i++) print $2 $4, i - 5, $i }' "$1"
}

blocks_of_pageinfo()
{
	awk '/^Node/ { zone = $2 $4 } zone && $1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ { print zone, $1, $3 }' "$1"
}

# Free blocks by type and order, and pageblocks by type.
types_of_pagetypeinfo()
{
	awk '/^Node.*type/ { sub(/,$/, "", $4); for (i = 7; i <= NF; i++) print $2 $4, $6, i - 7, $i }
		/^Number of blocks/ { for (i = 5; i <= NF; i++) name[i] = $i; next }
		/^Node/ && !/type/ && name[5] { for (i = 5; i <= NF; i++) print $2 $4, name[i], "blocks", $i }' "$1" |
		sort
}

types_of_pageinfo()
{
	awk '/^Node/ { zone = $2 $4 }
		zone && $1 == "order" { for (i = 6; i <= NF; i++) name[i] = $i }
		zone && $1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ { for (i = 5; i <= NF; i++) print zone, name[i + 1], $1, $i }
		zone && $1 == "pageblocks" { for (i = 2; i <= NF; i++) print zone, name[i + 4], "blocks", $i }' "$1" |
		sort
}

# Leaves the three files as they were read in one moment in which nothing moved; 1 when there was none.
read_quietly()
{
	tries=0
	while [ $tries -lt 40 ]; do
		tries=$((tries + 1))
		cat /proc/buddyinfo >"$work/buddy0"
		cat /proc/pagetypeinfo >"$work/types0"
		cat /proc/pageinfo >"$work/pageinfo"
		cat /proc/pagetypeinfo >"$work/types1"
		cat /proc/buddyinfo >"$work/buddy1"
		cmp -s "$work/buddy0" "$work/buddy1" && cmp -s "$work/types0" "$work/types1" && return 0
	done
	return 1
}

check_pageinfo()
{
	read_quietly || {
		not_ok "pageinfo has a quiet moment" "buddyinfo changed in each of $tries tries"
		return
	}
	blocks_of_buddyinfo "$work/buddy0" >"$work/wanted"
	blocks_of_pageinfo "$work/pageinfo" >"$work/found"
	[ -s "$work/wanted" ] && cmp -s "$work/wanted" "$work/found"
	result $? "pageinfo agrees with buddyinfo, $(wc -l <"$work/wanted") zones and orders" \
		"$(diff "$work/wanted" "$work/found" | head -n 6 | tr '\n' ';')"
	types_of_pagetypeinfo "$work/types0" >"$work/wanted"
	types_of_pageinfo "$work/pageinfo" >"$work/found"
	[ -s "$work/wanted" ] && cmp -s "$work/wanted" "$work/found"
	result $? "pageinfo agrees with pagetypeinfo, $(wc -l <"$work/wanted") lists and pageblock counts" \
		"$(diff "$work/wanted" "$work/found" | head -n 6 | tr '\n' ';')"
	! grep -q DAMAGED "$work/pageinfo"
	result $? "no list disagrees with its counter" "$(grep DAMAGED "$work/pageinfo")"
	awk '/^Node/ { largest = "none" }
		$1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+$/ && $3 > 0 { largest = "order " $1 "," }
		/largest free block/ { seen++; if (!index($0, largest)) bad++ }
		END { exit !seen || bad }' "$work/pageinfo"
	result $? "pageinfo names each zone's largest free block" "$(grep largest "$work/pageinfo" | tr '\n' ';')"
	[ "$(stat -c %a /proc/pageinfo)" = 400 ]
	result $? "pageinfo is root's" "mode $(stat -c %a /proc/pageinfo)"
}

faults_of_vmstat()
{
	sed -n 's/^pgfault //p' /proc/vmstat
}

check_faults()
{
	before=$(faults_of_vmstat)
	told=$(sed -n 's/^page faults since boot *//p' /proc/pageinfo)
	after=$(faults_of_vmstat)
	[ "$before" -lt "$told" ] && [ "$told" -lt "$after" ]
	result $? "page faults lie between two readings of vmstat" "$before, $told, $after"
}

check_walk_bound()
{
	echo 3 >$parameters/pageinfo_blocks_max
	cat /proc/pageinfo >"$work/short"
	echo 100000 >$parameters/pageinfo_blocks_max
	grep -q 'too many for one go' "$work/short" && grep -q ' ? ' "$work/short" &&
		awk '/blocks walked in/ { n++; if ($1 > 3) bad++ } END { exit !n || bad }' "$work/short"
	result $? "pageinfo walks no more than it may and says so" "$(grep walked "$work/short" | tr '\n' ';')"
	blocks_of_pageinfo "$work/short" | awk '{ n += $3 } END { exit n < 10 }'
	result $? "orders that were not walked have the kernel's count" "none has"
}

# refused FILE VALUE: a parameter or file does not take it, and keeps what it had.
refused()
{
	was=$(cat "$1" 2>/dev/null)
	echo "$2" 2>/dev/null >"$1"
	status=$?
	[ $status -ne 0 ] && { [ "${1%orders}" != "$1" ] || [ "$(cat "$1")" = "$was" ]; }
	result $? "${1##*/} refuses '$2'" "status $status"
}

wait_for_lab()
{
	seconds=0
	until grep -q ^ended $debug/pageman_lab/state; do
		seconds=$((seconds + 1))
		[ $seconds -lt 100 ] || return 1
		sleep 1
	done
}

# requests_of CALLER ORDER: of that function in the timing module, in the copy of the monitor's file.
requests_of()
{
	awk -v caller="$1" -v order="$2" '$2 == order && index($4, caller "+") == 1 && $5 == "[pageman_lab]" { n += $1 }
		END { print n + 0 }' "$work/orders"
}

# 2000 objects of 32 bytes are one block of order 4, 2000 single pages, and slabs; 20 rounds and 5 to warm up.
check_orders()
{
	grep -q '^order monitor: off' $debug/pageman/orders && grep -qE '^ +all +0 +0$' $debug/pageman/orders
	result $? "the order monitor is off and has counted nothing" "$(head -n 1 $debug/pageman/orders)"
	echo 0 >$parameters/min_order
	echo 1 >$parameters/order_monitor
	insmod "$modules/pageman_lab.ko" objnum=2000 ladder=none rounds=20 && wait_for_lab
	result $? "the known load ends" "$(cat $debug/pageman_lab/state)"
	echo 0 >$parameters/order_monitor
	cp $debug/pageman/orders "$work/orders"
	tar cf /dev/null /bin
	cp $debug/pageman/orders "$work/later"
	rmmod pageman_lab
	cmp -s "$work/orders" "$work/later"
	result $? "counts stand still once the monitor is off" "they changed"
	[ "$(requests_of block_round 4)" -eq 25 ]
	result $? "25 blocks of order 4 are counted for their caller" "$(requests_of block_round 4)"
	[ "$(requests_of page_round 0)" -eq 50000 ]
	result $? "25 times 2000 single pages are counted for their caller" "$(requests_of page_round 0)"
	awk '/^class/ { classes = 1; next } /^callers/ { classes = 0 }
		classes && NF { for (i = 2; i <= NF; i++) sum[i - 2] += $i }
		/^ +[0-9]+ +[0-9]+ +[0-9.]+%/ { asked[$1] = $2; all += $2
			for (i = n = 1; i <= $1; i++) n *= 2
			pages += $2 * n; orders++ }
		$1 == "all" { told = $2; told_pages = $3 }
		END { for (i in asked) if (asked[i] != sum[i]) bad++
			exit !orders || bad || told != all || told_pages != pages }' "$work/orders"
	result $? "orders, classes and pages add up" "$(head -n 14 "$work/orders" | tr '\n' ';')"
	grep -qE '^order 0 against order 3: [0-9]+ to [0-9]+ requests' "$work/orders"
	result $? "order 0 is set against order 3" "no such line"
	# The ways through mm/ are no callers: whoever takes them is.
	inside='alloc_pages|folio_alloc|kmalloc|kmem_cache_alloc|allocate_slab|new_slab|handle_mm_fault|vmalloc'
	inside=" (__)?($inside)[a-z_]*[+]"
	! grep -vF '[pageman_lab]' "$work/orders" | grep -E "$inside" >"$work/wrong"
	result $? "callers lie outside mm/" "$(tr '\n' ';' <"$work/wrong")"
	echo reset >$debug/pageman/orders
	grep -qE '^ +all +0 +0$' $debug/pageman/orders && grep -q ': 0 different' $debug/pageman/orders
	result $? "reset clears all counts" "$(grep all $debug/pageman/orders)"
	refused $debug/pageman/orders nonsense
	refused $parameters/min_order 11
	refused $parameters/min_order -1
	refused $parameters/min_order three
	refused $parameters/order_monitor perhaps
	echo 3 >$parameters/min_order
}

# What the kernel's log has since mark_log.
mark_log()
{
	log_lines=$(dmesg | wc -l)
}

new_log()
{
	dmesg | tail -n +$((log_lines + 1))
}

# lab_refuses ARGUMENT WORDS: the module does not load, and the log says why.
lab_refuses()
{
	mark_log
	insmod "$modules/pageman_lab.ko" "$1" 2>"$work/message"
	status=$?
	new_log >"$work/reason"
	[ $status -ne 0 ] && grep -q 'nvalid' "$work/message" && grep -q "pageman_lab: .*$2" "$work/reason" &&
		! grep -q ^pageman_lab /proc/modules && [ ! -e $debug/pageman_lab ]
	result $? "the timing module refuses $1" "status $status; $(cat "$work/message" "$work/reason" | tr '\n' ';')"
	rmmod pageman_lab 2>/dev/null
}

check_refusals()
{
	lab_refuses objnum=0 'nothing to measure'
	lab_refuses objnum=131073 'too many'
	lab_refuses objnum=131072 'more than half of what is free'
	lab_refuses objnum=99999999999999999999 'not a whole number'
	lab_refuses objnum=-5 'not a whole number'
	lab_refuses objnum=many 'not a whole number'
	lab_refuses objnum=2000.5 'not a whole number'
	lab_refuses objnum= 'not a whole number'
	lab_refuses ladder=500,0 'nothing to measure'
	lab_refuses ladder=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 'more than 16'
	lab_refuses rounds=0 'nothing to measure'
	lab_refuses cpu=99 'no CPU that is online'
}

# Figures are in order and there for each method and number of objects; a page for each object costs more than one
# block for all, which no machine does otherwise.
check_results()
{
	mark_log
	insmod "$modules/pageman_lab.ko" rounds=25 && wait_for_lab
	result $? "the timing module ends its measurement" "$(cat $debug/pageman_lab/state)"
	cp $debug/pageman_lab/lab.csv $debug/pageman_lab/results "$work/"
	rmmod pageman_lab
	awk -F, 'NR == 1 { fields = NF; next }
		{ lines++; seen[$1 "," $2]++; if (NF != fields || $5 != 25 || $4 != 0) bad++
			for (i = 6; i < 10; i++) if ($i + 0 > $(i + 1) + 0 || $(i + 5) + 0 > $(i + 6) + 0) bad++
			if ($6 <= 0 || $11 <= 0 || int($8 * 1000 / $2 + .5) != $16) bad++
			alloc[$1 "," $2] = $8 }
		END { for (key in seen) different++
			for (n = 500; n <= 5000; n = n == 500 ? 1000 : n == 1000 ? 2000 : n + 3000)
				if (alloc["page," n] <= alloc["block," n]) bad++
			exit lines != 20 || different != 16 || bad }' "$work/lab.csv"
	result $? "20 results are in order" "$(tr '\n' ';' <"$work/lab.csv")"
	new_log | sed -n 's/.*pageman_lab: csv //p' >"$work/logged"
	cmp -s "$work/logged" "$work/lab.csv"
	result $? "the log has the same lines" "$(diff "$work/logged" "$work/lab.csv" | head -n 4 | tr '\n' ';')"
	[ "$(grep -cE ' (alloc|free) ' "$work/results")" -eq 40 ]
	result $? "the table has both sides of each" "$(wc -l <"$work/results") lines"
}

check_stop()
{
	insmod "$modules/pageman_lab.ko" objnum=10000 ladder=none rounds=10000
	sleep 1
	grep -q ^running $debug/pageman_lab/state
	result $? "a long measurement runs" "$(cat $debug/pageman_lab/state)"
	# The kernel takes no other CPUs for a thread that was bound to one, not even the same.
	! taskset -p 1 "$(pidof pageman_lab)" 2>"$work/message" >&2 && grep -q 'nvalid' "$work/message"
	result $? "its thread is bound to one CPU" "$(cat "$work/message")"
	begun=$(cut -d. -f1 /proc/uptime)
	rmmod pageman_lab && [ $(($(cut -d. -f1 /proc/uptime) - begun)) -le 5 ] &&
		! grep -q ^pageman_lab /proc/slabinfo &&
		! ps | grep -v grep | grep -q '\[pageman_lab\]'
	result $? "it stops when the module goes, with its cache" "$(grep pageman_lab /proc/slabinfo)"
}

check_cycles()
{
	(while :; do tar cf - /bin 2>/dev/null | gzip -c >/dev/null; done) &
	load=$!
	cycle=0
	while [ $cycle -lt 5 ]; do
		cycle=$((cycle + 1))
		rmmod pageman && [ ! -e /proc/pageinfo ] && [ ! -e $debug/pageman ] &&
			insmod "$modules/pageman.ko" order_monitor=1 min_order=0 &&
			cat /proc/pageinfo $debug/pageman/orders >"$work/seen" &&
			grep -q '^order monitor: on' "$work/seen" &&
			insmod "$modules/pageman_lab.ko" rounds=1000 && rmmod pageman_lab || break
	done
	kill $load
	wait $load 2>/dev/null
	[ $cycle -eq 5 ] && rmmod pageman
	result $? "both modules load and unload 5 times with the monitor at work" "cycle $cycle failed"
}

# The rig that boots may trace for a recording; that would be timed with the rest.
for events in /sys/kernel/tracing/events/enable /sys/kernel/tracing/instances/*/events/enable; do
	[ ! -e "$events" ] || echo 0 >"$events"
done
insmod "$modules/pageman.ko"
result $? "pageman.ko loads" "see the log"
check_pageinfo
check_faults
check_walk_bound
check_orders
check_refusals
check_results
check_stop
sed 's/^/# /' "$work/pageinfo" "$work/orders" "$work/results"
check_cycles
echo "figure view until $(cut -d' ' -f1 /proc/uptime)"
echo "steps: $steps, failed: $failed"
[ $failed -eq 0 ]
