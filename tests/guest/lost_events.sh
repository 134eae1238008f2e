#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A capture whose buffer is too small says so and ends with 4, and so does everything that reads the recording.
#
#   lost_events.sh KERNEL       with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs a command that has to end with 4 and to say that events were lost.
expect_loss() {
	local code=0
	"$@" >"$work/out" 2>&1 || code=$?
	cat "$work/out"
	if [ "$code" -ne 4 ] || ! grep -qi 'lost' "$work/out"; then
		echo "FAILED: expected exit code 4 and a word on lost events from: $* (found $code)" >&2
		exit 1
	fi
}

expect_loss "$CAPTURE" --kernel "$kernel" --exec 'i=0; while [ $i -lt 2000 ]; do ls / >/dev/null; i=$((i + 1)); done' \
	--buffer 1 -o "$work/lossy.pgr"
expect_loss "$PAGEMAN" verify "$work/lossy.pgr"
