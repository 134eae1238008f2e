#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The steps of kmod.sh inside the guest: pageman.ko is loaded, used, measured and unloaded. Prints "ok NAME" or
# "not ok NAME: WHY", figures as "figure NAME VALUE...", and "steps done" at the end.
#
#   kmod_steps.sh CYCLES PAIRS       load/unload cycles under load; allocate/free pairs under pressure, of all threads
#   kmod_steps.sh ratios             only what calls cost, as ratios to the stock kernel's
cycles=$1 pairs=${2:-}
parameters=/sys/module/pageman/parameters
files=/sys/kernel/debug/pageman
test=/sys/kernel/debug/pageman_test
tracing=/sys/kernel/tracing
ftrace_enabled=/proc/sys/kernel/ftrace_enabled
modules=/kmod

ok() {
	echo "ok $1"
}

bad() {
	echo "not ok $1: $2"
}

# expect NAME COMMAND...
expect() {
	name=$1
	shift
	if "$@" 2>/tmp/why; then ok "$name"; else bad "$name" "$(head -n 1 /tmp/why)"; fi
}

# refuses NAME COMMAND...
refuses() {
	name=$1
	shift
	if "$@" 2>/dev/null; then bad "$name" "it was accepted"; else ok "$name"; fi
}

put() {
	echo "$2" >"$1"
}

load_module() {
	insmod $modules/pageman.ko "$@"
}

stat_of() {
	awk -v name="$1" '$1 == name && NF == 2 { print $2 }' $files/stats
}

logged() {
	dmesg | grep -q -- "$1"
}

# The first number of the test module's loads: pairs so far.
pairs_so_far() {
	cut -d' ' -f1 $test/load
}

event_of() {
	sed -n "s/^$1 //p" /proc/vmstat
}

# Free pages once what can be dropped is dropped.
settled() {
	for try in 1 2 3; do
		sync
		echo 3 >/proc/sys/vm/drop_caches
		sleep 1
	done
	cat $test/free
}

# A median change of 0 free pages over nine rounds; with one page kept it has to be seen.
no_leak() {
	for keep in 0 1; do
		seen=x
		for try in 1 2 3; do
			echo "500 $keep" >$test/leak || return 1
			seen=$(cat $test/leak)
			[ "$seen" -ne $((-keep)) ] || break
		done
		[ "$seen" -eq $((-keep)) ] || {
			echo "free pages changed by $seen when $keep was kept" >&2
			return 1
		}
	done
}

# Reading a file of holes fills the memory with page cache: reclaim never ends, and nothing has to be killed. One reader
# after the other: who takes hooks off waits for each task to sleep or end, and such a reader does not sleep.
# $1: niceness.
pressure_on() {
	rm -f /tmp/calm
	mkdir -p /tmp/disk
	mount -t ext4 /dev/vda /tmp/disk && truncate -s 4G /tmp/disk/holes || bad "pressure" "no disk"
	(renice "$1" -p "$(sh -c 'echo $PPID')"
	at=0
	while [ ! -e /tmp/calm ]; do
		dd if=/tmp/disk/holes of=/dev/null bs=256k skip=$at count=16 2>/dev/null
		at=$(((at + 16) % 16384))
	done) &
	pressure=$!
}

pressure_off() {
	: >/tmp/calm
	wait $pressure
	umount /tmp/disk
}

# What the kernel offers to find wrong frees and writes; Debian has no KASAN, lockdep, debug_pagealloc or page_owner.
checks_of_kernel() {
	expect "freed pages are poisoned" logged 'mem auto-init: CONFIG_PAGE_POISONING is on'
	for check in sanity_checks red_zone poison; do
		expect "slabs have $check" grep -qx 1 /sys/kernel/slab/kmalloc-1k/$check
	done
	echo "figure boot $(cat /proc/cmdline)"
}

defaults() {
	expect "loads with defaults" load_module
	for file in stats hooks snapshot orders; do
		expect "there is a file $file" [ -f $files/$file ]
	done
	expect "policy is stock" grep -qx stock $parameters/policy
	expect "kmalloc is not trimmed" grep -qx N $parameters/trim_kmalloc
	expect "nothing is hooked" [ ! -s $tracing/enabled_functions -o -z "$(grep pages_exact $tracing/enabled_functions)" ]
	echo "1 1 2000 40 both" >$test/load
	expect "stock: nothing is trimmed" [ "$(stat_of fits)" = 0 ]
}

