#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing of the given sections of packages.txt.
#
#   install-packages.sh [--list] SECTION...
#
# --list prints the packages of the sections and installs nothing. When everything is there apt is not called at all,
# so no network and no rights are needed. Exit: 0 fine, 1 could not install, 2 usage.
set -euo pipefail

list=$(dirname "$0")/../packages.txt
usage() {
	echo "usage: install-packages.sh [--list] SECTION...   (sections: see packages.txt)" >&2
	exit 2
}

only_list=
if [ "${1-}" = --list ]; then
	only_list=1
	shift
fi
[ $# -ge 1 ] || usage

wanted=()
for section in "$@"; do
	mapfile -t found < <(awk -v section="$section" '$1 !~ /^#/ && $2 == section { print $1 }' "$list")
	[ ${#found[@]} -gt 0 ] || usage
	wanted+=("${found[@]}")
done
if [ -n "$only_list" ]; then
	printf '%s\n' "${wanted[@]}"
	exit 0
fi

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
	is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "packages: all ${#wanted[@]} of $* are installed"
	exit 0
fi
echo "packages: installing ${missing[*]}"

root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "packages: not root and no sudo; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
		exit 1
	fi
	root=(sudo env DEBIAN_FRONTEND=noninteractive)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
	"${root[@]}" apt-get -y -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >"$log" 2>&1
}
# Lists that cannot be refreshed may still be good enough, so only the installation decides.
apt update || echo "packages: apt-get update failed; trying with the lists at hand" >&2
if ! apt install --no-install-recommends "${missing[@]}"; then
	tail -n 30 "$log" >&2
	echo "packages: could not install ${missing[*]}" >&2
	exit 1
fi
echo "packages: installed ${#missing[@]}"
