#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs every recording of a fault that was found and mended: none of them may fail again. run.sh PAGEMAN
#
# A recording comes here as pageman fuzz has saved it, with the commit that mends its fault.
#
#   decay-6.1                6.1 has no decay_pcp_high(); the model drained idle lists for it
#   ragged-pageblock-6.12    a pageblock that sticks out of its zone keeps its type in 6.12; the model gave it another
set -euo pipefail
pageman=$1
cd "$(dirname "$0")"
shopt -s nullglob
recordings=(*.pgr)
failures=0
for recording in "${recordings[@]}"; do
	"$pageman" fuzz --replay "$recording" || failures=$((failures + 1))
done
echo "${#recordings[@]} recordings of mended faults, $failures of them fail"
[ "$failures" -eq 0 ]
