#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch-deb.sh SUITE PACKAGE...: has packages of another Debian suite without installing them.
#
# Prints the folder in which the packages are unpacked (dpkg-deb -x), side by side. The archive is
# the one this machine's own apt sources name, with the keys they name; only the suite is ours. apt
# checks signature and hashes; what it downloaded stays in the user's cache folder, with its
# checksum, and is used again. Needs no privileges and changes nothing of the machine's apt.
set -euo pipefail

die()
{
	echo "fetch-deb.sh: $*" >&2
	exit 1
}

[ $# -ge 2 ] || die "usage: fetch-deb.sh SUITE PACKAGE..."
suite=$1
shift

# shellcheck source=tests/support/suite-apt.sh
. "$(dirname "$0")/suite-apt.sh"
debs=$suite_apt_cache/debs/$suite

# Downloads the packages that are not in the cache, or no longer what they were.
download()
{
	local package missing=() attempt
	for package in "$@"; do
		(cd "$debs" && sha256sum --status --check "$package.sha256") 2>/dev/null || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	scratch=$(mktemp -d "$debs/.new.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	for attempt in 1 2 3; do
		(suite_apt_update deb "$suite" && cd "$scratch" &&
			suite_apt deb "$suite" download "${missing[@]}") >&2 && break
		[ "$attempt" -lt 3 ] || die "could not download ${missing[*]} from suite $suite"
		sleep $((attempt * 5))
	done
	for package in "${missing[@]}"; do
		mv "$scratch/${package}_"*.deb "$debs/$package.deb"
		(cd "$debs" && sha256sum "$package.deb" >"$package.sha256")
	done
}

mkdir -p "$debs"
exec 9>"$debs/.lock"
flock 9
download "$@"
for package in "$@"; do
	[ -e "$debs/root/.$package" ] && [ "$debs/root/.$package" -nt "$debs/$package.sha256" ] && continue
	mkdir -p "$debs/root"
	dpkg-deb -x "$debs/$package.deb" "$debs/root"
	touch "$debs/root/.$package"
done
echo "$debs/root"
