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
check 0 '' info good.txt
check 0 '' replay good.txt
check 4 'garbage.txt: line 3' info garbage.txt
check 4 'garbage.txt: line 3' replay garbage.txt
check 4 'garbage.txt: line 3' import garbage.txt -o part.rec
check 4 'of the text it was made from, line 3' info part.rec
exit $status
