#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The figures of the 2023 report from a log with those totals, and what the command says of bad logs:
# statman.sh PAGEMAN MAKE_STATS_LOG
set -u
export LC_ALL=C
pageman=$1
make_stats_log=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# expect CODE PATTERN ARGUMENTS...: the exit code, and a line on standard error that matches
expect() {
	local code=$1 pattern=$2 got
	shift 2
	"$pageman" statman "$@" >out 2>err </dev/null
	got=$?
	[ "$got" -eq "$code" ] || fail "pageman statman $*: exit code $got, expected $code: $(cat err)"
	if [ -n "$pattern" ]; then
		grep -Eq "$pattern" err || fail "pageman statman $*: no message like \"$pattern\" in: $(cat err)"
	else
		[ ! -s err ] || fail "pageman statman $*: expected silence, found: $(cat err)"
	fi
}

# prints PATTERN: a line of the last output
prints() {
	grep -Eq -- "$1" out || fail "nothing like \"$1\" in:"$'\n'"$(cat out)"
}

# The report of 2023, from several logs in both formats.
for format in original ours; do
	for seed in 1 2 3 4 5; do
		"$make_stats_log" $format $seed >report.log || fail "make_stats_log $format $seed"
		expect 0 '' report.log
		prints '^462 fits, 253 frees; 5,384 pages saved = 21\.03 MiB$'
		prints '^original: whole blocks +19,552 +76\.38 MiB +100\.00%$'
		prints '^required: kept +14,168 +55\.34 MiB +72\.46%$'
		prints '^saved: given back +5,384 +21\.03 MiB +27\.54%$'
		prints '^fit +462 +1,000 +4,910 +8,769 +8,837 '
		prints '^free +253 +500 +2,138 +3,750 +3,776 '
		if grep -q 'sizes are not' out; then fail "sizes of the generated log"; fi
		if grep -nE ' +$' out; then fail "trailing blanks"; fi
		if awk 'length($0) > 80 { print; found = 1 } END { exit !found }' out; then fail "wider than 80 columns"; fi
		expect 0 '' report.log --json
		for figure in '"count": 462,' '"count": 253,' '"original_pages": 19552,' '"required_pages": 14168,' \
			'"saved_pages": 5384,' '"saved_bytes": 22052864,' '"kept_percent": 72.46' '"saved_percent": 27.53' \
			'"schema": "pageman-statman/1",' '"input_complete": true,'; do
			prints "$figure"
		done
	done
done
"$make_stats_log" original 1 >again.log
"$make_stats_log" original 1 | cmp -s - again.log || fail "the generator is not deterministic"
"$make_stats_log" original 2 | cmp -s - again.log && fail "the seed changes nothing"
"$pageman" statman - <again.log >out 2>err || fail "standard input"
prints '^standard input$'

# A page of another size: the sizes no longer fit, which is said; the pages stay.
expect 0 '' again.log --page-size 16384
prints '5,384 pages saved = 84\.12 MiB'
prints 'sizes are not those of their pages, the first in line [0-9]+\. Is --page-size'

# Bad lines: the rest is counted.
line='[    1.000000] Pageman(Fit): Stats| Fit_size=12 KB Required_pages=3 Original_pages=4 Elapse=100 ns'
{
	echo "$line"
	echo "${line/Required_pages=3/Required_pages=5}"
	echo "${line/Original_pages=4/Original_pages=6}"
	echo "${line/ Elapse=100 ns/}"
	echo "${line/Required_pages=3/Required_pages=99999999999999999999999}"
	echo "${line/100 ns/10}"
	echo "${line/Fit_size=12 KB/Fit_size=12 MB}"
	echo "$line"
} >bad.log
expect 4 'bad.log: line 2: expected 1 to 4 for Required_pages, found 5' bad.log
for message in 'line 3: expected a power of two for Original_pages, found 6' 'line 4: expected Elapse, found the end' \
	'line 5: expected at most 1048576 for Required_pages, found 9999' 'line 6: expected "ns" behind Elapse, found nothing' \
	'bad.log: 1 bad records more' 'covers only part of the log'; do
	grep -q "$message" err || fail "no message like \"$message\" in: $(cat err)"
done
prints '^2 fits, 0 frees; 2 pages saved = 8\.00 KiB$'
expect 4 'line 2: ' bad.log --json
prints '"bad_records": 6,'
prints '"input_complete": false,'

# A log that is cut says so, unless the cut is between lines.
printf '%s\n%s' "$line" "${line% ns}" >cut.log
expect 4 'cut.log: line 2: expected "ns"' cut.log
printf '%s\n%s' "$line" "$line" >whole.log
expect 0 '' whole.log
prints '^2 fits'
printf '%s\n** 7 printk messages dropped **\n' "$line" >dropped.log
expect 4 'dropped.log: line 2: messages are missing here \(7 in' dropped.log

# No records at all.
: >empty.log
echo 'Nov 25 12:00:00 lab kernel: eth0: link is up' >other.log
echo 'Nov 25 12:00:00 lab sudo[7]: user : COMMAND=/usr/bin/grep Stats| kern.log' >sudo.log
gzip -c again.log >again.log.gz
expect 1 'missing.log: cannot be opened: ' missing.log
expect 1 '^pageman: \.: cannot be read at offset 0: ' .
expect 1 'empty.log: expected lines with "Stats\|" .*found none in 0 lines' empty.log
expect 1 'other.log: expected lines with "Stats\|" .*found none in 1 line$' other.log
expect 1 'sudo.log: expected lines of the kernel .*1 of other programs' sudo.log
expect 1 'again.log.gz: .*compressed \(gzip\); try: zcat' again.log.gz
expect 1 'none in' other.log --json
[ ! -s out ] || fail "JSON without a result"

# Usage.
expect 2 'expected LOG'
expect 2 'power of two from 1024 to 1048576, found "5000"' again.log --page-size 5000
expect 2 'found "0"' again.log --page-size 0
expect 2 'did you mean "--page-size"' again.log --page-siz 4096 --pagesize
"$pageman" statman again.log >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err || fail "a full disk is not reported"

if [ "$failures" -ne 0 ]; then
	echo "$failures failures"
	exit 1
fi
