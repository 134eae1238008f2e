#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The search finds what it is for: planted faults, each by a shortest way; and says when it could not see everything.
#
#   faults.sh EXHAUSTIVE
set -euo pipefail
exhaustive=$1
failures=0

# expect STATUS TEXT STEPS OPTION...: exit status, a part of the output, and the number of the last step told.
expect() {
	local status=$1 text=$2 steps=$3 out got=0 last
	shift 3
	out=$("$exhaustive" "$@" 2>&1) || got=$?
	last=$(sed -n 's/^  \( *[0-9]*\)  .*/\1/p' <<<"$out" | tail -n 1)
	if [ "$got" -ne "$status" ] || [[ $out != *"$text"* ]] || [ "$((${last:-0}))" -ne "$steps" ]; then
		echo "faults.sh: $*: exit $got, last step ${last:-none}; expected $status, \"$text\", $steps:" >&2
		printf '%s\n' "$out" >&2
		failures=$((failures + 1))
	fi
}

# The model's own check, the owners' record and the reference, each of them alone where it can.
expect 3 'free buddies of order 1, not merged' 5 --no-oracle --plant merge 8/6.1/blocks/buddy/holders=3
expect 3 'free list of order 1, type 0, length: reference 0, model 2' 5 --plant merge 8/6.1/blocks/buddy/holders=3
expect 3 "not on the list of its pageblock's type" 4 --no-oracle --plant list 8/6.12/blocks/buddy/holders=3
expect 3 "not on the list of its pageblock's type" 4 --no-oracle --plant list 8/6.1/nest/buddy/holders=3
expect 3 "not on the list of its pageblock's type" 4 --no-oracle --plant list 32/6.12/blocks/buddy/holders=3
expect 3 'entry 0: reference 0x5, model 0x' 5 --plant tail 8/6.1/blocks/buddy/holders=4
expect 3 'frame 3 is in use and nobody' 4 --no-oracle --plant leak 8/6.12/fit-exact/buddy/holders=3
# Where nobody but the reference minds, the search without it ends well.
expect 0 '8/6.1/blocks/buddy/holders=2' 0 --no-oracle --plant tail 8/6.1/blocks/buddy/holders=2
# A bound is said, and fails.
expect 4 'INCOMPLETE: hit its bound' 0 --no-oracle --memory 2 8/6.1/blocks/buddy
# What nobody can read is no success.
for arguments in 4/6.1/blocks/buddy '--tier dev' --list --help; do
	got=0
	# shellcheck disable=SC2086
	message=$("$exhaustive" $arguments 2>&1 >/dev/full) || got=$?
	if [ "$got" -ne 1 ] || [[ $message != *'standard output: cannot be written: No space left on device' ]]; then
		echo "faults.sh: $arguments >/dev/full: exit $got, \"$message\"" >&2
		failures=$((failures + 1))
	fi
done
# Several at a time are told of in the order of their names, and the worst of them counts.
names=(4/6.1/nest/pcp=2,1 4/6.1/blocks/buddy 8/6.1/blocks/buddy/holders=3 4/6.12/blocks/buddy)
got=0
out=$("$exhaustive" --no-oracle --plant merge --jobs 3 "${names[@]}" 2>&1) || got=$?
told=$(sed -n 's,^\([0-9]*/[^ :]*\) .*,\1,p' <<<"$out")
if [ "$got" -ne 3 ] || [ "$told" != "$(printf '%s\n' "${names[@]}")" ]; then
	echo "faults.sh: --jobs 3: exit $got:" >&2
	printf '%s\n' "$out" >&2
	failures=$((failures + 1))
fi
expect 2 'usage' 0 --jobs 0 4/6.1/blocks/buddy
# Names.
expect 2 'no such configuration' 0 8/6.1/blocks
expect 2 'no such configuration' 0 7/6.1/blocks/buddy
expect 2 'no such configuration' 0 8/5.4/blocks/buddy
expect 2 'usage' 0 --plant nothing 4/6.1/blocks/buddy
expect 2 'usage' 0 --tier quick 4/6.1/blocks/buddy
expect 0 'slow     8/6.1/blocks/buddy' 0 --list
[ "$failures" -eq 0 ]
