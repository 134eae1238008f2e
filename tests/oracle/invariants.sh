#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test that docs/invariants.md names exists and is run, the numbers are without gaps, and each has a proof.
#
#   invariants.sh ROOT
#   invariants.sh --self-test ROOT     shows that each of the three is found out
set -euo pipefail

# check ROOT DOCUMENT
check() {
	local root=$1 document=$2 status=0 reference file name number expected=0 row
	while read -r reference; do
		file=$root/tests/${reference%:*} name=${reference#*:}
		if ! grep -qs "cmocka_unit_test[a-z_]*($name[,)]\|\.name = \"[^\"]*\", $name," "$file" &&
			! grep -qs "static void $name(void \*\*state)" "$file"; then
			echo "$document: no test $name in tests/${reference%:*}"
			status=1
		fi
	done < <(grep -o '`[a-z]*/[a-z_]*\.c:[a-z0-9_]*`' "$document" | tr -d '`' | sort -u)
	while read -r row; do
		number=$(sed 's/^| *\([0-9]*\) .*/\1/' <<<"$row")
		expected=$((expected + 1))
		if [ "$number" != "$expected" ]; then
			echo "$document: invariant $expected is missing, found $number"
			return 1
		fi
		if ! grep -q '| .* | .*\(lockstep\|`[a-z]*/[a-z_]*\.c:\).* |$' <<<"$row"; then
			echo "$document: invariant $number has no test"
			status=1
		fi
	done < <(grep '^| [0-9]* |' "$document")
	[ "$expected" -gt 0 ] || { echo "$document: no invariants"; status=1; }
	return "$status"
}

self_test() {
	local document=$1/docs/invariants.md copy
	copy=$(mktemp)
	trap 'rm -f "$copy"' RETURN
	sed 's/:free_merges_buddies_up/:free_merges_nothing/' "$document" >"$copy"
	! check "$1" "$copy" || return 1
	sed '/^| 7 |/d' "$document" >"$copy"
	! check "$1" "$copy" || return 1
	sed 's/^| 11 |.*/| 11 | Nothing proves this | |/' "$document" >"$copy"
	! check "$1" "$copy" || return 1
	echo "a wrong name, a gap and a missing proof are found out"
}

if [ "${1:-}" = --self-test ]; then
	self_test "$2"
else
	check "$1" "$1/docs/invariants.md"
fi
