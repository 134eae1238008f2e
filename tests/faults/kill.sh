#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at random moments: kill.sh PAGEMAN MAKE_RECORDINGS RECORDING [ROUNDS [SEED]]
# In each round a replay and a comparison into a database and an import over an old recording are killed. 10 rounds.
[ -w /dev/shm ] && FAULTS_FOLDER=/dev/shm # a kill loses nothing that the kernel has
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"
rounds=${4:-10}
RANDOM=${5:-1}
declare -A killed=() state=()

"$pageman" import good.rec -o old.rec -q && "$pageman" replay good.rec --db old.db >/dev/null || exit 1

# How long it takes, in ms, here and now.
time_of() {
	local start
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - start) / 1000000 + 1))
}

# kill_in MS COMMAND...: at a moment of its life drawn from [0, 1.1 MS)
kill_in() {
	local ms=$1 code=0 delay
	shift
	delay=$((RANDOM * (ms * 11 / 10 + 1) / 32768))
	"$@" >out 2>err &
	sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null || code=$?
	[ $code -eq 137 ] && killed[$what]=$((${killed[$what]:-0} + 1))
	[ $code -eq 137 ] || [ $code -eq 0 ] || fail "$*: exit code $code"
	return 0
}

replay=("$pageman" replay "$recording" --samples 500 --db r.db)
compare=("$pageman" compare "$recording" --policies none,exact,nest --samples 200 --db c.db)
import=("$pageman" import "$recording" -o i.rec)
replay_ms=$(time_of "${replay[@]}")
compare_ms=$(time_of "${compare[@]}")
import_ms=$(time_of "${import[@]}")
rm -f r.db c.db i.rec
cp old.db c.db
for ((round = 0; round < rounds; round++)); do
	what=replay
	rm -f r.db*
	kill_in "$replay_ms" "${replay[@]}"
	if [ -e r.db ] && [ "$(sqlite3 r.db 'SELECT count(*) FROM sqlite_master')" != 0 ]; then
		check_db r.db 'running|complete'
		for word in $(sqlite3 r.db 'SELECT state FROM runs'); do
			state[$word]=$((${state[$word]:-0} + 1))
		done
	fi
	# A killed file is as good as any other: the next run is added to it.
	what=again
	"$pageman" replay good.rec --db r.db >out 2>err || fail "a run after the kill"
	[ "$(sqlite3 r.db 'SELECT state FROM runs ORDER BY id DESC LIMIT 1')" = complete ] || fail "no run after the kill"
	# This one collects runs, killed and whole ones.
	what=compare
	kill_in "$compare_ms" "${compare[@]}"
	check_db c.db 'running|complete'
	what=import
	cp old.rec i.rec
	kill_in "$import_ms" "${import[@]}"
	cmp -s i.rec old.rec || "$pageman" info i.rec >out 2>err || fail "a killed import left half a file under its name"
	for left in i.rec.*; do
		[ -e "$left" ] || continue
		"$pageman" info "$left" >out 2>err
		case $? in
		1 | 4) ;;
		0) cmp -s i.rec old.rec || fail "$left: beside the finished file" ;; # whole, and not renamed yet
		*) fail "$left: exit code" ;;
		esac
		rm "$left"
	done
done
echo "$rounds rounds of ${replay_ms}, ${compare_ms} and ${import_ms} ms; killed: ${killed[replay]:-0} replays," \
	"${killed[compare]:-0} comparisons, ${killed[import]:-0} imports; replays found running: ${state[running]:-0}," \
	"complete: ${state[complete]:-0}"
[ "${killed[compare]:-0}" -gt 0 ] || fail "nothing was killed"
finish
