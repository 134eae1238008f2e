#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Neither gcc with W=1 nor sparse has anything to say about the modules, and building leaves the sources' folders alone.
#
#   warnings.sh SERIES FOLDER        a kernel series, 6.1 or 6.12; where to build
set -euo pipefail
. "$(dirname "$0")/common.sh"
release=$(release_of "$1")
folder=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sources_now >"$work/before"
rm -rf "$folder"
make -j2 -C "$root/kmod-shim" sparse TEST=1 KDIR="/lib/modules/$release/build" O="$folder" >"$work/log" 2>&1 ||
	fail "$release: $(grep -m 5 -iE '(warning|error):' "$work/log" || tail -n 5 "$work/log")"
! grep -iE '(warning|error):' "$work/log" >&2 || fail "$release: there are warnings"
for module in pageman pageman_lab pageman_test; do
	[ -s "$folder/$module.ko" ] || fail "$module.ko was not built"
done
looked_at=$(grep -c '^ *CHECK ' "$work/log")
[ "$looked_at" -eq "$(find "$folder" -name '*.c' ! -name '*.mod.c' ! -name '.*' | wc -l)" ] ||
	fail "sparse looked at $looked_at files, not at all"
sources_now >"$work/after"
cmp -s "$work/before" "$work/after" || fail "building changed the sources: $(diff "$work/before" "$work/after")"

# It can fail: gcc misses a prototype in the first, sparse a copy_from_user() in the second, which gcc takes.
faulty() {
	printf '%s\n' "$1" >"$folder/faulty.c"
	! make -C "/lib/modules/$release/build" M="$folder" W=1 C=2 CF=-Wsparse-error faulty.o >"$work/faulty" 2>&1 ||
		fail "nothing was said of: $1"
	grep -q "$2" "$work/faulty" || fail "expected '$2', found: $(cat "$work/faulty")"
	rm -f "$folder"/faulty.*
}
faulty 'int faulty(void); int faulty2(void) { return 0; }' 'missing-prototypes'
faulty 'int faulty(const int __user *at); int faulty(const int __user *at) { return *at; }' 'noderef'
echo "$release: nothing to say of $looked_at files"
