#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's dkms builds the modules for a kernel and installs them, from what `make stage` puts into a folder. All of it
# below a folder of its own: nothing of this machine's modules or keys is touched.
#
#   dkms.sh SERIES        a kernel series, 6.1 or 6.12
set -euo pipefail
. "$(dirname "$0")/common.sh"
release=$(release_of "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$root/kmod-shim/dkms.conf")
mkdir -p "$work/source" "$work/tree" "$work/installed/$release"
make -C "$root/kmod-shim" stage O="$work/source/pageman-$version" >"$work/log" 2>&1 || fail "make stage: $(tail -n 20 "$work/log")"

run_dkms() {
	# No such program to sign with, hence no key that dkms would make below /var/lib.
	sign_file=none dkms "$@" -m pageman -v "$version" --dkmstree "$work/tree" --sourcetree "$work/source" \
		--installtree "$work/installed" >"$work/log" 2>&1
}

run_dkms add || fail "dkms add: $(tail -n 20 "$work/log")"
run_dkms build -k "$release" || fail "dkms build for $release: $(tail -n 20 "$work/log")"
run_dkms install -k "$release" --no-depmod || fail "dkms install for $release: $(tail -n 20 "$work/log")"
for module in pageman pageman_lab; do
	file=$(find "$work/installed/$release/updates/dkms" -name "$module.ko*")
	[ -n "$file" ] || fail "$module.ko was not installed"
	[ "$(modinfo -F vermagic "$file" | cut -d' ' -f1)" = "$release" ] || fail "$file is not for $release"
	[ "$(modinfo -F version "$file")" = "$version" ] || fail "$file is not of version $version"
done
run_dkms status
grep -q "^pageman/$version, $release, x86_64: installed" "$work/log" || fail "dkms status: $(tail -n 20 "$work/log")"

# A series whose structures the modules do not know: dkms leaves it out by itself.
! run_dkms build -k 6.6.1-1-amd64 --force || fail "a kernel 6.6 was built for"
grep -q 'BUILD_EXCLUSIVE' "$work/log" || fail "expected dkms to refuse 6.6 for BUILD_EXCLUSIVE_KERNEL"
echo "$release: built and installed by dkms"
