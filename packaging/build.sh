#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# packaging/build.sh deb|rpm|source [FOLDER]: makes the package, or the source archive, in FOLDER (build/packages).
#
# As an ordinary user, without a network, and the same bytes each time: the source is what git holds (or, without git,
# what lies there but for build folders), and its time is SOURCE_DATE_EPOCH, or that of the last commit. A package of
# Debian's runs the hermetic tests while it is built; DEB_BUILD_OPTIONS=nocheck leaves them out.
set -euo pipefail

die()
{
	echo "build.sh: $*" >&2
	exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || die 'usage: packaging/build.sh deb|rpm|source [FOLDER]'
kind=$1
top=$(cd "$(dirname "$0")/.." && pwd)
folder=${2:-$top/build/packages}
version=$(sed -n 's/^project(negossp VERSION \([0-9.]*\).*/\1/p' "$top/CMakeLists.txt")
[ -n "$version" ] || die 'CMakeLists.txt names no version'
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022
export LC_ALL=C.UTF-8 TZ=UTC

is_git()
{
	git -C "$top" rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -e "$top/.git" ]
}

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(is_git && git -C "$top" log -1 --format=%ct || stat -c %Y "$top/CHANGELOG.md")
fi
export SOURCE_DATE_EPOCH

# The names of the files of the source, each with a NUL behind it.
source_names()
{
	if is_git; then
		git -C "$top" ls-files -z
	else
		(cd "$top" && find . -path './build*' -prune -o -name __pycache__ -prune -o -type f -printf '%P\0')
	fi
}

archive=$scratch/negossp-$version.tar.gz
make_archive()
{
	source_names | LC_ALL=C sort -z | tar -C "$top" --no-recursion --null \
		--transform "s,^,negossp-$version/," --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--mode=u=rwX,go=rX --format=gnu -T - -cf - | gzip -9n >"$archive"
}

make_deb()
{
	tar -C "$scratch" -xf "$archive"
	local source=$scratch/negossp-$version
	cp -a "$source/packaging/debian" "$source/debian"
	(cd "$source" && dpkg-buildpackage -b -us -uc >&2)
	mv "$scratch"/negossp*.deb "$scratch"/negossp*.buildinfo "$scratch"/negossp*.changes "$folder"
}

make_rpm()
{
	mkdir -p "$scratch/rpm/SOURCES"
	cp "$archive" "$scratch/rpm/SOURCES"
	rpmbuild -bb "$top/packaging/negossp.spec" --define "_topdir $scratch/rpm" --define "negossp_version $version" \
		--define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \
		--define 'clamp_mtime_to_source_date_epoch 1' --define 'build_mtime_policy clamp_to_source_date_epoch' "${rpm_options[@]}" >&2
	find "$scratch/rpm/RPMS" -name '*.rpm' -exec mv -t "$folder" {} +
}

# Where rpm's data base knows of no packages (on Debian) it cannot know of those that are needed to build.
rpm_options=()
[ -e /etc/debian_version ] && rpm_options=(--nodeps)

touch "$scratch/begun"
make_archive
case $kind in
	source) mv "$archive" "$folder" ;;
	deb) make_deb ;;
	rpm) make_rpm ;;
	*) die "$kind: deb, rpm or source" ;;
esac
find "$folder" -maxdepth 1 -newer "$scratch/begun" -name "negossp*$version*" ! -name '*.changes' ! -name '*.buildinfo'
