#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pageman.ko in a real kernel: kmod_steps.sh in one boot, and nothing that the kernel complains of.
#
#   kmod.sh KERNEL [CYCLES PAIRS [CAPTURE-ARGUMENT...]]
#   kmod.sh KERNEL ratios 0 [CAPTURE-ARGUMENT...]       only what calls cost, without the checks; fails when that is more
#                                                       than kmod-shim/README.md says
#
# with CAPTURE and PAGEMAN_GUEST_CACHE in the environment; 20 load/unload cycles and 3000 pairs unless told otherwise
set -euo pipefail
kernel=$1 cycles=${2:-20} pairs=${3:-3000}
shift $(($# < 3 ? $# : 3))
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

release=
for image in $(printf '%s\n' /boot/vmlinuz-"$kernel".*-amd64 | sort -V); do
	candidate=${image#/boot/vmlinuz-}
	[[ $candidate == *-rt-* || $candidate == *-cloud-* || ! -d /lib/modules/$candidate/build ]] || release=$candidate
done
[ -n "$release" ] || fail "no kernel $kernel with its headers is installed"
built=$PAGEMAN_GUEST_CACHE/$release/kmod
make -C "$root/kmod-shim" TEST=1 KDIR="/lib/modules/$release/build" O="$built" >"$work/make.log" 2>&1 || {
	grep -E 'error|Error' "$work/make.log" >&2
	fail "the modules do not build for $release"
}
mkdir -p "$work/root/kmod"
for module in pageman pageman_test; do
	strip --strip-debug -o "$work/root/kmod/$module.ko" "$built/$module.ko"
done
cp "$here/kmod_steps.sh" "$work/root/kmod/"

# Checks of freed memory that Debian's kernels offer at boot; they cost too much for times to mean anything.
checks="page_poison=1 init_on_free=1 slub_debug=FZPU"
# Without them, and without clearing, which costs the same with every policy and hides the rest. The guest's clock counts
# its instructions, two nanoseconds each, so that figures do not tell of what else the host had to do.
if [ "$cycles" = ratios ]; then
	checks=init_on_alloc=0
	mkdir "$work/bin"
	printf '#!/bin/sh\nexec %q "$@" -icount shift=1,sleep=off\n' "$(command -v qemu-system-x86_64)" \
		>"$work/bin/qemu-system-x86_64"
	chmod +x "$work/bin/qemu-system-x86_64"
	PATH=$work/bin:$PATH
fi
"$CAPTURE" -q --kernel "$kernel" --stock --buffer 1 --mem 256 --disk 64 --append "$checks" "$@" --overlay "$work/root" \
	--exec "sh /kmod/kmod_steps.sh $cycles $pairs" --raw-only "$work/raw" || [ $? -eq 4 ] || fail "the guest was lost"
log=$work/raw/guest.log
[ -z "${KEEP:-}" ] || cp -r "$work/raw" "$KEEP"
grep '^figure ' "$log" || true
if [ "$cycles" = ratios ]; then
	tr -d '\r' <"$log" | awk '/^figure ratio fitfree / { sizes++; if ($5 <= 64 ? $7 > 1.5 || $9 > 1.5 : $11 > 1 / 3) print }
		END { exit sizes < 13 }' >"$work/dear" || fail "not every size was measured"
	[ ! -s "$work/dear" ] || fail "too dear: $(cat "$work/dear")"
fi
if grep -q 'Stats|' "$log" && "${PAGEMAN:-false}" statman --help >/dev/null 2>&1; then
	grep 'Stats|' "$log" >"$work/stats.log"
	"$PAGEMAN" statman "$work/stats.log" || fail "statman did not take every line"
fi
echo "$(grep -c '^ok ' "$log") steps passed"
! grep '^not ok ' "$log" >&2 || fail "steps did not pass"
grep -q '^steps done' "$log" || fail "the steps did not come to their end: $(tail -n 5 "$log")"
if grep -E 'WARNING|BUG|Oops|Bad page|Call Trace|refcount|left alone: ftrace' "$work/raw/dmesg" "$log" >&2; then
	fail "the kernel complained"
fi
