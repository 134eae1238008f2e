#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Looks at the symbols of objects and static libraries.
#
#   symbols.sh allowed LIST FILE...   every undefined symbol that no other FILE defines stands in LIST
#   symbols.sh constant FILE...       no FILE has state that can be written: nothing in .data, .bss or common
#
# Exit: 0 fine, 1 a violation (named on standard error), 2 usage.
set -euo pipefail
export LC_ALL=C

usage() {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}

# Prints the names of a file's symbols whose nm type is in the given set.
names() {
	local types=$1
	shift
	nm -P "$@" | awk -v types="$types" 'NF >= 2 && index(types, $2) { print $1 }' | sort -u
}

check_allowed() {
	local list=$1 bad
	shift
	bad=$(comm -23 <(names U "$@") <({ names TDBRVWtdbr "$@"; sed 's/#.*//' "$list" | tr -s ' \t' '\n'; } | sort -u))
	[ -z "$bad" ] || { echo "undefined and not in $list:" $bad >&2; return 1; }
}

# d and b are static variables, D and B shared ones, C tentative ones, s S g G their small-data kin. A table of
# constant pointers that the dynamic linker fills lies in .data.rel.ro, which nm calls d too, so sections decide.
check_constant() {
	local file bad=""
	for file in "$@"; do
		bad+=$(objdump -t "$file" | awk -v file="$file" '
			NF < 4 || $0 ~ /\.data\.rel\.ro/ { next }
			/ (\.data|\.bss|\.tdata|\.tbss)[^ \t]*\t/ || /\*COM\*/ {
				if ($0 !~ / d  ?\.|l    d /) print file ": " $NF
			}')
	done
	[ -z "$bad" ] || { echo "state that can be written:" >&2; echo "$bad" >&2; return 1; }
}

[ $# -ge 2 ] || usage
action=$1
shift
case $action in
allowed) [ $# -ge 2 ] || usage; check_allowed "$@" ;;
constant) check_constant "$@" ;;
*) usage ;;
esac
