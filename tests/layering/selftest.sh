#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plants one violation after the other and expects each to be found, in a small tree where nothing else is wrong.
#
#   selftest.sh CC CXX
set -euo pipefail

cc=$1
cxx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "selftest: line $LINENO ended with $?" >&2' ERR
planted=0

MIT='/* SPDX-License-Identifier: MIT OR GPL-2.0-only */'
GPL='/* SPDX-License-Identifier: GPL-2.0-or-later */'

# put FILE LINE...: a file with these lines.
put() {
	local file=$work/tree/$1
	shift
	mkdir -p "$(dirname "$file")"
	printf '%s\n' "$@" >"$file"
}

fresh_tree() {
	rm -rf "$work/tree"
	put libbuddy/include/buddy/buddy.h "$GPL" '#include <stdint.h>' 'uint64_t buddy_f(void);'
	put libbuddy/src/inner.h "$GPL" '#include <buddy/buddy.h>'
	put libbuddy/src/a.c "$GPL" '#include "inner.h"' '#include <string.h>'
	put libpageman/include/pageman/run.h "$MIT" '#include <pageman_port.h>' 'uint64_t pageman_f(void);'
	put libpageman/port/user/pageman_port.h "$MIT" '#include <stdint.h>'
	put libpageman/src/a.c "$MIT" '#include <pageman/run.h>'
	put traces/include/rec/event.h "$GPL" '#include <stdint.h>' 'uint64_t rec_f(void);'
	put traces/src/a.c "$GPL" '#include <rec/event.h>'
	put sim/inner.h "$GPL"
	put sim/a.c "$GPL" '#include <buddy/buddy.h>' '#include <pageman/run.h>' '#include <rec/event.h>' '#include "inner.h"'
	put tests/oracle/ref.h "$GPL" '#include <buddy/buddy.h>'
	put fuzz/inner_fuzz.h "$GPL" '#include "inner.h"' '#include "ref.h"'
	put tests/a.c "$GPL" '#include "../libbuddy/src/inner.h"'
}

run() {
	local action=$1
	shift
	[ "$action" != headers ] || set -- "$cc" "$cxx"
	bash "$here/sources.sh" "$action" "$work/tree" "$@"
}

# finds ACTION WORD: the check fails and its message has WORD in it.
finds() {
	local output
	if output=$(run "$1" 2>&1); then
		echo "selftest: $1 did not find $2" >&2
		exit 1
	fi
	if ! grep -qF -- "$2" <<<"$output"; then
		echo "selftest: $1 failed without naming $2, but with: $output" >&2
		exit 1
	fi
	planted=$((planted + 1))
	fresh_tree
}

fresh_tree
for action in includes licence length width headers; do
	run "$action"
done

put libbuddy/src/b.c "$GPL" '#include <pageman/run.h>'
finds includes 'libbuddy must not include <pageman/run.h>'
put libbuddy/src/b.c "$GPL" '  #  include <rec/event.h>'
finds includes 'libbuddy must not include <rec/event.h>'
put libbuddy/include/buddy/b.h "$GPL" '#include "../../../sim/inner.h"'
finds includes 'is not a file of libbuddy'
put libbuddy/src/b.c "$GPL" '#include "event.h"'
finds includes 'is not a file of libbuddy'
put libpageman/src/b.c "$MIT" '#include <buddy/buddy.h>'
finds includes 'libpageman must not include <buddy/buddy.h>'
put libpageman/src/b.c "$MIT" '#include <stdint.h>'
finds includes 'freestanding and must not include <stdint.h>'
put libpageman/src/b.c "$MIT" '#ifdef __KERNEL__' '#endif'
finds includes '__KERNEL__'
put traces/src/b.c "$GPL" '#include <buddy/buddy.h>'
finds includes 'traces must not include <buddy/buddy.h>'
put traces/guest/b.c "$GPL" '#include <pageman/run.h>'
finds includes 'traces must not include <pageman/run.h>'
put sim/b.c "$GPL" '#include "../libbuddy/src/inner.h"'
finds includes 'is not a file of sim'
put sim/b.c "$GPL" '#include "inner_fuzz.h"'
finds includes '"inner_fuzz.h" is not a file of sim'
put tests/oracle/b.c "$GPL" '#include "inner_fuzz.h"'
finds includes 'is not a file of tests/oracle'
put fuzz/b.c "$GPL" '#include "../libbuddy/src/inner.h"'
finds includes 'is not a file of fuzz'
put sim/b.c "$GPL" '#include <bench/shim.h>'
finds includes 'sim must not include <bench/shim.h>'
put kmod-shim/b.c "$GPL" '#include <buddy/buddy.h>'
finds includes 'kmod-shim must not include <buddy/buddy.h>'

