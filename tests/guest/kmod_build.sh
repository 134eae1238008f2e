# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the kernel modules: builds the modules for the newest installed kernel of a series, and says
# what its kernel complained of. Tests of one kernel share the folder that is built in, so they take turns.
#
#   kmod_build KERNEL FOLDER MODULE...    leaves the named modules in FOLDER/kmod, without debugging information
#   kmod_complaints FILE...               prints the lines that no kernel should print; false when there are none
#
# with PAGEMAN_GUEST_CACHE in the environment. A failure ends the script that sources this.

. "$(dirname "${BASH_SOURCE[0]}")/../kmod/common.sh"

kmod_build() {
	local release folder=$2 built module
	release=$(release_of "$1")
	shift 2
	built=$PAGEMAN_GUEST_CACHE/$release/kmod
	mkdir -p "$PAGEMAN_GUEST_CACHE/$release" "$folder/kmod"
	exec 8>"$built.lock"
	flock 8
	make -C "$root/kmod-shim" TEST=1 KDIR="/lib/modules/$release/build" O="$built" \
		>"$built.log" 2>&1 || {
		grep -E 'error|Error' "$built.log" >&2 || true
		fail "the modules do not build for $release, see $built.log"
	}
	for module in "$@"; do
		strip --strip-debug -o "$folder/kmod/$module.ko" "$built/$module.ko"
	done
	exec 8>&-
}

# What the modules themselves say begins with their names; only what they say of damage counts.
kmod_complaints() {
	grep -hE -e 'WARNING|BUG|Oops|[Bb]ad page|Call Trace|INFO: task|general protection|memory corruption|refcount' \
		-e 'page dumped|pageman_test: a block|left alone: ftrace' "$@"
}
