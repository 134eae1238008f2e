#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What pageman fuzz does with faults that are there, and with bad input: planted.sh PLANTED PAGEMAN
set -u
planted=$1 pageman=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

wrong() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# expect CODE PATTERN PROGRAM ARGUMENTS...: the exit code, and a line of either output that matches
expect() {
	local code=$1 pattern=$2 got
	shift 2
	"$@" >out 2>err </dev/null
	got=$?
	if [ "$got" -ne "$code" ]; then
		wrong "${*:2}: exit code $got, expected $code"
		cat out err
	elif [ -n "$pattern" ] && ! cat out err | tr '\n' ' ' | tr -s ' ' | grep -Eq "$pattern"; then
		wrong "${*:2}: nothing like \"$pattern\" in:"
		cat out err
	fi
}

# The value of a number in the JSON on standard output.
number() {
	sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" out | head -n 1
}

# A fault is found, made small, saved, and there again when the recording is run: POLICY KIND OPERATIONS-AT-MOST
finds() {
	local policy=$1 kind=$2 most=$3 recording
	mkdir "$policy"
	expect 3 "\"kind\": \"($kind)\"" "$planted" fuzz --policies "$policy" --ops 60000 --out "$policy" --json -q
	[ "$(number operations_after)" -le "$most" ] ||
		wrong "$policy: shrunk to $(number operations_after) operations, expected at most $most"
	grep -q '"shrink_complete": true' out || wrong "$policy: not shrunk to the end"
	recording=$(echo "$policy"/*.pgr)
	[ -f "$recording" ] || { wrong "$policy: no recording"; return; }
	grep -q "\"command\": \"pageman fuzz --replay $recording\"" out || wrong "$policy: no command that reproduces it"
	expect 3 "kind ($kind): " "$planted" fuzz --replay "$recording"
	expect 3 "\"kind\": \"($kind)\"" "$planted" fuzz --replay "$recording" --json
	expect 0 'no violation' "$planted" fuzz --replay "$recording" --policies fitfree
	expect 1 "its policy \"$policy\" is not known" "$pageman" fuzz --replay "$recording"
	expect 0 "fuzz policy=$policy" "$pageman" info "$recording"
	expect 0 '' "$pageman" replay "$recording" --policy fitfree
}

finds leak 'sums|owner' 2
finds greedy 'owner|sums|state|refused' 6
finds behind 'state' 2
finds forgets 'sums' 2
finds crash 'crash' 1
finds last 'owner|sums' 2

# A fault of the end is one of an operation once it is small. A recording never takes another's name.
expect 3 '"at_end": true.*"shrunk_at_end": false' "$planted" fuzz --policies last --out last --json -q
[ "$(echo last/*)" = "last/fuzz-1-0-2.pgr last/fuzz-1-0.pgr" ] || wrong "last: expected two recordings, found $(echo last/*)"
expect 3 'when everything is given back, kind owner.*to 2 in .* at operation 2: ' \
	"$planted" fuzz --policies last --out last
expect 3 '2 .* free #.*Violation at operation 2, kind owner' "$planted" fuzz --replay last/fuzz-1-0-3.pgr

# The same for any number of jobs, to the byte, apart from the command that stands in the recording.
mkdir one two
(cd one && "$planted" fuzz --policies fitfree,lazy,leak --seed 5 -q >../one.out) ; a=$?
(cd two && "$planted" fuzz --policies fitfree,lazy,leak --seed 5 -q --jobs 3 >../two.out) ; b=$?
[ $a -eq 3 ] && [ $b -eq 3 ] || wrong "jobs: exit codes $a and $b, expected 3"
cmp -s one.out two.out || { wrong "jobs: 1 and 3 print different things"; diff one.out two.out; }
case=$(sed -n 's/^  Case \([0-9]*\) of.*/\1/p' one.out)
expect 3 "Case $case of " "$planted" fuzz --policies fitfree,lazy,leak --seed 5 --case "$case" -q
expect 0 'no violation' "$planted" fuzz --policies fitfree --seed 5 --ops 7000 -q --jobs 2
grep -q '^seed 5: 3 cases, 7,000 operations$' out || wrong "--ops 7000: not 7,000 operations"

# A signal: what was done so far, and exit code 4. How soon a case is done depends on the machine, so there are several
# attempts.
for name in INT TERM; do
	for seconds in 1 4 16; do
		# What a shell runs in the background ignores SIGINT, and what is ignored at the start stays so.
		env --default-signal=INT,TERM "$planted" fuzz --policies fitfree --minutes 1 --json -q >out 2>err &
		child=$!
		sleep $seconds
		kill -$name $child
		wait $child
		status=$?
		[ $status -eq 4 ] || wrong "SIG$name: exit code $status, expected 4"
		grep -q '"interrupted": true' out || wrong "SIG$name: the result does not say that it is partial"
		tail -n 1 out | grep -q '^}$' || wrong "SIG$name: the JSON has no end"
		[ "$(number cases)" -eq 0 ] || break
	done
	[ "$(number cases)" -gt 0 ] || { wrong "SIG$name: no partial result"; cat out; }
done

# The same for a signal to all of its processes; and a case whose process is killed once is tried again.
setsid "$planted" fuzz --policies fitfree --minutes 1 --jobs 2 --json -q >out 2>err &
child=$!
sleep 2
kill -TERM -- -$child
wait $child
status=$?
[ $status -eq 4 ] || { wrong "SIGTERM to the group: exit code $status, expected 4"; cat out err; }
"$planted" fuzz --policies fitfree --minutes 1 --json -q >out 2>err &
child=$!
sleep 1
victim=
while [ -z "$victim" ] && kill -0 $child; do # between two cases there is none
	victim=$(cut -d ' ' -f 1 "/proc/$child/task/$child/children")
	[ -z "$victim" ] || kill -KILL "$victim" || victim=
done
sleep 1
kill -TERM $child
wait $child
status=$?
[ $status -eq 4 ] || { wrong "a case was killed: exit code $status, expected 4"; cat out err; }

# What is printed can be typed.
mkdir "its own"
expect 3 "pageman fuzz --replay 'its own/fuzz-1-0.pgr'" "$planted" fuzz --policies leak --out "its own" -q
expect 1 'expected a folder with a name of at most' "$pageman" fuzz --out "$(printf './%.0s' {1..490})" --ops 5

# Usage and bad input.
expect 2 'unknown policy "lasy"; did you mean "lazy"' "$pageman" fuzz --policies lasy
expect 2 'unknown profile "bursti"; did you mean "bursty"' "$pageman" fuzz --profiles bursti
expect 2 'unknown kernel "5.4".*: expected one of 6.1, 6.12' "$pageman" fuzz --kernels 5.4
expect 2 'stands there twice' "$pageman" fuzz --policies none,none
expect 2 'cpus: expected a number from 1 to 4, found "9"' "$pageman" fuzz --cpus 9
expect 2 'jobs: expected a number from 1' "$pageman" fuzz --jobs 0
expect 2 'found both' "$pageman" fuzz --ops 5 --minutes 3
expect 2 'the recording says the rest' "$pageman" fuzz --replay x.pgr --ops 5
expect 2 'the recording says the rest' "$pageman" fuzz --replay x.pgr --seed 5
expect 1 'nowhere: expected a folder to write' "$pageman" fuzz --out nowhere --ops 5
expect 1 'missing.pgr: ' "$pageman" fuzz --replay missing.pgr
expect 1 'expected a recording that pageman fuzz has saved' "$pageman" fuzz --replay "$3"
# Of a recording that is cut, what came before is run; without its snapshot there is nothing to run.
head -c -1 last/fuzz-1-0.pgr >cut.pgr
expect 4 '2 operations.*Violation at operation 2.*cut.pgr: at offset [0-9]+: expected' "$planted" fuzz --replay cut.pgr
expect 4 '"damage": "cut.pgr: at offset .*"violations": 1' "$planted" fuzz --replay cut.pgr --json
head -c -600 last/fuzz-1-0.pgr >cut.pgr
expect 4 'no violation.*cut.pgr: at offset' "$planted" fuzz --replay cut.pgr
head -c 200 last/fuzz-1-0.pgr >cut.pgr
expect 1 'cut.pgr: at offset' "$planted" fuzz --replay cut.pgr
"$pageman" fuzz --ops 100 -q >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output' err || wrong "a full disk is not reported"
# Files cannot be written (and pipes can): what was found is told, and that it is not saved.
mkdir full
(ulimit -f 0; trap '' XFSZ; exec "$planted" fuzz --policies leak --out full -q 2>&1) | cat >out
[ "${PIPESTATUS[0]}" -eq 1 ] && grep -q 'full/fuzz-1-0.pgr: ' out && grep -q '^  Not saved.*--seed 1' out &&
	grep -q 'kind owner' out || { wrong "a full disk hides what was found"; cat out; }
[ -z "$(ls full)" ] || wrong "a full disk leaves half a recording"

[ "$failures" -eq 0 ] || { echo "$failures failures"; exit 1; }
echo "all as expected"