put sim/b.c 'int b;'
finds licence './sim/b.c: no SPDX line'
put tests/b.sh '#!/bin/sh'
finds licence './tests/b.sh: no SPDX line'
put docs/b.md '# A page'
finds licence './docs/b.md: no SPDX line'
put libpageman/src/b.c "$GPL"
finds licence 'libpageman/src/b.c: not MIT'

mkdir -p "$work/tree/sim"
printf '%s\n' "$GPL" {1..800} >"$work/tree/sim/long.c"
finds length './sim/long.c: longer than 800 lines'

put sim/wide.c "$GPL" "$(printf '\t\t// %0.118d' 0)"
finds width './sim/wide.c:2: 137 columns'
put sim/wide.c "$GPL" "$(printf 'x\t// %0.110d' 0)"
finds width './sim/wide.c:2: 121 columns'
put sim/wide.c "$GPL" "$(printf '\t// \303\244%0.108d' 0)" # 120 columns of 121 bytes
run width

put traces/include/rec/b.h "$GPL" 'uint64_t rec_b(void);'
finds headers 'rec/b.h: does not compile alone as C11'
put libbuddy/include/buddy/b.h "$GPL" 'int buddy_b(int class);'
finds headers 'buddy/b.h: does not compile alone as C++17'

# compiled TEXT: an object with this C text.
compiled() {
	echo "$1" | "$cc" -O1 -fPIE -x c -c - -o "$work/object.o"
}

symbols() {
	bash "$here/symbols.sh" "$@" "$work/object.o" 2>"$work/message"
}

# refuses WORD ARGUMENT...: symbols.sh fails and names WORD.
refuses() {
	local word=$1
	shift
	if symbols "$@" || ! grep -q "$word" "$work/message"; then
		echo "selftest: symbols.sh $* did not find $word: $(cat "$work/message")" >&2
		exit 1
	fi
	planted=$((planted + 1))
}

printf '# comment\nallowed_f\n' >"$work/list"
compiled 'extern void allowed_f(void); void own_f(void) { allowed_f(); }'
symbols allowed "$work/list"
symbols exactly allowed_f
symbols without rec_,sim_
refuses allowed_f exactly other_f
refuses other_f exactly allowed_f,other_f
compiled 'extern void foreign_f(void); void own_f(void) { foreign_f(); }'
refuses foreign_f allowed "$work/list"
compiled 'extern void sim_f(void); void own_f(void) { sim_f(); }'
refuses sim_f without rec_,sim_

compiled 'extern int a, b; static const int *const table[] = {&a, &b}; const int c = 3; const int *f(int i) { return table[i]; }'
symbols constant
for text in 'int shared = 3;' 'int shared;' 'int f(void) { static int shared; return ++shared; }' \
	'int f(void) { static int shared = 7; return ++shared; }' '_Thread_local int shared;' \
	'extern int a; int *shared = &a;'; do
	compiled "$text"
	refuses shared constant
done
"$cc" -fcommon -x c -c - -o "$work/object.o" <<<'int shared;'
refuses shared constant

echo "found all $planted planted violations"
