#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh MACHINE...: the hermetic tests, and those with real FreeRDP in one process, on other machines, or built as
# distributions build. MACHINE is
#
#   i386          32 bits, off_t and time_t too
#   i386-lfs      32 bits with _FILE_OFFSET_BITS=64
#   arm64         char is unsigned
#   s390x         big-endian
#   debian-flags  this machine, with dpkg-buildflags' hardening=+all (CC=clang for another compiler)
#   fedora-flags  this machine, with Fedora's flags, link time optimisation among them
#
# Other machines' are built by Debian's cross compilers over the machine's own packages, which lie where they would on
# a Debian with that machine as a second architecture: in a mount namespace, where the kernel hands what it cannot run
# to qemu-user (it runs i386 itself). So scripts run the machine's programs as well, and programs start themselves. left-out.txt names
# what is not run, with the reason; everything else has to pass, as many tests as tests/required.txt says.
#
# They come from the archive that the machine's own apt sources name (FreeRDP from its backports where the
# release has none) and stay in the user's cache folder, as do the builds. Needs root, Linux 6.7 (binfmt_misc in a
# user namespace; i386 does not) and the packages that it names when they are missing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
# shellcheck source=tests/support/say.sh
. "$here/../support/say.sh"
# shellcheck source=tests/support/apt-source.sh
. "$here/../support/apt-source.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/negossp/machines
labels='^(hermetic|freerdp)$'
usage='usage: run.sh i386|i386-lfs|arm64|s390x|debian-flags|fedora-flags ...'

die()
{
	complain "run.sh: $*"
	exit 1
}

# of MACHINE: sets what the rest needs.
of()
{
	local linking
	unset "${!PKG_CONFIG_@}"
	arch=${1%-lfs} triplet='' flags='' emulator='' elf='' options=(-DCMAKE_BUILD_TYPE=Debug)
	case $1 in
		debian-flags | fedora-flags)
			"${1%-*}_flags"
			compiler=${CC:-cc}
			options=(-DCMAKE_BUILD_TYPE=None "-DCMAKE_C_COMPILER=$compiler" -DCMAKE_{EXE,SHARED,MODULE}_LINKER_FLAGS="$linking")
			return
			;;
		i386) triplet=i386-linux-gnu ;;
		i386-lfs) triplet=i386-linux-gnu flags=-D_FILE_OFFSET_BITS=64 ;;
		# What such a program begins with, and its number in ELF.
		arm64) triplet=aarch64-linux-gnu emulator=qemu-aarch64 elf='\x02\x01 \xb7\x00' ;;
		s390x) triplet=s390x-linux-gnu emulator=qemu-s390x elf='\x02\x02 \x00\x16' ;;
		*) die "no machine $1; $usage" ;;
	esac
	compiler=${triplet/i386/i686}-gcc
	[ "$(id -u)" -eq 0 ] || die "only root can put a machine's packages into place"
	command -v "$compiler" >/dev/null || die "$compiler is not installed (package gcc-${compiler%-gcc})"
	[ -z "$emulator" ] || command -v "$emulator" >/dev/null ||
		die "$emulator is not installed (package qemu-user, on Debian 12 that of its backports)"
	root=$cache/$arch/root
	options+=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" -DCMAKE_C_COMPILER="$compiler"
		-DCMAKE_SYSROOT="$root" -DCMAKE_LIBRARY_ARCHITECTURE="$triplet" -DCMAKE_FIND_ROOT_PATH="$root"
		-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DCMAKE_FIND_ROOT_PATH_MODE_{LIBRARY,INCLUDE,PACKAGE}=ONLY
		"-DCMAKE_EXE_LINKER_FLAGS=-Wl,-rpath-link,$root/usr/lib/$triplet")
	export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig
}

# of()'s flags and linking.
debian_flags()
{
	local -x DEB_BUILD_MAINT_OPTIONS=hardening=+all
	flags="$(dpkg-buildflags --get CPPFLAGS) $(dpkg-buildflags --get CFLAGS)"
	linking=$(dpkg-buildflags --get LDFLAGS)
}

