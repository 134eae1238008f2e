#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a capture cannot be written is found before anything is built or booted.
#
#   bad_targets.sh CAPTURE
set -euo pipefail
capture=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/file"
: >"$work/messages"
# Nothing may be built, so the cache cannot even be made.
export PAGEMAN_GUEST_CACHE=$work/file/cache

# refuses WORDS ARGUMENT...: exit code 1 and these words
refuses() {
	local words=$1 code=0
	shift
	"$capture" --kernel 6.1 --workload files "$@" 2>"$work/messages" || code=$?
	if [ "$code" -ne 1 ] || ! grep -qF -- "$words" "$work/messages"; then
		echo "FAILED: capture $*: exit code $code, expected 1 and \"$words\", found:" >&2
		cat "$work/messages" >&2
		exit 1
	fi
}

refuses "there is no folder $work/none" -o "$work/none/q.pgr"
refuses 'this is a folder' -o "$work"
refuses "$work/file is not a folder" --raw-only "$work/file/raw"
refuses "$work/file is not a folder" -o "$work/q.pgr" --keep-raw "$work/file"
refuses 'cannot write to /proc' -o /proc/q.pgr
refuses 'cannot write to /proc' --raw-only /proc/none/raw
[ "$(ls -A "$work")" = "$(printf 'file\nmessages')" ] || {
	echo "FAILED: files were left behind: $(ls -A "$work")" >&2
	exit 1
}
