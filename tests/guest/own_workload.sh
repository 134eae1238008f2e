#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A user's own workload: a folder laid over the guest's root and a command line, recorded and predicted to the frame.
# It fails in the end, which is told and takes nothing from the recording.
#
#   own_workload.sh KERNEL       with PAGEMAN, CAPTURE and PAGEMAN_GUEST_CACHE in the environment
set -euo pipefail
kernel=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/root/own"
printf '%s\n' '#!/bin/sh' 'tar cf - /bin/busybox | gzip -c >/tmp/own.tgz' 'cat /own/word; ls -l /tmp/own.tgz' \
	>"$work/root/own/run"
echo xyzzy >"$work/root/own/word"
chmod +x "$work/root/own/run"

"$CAPTURE" --kernel "$kernel" --overlay "$work/root" --exec '/own/run && sync; echo last words; exit 7' \
	-o "$work/own.pgr" --keep-raw "$work/raw" 2>"$work/messages" || {
	cat "$work/messages" >&2
	exit 1
}
for words in 'ended with status 7' '  last words' "$work/raw/guest.log"; do
	grep -qF "$words" "$work/messages" || {
		echo "FAILED: expected \"$words\" about the workload that failed, found:" >&2
		cat "$work/messages" >&2
		exit 1
	}
done
grep -q xyzzy "$work/raw/guest.log" || {
	echo "FAILED: expected the workload's output in the guest's log" >&2
	exit 1
}
"$PAGEMAN" info "$work/own.pgr" | grep -q '/own/run' || {
	echo "FAILED: expected the command in the recording's provenance" >&2
	exit 1
}
"$PAGEMAN" verify "$work/own.pgr"