# redhat-rpm-config's of Fedora 42 on x86-64, but for the specs files, which are gcc's of that system.
fedora_flags()
{
	flags='-O2 -flto=auto -ffat-lto-objects -fexceptions -g -grecord-gcc-switches -pipe -Wall -Werror=format-security'
	flags+=' -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS -fstack-protector-strong -m64'
	flags+=' -march=x86-64 -mtune=generic -fasynchronous-unwind-tables -fstack-clash-protection -fcf-protection'
	flags+=' -mtls-dialect=gnu2 -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer'
	linking='-Wl,-z,relro -Wl,--as-needed -Wl,-z,pack-relative-relocs -Wl,-z,now'
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
	local uri entry codename package from key
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
	apt -y --no-install-recommends --download-only install libc6-dev libc-bin libssl-dev libcmocka-dev zlib1g-dev libkrb5-dev \
		{freerdp3-dev,libfreerdp3-3,libwinpr3-dev,libwinpr3-3,libwinpr-tools3-3}"$from" || return 1
	key=$(ls "$cache/$arch/cache/archives" | cat - <(declare -f populate) | sha256sum)
	[ "$(cat "$root/.made-from" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$root.new"
	mkdir -p "$root.new/usr/lib"
	ln -s usr/lib "$root.new/lib"
	for package in "$cache/$arch/cache/archives/"*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root.new" || return 1
	done
	echo "$key" >"$root.new/.made-from"
	rm -rf "$root"
	mv "$root.new" "$root"
}

build()
{
	# What is tested on this machine, and so on that one.
	(unset "${!PKG_CONFIG_@}" && cmake --fresh -S "$source" -B "$cache/build-here" -G Ninja -DBUILD_TESTING=ON) &&
		cmake --fresh -S "$source" -B "$folder" -G Ninja -DNEGOSSP_WERROR=ON "-DCMAKE_C_FLAGS=$flags" "${options[@]}" &&
		cmake --build "$folder" || return 1
	[ -z "$emulator" ] || slow_down
}

# Under qemu everything takes ten times as long, and what measures its own time needs the machine for itself.
slow_down()
{
	local program
	find "$folder" -name CTestTestfile.cmake -exec sed -i 's/TIMEOUT "\([0-9]*\)"/TIMEOUT "\10"/' {} + || return 1
	for program in $(awk '$1 == "qemu-alone" { print $2 }' "$here/left-out.txt"); do
		echo "set_tests_properties($program PROPERTIES RUN_SERIAL TRUE)" \
			>>"$(grep -rl --include=CTestTestfile.cmake "add_test(.*$program" "$folder")" || return 1
	done
}

# tested FOLDER: the programs that are.
tested() { ctest --test-dir "$1" -N -C full -L "$labels" | sed -n 's/^ *Test *#[0-9]*: //p'; }

# Those of left-out.txt for this machine.
left_out()
{
	awk -v machine="$machine" -v emulator="$emulator" -v triplet="$triplet" \
		'!/^#/ && (($1 == "others" && triplet) || $1 == machine || ($1 == "qemu" && emulator)) { print $2 }' "$here/left-out.txt"
}

# The machine's libraries beside our own (its locales in place of ours: they have a byte order), and who runs its
# programs.
run_inside()
{
	[ -z "$triplet" ] || mount -t overlay -o "lowerdir=$root/usr/lib:/usr/lib" overlay /usr/lib || return 1
	if [ -n "$emulator" ]; then
		mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || return 1
		# An ELF file's first seven bytes and, behind eleven of any value, the machine's number.
		printf ':%s:M::%s:%s:%s:P' "$arch" "\\x7fELF${elf% *}\\x01$(repeated 11 '\x00')${elf#* }" \
			"$(repeated 7 '\xff')$(repeated 11 '\x00')\\xff\\xff" "$(command -v "$emulator")" \
			>/proc/sys/fs/binfmt_misc/register || return 1
	fi
	ctest --test-dir "$folder" -C full --verbose --no-tests=error --timeout 3000 -j2 -L "$labels" \
		-E "^($(left_out | paste -sd '|'))\$"
}

repeated() { printf "%$1s" '' | sed "s/ /\\$2/g"; }

# With every user that there is: only the outer namespace's root can say so, and not before the inner one is there.
run_tests()
{
	local holder tries=100 code=0
	[ -n "$triplet" ] || {
		run_inside
		return
	}
	unshare --user --mount sleep 3600 &
	holder=$!
	while [ "$(readlink "/proc/$holder/ns/user")" = "$(readlink /proc/self/ns/user)" ] && [ $((tries--)) -gt 0 ]; do
		sleep 0.1
	done
	echo 0 0 4294967295 >"/proc/$holder/uid_map" && echo 0 0 4294967295 >"/proc/$holder/gid_map" &&
		nsenter --target "$holder" --user --mount bash "$here/run.sh" --inside "$machine" || code=$?
	kill "$holder"
	return "$code"
}

# Fails unless each program that is not left out ran and passed, with as many tests as it has.
judge()
{
	tested "$cache/build-here" | grep -vxF "$(left_out)" | sort >"$logs/programs"
	awk 'NR == FNR { wanted[$1]; next } $1 in wanted' "$logs/programs" "$source/tests/required.txt" >"$logs/required.txt"
	python3 -B "$source/tests/support/results.py" --strict --partial --required "$logs/required.txt" \
		"$machine=$logs/tests.log" >"$logs/results" || verdict=FAILED
	grep -v ' passed, ' "$logs/results" || true
}

# Everything of one machine; sets `verdict`.
check()
{
	verdict=OK
	rm -f "$logs/tests.log" "$logs/results" "$logs/programs"
	{ [ -z "$triplet" ] || say_step "$logs/packages.log" "Getting packages for $arch" populate; } &&
		say_step "$logs/build.log" "Building for $machine" build || {
		verdict=FAILED
		return
	}
	say_timed "$logs/tests.log" "Running the tests on $machine" run_tests || true
	judge
	say "$machine: $(wc -l <"$logs/programs") programs, $(tail -n 1 "$logs/results"); left out:" "$(left_out | paste -sd ' ')"
}

inside=
if [ "${1:-}" = --inside ]; then
	inside=yes
	shift
fi
[ $# -gt 0 ] || die "$usage"
failed=()
for machine in "$@"; do
	of "$machine"
	folder=$cache/build-$machine${CC:+-${CC##*/}}
	logs=$cache/logs/$machine
	if [ -n "$inside" ]; then
		run_inside
		exit
	fi
	check
	# As CMocka says it, for tests/support/results.py.
	printf '[%9s ] test_%s\n' "$verdict" "${machine//-/_}"
	[ "$verdict" = OK ] || failed+=("$machine")
done
[ ${#failed[@]} -eq 0 ] || die "failed on ${failed[*]}"
