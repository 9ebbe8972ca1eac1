# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# An apt of our own for one suite of the archive that this machine's sources name: lists and archives
# are in the user's cache folder, so it needs no privileges and changes nothing of the machine's apt.
# apt checks the archive's signature and every hash. Sourced.

# shellcheck source=tests/support/apt-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt-source.sh"

suite_apt_cache=${XDG_CACHE_HOME:-$HOME/.cache}/negossp

# suite_apt TYPE SUITE APT-GET-ARGUMENT...: TYPE is deb or deb-src. Snapshots of a suite may be older
# than their Valid-Until.
suite_apt()
{
	local state=$suite_apt_cache/apt/$2-$1
	shift 2
	apt-get -q -o Dir::Etc::sourcelist="$state/archive.sources" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

# suite_apt_update TYPE SUITE: 1 when the machine's own sources name no archive.
suite_apt_update()
{
	local state=$suite_apt_cache/apt/$2-$1 uri entry
	read -r uri entry < <(apt_own_entry) || return 1
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	{
		printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\n' "$1" "$uri" "$2"
		apt_entry_signed_by "$entry"
	} >"$state/archive.sources"
	suite_apt "$1" "$2" update
}
