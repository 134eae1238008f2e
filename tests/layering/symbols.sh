#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Looks at the symbols of objects and static libraries.
#
#   symbols.sh allowed LIST FILE...       every undefined symbol that no other FILE defines stands in LIST
#   symbols.sh exactly NAME,... FILE...   the undefined symbols that no other FILE defines are these
#   symbols.sh without PREFIX,... FILE... no FILE needs a symbol with one of these prefixes: a sibling's
#   symbols.sh constant FILE...           no FILE has state that can be written: nothing in .data, .bss or common
#
# Exit: 0 fine, 1 a violation (named on standard error), 2 usage.
set -euo pipefail
export LC_ALL=C

usage() {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}

violation() {
	echo "$1" >&2
	echo "$2" >&2
	exit 1
}

# Prints the names of symbols whose nm type is one of the letters given.
names() {
	local types=$1
	shift
	nm -P "$@" | awk -v types="$types" 'NF >= 2 && index(types, $2) { print $1 }' | sort -u
}

# Prints what the files need of others.
needs() {
	comm -23 <(names Uw "$@") <(names TDBRVWC "$@")
}

check_allowed() {
	local list=$1 bad
	shift
	bad=$(comm -23 <(needs "$@") <(sed 's/#.*//' "$list" | sort -u))
	[ -z "$bad" ] || violation "undefined and not in $list:" "$bad"
}

check_exactly() {
	local wanted=$1 bad
	shift
	bad=$(diff <(tr , '\n' <<<"$wanted" | sort -u) <(needs "$@") | grep '^[<>]' || true)
	[ -z "$bad" ] || violation "undefined symbols are not exactly $wanted:" "$bad"
}

check_without() {
	local prefixes=${1//,/|} bad
	shift
	bad=$(names Uw "$@" | grep -E "^($prefixes)" || true)
	[ -z "$bad" ] || violation "needs what belongs to another layer ($*):" "$bad"
}

# Sections decide, not nm's letters: a constant table of pointers lies in .data.rel.ro, which nm calls d like .data.
check_constant() {
	local bad
	bad=$(objdump -t "$@" | awk -F '\t' '
		/file format/ { file = $1; sub(/:? +file format.*/, "", file); next }
		NF == 2 {
			n = split($1, left, " ")
			section = left[n]
			split($2, right, " ")
			if (right[2] == section || right[1] ~ /^0+$/)
				next
			if (section ~ /^\.(data|bss|tdata|tbss|sdata|sbss)/ && section !~ /^\.data\.rel\.ro/ ||
			    section == "*COM*")
				print file ": " right[2] " in " section
		}')
	[ -z "$bad" ] || violation "state that can be written:" "$bad"
}

[ $# -ge 2 ] || usage
action=$1
shift
case $action in
allowed | exactly | without)
	[ $# -ge 2 ] || usage
	"check_$action" "$@"
	;;
constant) check_constant "$@" ;;
*) usage ;;
esac
