#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# root.sh SUITE: a root folder of another Debian suite with its FreeRDP, and what builds this project.
#
# SUITE may be a backports suite: the root is then that of the release it belongs to, with FreeRDP (and
# what that needs) from the backports; its packages stay in the root's /var/cache/apt/archives. Or it may be a
# release and, behind a hyphen, a KIND: the release's root and the packages of lab_root_packages_KIND (install.sh).
#
# Prints the folder. It is made once, in the user's cache folder, and again only when the packages or
# this script have changed; whoever uses it writes to an overlay over it (roots.py). It appears under
# its name when it is complete. Everything is mounted in a mount namespace that ends with the script.
# Needs root, unless the folder is there already.
set -euo pipefail

die()
{
	echo "root.sh: $*" >&2
	exit 1
}

[ $# -eq 1 ] || die 'usage: root.sh SUITE'
suite=$1
roots=${XDG_CACHE_HOME:-$HOME/.cache}/negossp/roots
root=$roots/$suite
# In the root: what it was made from, and of which releases its FreeRDP programs are.
key_name=.negossp-made-from

# shellcheck source=tests/support/install.sh
. "$(dirname "$0")/../support/install.sh"
# The release that it is, or is on top of, and what fills what is on top.
release=${suite%%-*} above=populate_from_backports more=()
if [ "$release" != "$suite" ] && [ "$suite" != "$release-backports" ]; then
	above=populate_more
	declare -n packages=lab_root_packages_${suite#"$release"-}
	more=("${packages[@]}")
	[ "${#more[@]}" -gt 0 ] || die "install.sh has no ${!packages}"
fi
key=$(printf '%s\n' "$suite" "${lab_root_packages[@]}" "${more[@]}" | cat - "$0" | sha256sum | cut -d' ' -f1)

is_complete()
{
	[ "$(cat "$root/$key_name" 2>/dev/null)" = "$key" ]
}

if is_complete; then
	echo "$root"
	exit 0
fi
[ "$(id -u)" -eq 0 ] || die "only root can make the root folder of $suite"
mkdir -p "$roots"
if [ -z "${NEGOSSP_ROOT_LOCKED:-}" ]; then
	# A second caller waits, and finds it made.
	NEGOSSP_ROOT_LOCKED=yes exec flock "$roots/.$suite.lock" unshare --mount --pid --fork --kill-child \
		bash "$0" "$suite"
fi

# The release's own script, or the one that all of Debian's newer releases share.
debootstrap_script()
{
	local scripts=/usr/share/debootstrap/scripts
	[ -e "$scripts/$suite" ] && echo "$scripts/$suite" || echo "$scripts/sid"
}

# debootstrap knows nothing of apt's configuration.
proxy_export()
{
	eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
	export http_proxy=${http_proxy:-} https_proxy=${https_proxy:-}
}

bootstrap()
{
	local uri entry keyring
	read -r uri entry < <(apt_own_entry) || die "apt's sources name no archive of Debian"
	keyring=$(apt_entry_signed_by "$entry" | sed -n 's/^Signed-By: *\(\/.*\)/\1/p')
	debootstrap --variant=minbase ${keyring:+"--keyring=$keyring"} "$suite" "$scratch" "${uri%/}" \
		"$(debootstrap_script)"
}

# A root of ours is thrown away rather than repaired, so nothing waits for the disk; nobody reads in it.
save_time()
{
	echo force-unsafe-io >"$scratch/etc/dpkg/dpkg.cfg.d/negossp"
	printf 'path-exclude=/usr/share/%s/*\n' doc man locale info icons >>"$scratch/etc/dpkg/dpkg.cfg.d/negossp"
}

inside()
{
	chroot "$scratch" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive http_proxy="$http_proxy" https_proxy="$https_proxy" "$@"
}

# The snapshot of a suite may be older than its Valid-Until.
inside_apt()
{
	inside apt-get -q -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 -o Acquire::Languages=none \
		-o APT::Update::Error-Mode=any "$@"
}

# mounted COMMAND...: with what packages' scripts want to see.
mounted()
{
	local code=0
	mount -t proc proc "$scratch/proc" && mount --rbind /dev "$scratch/dev" || return 1
	"$@" || code=$?
	umount "$scratch/proc" && umount --lazy "$scratch/dev" && return "$code"
}

# Of names with `|` between them the first that the root's apt has. grep reads to the end: apt-cache that cannot write
# fails.
names_there()
{
	local names name
	for names in "$@"; do
		for name in ${names//|/ }; do
			[ "$name" = "${names##*|}" ] || inside apt-cache policy "$name" | grep 'Candidate: [^(]' >/dev/null && break
		done
		echo "$name"
	done
}

# install_inside FILTER OPTION...: those of the packages that match, each from the suite itself.
install_inside()
{
	local names from=/$suite
	inside_apt update &&
		mapfile -t names < <(names_there "${lab_root_packages[@]}" | grep -E "$1") &&
		inside_apt install -y --no-install-recommends "${@:2}" "${names[@]/%/$from}"
}

populate()
{
	install_inside . && inside_apt clean
}

populate_from_backports()
{
	local entry
	entry=$(awk -v suite="$suite" '$1 == "deb" { $3 = suite; print; exit }' "$scratch/etc/apt/sources.list") &&
		echo "$entry" >"$scratch/etc/apt/sources.list.d/negossp.list" &&
		install_inside 'freerdp|winpr' -o APT::Keep-Downloaded-Packages=true
}

# Desktops are not installed without their icons.
populate_more()
{
	local names
	sed -i '/icons/d' "$scratch/etc/dpkg/dpkg.cfg.d/negossp" && inside_apt update &&
		mapfile -t names < <(names_there "${more[@]}") &&
		inside_apt install -y --no-install-recommends "${names[@]}" && inside_apt clean
}

# A suite that is not to be had, or has no FreeRDP, is an error of debootstrap's or apt's.
fill()
{
	if [ "$release" = "$suite" ]; then
		bootstrap && save_time && mounted populate
	else
		cp -a --reflink=auto "$below/." "$scratch" && mounted "$above"
	fi
}

make_once()
{
	scratch=$(mktemp -d "$roots/.new-$suite.XXXXXX")
	chmod 755 "$scratch"
	fill && return 0
	remove "$scratch"
	return 1
}

# Never into what is still mounted below.
remove()
{
	rm -rf --one-file-system -- "$1"
}

make()
{
	local try below
	[ "$release" = "$suite" ] || below=$(env -u NEGOSSP_ROOT_LOCKED bash "$0" "$release") || exit 1
	for try in 1 2 3; do
		make_once && break
		[ "$try" -lt 3 ] || die "could not make the root folder of $suite"
		sleep $((try * 5))
	done
	rm -rf "$scratch"/var/lib/apt/lists/* "$scratch"/tmp/*
	echo "$key" >"$scratch/$key_name"
	if [ -e "$root" ]; then
		mv -T "$root" "$scratch.old"
	fi
	mv -T "$scratch" "$root"
	remove "$scratch.old"
}

# It may have been made while this waited for the lock.
if ! is_complete; then
	# What an earlier run that was killed has left.
	for scratch in "$roots/.new-$suite."*; do
		[ -e "$scratch" ] && remove "$scratch"
	done
	proxy_export
	log=$roots/$suite.log
	if ! (make) >"$log" 2>&1 || ! is_complete; then
		tail -n 25 "$log" >&2
		die "$suite was not made; the whole log is $log"
	fi
fi
echo "$root"
