#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The model predicts the frames of the kernel that pageman.ko has changed: a recording with policy fitfree is verified.
#
#   kmod_verify.sh KERNEL       with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

release=$(for image in /boot/vmlinuz-"$kernel".*-amd64; do
	candidate=${image#/boot/vmlinuz-}
	[[ $candidate == *-rt-* || $candidate == *-cloud-* || ! -d /lib/modules/$candidate/build ]] || echo "$candidate"
done | sort -V | tail -n 1)
[ -n "$release" ] || fail "no kernel $kernel with its headers is installed"
built=$PAGEMAN_GUEST_CACHE/$release/kmod
make -C "$root/kmod-shim" TEST=1 KDIR="/lib/modules/$release/build" O="$built" >"$work/make.log" 2>&1 ||
	fail "the modules do not build: $(grep -m 3 -E 'error|Error' "$work/make.log")"
mkdir -p "$work/root/kmod"
strip --strip-debug -o "$work/root/kmod/pageman.ko" "$built/pageman.ko"

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
