#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing, builds, runs the tests. The last line printed is the sum of the results.
#
#   tests/run.sh                    everything this machine can do; what it cannot is listed
#   tests/run.sh --quick            the hermetic tests only (no network, root or display)
#   tests/run.sh --slow             everything, and what is slow (all pairs of releases and the like)
#   tests/run.sh --update-required  everything; when all of it passed, writes tests/required.txt anew
#   CI=true tests/run.sh            nothing is optional
#
# Logs are left in build/logs, those of real logons in build/e2e.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/support/say.sh
. tests/support/say.sh
# shellcheck source=tests/support/install.sh
. tests/support/install.sh

strict=$([ "${CI:-}" = true ] && echo yes)
quick='' slow='' update=''
for option in "$@"; do
	case $option in
		--quick) quick=yes ;;
		--slow) slow=yes ;;
		--update-required) update=yes ;;
		*)
			sed -n 's/^#   tests/tests/p' "$0" >&2
			exit 2
			;;
	esac
done

logs=build/logs
# What is wrong beside the tests themselves; any of it fails the run.
broken=()

install()
{
	local names=("${packages_build[@]}" "${packages_test[@]}") purpose
	if [ -z "$quick" ]; then
		for purpose in $(compgen -v packages_); do
			[ -n "$slow" ] || [ "${purpose#packages_slow}" = "$purpose" ] || continue
			local -n packages=$purpose
			names+=("${packages[@]}")
		done
	fi
	install_packages "$logs/install.log" "${names[@]}" && return 0
	[ -z "$strict" ] || return 1
	complain '    Going on without them.'
}

# build PRESET: sets build_folder.
build()
{
	local preset=$1 werror=OFF
	build_folder=$(sed -n 's/^release$/build/p; t; s/^/build-/p' <<<"$preset")
	[ -z "$strict" ] || werror=ON
	build_now()
	{
		cmake --preset "$preset" -DBUILD_TESTING=ON "-DNEGOSSP_WERROR=$werror" && cmake --build --preset "$preset"
	}
	say_step "$logs/build-$preset.log" "Building $build_folder (preset $preset)" build_now
}

# Another release of clang-format has other opinions: only the one that the style was made with counts.
check_format()
{
	local program
	program=$(command -v clang-format-14) || {
		say 'No clang-format-14 here: the format is not checked'
		return 0
	}
	format_now()
	{
		find module winpr-glue tests -name '*.[ch]' -print0 | xargs -0 -r "$program" --dry-run --Werror
	}
	say_step "$logs/format.log" 'Checking the format' format_now || broken+=('clang-format')
}

# run_tests NAME FOLDER TEXT CTEST-OPTION...: runs, and notes the log for the sum.
runs=()
run_tests()
{
	local name=$1 folder=$2 text=$3
	shift 3
	runs+=("$name=$logs/test-$name.log")
	say_timed "$logs/test-$name.log" "$text" \
		ctest --test-dir "$folder" -C full --verbose --timeout 300 --no-tests=error "$@" || true
}

# tests/freerdp once more, on the FreeRDP that patches/build.sh makes (and tests/patched made already).
test_on_patched_freerdp()
{
	local prefix
	build_on_patched()
	{
		PKG_CONFIG_PATH=$prefix/lib/pkgconfig cmake -S . -B build-patched -G Ninja -DCMAKE_BUILD_TYPE=Debug \
			-DNEGOSSP_SANITIZE=address,undefined -DNEGOSSP_FREERDP_PATCHED=ON &&
			cmake --build build-patched --target tests/freerdp/all
	}
	if ! prefix=$(bash patches/build.sh 2>"$logs/patched-freerdp.log"); then
		broken+=("the build of patched FreeRDP, see $logs/patched-freerdp.log")
	elif say_step "$logs/build-patched.log" 'Building build-patched (on patched FreeRDP 3.15.0)' build_on_patched; then
		run_tests patched build-patched 'Running the tests on patched FreeRDP under ASan and UBSan' -L '^freerdp$'
	else
		broken+=('the build on patched FreeRDP')
	fi
}

test_all()
{
	run_tests release build 'Running the hermetic tests' -L hermetic -j2
	if build asan-ubsan; then
		run_tests asan-ubsan build-asan-ubsan \
			'Running all in-process tests under ASan and UBSan' -L '^(hermetic|freerdp|faults)$' -j2
	else
		broken+=('the build with sanitizers')
	fi
	if build tsan; then
		run_tests tsan build-tsan 'Running the hermetic tests under ThreadSanitizer' -L '^hermetic$' -j2
	else
		broken+=('the build for ThreadSanitizer')
	fi
	# clang's UBSan also knows an offset to a null pointer, which gcc's does not.
	if build clang; then
		run_tests clang build-clang "Running the hermetic tests under clang's UBSan" -L '^hermetic$' -j2
	else
		broken+=('the build with clang')
	fi
	if build fuzz; then
		run_tests fuzz build-fuzz 'Fuzzing for a minute' -L '^fuzz$' -j2
	else
		broken+=('the build of the fuzz targets')
	fi
	check_format
	if [ -z "$quick" ]; then
		run_tests real build 'Running the tests with real FreeRDP, independent peers and a desktop' -LE 'hermetic|slow'
		test_on_patched_freerdp
	fi
	if [ -n "$slow" ]; then
		run_tests slow build 'Running the slow tests' -L '^slow$'
	fi
}

if ! install; then
	broken+=('the installation')
elif ! build release; then
	broken+=('the build')
else
	test_all
fi

# Only all of them together make the table, none left out.
if [ -n "$slow" ] && [ -n "$strict" ] && [ "${#runs[@]}" -gt 0 ]; then
	python3 tests/peers/table.py --hold "${runs[@]#*=}" >"$logs/peers.md" || broken+=("docs/peers.md, see $logs/peers.md")
fi

say 'Results'
options=(--required tests/required.txt)
[ -z "$strict" ] || options+=(--strict)
[ -z "$quick" ] || options+=(--partial)
[ -n "$slow" ] || options+=(--without-slow)
[ -z "$update" ] || options+=(--update)
for what in "${broken[@]}"; do
	options+=(--broken "$what")
done
exec python3 tests/support/results.py "${options[@]}" "${runs[@]}"
