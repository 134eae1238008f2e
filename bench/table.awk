# SPDX-License-Identifier: GPL-2.0-or-later
# Google benchmark's results, JSON with one member a line, against bars.txt.
#   awk -f table.awk bars.txt results.json
# Prints one line for each figure; what was not measured (no recording, filtered out) is left out.

function shown(x) { return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) }

# The figure of one benchmark, "" when it was not measured.
function figure(name, what) {
	if (what == "rate")
		return (name, "items_per_second") in median ? median[name, "items_per_second"] / 1e6 : ""
	if (what == "ns")
		return (name, "items_per_second") in median ? 1e9 / median[name, "items_per_second"] : ""
	if (what == "ms")
		return (name, "real_time") in median ? median[name, "real_time"] : ""
	if (what ~ /^over /)
		return ratio(figure(name, "ns"), figure(substr(what, 6), "ns"))
	return (name, what) in median ? median[name, what] : ""
}

function ratio(a, b) { return a == "" || b == "" ? "" : a / b }

function verdict(value, bar) {
	if (bar == "")
		return "-"
	if (substr(bar, 1, 2) == ">=" ? value >= substr(bar, 3) + 0 : value <= substr(bar, 3) + 0)
		return "reached"
	return "NOT reached"
}

FNR == NR {
	if ($0 ~ /^#/ || $0 == "")
		next
	row[++rows] = $0
	next
}

# A result begins with its name; "aggregate_name" then says which aggregate its other members are.
/^ *"name": / {
	name = $0
	gsub(/^ *"name": "|",?$/, "", name)
	kind = name ~ /_median$/ ? "median" : name ~ /_cv$/ ? "cv" : ""
	sub(/(\/iterations:[0-9]+)?(\/process_time)?_[a-z]+$/, "", name)
	next
}

/^ *"[a-z_A-Z0-9]+": [-+0-9.e]+,?$/ {
	member = $1
	gsub(/[":]/, "", member)
	if (kind == "median")
		median[name, member] = $2 + 0
	else if (kind == "cv")
		spread[name, member] = $2 + 0
}

END {
	printf "%-26s %8s %4s %-7s %5s  %-32s %s\n", "benchmark", "median", "cv%", "unit", "bar", "known elsewhere", "verdict"
	for (r = 1; r <= rows; r++) {
		if (substr(row[r], 1, 1) == "=") {
			group = substr(row[r], 2)
			continue
		}
		split(row[r], part, "|")
		value = figure(part[1], part[2])
		if (value == "")
			continue
		if (group != "")
			print "\n" group
		group = ""
		cv = (part[1], "cpu_time") in spread ? sprintf("%.1f", 100 * spread[part[1], "cpu_time"]) : "-"
		if (part[2] != "rate" && part[2] != "ns" && part[2] != "ms")
			cv = "-"
		printf "%-26s %8s %4s %-7s %5s  %-32s %s\n", part[1], shown(value), cv, part[3], part[4], part[5],
			verdict(value, part[4])
	}
}
