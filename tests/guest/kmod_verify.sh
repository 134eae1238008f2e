#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The model predicts the frames of the kernel that pageman.ko has changed: a recording with policy fitfree is verified.
#
#   kmod_verify.sh KERNEL       with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1
. "$(dirname "$0")/kmod_build.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kmod_build "$kernel" "$work/root" pageman

"$CAPTURE" -q --kernel "$kernel" --mem 512 --buffer 96 --overlay "$work/root" --exec 'insmod /kmod/pageman.ko policy=fitfree &&
	echo "11 40000 200" >/sys/kernel/debug/pageman_recorder/sized &&
	awk "/^(fits|frees|saved_pages) /" /sys/kernel/debug/pageman/stats && rmmod pageman' \
	-o "$work/fitfree.pgr" --keep-raw "$work/raw"
fits=$(tr -d '\r' <"$work/raw/guest.log" | sed -n 's/^fits //p')
[ "${fits:-0}" -ge 5000 ] || fail "expected 5,000 trimmed allocations and more, found ${fits:-none}"
echo "$fits allocations were trimmed"
code=0
json=$("$PAGEMAN" verify --json "$work/fitfree.pgr") || code=$?
[ -z "${KEEP:-}" ] || cp "$work/fitfree.pgr" "$KEEP"
grep -E '"(allocs|exact|exact_fraction|lists_identical_in_order|own_fraction)"' <<<"$json"
[ "$code" -eq 0 ] || [ "$code" -eq 3 ] || fail "verify ended with $code"
for words in '"exact_fraction": 1' '"lists_identical_in_order": true' '"pcp_identical": true' '"complete": true'; do
	grep -q "$words" <<<"$json" || fail "expected $words in the result"
done
! kmod_complaints "$work/raw/dmesg" "$work/raw/guest.log" >&2 || fail "the kernel complained"
