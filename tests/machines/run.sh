#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh MACHINE...: the hermetic tests on other machines, by Debian's cross compilers and packages of that
# architecture, under qemu-user. MACHINE is
#
#   s390x         big-endian
#   arm64         little-endian, char is unsigned
#   i386          32 bits, off_t too
#   i386-lfs      32 bits with _FILE_OFFSET_BITS=64
#
# Packages come from the archive that the machine's own apt sources name (FreeRDP from its backports where the
# release has none) and stay in the user's cache folder, as do the builds. Needs the packages that are missing
# when it says so. Not run: scripts, and programs that start others or themselves, which the kernel would have to
# hand to qemu.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=$here/../..
# shellcheck source=tests/support/say.sh
. "$here/../support/say.sh"
# shellcheck source=tests/support/apt-source.sh
. "$here/../support/apt-source.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/negossp/machines

# Scripts of any kind, and who executes a program of the build.
left_out='^(layout_.*|diagram.*|mutation_.*|register_.*|probe_.*|support_.*|unit_crypto|.*_process)$'

die()
{
	complain "run.sh: $*"
	exit 1
}

# of MACHINE: sets what the rest needs.
of()
{
	arch=${1%-lfs} flags=''
	case $1 in
		s390x) triplet=s390x-linux-gnu emulator=qemu-s390x ;;
		arm64) triplet=aarch64-linux-gnu emulator=qemu-aarch64 ;;
		i386) triplet=i386-linux-gnu emulator=qemu-i386 ;;
		i386-lfs) triplet=i386-linux-gnu emulator=qemu-i386 flags=-D_FILE_OFFSET_BITS=64 ;;
		*) die "no machine $1; usage: run.sh s390x|arm64|i386|i386-lfs ..." ;;
	esac
	compiler=${triplet/i386/i686}-gcc
	command -v "$compiler" >/dev/null || die "$compiler is not installed (package gcc-${compiler%-gcc})"
	command -v "$emulator" >/dev/null || die "$emulator is not installed (package qemu-user)"
	root=$cache/$arch/root
}

# An apt of this architecture that knows of nothing installed.
apt()
{
	apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Dir::Etc::sourcelist="$cache/$arch/archive.sources" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$cache/$arch/lists" -o Dir::State::status="$cache/$arch/status" \
		-o Dir::Cache="$cache/$arch/cache" -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none \
		-o Acquire::Retries=3 -o APT::Sandbox::User="$(id -un)" "$@"
}

# The packages and what they depend on, unpacked side by side; no script of theirs runs.
populate()
{
	local uri entry codename package from
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	read -r uri entry < <(apt_own_entry) || return 1
	mkdir -p "$cache/$arch/lists/partial" "$cache/$arch/cache/archives/partial"
	: >"$cache/$arch/status"
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s %s-backports\nComponents: main\n' "$uri" "$codename" "$codename"
		apt_entry_signed_by "$entry"
	} >"$cache/$arch/archive.sources"
	apt update || return 1
	from=
	if apt-cache policy libwinpr3-dev | grep "$codename-backports" >/dev/null; then from=/$codename-backports; fi
	apt -y --no-install-recommends --download-only install libc6-dev libc-bin libssl-dev libcmocka-dev zlib1g-dev \
		libkrb5-3 {libwinpr3-dev,libwinpr3-3,libwinpr-tools3-3}"$from" || return 1
	rm -rf "$root.new"
	mkdir -p "$root.new/usr/lib"
	for package in "$cache/$arch/cache/archives/"*.deb; do
		dpkg-deb -x "$package" "$root.new" || return 1
	done
	rm -rf "$root"
	mv "$root.new" "$root"
}

build()
{
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig \
		cmake -S "$source" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS=$flags" \
		-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" -DCMAKE_C_COMPILER="$compiler" \
		-DCMAKE_SYSROOT="$root" -DCMAKE_LIBRARY_ARCHITECTURE="$triplet" -DCMAKE_FIND_ROOT_PATH="$root" \
		-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
		-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY \
		"-DCMAKE_CROSSCOMPILING_EMULATOR=$emulator;-L;$root" &&
		# Programs that need FreeRDP's other libraries cannot be linked here and are no hermetic ones.
		{ cmake --build "$folder" -- -k 0 || [ -e "$folder/negossp.so" ]; }
}

run_tests() { ctest --test-dir "$folder" --output-on-failure --no-tests=error --timeout 300 -j "$(nproc)" -L hermetic -E "$left_out"; }

[ $# -gt 0 ] || die 'usage: run.sh s390x|arm64|i386|i386-lfs ...'
failed=()
for machine in "$@"; do
	of "$machine"
	folder=$cache/build-$machine
	logs=$cache/logs/$machine
	say_step "$logs/packages.log" "Getting packages for $arch" populate &&
		say_step "$logs/build.log" "Building for $machine" build &&
		say_step "$logs/tests.log" "Running the hermetic tests on $machine" run_tests || failed+=("$machine")
	[ ! -e "$logs/tests.log" ] || grep -E 'tests passed|\(Failed\)|\(Timeout\)|\(SEGFAULT\)' "$logs/tests.log" || true
done
[ ${#failed[@]} -eq 0 ] || die "failed on ${failed[*]}"
