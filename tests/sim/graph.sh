#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pageman graph on good and bad command lines, without Graphviz, and on a recording: graph.sh PAGEMAN RECORDING
# The recording: one of 6.1 with snapshots, longer than five seconds.
set -u
pageman=$1 recording=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0
path=$PATH # of the command

fail() {
	echo "FAIL: $*"
	[ ! -s err ] || cat err
	failures=$((failures + 1))
}

# expect CODE PATTERN ARGUMENTS...: the exit code, and a line on standard error that matches
expect() {
	local code=$1 pattern=$2 got
	shift 2
	PATH=$path "$pageman" graph "$@" >out 2>err </dev/null
	got=$?
	[ "$got" -eq "$code" ] || fail "pageman graph $*: exit code $got, expected $code"
	[ -z "$pattern" ] || grep -Eq -e "$pattern" err || fail "pageman graph $*: no message like \"$pattern\""
}

# Usage.
expect 2 'expected --policy NAME, one of none, exact, .*nest; or a recording'
expect 2 'unknown policy "fitfre"; did you mean "fitfree"\?: expected one of none' --policy fitfre
for pages in 0 65 -1 5x ''; do
	expect 2 "--pages: expected a number from 1 to 64, found \"$pages\"" --policy exact --pages "$pages"
done
expect 2 '--second: expected a number from 1 to 64, found "100"' --policy nest --second 100
expect 2 'expected --second N with it' --policy nest --second-ends-first
expect 2 '--kernel: expected one of 6.1, 6.12 .*found "5.4"' --policy exact --kernel 5.4
expect 2 'ends with .dot, .svg or .png, found "x.jpg"' --policy exact -o x.jpg
expect 2 '--at: expected a recording with it' --policy exact --at 3
expect 2 '--order: expected a recording with it' --policy exact --order 3
expect 2 '--pressure is of the example' "$recording" --at 1 --block 0x8000 --pressure
expect 2 'expected --at SECONDS and --block PFN' "$recording" --at 1
for time in -1 1e99 nan 3s ''; do
	expect 2 "--at: expected seconds .*found \"$time\"" "$recording" --at "$time" --block 0x8000
done
expect 2 '--block: expected a frame.s number.*found "frame"' "$recording" --at 1 --block frame
expect 2 '--order: expected a number from 0 to 10, found "11"' "$recording" --at 1 --block 0x8000 --order 11

# An example: what is drawn, to a file and to standard output alike.
expect 0 '' --policy exact --pages 5
cp out exact.txt
grep -q '5 pages: 4 calls of the allocator' out || fail "5 of 8 pages, page by page: expected 1 call and 3"
grep -q '^graph pageman {$' out && [ "$(tail -n 1 out)" = '}' ] || fail "expected a graph from its first line to its last"
expect 0 '' --policy exact --pages 5 -o exact.dot
cmp -s exact.txt exact.dot || fail "the file differs from standard output"
expect 0 '' --policy upstream --pages 1
expect 0 '' --policy none --kernel 6.12 -o -

# Without Graphviz: a clear error, no file, and one that was there stays.
echo mine >kept.svg
path=/nowhere
for file in new.svg new.png kept.svg; do
	expect 1 "$file: expected Graphviz.s program \"dot\" in PATH" --policy exact -o "$file"
done
expect 0 '' --policy exact -o text.dot
[ ! -e new.svg ] && [ ! -e new.png ] && [ "$(cat kept.svg)" = mine ] || fail "expected no new file and the old one kept"
# A dot that fails is no better.
mkdir bin
printf '#!/bin/sh\necho half\nexit 7\n' >bin/dot
chmod +x bin/dot
path=$folder/bin:$PATH
expect 1 'kept.svg: dot ended with exit code 7' --policy exact -o kept.svg
path=$PATH
[ "$(cat kept.svg)" = mine ] && [ -z "$(ls ./*.tmp 2>/dev/null)" ] || fail "expected the old file, and no other"
expect 1 '/proc/nowhere/x.dot: cannot write' --policy exact -o /proc/nowhere/x.dot
"$pageman" graph --policy exact >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err || fail "a full disk is not reported"
if command -v dot >/dev/null; then
	expect 0 '' --policy exact -o drawn.svg
	[ ! -s err ] && grep -q '</svg>' drawn.svg || fail "expected a drawing, and Graphviz to be content"
	expect 0 '' --policy nest --pages 35 --second 9 -o narrow.svg
	[ ! -s err ] && grep -q '</svg>' narrow.svg || fail "expected Graphviz to be content with narrow boxes"
fi

# A recording.
expect 0 '' "$recording" --at 5 --block 0x8123
grep -q 'frames 0x8000 to 0x83ff of zone' out || fail "expected the block of order 10 with the frame"
grep -Eq 'until then ([0-9]+) of \1 allocations' out || fail "expected every allocation predicted"
expect 0 '' "$recording" --at 1000 --block 0x8123 --order 4
grep -q 'frames 0x8120 to 0x812f' out && grep -q "at the recording's end, before 1000 s" out ||
	fail "expected the end, and a block of 16 frames"
expect 3 'until then [0-9]+ of [0-9]+ allocations were predicted otherwise' "$recording" --at 5 --block 0x8123 \
	--kernel 6.12
expect 1 'expected a frame of a zone, in \[.*found 0xffffffffff' "$recording" --at 1 --block 0xffffffffff
expect 1 'missing.pgr: ' missing.pgr --at 1 --block 1
head -c $(($(stat -c %s "$recording") / 2)) "$recording" >cut.pgr
expect 4 'cut.pgr: .*offset [0-9]+' cut.pgr --at 1000 --block 0x8123
grep -q '^graph pageman {$' out || fail "expected a picture of what there is before the damage"
printf '# tracer: nop\n' >trace.txt
expect 1 'trace.txt: ' trace.txt --at 1 --block 1

if [ "$failures" -ne 0 ]; then
	echo "$failures failures"
	exit 1
fi
