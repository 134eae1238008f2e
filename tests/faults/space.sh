#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No space, and nowhere to write: space.sh PAGEMAN MAKE_RECORDINGS RECORDING
# First with a limit on a file's size, which needs no rights, and as somebody who may write neither folder nor files;
# then, where a user may have a mount namespace, on a file system of 1 MiB and on a read-only one.
# shellcheck source=tests/faults/lib.sh
source "$(dirname "$0")/lib.sh"

# Before KIB COMMAND...: no file may get larger, and that holds for the messages as well.
# shellcheck disable=SC2016
limited=(bash -c 'ulimit -f "$0" && exec "$@"')

"$pageman" import "$recording" -o whole.pgr -q || exit 1
"$pageman" replay good.rec --db before.db >before.txt || exit 1
"$pageman" graph --policy exact -o whole.dot || exit 1
"$pageman" graph --policy exact -o whole.svg || exit 1
size=$(($(stat -c %s whole.pgr) / 1024))

# Recordings and pictures: the old file stays until the new one is whole, and nothing lies beside it.
for kib in 1 4 64 $((size / 2)) $size; do
	mkdir new old
	echo old >old/x.pgr
	expect 1 'new/x.pgr: .*cannot write: File too large' "${limited[@]}" "$kib" "$pageman" import "$recording" -o new/x.pgr
	no_leftovers new/
	expect 1 'old/x.pgr: .*cannot write: File too large' "${limited[@]}" "$kib" "$pageman" import "$recording" -o old/x.pgr
	[ "$(ls old)" = x.pgr ] && [ "$(cat old/x.pgr)" = old ] || fail "import: the old file is gone"
	rm -r new old
done
expect 0 '' "${limited[@]}" $((size + 1)) "$pageman" import "$recording" -o x.pgr
cmp -s x.pgr whole.pgr || fail "import: with just enough room something else is written"
for kind in dot svg; do
	kib=$(($(stat -c %s whole.$kind) / 1024 / 2))
	mkdir old
	echo old >old/x.$kind
	expect 1 "old/x.$kind: .*(File too large|dot ended with)" "${limited[@]}" $kib "$pageman" graph --policy exact -o old/x.$kind
	[ "$(ls old)" = x.$kind ] && [ "$(cat old/x.$kind)" = old ] || fail "graph: the old picture is gone"
	rm -r old
done

# Databases: a new one that cannot be filled is not there; an old one stays valid and keeps what it had.
for kib in 1 4 16; do
	expect 1 'n.db: .*(File too large|database or disk is full)' "${limited[@]}" $kib "$pageman" replay "$recording" --db n.db
	no_leftovers n.db
done
old=$(($(stat -c %s before.db) / 1024))
for more in 0 4 16 64 128 256; do
	cp before.db r.db
	"${limited[@]}" $((old + more)) "$pageman" compare "$recording" --policies none,exact --samples 2000 --db r.db >out 2>err
	code=$?
	[ $code -eq 1 ] || fail "compare --db: exit code $code with $more KiB more"
	grep -Eq 'r.db: .*: (disk I/O error \(File too large\)|database or disk is full)' err || fail "compare --db: no message"
	check_db r.db 'complete|running|failed'
	[ "$(sqlite3 r.db 'SELECT state FROM runs WHERE id = 1')" = complete ] || fail "compare --db: the old run is gone"
	[ "$(sqlite3 r.db 'SELECT count(*) FROM samples WHERE run = 1')" = \
		"$(sqlite3 before.db 'SELECT count(*) FROM samples')" ] || fail "compare --db: old samples are gone"
	[ "$(sqlite3 r.db "SELECT count(*) FROM runs WHERE id > 1 AND state = 'complete'")" = 0 ] || fail "compare --db: complete?"
done

# A database that another process is writing to: it is waited for, then said.
sqlite3 before.db 'BEGIN IMMEDIATE; SELECT 1;' '.shell sleep 2' >/dev/null &
sleep 0.5
expect 0 '' "$pageman" replay good.rec --db before.db
wait $!
for i in 1 2 3; do
	"$pageman" compare "$recording" --policies none,exact --samples 500 --db both.db >out."$i" 2>err."$i" &
	jobs[i]=$!
