#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A shipped recording is predicted to the frame and ends identically; with the order of its lists destroyed it is not:
# less than 90% of the frames and less than 80% of all decisions as the kernel's when the free lists are shuffled, less
# than 100% of the frames when the per-CPU lists are reversed. Exact requests, where there are any, were cut and released as
# the stock kernel does it, and not as another policy would.
#
#   shipped.sh PAGEMAN RECORDING
set -euo pipefail
pageman=$1 recording=$2

case ${recording##*/} in
sized* | highorder*)
	"$pageman" verify --policy exact "$recording"
	code=0
	"$pageman" verify --policy fitfree "$recording" | grep -E '^policy fitfree: 0 of [1-9][0-9,]* (tails|releases)' || code=$?
	[ "$code" -eq 3 ] || { echo "FAILED: expected exit code 3 with --policy fitfree, found $code" >&2; exit 1; }
	;;
files*)
	"$pageman" verify "$recording"
	code=0
	"$pageman" verify -q --policy exact "$recording" 2>&1 | grep 'no exact request to hold against policy exact' || code=$?
	[ "$code" -eq 4 ] || { echo "FAILED: expected exit code 4 without exact requests, found $code" >&2; exit 1; }
	;;
*) "$pageman" verify "$recording" ;;
esac

# Prints "EXACT ALLOCATIONS OWN" of a run that has to end with 3; OWN is the share of decisions as the kernel's.
control() {
	local code=0 json
	json=$("$pageman" verify --json --control "$1" "$recording") || code=$?
	[ "$code" -eq 3 ] || { echo "FAILED: expected exit code 3 with --control $1, found $code" >&2; exit 1; }
	awk '/"allocs":/ { allocs = $2 + 0 } /"exact":/ { exact = $2 + 0 } /"own_fraction":/ { own = $2 + 0 }
		END { print exact, allocs, own }' <<<"$json"
}

read -r exact allocs own < <(control shuffle-lists)
[ $((exact * 100)) -lt $((allocs * 90)) ] || { echo "FAILED: shuffled, yet $exact of $allocs exact" >&2; exit 1; }
awk -v own="$own" 'BEGIN { exit !(own > 0 && own < 0.8) }' ||
	{ echo "FAILED: shuffled, yet $own of the decisions are the kernel's" >&2; exit 1; }
read -r exact allocs own < <(control reverse-pcp)
[ "$exact" -lt "$allocs" ] || { echo "FAILED: reversed, yet all $allocs exact" >&2; exit 1; }

# The same through a pipe: compared with snapshot 1 as well, and a cut in its tail is noticed.
cat "$recording" | "$pageman" verify - | grep -q 'identical in order' || { echo "FAILED: no end state by pipe" >&2; exit 1; }
code=0
head -c -40 "$recording" | "$pageman" verify -q - >/dev/null 2>&1 || code=$?
[ "$code" -eq 4 ] || { echo "FAILED: expected exit code 4 for a cut tail by pipe, found $code" >&2; exit 1; }
