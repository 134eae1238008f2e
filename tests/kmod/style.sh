#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own checkpatch.pl, that of 6.1, has nothing to say about the module's sources.
#
#   style.sh FOLDER        where to keep checkpatch.pl, which comes packed in Debian's linux-source-6.1
set -euo pipefail
. "$(dirname "$0")/common.sh"
packed=/usr/src/linux-source-6.1.tar.xz
mkdir -p "$1"
checkpatch=$(cd "$1" && pwd)/checkpatch.pl
cd "$root"

if [ ! -s "$checkpatch" ] || [ "$packed" -nt "$checkpatch" ]; then
	tar xJf "$packed" --occurrence=1 -O linux-source-6.1/scripts/checkpatch.pl >"$checkpatch.part"
	mv "$checkpatch.part" "$checkpatch"
fi

# What it knows and we do otherwise:
#   LINUX_VERSION_CODE    one source for two kernels, out of their tree
#   CONSTANT_COMPARISON   it takes KERNEL_VERSION(6, 8, 0) for a constant on the left
#   SPLIT_STRING          the names of a CSV line are wider than our 120 columns
ignored=LINUX_VERSION_CODE,CONSTANT_COMPARISON,SPLIT_STRING

# libpageman's sources are not here: they are written for programs as much as for kernels.
sources=(kmod-shim/*.c kmod-shim/*.h kmod-shim/test/*.c)
for file in $(sed -n 's|.*root)/traces/guest/module/, \(.*\)) .*|\1|p' kmod-shim/Makefile); do
	sources+=("traces/guest/module/$file")
done
[ ${#sources[@]} -ge 30 ] || fail "only ${#sources[@]} sources were found"

check() {
	perl "$checkpatch" --no-tree --quiet --terse --show-types --max-line-length=120 --ignore "$ignored" -f "$@"
}

said=$(check "${sources[@]}" 2>&1) || fail "checkpatch: $(grep -E ': (ERROR|WARNING|CHECK):' <<<"$said" || echo "$said")"

# It can fail.
faulty=$(mktemp --suffix=.c)
trap 'rm -f "$faulty"' EXIT
printf '// SPDX-License-Identifier: GPL-2.0\nint f(int a)\n{\n    if(a) { return 1; }\n\treturn 0;\n}\n' >"$faulty"
! check "$faulty" >/dev/null 2>&1 || fail "checkpatch took spaces for tabs"
echo "checkpatch: nothing to say of ${#sources[@]} files"