done
for i in 1 2 3; do
	wait "${jobs[i]}" || { cat err."$i"; fail "process $i of three that fill one new database"; }
done
check_db both.db complete
[ "$(sqlite3 both.db 'SELECT count(*) FROM runs')" = 6 ] || fail "three processes: not six runs"

# Nothing may be written: neither the folder nor what is in it. The superuser may, and becomes nobody.
somebody=()
[ "$(id -u)" -ne 0 ] || somebody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
mkdir closed
cp before.db closed/r.db
cp "$pageman" .
echo old | tee closed/x.pgr >closed/x.svg
chmod -R a+rX,a-w closed
chmod a+rx .
expect 1 'closed/x.pgr: cannot write: Permission denied' \
	"${somebody[@]}" ./pageman import whole.pgr -o closed/x.pgr
expect 1 'closed/n.pgr: cannot create a file beside it: Permission denied' \
	"${somebody[@]}" ./pageman import whole.pgr -o closed/n.pgr
expect 1 'closed/r.db: .*(cannot be written|readonly)' "${somebody[@]}" ./pageman replay whole.pgr --db closed/r.db
expect 1 'closed/n.db: .*(cannot be opened|unable to open)' "${somebody[@]}" ./pageman replay whole.pgr --db closed/n.db
expect 1 'closed/x.svg: cannot write: Permission denied' "${somebody[@]}" ./pageman graph --policy exact -o closed/x.svg
[ "$(cat closed/x.pgr closed/x.svg | sort -u)" = old ] || fail "a closed folder: old files are gone"
[ "$(ls closed)" = "$(printf '%s\n' r.db x.pgr x.svg)" ] || fail "a closed folder: $(ls closed)"
cmp -s before.db closed/r.db || fail "a closed folder: the database has changed"
chmod -R u+w closed

inside() {
	mkdir disk
	mount -t tmpfs -o size=1m none disk || exit 1
	head -c $((1024 * 1024 - 4096 * 100)) /dev/zero >disk/filler
	cp before.db disk/r.db
	expect 1 'disk/x.pgr: at offset [0-9]+: cannot write: No space left on device' \
		"$pageman" import "$recording" -o disk/x.pgr
	no_leftovers disk/x.pgr
	"$pageman" compare "$recording" --policies none,exact --samples 5000 --db disk/r.db >out 2>err
	[ $? -eq 1 ] || fail "compare --db on a full disk: exit code"
	grep -q 'disk/r.db: .*database or disk is full' err || fail "compare --db on a full disk: no message"
	check_db disk/r.db 'complete|running|failed'
	cat disk/filler >>disk/filler.more 2>/dev/null
	expect 1 'disk/n.db: .*database or disk is full' "$pageman" replay "$recording" --db disk/n.db
	no_leftovers disk/n.db
	for kind in dot svg; do
		expect 1 "disk/x.$kind: .*(No space left on device|dot ended with)" "$pageman" graph --policy exact -o disk/x.$kind
		no_leftovers disk/x.$kind
	done
	"$pageman" info "$recording" --json >disk/out 2>err
	[ $? -eq 1 ] && grep -q 'standard output: cannot be written: No space left on device' err || fail "info >disk/out"
	rm disk/filler*
	cp before.db disk/r.db
	mount -o remount,ro disk || exit 1
	expect 1 'disk/x.pgr: cannot create a file beside it: Read-only file system' \
		"$pageman" import "$recording" -o disk/x.pgr
	expect 1 'disk/r.db: .*(cannot be written|readonly)' "$pageman" replay "$recording" --db disk/r.db
	expect 1 'disk/n.db: .*(cannot be opened|unable to open)' "$pageman" replay "$recording" --db disk/n.db
	expect 1 'disk/x.svg: cannot write: Read-only file system' "$pageman" graph --policy exact -o disk/x.svg
	sqlite3 disk/r.db 'PRAGMA integrity_check' | grep -qx ok || fail "the read-only database"
	[ "$failures" -eq 0 ]
}

if unshare -rm true 2>/dev/null; then
	export pageman recording
	export -f expect fail check_db no_leftovers inside
	unshare -rm bash -c 'failures=0; inside' || failures=$((failures + 1))
else
	echo "no mount namespace may be made here: the full and the read-only file system are left out"
fi
finish
