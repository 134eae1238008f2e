# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of this folder share; their arguments begin with PAGEMAN MAKE_RECORDINGS RECORDING.
# Makes the arguments that are files absolute, and gives $pageman, $recording (a shipped one), a fresh current folder with
# the small recordings in it, and
#   fail TEXT...                   counts a failure and says it
#   expect CODE PATTERN COMMAND... exit code, and a line of standard error that matches; "" for none at all
#   check_db FILE STATES           the database is sound, its views answer, and its runs are in one of STATES (a regex)
#   no_leftovers NAME              neither NAME nor a temporary file beside it
#   finish                         exit 1 when something failed, else removes the folder
set -u
for argument; do
	shift
	[ ! -e "$argument" ] || argument=$(realpath "$argument")
	set -- "$@" "$argument"
done
pageman=$1
recording=$3
failures=0
folder=$(mktemp -d "${FAULTS_FOLDER:-/tmp}/pageman-faults-XXXXXX")
"$2" "$folder" || exit 1
cd "$folder" || exit 1

fail() {
	echo "FAIL: $*"
	[ ! -s err ] || head -n 5 err
	failures=$((failures + 1))
}

expect() {
	local code=$1 pattern=$2 got=0
	shift 2
	timeout -k 5 60 "$@" >out 2>err </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "$*: exit code $got, expected $code"
	if [ -z "$pattern" ]; then
		[ ! -s err ] || fail "$*: expected silence"
	else
		grep -Eq "$pattern" err || fail "$*: no message like \"$pattern\""
	fi
}

check_db() {
	local file=$1 states=$2 answer view
	answer=$(sqlite3 "$file" 'PRAGMA integrity_check' 2>&1)
	[ "$answer" = ok ] || fail "$file: integrity_check: $answer"
	answer=$(sqlite3 "$file" 'PRAGMA foreign_key_check' 2>&1)
	[ -z "$answer" ] || fail "$file: foreign_key_check: $answer"
	for view in $(sqlite3 "$file" "SELECT name FROM sqlite_master WHERE type = 'view'"); do
		sqlite3 "$file" "SELECT * FROM $view" >view 2>&1 || fail "$file: $view: $(head -n 1 view)"
	done
	answer=$(sqlite3 "$file" 'SELECT state FROM runs' | grep -Evx "$states")
	[ -z "$answer" ] || fail "$file: runs are $answer, expected $states"
}

no_leftovers() {
	local left
	left=$(compgen -G "$1*")
	[ -z "$left" ] || fail "left behind: $left"
}

# No trap removes the folder: a background shell that is killed before it has put its parent's traps away runs them.
finish() {
	[ "$failures" -eq 0 ] || { echo "$failures failures, in $PWD"; exit 1; }
	[ -z "${folder:-}" ] || { cd / && rm -rf "$folder"; }
}