bad_parameters() {
	refuses "no such policy" put $parameters/policy best
	expect "a wrong policy is named" logged "pageman: policy: 'best' is none of stock, fitfree, lazy"
	refuses "min_pages 0" put $parameters/min_pages 0
	refuses "min_pages too large" put $parameters/min_pages 5000
	refuses "min_pages no number" put $parameters/min_pages many
	refuses "trim_kmalloc maybe" put $parameters/trim_kmalloc maybe
	expect "wrong words change nothing" grep -qx stock $parameters/policy
	rmmod pageman
	for word in policy=none min_pages=-1 min_pages=99999999999 trim_kmalloc=2 policy=; do
		refuses "insmod $word" load_module $word
	done
}

second_user() {
	expect "another IPMODIFY user" put $test/steal 1
	expect "fitfree without allocations" load_module policy=fitfree
	expect "the taken function is named" logged 'left alone: a live patch or another module'
	expect "the error is shown" grep -qE '^alloc_pages_exact(_noprof)? not set: -16$' $files/hooks
	refuses "lazy needs both" put $parameters/policy lazy
	expect "policy stays fitfree" grep -qx fitfree $parameters/policy
	echo "2 1 500 40 exact" >$test/load
	expect "releases are trimmed" [ "$(stat_of frees)" -gt 100 -a "$(stat_of fits)" = 0 ]
	expect "the hooks are shown" grep -q 'free_pages_exact set' $files/hooks
	put $test/steal 0
	rmmod pageman
	expect "refused for good reason" load_module policy=fitfree
	refuses "a second user after us" put $test/steal 1
}

# Without its hooks nobody would free trimmed kmalloc blocks.
ftrace_off() {
	refuses "ftrace is turned off under hooks" put $ftrace_enabled 0
	rmmod pageman
	expect "ftrace is turned off" put $ftrace_enabled 0
	refuses "fitfree without ftrace" load_module policy=fitfree
	expect "the reason is named" logged 'left alone: .* or kernel.ftrace_enabled is 0'
	put $ftrace_enabled 1
	expect "fitfree with ftrace again" load_module policy=fitfree
}

# Blocks by order add up to what was trimmed, times by power of two to every 16th call.
histograms() {
	awk '{ value[$1] = $2 }
		$2 == "order" { for (i = n = 1; i <= $3; i++) n *= 2; pages[$1] += n * $4 }
		$2 == "below" { calls[$1] += $4 }
		END { print "blocks of " pages["fit_blocks"], pages["free_blocks"], "pages,", calls["fit_ns"], calls["free_ns"],
				"times" >"/dev/stderr"
			untimed = value["fits"] + value["frees"] - 16 * (calls["fit_ns"] + calls["free_ns"])
			exit value["fits"] < 100 || pages["fit_blocks"] != value["saved_pages"] ||
			pages["free_blocks"] != value["released_pages"] || untimed < -32 || untimed > 32 ||
			!calls["fit_ns"] || !calls["free_ns"] ||
			value["block_pages"] != value["kept_pages"] + value["saved_pages"] }' \
		$files/stats
}

policies() {
	lines_before=$(dmesg | grep -c pageman)
	expect "load that is counted" put $test/load "3 2 500 200 exact"
	expect "histograms add up" histograms
	for policy in fitfree lazy stock lazy fitfree; do
		expect "policy $policy" put $parameters/policy $policy
		expect "load under $policy" put $test/load "3 3 3000 200 both"
	done
	expect "nothing is printed meanwhile" [ "$(dmesg | grep -c pageman)" = "$lines_before" ]
	expect "pages were saved" [ "$(stat_of saved_pages)" -gt 1000 ]
	expect "blocks came back whole" [ "$(stat_of returned_whole)" -gt 100 ]
	expect "no record is left" [ "$(stat_of records_now)" = 0 ]
	put $parameters/min_pages 6
	before=$(stat_of fits)
	echo "4 1 1000 5 exact" >$test/load
	expect "min_pages leaves small ones alone" [ "$(stat_of fits)" = "$before" ]
	put $parameters/min_pages 1
	put $parameters/times N
	before=$(awk '$2 == "below" { n += $4 } END { print n }' $files/stats)
	expect "load without times" put $test/load "4 1 1000 40 exact"
	expect "no time is measured" [ "$(awk '$2 == "below" { n += $4 } END { print n }' $files/stats)" = "$before" ]
	put $parameters/times Y
	for policy in fitfree lazy; do
		put $parameters/policy $policy
		expect "no page leaks under $policy" no_leak
	done
}

