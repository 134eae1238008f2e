#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture without the recorder module is read, predicted as far as that goes, and called an approximation; the same
# recorded as text, as users copy it, reads the same way. Source of the thresholds: docs/tracepoints-only.md, with room.
#
#   stock_capture.sh KERNEL WORKLOAD       with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1 workload=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# verified FILE: the result as JSON; the exit code has to be 4, and the words have to say why.
verified() {
	local code=0
	"$PAGEMAN" verify --json "$1" 2>"$work/words" || code=$?
	[ "$code" -eq 4 ] || fail "expected exit code 4 from verify $1, found $code"
	grep -q 'an approximation' "$work/words" || fail "expected verify to call it an approximation"
}

value() {
	sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" <<<"$json" | head -n 1
}

# at_least PART WHOLE PERMILLE WHAT
at_least() {
	echo "$4: $1 of $2"
	[ $(($1 * 1000)) -ge $(($2 * $3)) ] || fail "expected $3 in 1000 of $4, found $1 of $2"
}

"$CAPTURE" --kernel "$kernel" --workload "$workload" --stock --keep-raw "$work/raw" -o "$work/stock.pgr"
for file in pagetypeinfo zoneinfo buddyinfo vm; do
	[ -s "$work/raw/proc0/$file" ] && [ -s "$work/raw/proc1/$file" ] || fail "expected copies of $file"
done
[ ! -e "$work/raw/snap0" ] || fail "expected no snapshot of the module"

json=$(verified "$work/raw")
raw=$json
json=$(verified "$work/stock.pgr")
# The recording's name is the only difference: the compact format keeps all that the folder has.
diff <(grep -v '"recording"' <<<"$raw") <(grep -v '"recording"' <<<"$json") ||
	fail "expected the compact recording to say what the folder says"
allocs=$(value allocs) predicted=$(value predicted) exact=$(value exact)
[ "$allocs" -ge 100000 ] || fail "expected 100,000 allocations and more, found $allocs"
at_least "$predicted" "$allocs" 950 "allocations predicted"
at_least "$exact" "$predicted" 980 "predicted allocations exact"
[ "$(value events_in_snapshot0)" -le 20 ] || fail "expected the copies of /proc within 20 events"
model=$(value free_pages_model) frames=$(value free_pages_kernel)
difference=$((model > frames ? model - frames : frames - model))
at_least $((frames - difference)) "$frames" 990 "free frames at the end told"
"$PAGEMAN" verify "$work/stock.pgr" >"$work/report" 2>/dev/null || true
grep -q '^tracepoints only: .* an approximation' "$work/report" || fail "expected the report to say what it is"
grep '^predicted: ' "$work/report" || fail "expected the report to say what was predicted"

# The order that it has not cannot be destroyed.
code=0
"$PAGEMAN" verify --control shuffle-lists "$work/stock.pgr" >/dev/null 2>"$work/words" || code=$?
[ "$code" -eq 1 ] && grep -q 'give no order' "$work/words" || fail "expected --control to be refused, found $code"

# The script as a user runs it, inside the guest, and around it the same as text.
"$CAPTURE" --kernel "$kernel" --stock-text --raw-only "$work/text" \
	--exec 'sh /pageman/record-stock.sh -o /root/own --buffer 1024 -- sh -c "ls /; exit 5"; echo "own status $?"
		wc -l /root/own/trace.txt /root/own/proc[01]/*; cat /root/own/meta; ls /sys/kernel/tracing/instances' || true
for words in 'own status 5' /root/own/trace.txt /root/own/proc0/zoneinfo /root/own/proc1/pagetypeinfo \
	"kernel_release=$kernel" 'workload=sh -c ls /; exit 5'; do
	grep -qF "$words" "$work/text/guest.log" || fail "expected \"$words\" from record-stock.sh in the guest's log"
done
json=$(verified "$work/text")
[ "$(value allocs)" -ge 1000 ] || fail "expected 1,000 allocations and more in the text, found $(value allocs)"
[ "$(value events_in_snapshot0)" -le 20 ] || fail "expected the marks in the text"
