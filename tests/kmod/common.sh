# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the kernel modules, here and in guests.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# release_of SERIES: the newest installed kernel of a series, such as 6.1, that has its headers; the one that
# traces/guest/capture boots.
release_of() {
	local build release newest=

	for build in $(printf '%s\n' /lib/modules/"$1".*/build | sort -V); do
		release=$(basename "$(dirname "$build")")
		[[ $release == *-rt-* || $release == *-cloud-* || ! -e $build/Makefile || ! -r /boot/vmlinuz-$release ]] ||
			newest=$release
	done
	[ -n "$newest" ] || fail "no kernel $1 with its headers is installed"
	echo "$newest"
}

# What lies in the folders that the modules are built from.
sources_now() {
	(cd "$root" && find kmod-shim libpageman traces/guest traces/include -type f -exec sha256sum {} + | sort)
}
