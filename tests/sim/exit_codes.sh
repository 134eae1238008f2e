#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Exit codes and messages of the command on bad input: exit_codes.sh PAGEMAN MAKE_RECORDINGS
set -u
pageman=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$2" "$folder" || exit 1
cd "$folder" || exit 1
failures=0

# expect CODE PATTERN ARGUMENTS...: the exit code, and a line on standard error that matches
expect() {
	local code=$1 pattern=$2 got
	shift 2
	"$pageman" "$@" >out 2>err </dev/null
	got=$?
	if [ "$got" -ne "$code" ]; then
		echo "FAIL: pageman $*: exit code $got, expected $code"
		cat err
		failures=$((failures + 1))
	elif [ -n "$pattern" ] && ! grep -Eq "$pattern" err; then
		echo "FAIL: pageman $*: no message like \"$pattern\" in:"
		cat err
		failures=$((failures + 1))
	fi
}

# Usage.
expect 2 'COMMAND'
expect 0 '' --help
expect 0 '' --version
for command in info import verify replay compare statman graph fuzz; do
	expect 0 '' "$command" --help
	grep -q '^Examples:' out || { echo "FAIL: $command --help has no examples"; failures=$((failures + 1)); }
	awk 'length($0) > 80 { exit 1 }' out || { echo "FAIL: $command --help is wider than 80 columns"; failures=$((failures + 1)); }
done
expect 2 'did you mean "replay"' repaly
expect 2 'unknown option "--polcy"; did you mean "--policy"' replay good.rec --polcy none
expect 2 'none, exact, fitfree, fit-exact, exact-fit' replay good.rec --policy best
expect 2 'stands there twice' compare good.rec --policies none,none
expect 2 'pcp.high' replay good.rec --set pcp.hgih=3
expect 2 '[Ee]xpected' replay
expect 2 'unknown profile "driver"; did you mean "drivers"' compare synth:driver
expect 2 'unknown key "sise"; did you mean' replay synth:drivers,sise=3
expect 2 'occupancy: expected a number from 1 to 100 \(percent\), found "0"' compare synth:mixed synth:drivers,occupancy=0
expect 1 'frames together, found 100' replay synth:mixed --zones DMA32=0-100
expect 1 'synth:drivers: expected a recording' info synth:drivers
expect 2 'expected each key once, found max twice' compare synth:drivers,max=3,max=4
expect 0 '' replay synth:mixed,mem=8M,ops=2000 --json
expect 0 '' compare synth:odd-sizes,mem=16M,ops=2000 --seeds 2 --kernel 6.12
expect 2 '[Ee]xpected -o' import good.rec
expect 2 'text, raw or compact' import good.rec -o x.rec --from csv
expect 2 'START-END' replay good.rec --zones DMA=5
expect 2 'pcp.batch: expected a number from 1 to 65536, found "0"' replay good.rec --set pcp.batch=0
expect 2 'sample-allocs: expected a number from 1 to 4294967295, found "0"' compare good.rec --sample-allocs 0
expect 2 'sample-allocs is for recordings' compare synth:mixed,mem=8M,ops=2000 --sample-allocs 10
expect 2 'kernel: expected one of 6.1, 6.12 .*found "5.4"' replay good.rec --kernel 5.4
expect 2 'kernel: expected one of' compare good.rec --kernel 5.4

# A recording with a snapshot has its own zones, and frames outside them are told.
for command in replay compare; do
	expect 2 'zones.rec: .*zones of its own' "$command" zones.rec --zones DMA=1-4096
done
expect 2 'zones.rec: .*zones of its own' compare good.rec zones.rec --zones DMA32=4096-8192
expect 4 'zones.rec: event 1: expected a frame inside a zone, found frame 0x1869f, order 2 \(1 such' info zones.rec
expect 1 'expected one of 6.1, 6.12, found "5.4"' verify zones.rec --kernel 5.4
expect 2 'no kernel trims by a policy "fitfre"; did you mean "fitfree"[?]' verify zones.rec --policy fitfre

# info, replay and compare count the same events.
"$pageman" info kmalloc.rec | grep -q '^6 events' && "$pageman" replay kmalloc.rec | grep -q '^6 events' &&
	"$pageman" compare kmalloc.rec >out && grep -q '^6 events' out ||
	{ echo "FAIL: commands count events differently"; failures=$((failures + 1)); }
