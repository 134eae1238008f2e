#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A fresh capture is predicted to the frame, ends with the kernel's very lists, by decisions of the model's own, and fails
# when the order of its lists is destroyed first. Source of the bars: docs/fidelity.md. A single decision inside an
# operation that differs is told by verify (exit code 3) and is no reason to fail here: which races and which pressure a
# capture holds is chance.
#
#   fresh_capture.sh KERNEL WORKLOAD [CAPTURE-ARGUMENT...]
#
# with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1 workload=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What failed is kept: a fresh capture does not come back.
fail() {
	echo "FAILED: $*" >&2
	if [ -e "$work/fresh.pgr" ] && cp "$work/fresh.pgr" "$PAGEMAN_GUEST_CACHE/failed-$workload-$kernel.pgr"; then
		echo "the recording: $PAGEMAN_GUEST_CACHE/failed-$workload-$kernel.pgr" >&2
	fi
	exit 1
}

member() {
	sed -n "s/^ *\"$1\": \([0-9.]*\).*/\1/p" <<<"$json" | head -n 1
}

"$CAPTURE" --kernel "$kernel" --workload "$workload" "$@" -o "$work/fresh.pgr"

code=0
"$PAGEMAN" verify "$work/fresh.pgr" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 3 ] || fail "verify ended with $code"
json=$("$PAGEMAN" verify --json "$work/fresh.pgr") || [ $? -eq 3 ] || fail "verify --json ended with $?"
for words in '"exact_fraction": 1' '"lists_identical_in_order": true' '"pcp_identical": true' \
	'"pageblock_types_wrong": 0' '"counters_identical": true' '"complete": true'; do
	grep -q "$words" <<<"$json" || fail "expected $words in the result"
done
allocs=$(member allocs)
[ "$allocs" -ge 200000 ] || fail "expected 200,000 allocations and more, found $allocs"

# at_least VALUE BAR WHAT
at_least() {
	awk -v value="$1" -v bar="$2" 'BEGIN { exit !(value >= bar) }' || fail "$3: found $1"
}
at_least "$(member own_fraction)" 0.99 "expected 99% of the decisions to be the model's own"
# A share of few decisions says little: how much pressure there was is chance as well.
if [ "$(member decisions_of_pressure)" -ge 1000 ]; then
	at_least "$(member own_fraction_of_pressure)" 0.9 "expected 90% of pressure's decisions to be the model's own"
fi
overruled=$(member overruled_by_races)
[ $((overruled * 1000)) -le "$allocs" ] || fail "expected races to overrule at most 0.1%, found $overruled"

# With the order of the free lists destroyed the model's decisions are no longer the kernel's (below 80%, where they were
# all; frames less so, since the model is brought back in step after every miss). Reversed per-CPU lists miss frames.
for control in shuffle-lists reverse-pcp; do
	code=0
	json=$("$PAGEMAN" verify --json --control "$control" "$work/fresh.pgr") || code=$?
	[ "$code" -eq 3 ] || fail "expected exit code 3 with --control $control, found $code"
	exact=$(member exact)
	if [ "$control" = shuffle-lists ]; then
		awk -v own="$(member own_fraction)" 'BEGIN { exit !(own < 0.8) }' ||
			fail "expected less than 80% of the decisions as the kernel's, found $(member own_fraction)"
	else
		[ "$exact" -lt "$allocs" ] || fail "expected a miss with reversed per-CPU lists"
	fi
	echo "$control: $exact of $allocs exact"
done
