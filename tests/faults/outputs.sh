#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Standard output that is closed, full or not read; inputs that are no files:
# outputs.sh PAGEMAN MAKE_RECORDINGS RECORDING
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"

# Each prints more than one buffer of stdio, or less: the failure shows in the middle or at the end.
commands=("info good.rec" "info $recording --json" "replay good.rec" "compare good.rec --no-time --json" "verify $recording"
	"import good.rec -o copy.rec" "graph --policy exact" "--help" "--version" "help info")
for command in "${commands[@]}"; do
	# shellcheck disable=SC2086
	{
		rm -f copy.rec
		"$pageman" $command >/dev/full 2>err
		[ $? -eq 1 ] || fail "$command: a full disk gives no exit code 1"
		grep -q 'standard output: cannot be written: No space left on device' err || fail "$command: /dev/full: no message"
		"$pageman" $command >&- 2>err
		[ $? -eq 1 ] || fail "$command: a closed standard output gives no exit code 1"
		grep -q 'standard output: cannot be written: Bad file descriptor' err || fail "$command: closed: no message"
		# The reader is gone before anything is written.
		{ sleep 0.05; "$pageman" $command 2>err; echo $? >code; } | true
		[ "$(cat code)" -eq 1 ] || fail "$command: a closed pipe gives exit code $(cat code)"
		[ ! -s err ] || fail "$command: a closed pipe: expected silence"
		"$pageman" $command >&- 2>&- <&-
		[ $? -eq 1 ] || fail "$command: all closed: no exit code 1"
	}
done

# What is not printed is not lost: exit code 0. And nothing that is printed gets into a file that was opened later.
rm -f copy.rec
"$pageman" import good.rec -o copy.rec -q >&- 2>&- <&- || fail "import -q with all closed"
"$pageman" info copy.rec >out 2>err || fail "the recording that was written with all closed"
"$pageman" replay good.rec --db r.db >&- 2>&- <&-
check_db r.db complete
"$pageman" graph --policy exact -o g.dot >&- 2>&- <&- || fail "graph with all closed"
"$pageman" graph --policy exact >expected.dot
cmp -s g.dot expected.dot || fail "graph with all closed writes something else"
"$pageman" info - <&- >out 2>err
[ $? -eq 1 ] && grep -q 'standard input' err || fail "a closed standard input"

# An output that is the input, by whatever name.
cp "$recording" in.pgr
cp in.pgr before.pgr
ln -s in.pgr link.pgr
ln in.pgr hard.pgr
for name in in.pgr ./in.pgr link.pgr hard.pgr; do
	expect 2 'is the input itself' "$pageman" import in.pgr -o "$name"
done
cp in.pgr in.dot
expect 2 'is the recording itself' "$pageman" graph in.dot --at 1 --block 0x4000 -o ./in.dot
expect 1 'not an SQLite database; left untouched' "$pageman" replay in.pgr --db in.pgr
cmp -s in.pgr before.pgr && cmp -s in.dot before.pgr || fail "the input was changed"

# Inputs that are no files.
for input in /dev/null /dev/zero . /; do
	for command in info verify replay compare "import -o x.rec"; do
		# shellcheck disable=SC2086
		expect 1 "^pageman: $input: .*expected" "$pageman" $command "$input"
	done
done
expect 1 'cannot be read at offset 0: Is a directory' "$pageman" statman .
no_leftovers x.rec

# A FIFO is read like a pipe, and never twice: without a snapshot its zones have to be given.
mkfifo fifo
for command in info verify replay "compare --policies none,exact" "import -o x.rec"; do
	cat in.pgr >fifo &
	# shellcheck disable=SC2086
	"$pageman" $command fifo >out 2>err || fail "$command fifo"
	wait $!
done
cat good.rec >fifo &
expect 1 'fifo: .*can be read only once: give its zones' "$pageman" replay fifo
wait $!
cat good.rec >fifo &
"$pageman" replay fifo --zones DMA=1-4096,DMA32=4096-8192 >out 2>err || fail "replay fifo --zones"
wait $!
expect 2 'fifo can be read only once' "$pageman" compare fifo --seeds 2
cat in.pgr >fifo &
expect 1 'fifo: .*read twice: expected a file' "$pageman" verify --tracepoints-only fifo
wait $!

finish
