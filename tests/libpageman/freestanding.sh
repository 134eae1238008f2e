#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Compiles every source of the core as a kernel does, on the bare port, and looks at what the objects need.
#
#   freestanding.sh CC
#
# At each level of optimisation the one undefined symbol has to be the port's assertion: a compiler that turned a loop
# into memset, or a shift into a call of its runtime, would be found. The objects have no state and no vector register.
# Exit: 0 fine, 1 a violation (named on standard error), 2 usage.
set -euo pipefail

[ $# -eq 1 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
cc=$1
here=$(cd "$(dirname "$0")" && pwd)
core=$here/../../libpageman
symbols=$here/../layering/symbols.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=c11 -Wall -Wextra -Wpedantic -Wdeclaration-after-statement -Werror
	-ffreestanding -nostdinc -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -fno-pic -fno-stack-protector
	-fno-asynchronous-unwind-tables -fno-strict-aliasing "-I$core/include" "-I$here/port")

for level in -O2 -O3 -Os -O0; do
	objects=()
	for source in "$core"/src/*.c; do
		object=$work/$(basename "$source" .c).o
		"$cc" "${flags[@]}" "$level" -c "$source" -o "$object"
		objects+=("$object")
	done
	bash "$symbols" exactly pageman_port_assert_failed "${objects[@]}"
	bash "$symbols" constant "${objects[@]}"
	if objdump -d "${objects[@]}" | grep -E '%([xyz]mm|st|mm)[0-9(]' >"$work/registers"; then
		echo "$cc $level uses more than integer registers:" >&2
		cat "$work/registers" >&2
		exit 1
	fi
	echo "$cc $level: ${#objects[@]} objects need pageman_port_assert_failed and nothing else"
done
