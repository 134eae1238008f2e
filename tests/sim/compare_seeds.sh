#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several runs of a shipped recording: the first is the recording as it is, a seed gives the same run each time, and
# differences have a verdict. Without times the same command prints the same bytes.
#
#   compare_seeds.sh PAGEMAN RECORDING
set -euo pipefail
pageman=$1 recording=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

compare() { "$pageman" compare --no-time --trim-kmalloc --policies exact,fitfree,none "$@" "$recording"; }

compare --seeds 3 >"$folder/text"
compare --seeds 3 | cmp - "$folder/text" || { echo "FAILED: the same command printed something else" >&2; exit 1; }
awk 'length($0) > 100 { print; wide = 1 } END { exit wide }' "$folder/text" || { echo "FAILED: wider than 100" >&2; exit 1; }
for words in 'beyond the spread' 'no difference' '4 MiB request succeeds' 'are in the way' 'mixed pageblocks'; do
	tr -s '\n ' ' ' <"$folder/text" | grep "$words" >/dev/null || { echo "FAILED: the report does not say \"$words\"" >&2; exit 1; }
done

compare --seeds 3 --json >"$folder/three"
compare --json >"$folder/one"
compare --seeds 2 --seed 2 --json >"$folder/two"
# Values of a measure under fitfree, run after run.
values() {
	awk -v name="\"$1\"" '/"name":/ { here = index($0, name) } /"policy":/ { fitfree = /"fitfree"/ }
		/\]/ { on = 0 } on { gsub(/[ ,]/, ""); printf "%s%s", separator, $0; separator = " " }
		/"values":/ && here && fitfree { on = 1 } END { print "" }' "$folder/$2"
}
for measure in available_order9_mean largest_run_pages_mean unusable_order9_mean; do
	read -r first second third < <(values "$measure" three)
	[ "$first" != "$second" ] && [ "$first" != "$third" ] && [ "$second" != "$third" ] ||
		{ echo "FAILED: $measure: $first, $second, $third: seeds make no difference" >&2; exit 1; }
	[ "$(values "$measure" one)" = "$first" ] ||
		{ echo "FAILED: $measure: the first run is not the one alone" >&2; exit 1; }
	[ "$(values "$measure" two)" = "$first $third" ] ||
		{ echo "FAILED: $measure: the same seed gives another run" >&2; exit 1; }
done

# The table for other programs: a line for each measure and ordered pair of policies, with the values of the JSON.
compare --seeds 3 --csv >"$folder/csv"
awk -F, 'NF != 14 { print FILENAME ": line " FNR " has " NF " fields"; bad = 1 } END { exit bad }' "$folder/csv" ||
	{ echo "FAILED: --csv" >&2; exit 1; }
measures=$(tail -n +2 "$folder/csv" | cut -d, -f2 | sort -u | wc -l)
[ "$(wc -l <"$folder/csv")" -eq $((1 + measures * 6)) ] || { echo "FAILED: --csv: not all pairs" >&2; exit 1; }
median=$(awk -F, '$2 == "unusable_order9_mean" && $5 == "fitfree" && $10 == "exact" { print $7 }' "$folder/csv")
values unusable_order9_mean three | tr ' ' '\n' | grep -qF "${median:0:10}" ||
	{ echo "FAILED: --csv: median $median is none of the runs' values" >&2; exit 1; }
if compare --csv --json >/dev/null 2>&1; then
	echo "FAILED: --csv and --json together" >&2
	exit 1
fi
