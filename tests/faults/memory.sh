#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A limit on the address space: memory.sh PAGEMAN MAKE_RECORDINGS RECORDING [STEP_PERCENT]
# From 8 MiB to 512 MiB, each limit STEP_PERCENT (40) larger than the last: a command says that it has no memory, or does
# what it does without a limit. Exit code 77: the program needs terabytes for itself (sanitizers).
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"
step=${4:-40}
(ulimit -v 1000000; "$pageman" --version) >out 2>err || { echo "left out: no room for the sanitizers"; exit 77; }

# try COMMAND...: at every limit
try() {
	local kib code first=0 refused=0 done=0
	rm -f whole.* x.*
	"$pageman" "$@" >whole.out 2>whole.err || first=$?
	for kib in x.*; do
		[ ! -e "$kib" ] || mv "$kib" "whole.${kib#x.}"
	done
	for ((kib = 8192; kib <= 524288; kib += kib * step / 100)); do
		code=0
		rm -f x.*
		(
			ulimit -v $kib
			exec timeout -k 5 60 "$pageman" "$@"
		) >out 2>err || code=$?
		if [ $code -eq 127 ] || grep -q 'error while loading shared libraries' err; then
			refused=$((refused + 1)) # before any line of ours ran
		elif [ $code -eq $first ]; then
			cmp -s out whole.out || fail "$*: prints something else within $kib KiB"
			[ ! -e whole.pgr ] || cmp -s x.pgr whole.pgr || fail "$*: writes something else within $kib KiB"
			done=$((done + 1))
		elif [ $code -eq 1 ]; then
			grep -q memory err || fail "$*: exit code 1 within $kib KiB and no message about memory"
			[ -e x.db ] || no_leftovers x.
			[ ! -s x.db ] || check_db x.db 'running|failed|complete'
			refused=$((refused + 1))
		else
			fail "$*: exit code $code within $kib KiB"
		fi
	done
	echo "$1: refused $refused times, done $done times"
	[ $done -gt 0 ] || fail "$*: never done"
}

try info "$recording" --json
try verify "$recording"
try replay "$recording" --policy nest
try replay "$recording" --db x.db
try compare "$recording" --no-time --policies none,exact,fitfree
try compare synth:drivers,mem=1G,ops=20000 --no-time --policies none,nest --json
try import "$recording" -o x.pgr -q
try graph "$recording" --at 2 --block 0x4000
finish
