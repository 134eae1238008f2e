#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A shipped recording without what our module told: what is predicted stays above the thresholds, an imported copy of its
# tracepoints says the same as forgetting on the spot, and both are called an approximation. Source of the thresholds:
# docs/tracepoints-only.md, with room.
#
#   tracepoints_only.sh PAGEMAN RECORDING
set -euo pipefail
pageman=$1 recording=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# verified OUT ARGUMENT...: the result as JSON in OUT; the exit code has to be 4 and the words have to say why.
verified() {
	local out=$1 code=0
	shift
	"$pageman" verify --json "$@" >"$out" 2>"$work/words" || code=$?
	[ "$code" -eq 4 ] || fail "expected exit code 4 from verify $*, found $code"
	grep -q 'an approximation' "$work/words" || fail "expected verify $* to call it an approximation"
}

value() {
	sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" "$work/spot" | head -n 1
}

verified "$work/spot" --tracepoints-only "$recording"
"$pageman" import -q --tracepoints-only "$recording" -o "$work/copy.pgr"
verified "$work/copy" "$work/copy.pgr"
# All but the comparison with the truth, which the copy has not.
for result in spot copy; do
	sed -e '/"over_time"/,$d' -e '/"recording"/d' -e '/"events"/d' "$work/$result" >"$work/$result.same"
done
diff "$work/spot.same" "$work/copy.same" || fail "expected the copy to say what the recording says"
grep -q '"over_time": {' "$work/spot" || fail "expected lengths over time beside the exact model"

allocs=$(value allocs) predicted=$(value predicted) exact=$(value exact)
echo "predicted $predicted of $allocs, exact $exact"
[ "$allocs" -ge 190000 ] || fail "expected 190,000 allocations and more"
[ $((predicted * 1000)) -ge $((allocs * 990)) ] || fail "expected 99% of the allocations predicted"
[ $((exact * 1000)) -ge $((predicted * 980)) ] || fail "expected 98% of the predicted allocations exact"

# It is no file that a pass can be made over twice.
code=0
"$pageman" verify - <"$work/copy.pgr" >/dev/null 2>"$work/words" || code=$?
[ "$code" -eq 1 ] && grep -q 'read twice' "$work/words" || fail "expected standard input to be refused, found $code"