grep -q -- '1 large kmalloc requests are not trimmed' out || { echo "FAIL: nothing about --trim-kmalloc"; failures=$((failures + 1)); }

# Good input.
expect 0 '' info good.rec
expect 0 '' replay good.rec
expect 0 '' compare good.rec --policies none,exact,fitfree
expect 0 '' import good.rec -o copy.rec
expect 0 '' info copy.rec --json
grep -q '"schema": "pageman-info/1"' out || { echo "FAIL: no schema in JSON"; failures=$((failures + 1)); }
"$pageman" replay - --zones DMA=1-4096,DMA32=4096-8192 <good.rec >out 2>err || { echo "FAIL: standard input"; cat err; failures=$((failures + 1)); }
"$pageman" replay - <good.rec >out 2>err # without zones it would have to be read twice
[ $? -eq 1 ] && grep -q 'read only once' err || { echo "FAIL: standard input without zones"; cat err; failures=$((failures + 1)); }

# Several runs, and times left out: the same input gives the same bytes.
expect 2 'seeds: expected a number from 1 to 1000, found "0"' compare zones.rec --seeds 0
expect 2 'seeds: expected a number from 1 to 1000, found "many"' compare zones.rec --seeds many
expect 2 'seed: expected a number from 1' compare zones.rec --seeds 2 --seed 0
expect 2 'standard input can be read only once' compare - --seeds 2
expect 0 '' compare good.rec --seeds 2
expect 2 'unknown option "--seeds"' replay zones.rec --seeds 2
for form in '' --json; do
	expect 0 '' compare good.rec --no-time $form
	mv out first
	expect 0 '' compare good.rec --no-time $form
	cmp -s first out || { echo "FAIL: compare --no-time $form prints something else the second time"; failures=$((failures + 1)); }
	! grep -Eq 'nanoseconds|ns_per|clock_ns' out || { echo "FAIL: compare --no-time $form has times"; failures=$((failures + 1)); }
done
expect 0 '' compare good.rec
grep -q '^nanoseconds ' out || { echo "FAIL: compare has no times"; failures=$((failures + 1)); }

# Files that are not recordings.
: >empty
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\0\020' >picture.png
for command in info replay compare verify; do
	expect 1 'missing.rec: ' "$command" missing.rec
	expect 1 'empty: ' "$command" empty
	expect 1 'picture.png: ' "$command" picture.png
done
expect 1 'missing.rec: ' import missing.rec -o x.rec
[ ! -e x.rec ] || { echo "FAIL: import left a file behind"; failures=$((failures + 1)); }

# Damage: everything before it is used, and the result says so.
size=$(stat -c %s long.rec)
head -c $((size * 2 / 3)) long.rec >cut.rec
cp long.rec flipped.rec
byte=$(od -An -tu1 -j $((size / 2)) -N 1 long.rec)
printf "\\x$(printf %x $((byte ^ 16)))" | dd of=flipped.rec bs=1 seek=$((size / 2)) conv=notrunc status=none
for damaged in cut flipped; do
	expect 4 "$damaged.rec: .*offset [0-9]+" info $damaged.rec
	expect 4 "$damaged.rec: .*offset [0-9]+" replay $damaged.rec
	expect 4 "$damaged.rec: .*offset [0-9]+" import $damaged.rec -o part.rec
done
expect 1 'cannot|No such|denied|directory' import good.rec -o /proc/nowhere/x.rec

# Recordings whose events contradict each other or the zones.
expect 4 'event 1: free of frame 0x1389' replay unfreed.rec
expect 4 'frame 0x1388 is allocated without' replay twice.rec
expect 4 'event 2: expected a frame inside a zone, found frame 0x1800' replay good.rec --zones DMA32=4096-6144
expect 1 'unknown kernel release.*6\.1.*2\.4\.18' replay old.rec
expect 0 '' replay old.rec --kernel 6.1

# Results databases.
expect 0 '' replay good.rec --db results.db
expect 0 '' compare good.rec --db results.db
expect 1 '/proc/nowhere/r.db: .*cannot' replay good.rec --db /proc/nowhere/r.db
expect 1 'not an SQLite database' replay good.rec --db picture.png

# A reader that went away, and a full disk.
{ "$pageman" info good.rec --json; echo $? >code; } 2>err | true
"$pageman" info good.rec >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err || { echo "FAIL: a full disk is not reported"; cat err; failures=$((failures + 1)); }

if [ "$failures" -ne 0 ]; then
	echo "$failures failures"
	exit 1
fi
