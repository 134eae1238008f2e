#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tracefs text as input, with garbage in the middle: text_input.sh PAGEMAN
set -u
pageman=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

line() {
	printf '            bash-100     [000] .....  %s: %s\n' "$1" "$2"
}
{
	echo '# tracer: nop'
	line 10.000001 'mm_page_alloc: page=000000005f3b1d2a pfn=0x1388 order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP'
	line 10.000002 'mm_page_alloc: page=0000000012345678 pfn=0x1800 order=2 migratetype=0 gfp_flags=GFP_KERNEL'
	line 10.000003 'mm_page_free: page=000000005f3b1d2a pfn=0x1388 order=0'
} >good.txt
{
	head -n 2 good.txt
	echo 'this line fell out of another log'
	tail -n 2 good.txt
} >garbage.txt

status=0
check() {
	local expected=$1 pattern=$2 code
	shift 2
	"$pageman" "$@" >out 2>err </dev/null
	code=$?
	if [ "$code" -ne "$expected" ] || { [ -n "$pattern" ] && ! grep -Eq "$pattern" err; }; then
		echo "FAIL: pageman $*: exit code $code, expected $expected and a message like \"$pattern\""
		cat err
		status=1
	fi
}
# Whether the last output, its line breaks being blanks, has a text like @1.
says() {
	tr -s '\n ' '  ' <out | grep -Eq "$1"
}
check 0 '' info good.txt
says 'Events earlier' && { echo "FAIL: info tells of a clock that does not step back"; status=1; }
check 0 '' replay good.txt
check 4 'garbage.txt: line 3' info garbage.txt
check 4 'garbage.txt: line 3' replay garbage.txt
check 4 'garbage.txt: line 3' import garbage.txt -o part.rec
check 4 'of the text it was made from, line 3' info part.rec

# Events that no kernel can mean: an order of 11, a frame beyond any memory. The rest is counted.
{
	cat good.txt
	line 10.000004 'mm_page_alloc: page=0000000012345679 pfn=0x1900 order=11 migratetype=0 gfp_flags=GFP_KERNEL'
	line 10.000005 'mm_page_free: page=000000001234567a pfn=0x10000000000000 order=0'
} >odd.txt
check 4 'odd.txt: event 3: .*order 11, frame 0x1900 \(2 such events\)' info odd.txt
says 'Events that cannot be .*: 2, first at event 3,' || { echo "FAIL: info does not account for the events that cannot be"; status=1; }
grep -Eq ' 0 +1  ' out || { echo "FAIL: info lost the request of order 0"; status=1; }
check 4 'odd.txt: event 3: .*order 11' import odd.txt -o odd.rec
check 4 'odd.rec: event 3: .*order 11' info odd.rec
check 4 'odd.txt: event 3: .*order 11' replay odd.txt
check 4 'odd.txt: event 3: .*order 11' compare odd.txt
# Two traces that somebody put together: told, and counted in the order they stand in.
cat good.txt good.txt >twice.txt
check 0 '' info twice.txt
says 'Events earlier than one before them: 2, first at event 3, by 0\.000002 s at most' ||
	{ echo "FAIL: info does not tell that the clock steps back"; status=1; }
# Tables end where their last cell ends.
for command in info replay compare; do
	LC_ALL=C "$pageman" $command good.txt >out
	if grep -nE ' +$' out; then
		echo "FAIL: pageman $command prints trailing blanks"
		status=1
	fi
	width=80
	[ "$command" = compare ] && width=100
	if awk -v width="$width" 'length($0) > width { print; found = 1 } END { exit !found }' out; then
		echo "FAIL: pageman $command is wider than $width columns"
		status=1
	fi
done
exit $status
