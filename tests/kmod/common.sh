# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of this folder.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# release_of SERIES: the newest installed kernel of a series, such as 6.1, that has its headers.
release_of() {
	local build release newest=

	for build in $(printf '%s\n' /lib/modules/"$1".*/build | sort -V); do
		release=$(basename "$(dirname "$build")")
		[[ $release == *-rt-* || $release == *-cloud-* || ! -e $build/Makefile ]] || newest=$release
	done
	[ -n "$newest" ] || fail "no headers of a kernel $1 are installed"
	echo "$newest"
}

# What lies in the folders that the modules are built from.
sources_now() {
	(cd "$root" && find kmod-shim libpageman traces/guest traces/include -type f -exec sha256sum {} + | sort)
}
