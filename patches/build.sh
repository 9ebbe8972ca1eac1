#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [--stock] [--each]: FreeRDP 3.15.0 as Debian ships its source, with the patches of 3.15.0/, or
# without them (--stock). Prints the prefix it is installed in, and nothing else, on
# standard output; PKG_CONFIG_PATH=<prefix>/lib/pkgconfig builds against it.
#
# Built are WinPR, libfreerdp, the X11 client, the shadow server and FreeRDP's own tests, those of them
# that concern SSPI, the registry and NLA are run. The result stays in the user's cache folder under a
# key made from the source's checksums, the patches and this script: a clean checkout finds it again.
# --each builds after every patch and keeps nothing: it is how one knows that each builds by itself.
# Packages needed: packages_patched_build in tests/support/install.sh.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/say.sh
. "$here/../tests/support/say.sh"
# shellcheck source=tests/support/suite-apt.sh
. "$here/../tests/support/suite-apt.sh"

suite=trixie
version=3.15.0+dfsg-2.1+deb13u3
upstream=freerdp3_${version%-*}.orig.tar.xz
debian=freerdp3_$version.debian.tar.xz
checksums="221f093417b78e62f565a30dec4001a07645e1e193721a8ed177b69329df6d62  $upstream
3fff1c95c64c015989283353e676cc30110ef1ef903fc2d740a4c713ad51bc68  $debian"

# No codec, sound or device support: none of it takes part in a logon.
options=(-G Ninja -DCMAKE_BUILD_TYPE=Debug '-DCMAKE_C_FLAGS_DEBUG=-O1 -g1' '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1'
	-DBUILD_TESTING_INTERNAL=ON -DBUILD_TESTING_NO_H264=ON
	-DWITH_SERVER=ON -DWITH_SHADOW=ON -DWITH_PROXY=OFF -DWITH_PLATFORM_SERVER=OFF
	-DWITH_X11=ON -DWITH_WAYLAND=OFF -DWITH_CLIENT_SDL=OFF -DWITH_SAMPLE=OFF -DWITH_KRB5=ON
	-DWITH_FFMPEG=OFF -DWITH_DSP_FFMPEG=OFF -DWITH_VIDEO_FFMPEG=OFF -DWITH_SWSCALE=OFF -DWITH_CAIRO=OFF
	-DWITH_OPUS=OFF -DWITH_ALSA=OFF -DWITH_PULSE=OFF -DWITH_OSS=OFF -DWITH_JPEG=OFF
	-DWITH_CUPS=OFF -DWITH_PCSC=OFF -DWITH_PKCS11=OFF -DWITH_FUSE=OFF -DCHANNEL_URBDRC=OFF
	-DWITH_AAD=OFF -DWITH_JSON_DISABLED=ON -DWITH_LIBSYSTEMD=OFF -DUSE_UNWIND=OFF -DWITH_MANPAGES=OFF
	-DWITH_CCACHE=OFF -DWITH_CLANG_FORMAT=OFF -DUSE_VERSION_FROM_GIT_TAG=OFF
	-DWITH_BINARY_VERSIONING=OFF -DCMAKE_INSTALL_LIBDIR=lib)
own_tests='^Test(Nla|LogonTimeout|Settings|ClientCmdLine|SynchWaitableTimer|RegistryFile|Crypto.*|NTLM|CredSSP|QuerySecurityPackageInfo|EnumerateSecurityPackages)$|^Test(InitializeSecurityContext|AcquireCredentialsHandle)$'

die()
{
	complain "build.sh: $*"
	exit 1
}

stock='' each=''
for option in "$@"; do
	case $option in
		--stock) stock=yes ;;
		--each) each=yes ;;
		*) die 'usage: build.sh [--stock] [--each]' ;;
	esac
done
[ -z "$stock" ] || [ -z "$each" ] || die '--stock and --each exclude one another'

patches=()
[ -n "$stock" ] || patches=("$here"/3.15.0/[0-9]*.patch)

key=$({
	echo "$checksums"
	sha256sum <"$here/build.sh"
	for patch in "${patches[@]}"; do sha256sum <"$patch"; done
} | sha256sum | cut -c 1-16)
kept=$suite_apt_cache/freerdp-$key
sources=$suite_apt_cache/sources
logs=$suite_apt_cache/logs/freerdp-$key

sources_are_right()
{
	(cd "$sources" && sha256sum --check --quiet --strict <<<"$checksums") 2>/dev/null
}

# The archive may have the two tarballs without the .dsc that belongs to them: apt-get then fails after
# it has downloaded what is needed, so the checksums decide.
download()
{
	local try
	mkdir -p "$sources"
	for try in 1 2 3; do
		sources_are_right && return 0
		suite_apt_update deb-src "$suite" || true
		(cd "$sources" && suite_apt deb-src "$suite" source --download-only "freerdp3=$version") || true
		sources_are_right && return 0
		sleep $((try * 5))
	done
	echo "Suite $suite does not have freerdp3 $version with the checksums recorded in build.sh."
	return 1
}

# unpack FOLDER: the source with Debian's own patches, as a git repository of one commit.
unpack()
{
	local name
	mkdir -p "$1"
	tar -C "$1" --strip-components=1 -xf "$sources/$upstream" || return 1
	tar -C "$1" -xf "$sources/$debian" || return 1
	(
		cd "$1" || exit 1
		while read -r name _; do
			case $name in '' | '#'*) continue ;; esac
			patch -p1 -s --fuzz=0 --no-backup-if-mismatch <"debian/patches/$name" || exit 1
		done <debian/patches/series
		git init -q && git config user.name build.sh && git config user.email build.sh@localhost &&
			git config commit.gpgsign false && git add -A -f && git commit -q -m "freerdp3 $version"
	)
}

configure() { cmake -S "$work/source" -B "$work/build" "${options[@]}" "-DCMAKE_INSTALL_PREFIX=$kept/prefix"; }
compile() { cmake --build "$work/build"; }
apply() { git -C "$work/source" am -q "$@"; }
# FreeRDP makes settings_keys.h when it is configured, and not again when the settings change.
apply_and_compile() { apply "$1" && configure && compile; }
run_tests() { (cd "$work/build" && ctest --output-on-failure --timeout 120 --no-tests=error -R "$own_tests"); }

step()
{
	local log=$1
	shift
	say_step "$logs/$log.log" "$@" || exit 1
}

build_each()
{
	local patch name
	step configure 'Configuring FreeRDP' configure
	for patch in "${patches[@]}"; do
		name=$(basename "$patch" .patch)
		step "$name" "Building with $name" apply_and_compile "$patch"
	done
}

build_all()
{
	[ ${#patches[@]} -eq 0 ] || step patch "Applying ${#patches[@]} patches" apply "${patches[@]}"
	step configure 'Configuring FreeRDP' configure
	step compile 'Building FreeRDP (some minutes)' compile
	step tests "Running FreeRDP's own tests" run_tests
	step install "Installing below $kept" cmake --install "$work/build"
	touch "$kept/complete"
}

main()
{
	if [ -z "$each" ]; then
		[ ! -e "$kept/complete" ] || return 0
		rm -rf "$kept"
	fi
	work=$(mktemp -d "$suite_apt_cache/.freerdp.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	step download "Getting FreeRDP's source $version from Debian's archive" download
	step unpack 'Unpacking it' unpack "$work/source"
	if [ -n "$each" ]; then
		build_each
	else
		build_all
	fi
}

mkdir -p "$suite_apt_cache"
exec 9>"$suite_apt_cache/.freerdp-$key.lock"
flock 9
main >&2
[ -n "$each" ] || echo "$kept/prefix"
