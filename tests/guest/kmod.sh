#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The modules in a real kernel: what they show (kmod_view_steps.sh) and what they do (kmod_steps.sh) in one boot, and
# nothing that the kernel complains of.
#
#   kmod.sh KERNEL [CYCLES PAIRS [CAPTURE-ARGUMENT...]]
#   kmod.sh KERNEL ratios 0 [CAPTURE-ARGUMENT...]       only what calls cost, without the checks; fails when that is more
#                                                       than kmod-shim/README.md says
#
# with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment; 20 load/unload cycles and 24,000 allocate/free pairs
# unless told otherwise. KEEP names a folder for the raw capture.
set -euo pipefail
kernel=$1 cycles=${2:-20} pairs=${3:-24000}
shift $(($# < 3 ? $# : 3))
here=$(cd "$(dirname "$0")" && pwd)
. "$here/kmod_build.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kmod_build "$kernel" "$work/root" pageman pageman_lab pageman_test
cp "$here/kmod_view_steps.sh" "$here/kmod_steps.sh" "$work/root/kmod/"

# Checks that Debian's kernels offer at boot; they cost too much for times to mean anything. Poison takes precedence over
# clearing (init_on_alloc, init_on_free). slub_debug's U, who had what, only helps reports, and takes half a minute.
checks="page_poison=1 slub_debug=FZP"
steps="sh /kmod/kmod_view_steps.sh /kmod; sh /kmod/kmod_steps.sh $cycles $pairs"
if [ "$cycles" = ratios ]; then
	# Without clearing, which costs the same with every policy and hides the rest. The guest's clock counts its
	# instructions, two nanoseconds each, so that figures do not tell of what else the host had to do.
	checks=init_on_alloc=0
	steps="sh /kmod/kmod_steps.sh ratios"
	mkdir "$work/bin"
	printf '#!/bin/sh\nexec %q "$@" -icount shift=1,sleep=off\n' "$(command -v qemu-system-x86_64)" \
		>"$work/bin/qemu-system-x86_64"
	chmod +x "$work/bin/qemu-system-x86_64"
	PATH=$work/bin:$PATH
fi
# The trace is not looked at, so it does not matter what of it is lost.
"$CAPTURE" -q --kernel "$kernel" --stock --buffer 1 --mem 256 --disk 64 --append "$checks" "$@" --overlay "$work/root" \
	--exec "$steps" --raw-only "$work/raw" 2>"$work/messages" || [ $? -eq 4 ] || {
	cat "$work/messages" >&2
	fail "the guest was lost"
}
log=$work/raw/guest.log
[ -z "${KEEP:-}" ] || cp -r "$work/raw" "$KEEP"
grep '^figure ' "$log" || true
if [ "$cycles" = ratios ]; then
	tr -d '\r' <"$log" | awk '/^figure ratio fitfree / { sizes++; if ($5 <= 64 ? $7 > 1.5 || $9 > 1.5 : $11 > 1 / 3) print }
		END { exit sizes < 13 }' >"$work/dear" || fail "not every size was measured"
	[ ! -s "$work/dear" ] || fail "too dear: $(cat "$work/dear")"
else
	grep 'Stats|' "$log" >"$work/stats.log" || fail "there are no lines for statman"
	"$PAGEMAN" statman "$work/stats.log" >"$work/statman" || fail "statman did not take every line"
	grep -q '^steps: [1-9][0-9]*, failed: 0' "$log" || fail "the view's steps did not pass: $(grep '^not ok' "$log")"
fi
echo "$(grep -c '^ok ' "$log") steps passed, booted in $(sed -n 's/^pageman-guest: workload begins at //p' "$log") s"
! grep '^not ok ' "$log" >&2 || fail "steps did not pass"
grep -q '^steps done' "$log" || fail "the steps did not come to their end: $(tail -n 5 "$log")"
! kmod_complaints "$work/raw/dmesg" "$log" >&2 || fail "the kernel complained"
