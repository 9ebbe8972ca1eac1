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

cache=${XDG_CACHE_HOME:-$HOME/.cache}/negossp
debs=$cache/debs/$suite
apt_state=$cache/apt/$suite

# The entry of the machine's sources for its own release: "URI FILE:NUMBER".
own_entry()
{
	local codename
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # apt fills these in, not the shell
	apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI) $(SOURCESENTRY)' |
		awk -v release="$codename" '$1 == "Packages" && $2 == "main" && $3 == release { print $4, $5; exit }'
}

# The Signed-By field of an entry, as the lines of a deb822 source; nothing if it has none.
entry_signed_by()
{
	local file=${1%:*} number=${1##*:}
	case $file in
		*.sources)
			awk -v RS= -v n="$number" 'NR == n' "$file" |
				awk '/^Signed-By:/ { on = 1; print; next } on && /^[ \t]/ { print; next } { on = 0 }'
			;;
		*)
			sed -n "${number}s/.*[[ ]signed-by=\([^] ]*\).*/Signed-By: \1/p" "$file"
			;;
	esac
}

private_apt()
{
	apt-get -q -o Dir::Etc::sourcelist="$apt_state/archive.sources" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$apt_state/lists" -o Dir::Cache="$apt_state/cache" \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

prepare_apt()
{
	local uri entry
	read -r uri entry < <(own_entry) || die "no apt source for this machine's own release"
	mkdir -p "$apt_state/lists/partial" "$apt_state/cache/archives/partial"
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
		entry_signed_by "$entry"
	} >"$apt_state/archive.sources"
	private_apt update
}

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
		(prepare_apt && cd "$scratch" && private_apt download "${missing[@]}") >&2 && break
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