# Pages that are charged to a memory group: fitted by the kernel, and given back one by one, the charge with them.
accounted() {
	group=/tmp/group
	mkdir -p $group
	mount -t cgroup2 none $group && echo +memory >$group/cgroup.subtree_control && mkdir $group/charged ||
		bad "memory groups" "no cgroup2"
	for policy in fitfree lazy; do
		put $parameters/policy $policy
		fits=$(stat_of fits) singly=$(stat_of released_page_by_page)
		echo $$ >$group/charged/cgroup.procs
		expect "held accounted blocks under $policy" put $test/hold "200 account"
		echo $$ >$group/cgroup.procs
		charged=$(awk '$1 == "kernel" || $1 == "sock" { n += $2 } END { print int(n / 4096) }' $group/charged/memory.stat)
		expect "accounted requests are left alone under $policy" [ "$(stat_of fits)" = "$fits" ]
		expect "their pages are charged" [ "$charged" -gt 1000 ]
		expect "accounted blocks are freed under $policy" put $test/hold "0 exact"
		expect "charged pages go back one by one" [ "$(stat_of released_page_by_page)" -eq $((singly + 200)) ]
		charged=$(awk '$1 == "kernel" || $1 == "sock" { n += $2 } END { print int(n / 4096) }' $group/charged/memory.stat)
		expect "their charge is gone under $policy" [ "$charged" -lt 200 ]
	done
	rmdir $group/charged
	umount $group
}

faults() {
	put $parameters/policy lazy
	put $parameters/fail_every 3
	expect "load with failing records" put $test/load "5 2 4000 100 exact"
	expect "records failed" [ "$(stat_of held_refused)" -gt 100 ]
	expect "no page leaks with failing records" no_leak
	put $parameters/fail_every 0
}

lines() {
	put $parameters/policy fitfree
	echo 1 >$tracing/events/pageman_trim/enable
	echo 1 >$tracing/tracing_on
	echo "6 1 60 20 exact" >$test/load
	echo 0 >$tracing/tracing_on
	echo 0 >$tracing/events/pageman_trim/enable
	grep 'Stats|' $tracing/trace >/tmp/stats.log
	cat /tmp/stats.log
	expect "lines for statman" [ "$(grep -c 'Stats| Fit_bytes=[0-9]* Required_pages=' /tmp/stats.log)" -gt 10 ]
	echo >$tracing/trace
}

snapshot() {
	expect "a snapshot" cp $files/snapshot /tmp/snapshot.bin
	expect "a snapshot again" cp $files/snapshot /tmp/snapshot.bin
	expect "it has the zones" [ "$(wc -c </tmp/snapshot.bin)" -gt 50000 ]
	exec 3<$files/snapshot
	refuses "one reader at a time" cp $files/snapshot /tmp/none
	exec 3<&-
	before=$(cat $parameters/snapshot_pages_max)
	put $parameters/snapshot_pages_max 1000
	refuses "no snapshot of a machine that is too large" cp $files/snapshot /tmp/none
	expect "the limit is named" logged 'snapshot: [0-9]* pages are more than snapshot_pages_max'
	put $parameters/snapshot_pages_max "$before"
}

kmalloc() {
	if put $parameters/trim_kmalloc 1; then
		ok "kmalloc is trimmed"
		expect "load with trimmed kmalloc" put $test/load "7 3 4000 200 both"
		expect "kmalloc was trimmed" [ "$(stat_of kmalloc_fits)" -gt 1000 ]
		expect "every trimmed block came back" [ "$(stat_of kmalloc_fits)" = "$(stat_of kmalloc_frees)" ]
		expect "no page leaks with kmalloc" no_leak
		before=$(stat_of kmalloc_fits)
		expect "held compound kmalloc blocks" put $test/hold "100 compound"
		expect "they are left alone" [ "$(stat_of kmalloc_fits)" = "$before" ]
		expect "held kmalloc blocks" put $test/hold "100 kmalloc"
		refuses "rmmod while trimmed kmalloc blocks live" rmmod pageman
		expect "trimming ends" put $parameters/trim_kmalloc 0
		expect "blocks from before are freed" put $test/hold "0 kmalloc"
	else
		bad "kmalloc is trimmed" "$(dmesg | tail -n 2)"
	fi
}

