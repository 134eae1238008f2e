#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the modules show and measure in a real kernel: kmod_view_steps.sh in one boot, and nothing that the kernel
# complains of.
#
#   kmod_view.sh KERNEL [CAPTURE-ARGUMENT...]
#
# with CAPTURE and PAGEMAN_GUEST_CACHE in the environment; KEEP names a file for the guest's log
set -euo pipefail
kernel=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "FAILED: $*" >&2
	exit 1
}

release=
for image in $(printf '%s\n' /boot/vmlinuz-"$kernel".*-amd64 | sort -V); do
	candidate=${image#/boot/vmlinuz-}
	[[ $candidate == *-rt-* || $candidate == *-cloud-* || ! -d /lib/modules/$candidate/build ]] ||
		release=$candidate
done
[ -n "$release" ] || fail "no kernel $kernel with its headers is installed"
built=$PAGEMAN_GUEST_CACHE/$release/kmod
make -C "$here/../../kmod-shim" KDIR="/lib/modules/$release/build" O="$built" >"$work/make.log" 2>&1 || {
	grep -E 'error|Error' "$work/make.log" >&2
	fail "the modules do not build for $release"
}
mkdir -p "$work/root/kmod"
for module in pageman pageman_lab; do
	strip --strip-debug -o "$work/root/kmod/$module.ko" "$built/$module.ko"
done
cp "$here/kmod_view_steps.sh" "$work/root/kmod/"

# The trace is not looked at, so it does not matter what of it is lost.
"$CAPTURE" -q --kernel "$kernel" --stock --buffer 1 --mem 512 "$@" --overlay "$work/root" \
	--exec 'sh /kmod/kmod_view_steps.sh /kmod' --raw-only "$work/raw" 2>"$work/messages" || [ $? -eq 4 ] || {
	cat "$work/messages" >&2
	fail "the guest was lost"
}
log=$work/raw/guest.log
[ -z "${KEEP:-}" ] || cp "$log" "$KEEP"
echo "$(grep -c '^ok ' "$log") steps passed"
! grep '^not ok ' "$log" >&2 || fail "steps did not pass"
grep -qE '^steps: [1-9][0-9]*, failed: 0' "$log" || fail "the steps did not come to their end: $(tail -n 5 "$log")"
if grep -E 'WARNING|BUG|Oops|Bad page|Call Trace' "$work/raw/dmesg" "$log" >&2; then
	fail "the kernel complained"
fi
