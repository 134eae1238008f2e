#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The model predicts the frames of the kernel that pageman.ko has changed, and the core what that kernel gives back: a
# recording with policy fitfree is verified with it, and holds as many tails and pages as the module counted. A what-if
# replay, whose own fitfree does the frees, ends up with every frame too. Neither passes for a stock kernel's.
#
#   kmod_verify.sh KERNEL [SEED [CAPTURE-ARGUMENT...]]
#
# with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment; KEEP names a file for the recording
set -euo pipefail
kernel=$1 seed=${2:-11}
shift $(($# < 2 ? $# : 2))
. "$(dirname "$0")/kmod_build.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kmod_build "$kernel" "$work/root" pageman

"$CAPTURE" -q --kernel "$kernel" --mem 512 --buffer 96 "$@" --overlay "$work/root" --exec "insmod /kmod/pageman.ko policy=fitfree &&
	echo '$seed 40000 200' >/sys/kernel/debug/pageman_recorder/sized &&
	grep -E '^(fits|saved_pages|released_pages|released_page_by_page) ' /sys/kernel/debug/pageman/stats && rmmod pageman" \
	-o "$work/fitfree.pgr" --keep-raw "$work/raw"

# What the module counted.
counted() {
	tr -d '\r' <"$work/raw/guest.log" | sed -n "s/^$1 //p"
}
[ "$(counted fits)" -ge 5000 ] || fail "expected 5,000 trimmed allocations and more, found $(counted fits)"
[ -z "${KEEP:-}" ] || cp "$work/fitfree.pgr" "$KEEP"
code=0
"$PAGEMAN" verify --policy fitfree "$work/fitfree.pgr" >"$work/text" || code=$?
grep -E '^(exact|policy)' "$work/text"
json=$("$PAGEMAN" verify --json --policy fitfree "$work/fitfree.pgr") || [ $? -eq 3 ] || fail "verify --json ended with $?"
[ "$code" -eq 0 ] || [ "$code" -eq 3 ] || fail "verify ended with $code"
for words in '"exact_fraction": 1' '"lists_identical_in_order": true' '"pcp_identical": true' '"complete": true'; do
	grep -q "$words" <<<"$json" || fail "expected $words in the result"
done

# planned DEED MEMBER: of the policy's part of a result
planned() {
	sed -n "/^ *\"$1\": {/,/}/ s/^ *\"$2\": \([0-9]*\).*/\1/p" <<<"$json"
}
for deed in fits releases; do
	[ "$(planned $deed as_planned)" -eq "$(planned $deed calls)" ] || fail "$deed did not follow their plan"
done
[ "$(planned fits calls)" -eq "$(counted fits)" ] || fail "the module counted $(counted fits) fits, $(planned fits calls) are recorded"
[ "$(planned fits pages)" -eq "$(counted saved_pages)" ] ||
	fail "the module counted $(counted saved_pages) pages saved, $(planned fits pages) are recorded"
[ "$(planned releases pages)" -eq "$(counted released_pages)" ] ||
	fail "the module counted $(counted released_pages) pages released, $(planned releases pages) are recorded"
[ "$(counted released_page_by_page)" -eq 0 ] || fail "releases went back page by page"

# same_frames POLICY: "SAME COMPARED" of a replay that trims by itself
same_frames() {
	"$PAGEMAN" compare -q --json --no-time --samples 1 --policies "$1" "$work/fitfree.pgr" |
		sed -n 's/^ *"\(same_frame\|frames_compared\)": \([0-9]*\),.*/\2/p' | xargs
}
read -r same compared < <(same_frames fitfree)
echo "replayed with policy fitfree: $same of $compared frames the same"
[ "$compared" -ge 20000 ] && [ "$same" -eq "$compared" ] || fail "expected every frame of the replay to be the kernel's"

# The stock kernel's policy is told apart.
read -r same compared < <(same_frames exact)
echo "replayed with policy exact: $same of $compared frames the same"
[ $((10 * same)) -le "$compared" ] || fail "most frames are the same with the stock kernel's policy"
code=0
json=$("$PAGEMAN" verify --json --policy exact "$work/fitfree.pgr") || code=$?
[ "$code" -eq 3 ] || fail "expected exit code 3 with policy exact, found $code"
[ $((10 * $(planned fits as_planned))) -le "$(planned fits calls)" ] || fail "most fits pass for those of a stock kernel"
! kmod_complaints "$work/raw/dmesg" "$work/raw/guest.log" >&2 || fail "the kernel complained"
