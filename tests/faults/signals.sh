#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGINT and SIGTERM end a long command with what it has: signals.sh PAGEMAN MAKE_RECORDINGS RECORDING
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"
half=$(($(stat -c %s "$recording") / 2))
"$pageman" info "$recording" --json >all.json || exit 1
all=$(sed -n 's/^  "events": \([0-9]*\),$/\1/p' all.json)
# A shell's background jobs ignore SIGINT, and what is ignored at the start stays so.
undo=(env --default-signal=INT,TERM)

# start COMMAND...: reads half of the recording from a FIFO, and then waits for more
start() {
	mkfifo pipe
	{
		head -c "$half" "$recording"
		exec sleep 300
	} >pipe &
	writer=$!
	"${undo[@]}" "$pageman" "$@" <pipe >out 2>err &
	rests "$*"
}

# rests WHAT: waits until the command that was just begun waits for more
rests() {
	job=$!
	# It waits in read once it has taken all that there is: a pipe's first read is over and its CPU time stands still.
	local before='' now
	for _ in $(seq 300); do
		now=$(awk '{ print $3, $14 + $15 }' "/proc/$job/stat" 2>/dev/null)
		[ -n "$before" ] && [ "$now" = "$before" ] && [ "${now%% *}" = S ] && return
		before=$now
		sleep 0.05
	done
	fail "$1: it does not come to a rest"
}

# over CODE COMMAND...: waits for the end
over() {
	local expected=$1 code=0
	shift
	( sleep 60; kill -KILL $job ) >/dev/null 2>&1 & # its sleep outlives it, and must not hold our output
	local guard=$!
	wait $job || code=$?
	kill $guard $writer 2>/dev/null
	wait $guard $writer 2>/dev/null
	rm -f pipe
	[ $code -eq "$expected" ] || fail "$*: exit code $code, expected $expected"
}

# at_event FILE PATTERN: the number in it, which is neither 0 nor that of all events
at_event() {
	local event
	event=$(sed -nE "s/.*$2.*/\1/p" "$1" | head -n 1)
	[ -n "$event" ] && [ "$event" -gt 0 ] && [ "$event" -lt "$all" ] || fail "$1: no \"$2\" below $all"
}

valid_json() {
	[ "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" = 1 ] || fail "$1: invalid JSON"
}

# try SIGNAL FORM: the report is text when FORM is empty
try() {
	local signal=$1 form=$2 command db
	for command in "info -" "verify -" "replay - --db r.db" "compare - --policies none,exact --db c.db" "import - -o i.rec"; do
		rm -f r.db c.db i.rec
		# shellcheck disable=SC2086
		start $command $form
		kill -"$signal" $job
		over 4 "$command $form, $signal"
		at_event err 'interrupted at event ([0-9]+)'
		[ -n "$form" ] || at_event out 'Interrupted at event ([0-9]+)'
		[ -z "$form" ] || at_event out '"interrupted_at_event": ([0-9]+)'
		[ -z "$form" ] || valid_json "$command"
		for db in r.db c.db; do
			[ ! -e $db ] || check_db $db interrupted
			[ ! -e $db ] || [ "$(sqlite3 $db 'SELECT min(events) > 0 FROM runs')" = 1 ] || fail "$db: no events"
		done
	done
}
try INT ''
try TERM --json
# What an import left is a sound recording that says that it is a part.
expect 4 'lost 1 events' "$pageman" info i.rec --json
got=$(sed -n 's/^  "events": \([0-9]*\),$/\1/p' out)
[ "$got" -gt 0 ] && [ "$got" -lt "$all" ] || fail "import: $got events of $all"

# All that a trace_pipe gave until then is kept: here more than a batch of events.
given=70000
mkfifo pipe
{
	yes '  cat-1  [000] .....  1.000000: mm_page_free: page=00000000deadbeef pfn=0x1388 order=0' | head -n $given
	exec sleep 300
} >pipe &
writer=$!
"${undo[@]}" "$pageman" import pipe -o t.rec >out 2>err &
rests 'import of a text'
kill -INT $job
over 4 "import of a text"
for where in out err; do
	grep -qi "interrupted at event $given\>" $where || fail "import of a text: no \"interrupted at event $given\" in $where"
done
expect 4 'lost 1 events' "$pageman" info t.rec --json
grep -q "^  \"events\": $given,$" out || fail "import of a text: not $given events"

# A picture of what was there.
start graph - --at 1e6 --block 0x4000 -o g.dot
kill -INT $job
over 4 graph
at_event err 'interrupted at event ([0-9]+)'
[ -s g.dot ] || fail "graph: no picture"

# A log.
mkfifo pipe
{
	echo 'kernel: Stats|fit|1,2,3'
	yes 'kernel: something else' | head -n 20000
	exec sleep 300
} >pipe &
writer=$!
"${undo[@]}" "$pageman" statman - --json <pipe >out 2>err &
job=$!
sleep 0.5
kill -INT $job
over 4 statman
grep -q 'interrupted at offset [1-9]' err || fail "statman: no message"

# Before the first event there is nothing to tell.
mkfifo pipe
sleep 300 >pipe &
writer=$!
for command in "info -" "replay -" "verify -" "import - -o n.rec"; do
	# shellcheck disable=SC2086
	"${undo[@]}" "$pageman" $command <pipe >out 2>err &
	job=$!
	sleep 0.3
	kill -INT $job
	code=0
	wait $job || code=$?
	[ $code -eq 4 ] || fail "$command without input: exit code $code"
	grep -q 'standard input: interrupted before its first event' err || fail "$command without input: no message"
	[ ! -s out ] || fail "$command without input: it printed"
done
no_leftovers n.rec
kill $writer
wait $writer 2>/dev/null
rm -f pipe

# A synthetic workload has no reads to wait in. The second of two recordings is not begun, a later run is left out.
synthetic() {
	"${undo[@]}" "$pageman" "$@" >out 2>err &
	job=$!
	writer=
	sleep 0.5
	kill -TERM $job
	over 4 "$@"
}
synthetic replay synth:drivers,mem=64M,ops=100000000 --db s.db
grep -q 'Interrupted at event [1-9]' out || fail "replay synth: no line"
check_db s.db interrupted
synthetic compare synth:drivers,mem=64M,ops=100000000 synth:odd-sizes,mem=8M,ops=1000 --policies none,exact --json
grep -q '"recordings_left_out": 1' out || fail "compare: the second is not left out"
synthetic compare synth:drivers,mem=8M,ops=100000 --policies none,exact --seeds 1000 --json
grep -q '"interrupted_in_run": [1-9]' out || fail "compare: no run is left out"
valid_json compare

# The second signal kills; an ignored one stays ignored.
start verify -
kill -STOP $job
kill -INT $job
kill -TERM $job
kill -CONT $job
over 143 "verify, two signals" # both are pending: the first handler leaves the second one its default
undo=(env --ignore-signal=INT,TERM)
start verify -
kill -INT $job
kill -TERM $job
kill $writer
over 4 "verify, signals ignored"
grep -q 'the file is cut' err || fail "verify, signals ignored: it did not read to the end"
finish
