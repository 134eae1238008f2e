#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Looks at the sources of a tree.
#
#   sources.sh includes ROOT          no include points upward or sideways
#   sources.sh licence ROOT           every source names its licence in its first lines
#   sources.sh length ROOT            no source is longer than 800 lines
#   sources.sh width ROOT             no line of a C source is wider than 120 columns, a tab being 8
#   sources.sh headers ROOT CC CXX    every public header compiles alone, as C11 and as C++17
#
# The layers, bottom to top: libbuddy, libpageman and traces know nothing of each other; sim may use the public headers
# of all three; fuzz, whose command the executable joins to sim's, may use sim and the second opinions of tests/oracle,
# which know libbuddy's public headers alone; tests and bench lie on top and may use everything. kmod-shim uses libpageman
# and the recordings' types.
# Exit: 0 fine, 1 violations (named on standard error), 2 usage.
set -euo pipefail
export LC_ALL=C

LINES_MAX=800
COLUMNS_MAX=120

usage() {
	sed -n 's/^#   //p' "$0" >&2
	exit 2
}

# Sources under the given folders of the root, without what builds leave behind. Folders that do not exist are skipped.
sources() {
	local pattern=$1 folder
	shift
	for folder in "$@"; do
		[ ! -e "$folder" ] || find "$folder" \( -name build -o -name .git \) -prune -o -type f -regextype posix-extended \
			-regex "$pattern" -print
	done
}

# Prints "FILE:LINE:<name>" or "FILE:LINE:\"name\"" for each include of the files on standard input.
list_includes() {
	xargs -r -d '\n' awk 'match($0, /^[ \t]*#[ \t]*include[ \t]*[<"][^>"]+[>"]/) {
		name = substr($0, RSTART, RLENGTH)
		sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
		print FILENAME ":" FNR ":" name
	}'
}

# A quoted include has to name a file of the layer itself, beside the including file or elsewhere in the layer, or one of
# the folders below it that have no family of their own: check_quoted FILE NAME LAYER [FOLDER...]
check_quoted() {
	local file=$1 name=$2 layer=$3 path
	shift 2
	path=$(realpath -m --relative-to=. "$(dirname "$file")/$name")
	if [ -e "$path" ]; then
		[[ $path == "$layer"/* ]]
		return
	fi
	[ -n "$(find "$@" -path "*/$name" -print -quit 2>/dev/null)" ]
}

# layer LAYER ALLOWED [FOLDER...]: the files of LAYER may include <family/...> of our families only when ALLOWED names the
# family, and "..." only of LAYER and the FOLDERs.
layer() {
	local layer=$1 allowed=" $2 " file line name family
	shift 2
	while IFS=: read -r file line name; do
		case $name in
		\"*)
			name=${name:1:-1}
			check_quoted "$file" "$name" "$layer" "$@" || echo "$file:$line: \"$name\" is not a file of $layer"
			;;
		*)
			name=${name:1:-1}
			family=${name%%/*}
			case $family in
			buddy | pageman | pageman_port.h | rec | sim | tests | bench)
				[[ $allowed == *" $family "* ]] || echo "$file:$line: $layer must not include <$name>"
				;;
			esac
			;;
		esac
	done < <(sources '.*\.(c|h|cc)' "$layer" | list_includes)
}

# The core itself has no system header at all; its port for programs is where they come in.
freestanding() {
	local file line name
	while IFS=: read -r file line name; do
		case $name in
		'<pageman/'* | '<pageman_port.h>') ;;
		*) echo "$file:$line: libpageman is freestanding and must not include $name" ;;
		esac
	done < <(sources '.*\.(c|h)' libpageman/src libpageman/include | list_includes)
	sources '.*\.(c|h)' libpageman/src libpageman/include | xargs -r -d '\n' grep -HnE '__KERNEL__|__linux__' || true
}

check_includes() {
	layer libbuddy "buddy"
	layer libpageman "pageman pageman_port.h"
	freestanding
	layer traces "rec"
	layer sim "buddy pageman rec sim"
	layer tests/oracle "buddy"
	layer fuzz "buddy pageman rec sim" sim tests/oracle
	layer kmod-shim "pageman pageman_port.h rec"
}

check_licence() {
	local file
	while IFS= read -r file; do
		grep -q 'SPDX-License-Identifier: ' <<<"$(head -n 3 "$file")" || echo "$file: no SPDX line"
	done < <(sources '.*(\.(c|h|cc|sh|cmake|S|md)|/CMakeLists\.txt|/Kbuild|/Makefile|\./(demo|check|packages\.txt|\.ci/.*))' .)
	while IFS= read -r file; do
		grep -q 'SPDX-License-Identifier: MIT OR GPL-2.0-only' <<<"$(head -n 3 "$file")" || echo "$file: not MIT OR GPL-2.0-only"
	done < <(sources '.*\.(c|h)' libpageman)
}

check_length() {
	sources '.*\.(c|h|cc|sh|cmake)' . | xargs -r -d '\n' awk -v max="$LINES_MAX" '
		FNR == max + 1 { print FILENAME ": longer than " max " lines" }'
}

check_width() {
	sources '.*\.(c|h|cc)' . | xargs -r -d '\n' awk -v max="$COLUMNS_MAX" '{
		line = $0
		gsub(/[\200-\277]/, "", line) # bytes that continue a UTF-8 sequence
		count = split(line, part, "\t")
		width = length(part[1])
		for (i = 2; i <= count; i++)
			width += 8 - width % 8 + length(part[i])
		if (width > max)
			print FILENAME ":" FNR ": " width " columns, more than " max
	}'
}

check_headers() {
	local cc=$1 cxx=$2 header
	local folders=(libbuddy/include libpageman/include libpageman/port/user traces/include)
	local flags=(-Wall -Wextra -Werror -fsyntax-only)
	for header in "${folders[@]}"; do
		flags+=("-I$header")
	done
	while IFS= read -r header; do
		echo "#include \"$PWD/$header\"" | "$cc" -std=c11 -Wpedantic "${flags[@]}" -x c - ||
			echo "$header: does not compile alone as C11"
		echo "#include \"$PWD/$header\"" | "$cxx" -std=c++17 "${flags[@]}" -x c++ - ||
			echo "$header: does not compile alone as C++17"
	done < <(sources '.*\.h' "${folders[@]}")
}

[ $# -ge 2 ] || usage
action=$1
cd "$2"
shift 2
case $action in
includes | licence | length | width) [ $# -eq 0 ] || usage ;;
headers) [ $# -eq 2 ] || usage ;;
*) usage ;;
esac
bad=$("check_$action" "$@")
[ -z "$bad" ] || { echo "$bad" >&2; exit 1; }