outstanding() {
	for policy in fitfree lazy; do
		put $parameters/policy $policy
		expect "held blocks under $policy" put $test/hold "200 exact"
		expect "rmmod with blocks of $policy" rmmod pageman
		expect "the stock kernel frees blocks of $policy" put $test/hold "0 exact"
		expect "stock blocks" put $test/hold "200 exact"
		load_module policy=$policy
		expect "$policy frees blocks of the stock kernel" put $test/hold "0 exact"
	done
}

# A call that sleeps inside the page allocator comes back into the module.
unloading_waits() {
	(put $test/sleep 3000; echo $? >/tmp/slept) &
	writer=$!
	tries=0
	until grep -qx 1 $test/sleep || [ $tries -eq 100 ]; do
		tries=$((tries + 1))
		usleep 50000
	done
	expect "a call sleeps" grep -qx 1 $test/sleep
	expect "rmmod while a call sleeps" rmmod pageman
	expect "rmmod waited for it" grep -qx 0 $test/sleep
	wait $writer
	expect "it came back" grep -qx 0 /tmp/slept
	load_module policy=lazy
}

under_pressure() {
	pressure_on 0
	sleep 4
	begun_pairs=$(pairs_so_far) stolen=$(event_of pgsteal_kswapd) begun=$(cut -d. -f1 /proc/uptime)
	for words in "lazy 0" "fitfree 0" "lazy 1"; do
		put $parameters/policy ${words% *}
		put $parameters/trim_kmalloc ${words#* }
		expect "pairs of 4 threads under pressure, policy ${words% *}, trim_kmalloc ${words#* }" \
			put $test/load "8 4 $((pairs / 12 + 1)) 100 both"
	done
	made=$(($(pairs_so_far) - begun_pairs))
	echo "figure pairs $made in $(($(cut -d. -f1 /proc/uptime) - begun)) s, failed so far $(cut -d' ' -f2 $test/load)"
	echo "figure fits $(stat_of fits) saved_pages $(stat_of saved_pages) returned_whole $(stat_of returned_whole)" \
		"kmalloc_fits $(stat_of kmalloc_fits) reclaimed_pages $(stat_of reclaimed_pages)"
	expect "$pairs pairs and more" [ "$made" -ge "$pairs" ]
	expect "memory was short" [ "$(event_of pgsteal_kswapd)" -gt $((stolen + 1000)) ]
	expect "held tails went back under pressure" [ "$(stat_of reclaimed_pages)" -gt 0 ]
	expect "no record is left after pressure" [ "$(stat_of records_now)" = 0 ]
	expect "every trimmed kmalloc block came back" [ "$(stat_of kmalloc_fits)" = "$(stat_of kmalloc_frees)" ]
	expect "rmmod under pressure" rmmod pageman
	pressure_off
}

# One cycle, the $1-th. A trimmed kmalloc block of the load keeps the module until it is freed.
load_and_unload() {
	case $(($1 % 6)) in
	0 | 3) words=policy=fitfree ;;
	1) words=policy=lazy ;;
	2 | 4) words=order_monitor=1\ min_order=0 ;;
	5) words=policy=lazy\ trim_kmalloc=1 ;;
	esac
	load_module $words || { bad "cycle $1" "insmod $words"; return 1; }
	usleep 100000
	fits=$((fits + $(stat_of fits)))
	[ $(($1 % 6)) -ne 5 ] || put $parameters/trim_kmalloc 0
	tries=0
	until rmmod pageman 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { bad "cycle $1" "rmmod"; return 1; }
		usleep 20000
	done
}

