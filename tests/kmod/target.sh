#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The target kmod builds the modules for both series below the build folder and leaves the sources' folders alone.
#
#   target.sh BUILD-FOLDER
set -euo pipefail
. "$(dirname "$0")/common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sources_now >"$work/before"
cmake --build "$1" --target kmod >"$work/log" 2>&1 || fail "the target kmod: $(tail -n 20 "$work/log")"
for series in 6.1 6.12; do
	release=$(release_of $series)
	for module in pageman pageman_lab; do
		file=$1/kmod/$release/$module.ko
		[ -s "$file" ] || fail "$file was not built"
		[ "$(modinfo -F vermagic "$file" | cut -d' ' -f1)" = "$release" ] || fail "$file is not for $release"
	done
done
sources_now >"$work/after"
cmp -s "$work/before" "$work/after" || fail "building changed the sources: $(diff "$work/before" "$work/after")"