cycles_under_load() {
	pressure_on 19
	# Whoever loads and unloads does not wait for the load, which has all the rest.
	(renice 19 -p "$(sh -c 'echo $PPID')"
	while [ ! -e /tmp/stop ]; do echo "9 3 200 100 both" >$test/load || echo "not ok content during cycles: see the log"; done) &
	loader=$!
	cycle=0 fits=0
	while [ $cycle -lt "$1" ] && load_and_unload $cycle; do
		cycle=$((cycle + 1))
		[ $((cycle % 20)) -ne 0 ] || echo "figure cycle $cycle at $(cut -d' ' -f1 /proc/uptime)"
	done
	: >/tmp/stop
	wait $loader
	rm -f /tmp/stop
	pressure_off
}

# Twenty cycles with little to do in each and nobody beside: a page lost by each shows. Others' allocations only add, so
# the least of three tries counts.
quiet_cycles() {
	for try in 1 2 3; do
		before=$(settled)
		for cycle in $(seq 20); do
			load_module policy=lazy trim_kmalloc=1
			echo "10 1 50 40 both" >$test/load
			rmmod pageman || return 1
		done
		lost=$((before - $(settled)))
		echo "figure quiet cycles, free pages fewer by $lost"
		[ $lost -ge 15 ] || return 0
	done
	echo "20 cycles lost $lost pages" >&2
	return 1
}

# The first cycles are left out: what they allocate for good is the kernel's. Loading and unloading is mostly waiting for
# RCU, which may hurry here.
cycles() {
	put /sys/kernel/rcu_expedited 1
	cycles_under_load 6
	expect "no page is lost by a cycle" quiet_cycles
	before=$(settled) begun=$(cut -d. -f1 /proc/uptime)
	cycles_under_load "$cycles"
	echo "figure cycles $cycle in $(($(cut -d. -f1 /proc/uptime) - begun)) s, with $fits fits"
	expect "$cycles cycles" [ $cycle -eq "$cycles" ]
	expect "allocations were trimmed meanwhile" [ "$fits" -gt "$cycles" ]
	after=$(settled)
	echo "figure free_pages before $before after $after"
	# What slabs keep for good and interrupts take in between was up to 60, however many the cycles.
	expect "free pages are as before" [ $((before - after)) -lt 200 ]
}

# Stock and fitfree in turn, the smaller of two: what disturbs only adds.
ratios() {
	load_module
	for turn in 1 2; do
		for policy in stock fitfree lazy; do
			put $parameters/policy $policy
			cat $test/ratio >/tmp/ratio.$policy.$turn
		done
	done
	for policy in fitfree lazy; do
		cat /tmp/ratio.stock.1 /tmp/ratio.stock.2 /tmp/ratio.$policy.1 /tmp/ratio.$policy.2 |
			awk -v policy=$policy '
			{ which = ++seen[$1] <= 2 ? "s" : "p"; if (!(n = order[$1])) { order[$1] = ++sizes; size[sizes] = $1 }
			  if (!((which, $1, "a") in t) || $2 < t[which, $1, "a"]) t[which, $1, "a"] = $2
			  if (!((which, $1, "f") in t) || $3 < t[which, $1, "f"]) t[which, $1, "f"] = $3 }
			END { for (i = 1; i <= sizes; i++) { s = size[i]; sa = t["s", s, "a"]; sf = t["s", s, "f"]
				pa = t["p", s, "a"]; pf = t["p", s, "f"]
				printf "figure ratio %s pages %d fit %.2f release %.2f both %.2f (stock %d %d ns)\n", policy, s,
					pa / sa, pf / sf, (pa + pf) / (sa + sf), sa, sf } }'
	done
	rmmod pageman
}

# The rig records meanwhile; nothing of that is wanted here.
for folder in $tracing $tracing/instances/*; do
	[ ! -e "$folder/tracing_on" ] || echo 0 >"$folder/tracing_on"
	[ ! -e "$folder/events/enable" ] || echo 0 >"$folder/events/enable"
done
insmod $modules/pageman_test.ko || bad "the test module" "insmod"
if [ "$cycles" = ratios ]; then
	ratios
	echo "steps done"
	exit 0
fi
for step in checks_of_kernel defaults bad_parameters second_user ftrace_off policies accounted faults lines snapshot kmalloc \
	outstanding unloading_waits under_pressure cycles; do
	$step
	echo "figure $step until $(cut -d' ' -f1 /proc/uptime)"
done
rmmod pageman_test || bad "the test module goes" rmmod
echo "steps done"
