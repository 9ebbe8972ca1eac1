# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing on Debian 12, 13 and testing, as root or with sudo. Sourced, after say.sh.
#
# Every package that any part of the project needs is named here and nowhere else. The only file that
# is written outside of what the packages bring is negossp-backports.sources below /etc/apt, and only
# on Debian 12 where FreeRDP 3 is in no suite that apt knows.

# Used by the scripts that source this one.
# shellcheck disable=SC2034
{
	# freerdp3-dev forgets zlib1g-dev, without which pkg-config does not find it.
	packages_build=(build-essential cmake ninja-build pkg-config libssl-dev libwinpr3-dev freerdp3-dev
		zlib1g-dev)
	packages_test=(libcmocka-dev clang clang-format openssl python3)
	packages_interop=(python3 python3-cryptography gss-ntlmssp libkrb5-dev winbind)
	packages_kerberos=(krb5-kdc krb5-admin-server krb5-user)
	packages_desktop=(freerdp3-x11 freerdp3-shadow-x11 winpr3-utils xvfb x11-apps x11-xserver-utils desktop-file-utils
		tshark imagemagick python3)
	packages_patched_build=(git patch xz-utils libx11-dev libxext-dev libxi-dev libxkbfile-dev
		libxrandr-dev libxrender-dev libxdamage-dev libxtst-dev libxinerama-dev libxcursor-dev
		libxv-dev libxfixes-dev libicu-dev libkrb5-dev python3-impacket)
	packages_bench=(valgrind gdb)
	packages_peers=(fail2ban freerdp3-proxy hydra nmap)
	# FreeRDP 2 is in no later release. It goes beside FreeRDP 3.
	grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && packages_peers+=(freerdp2-x11 freerdp2-shadow-x11)
	# Only run on 127.0.0.1 here; Debian starts a service of its own on port 3389, wherever there is systemd.
	packages_probe=(xrdp)
	packages_slow_machines=(gcc-i686-linux-gnu)
	packages_slow_packages=(debhelper fakeroot lintian rpm rpmlint)
	# Samba's controller, whose parts Debian 12 has no package around, and a member.
	packages_slow_domain=(samba winbind samba-dsdb-modules samba-ad-provision)
	if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
		packages_slow_domain+=(samba-vfs-modules)
	else
		packages_slow_domain+=(samba-ad-dc)
	fi
	packages_lab=(debootstrap debian-archive-keyring)
	# npm may be there without Debian's package of that name, which many others come with.
	packages_slow_browser=(chromium-headless-shell python3-aiohttp)
	command -v npm >/dev/null || packages_slow_browser+=(npm)
	# Inside of the lab's root folders, which are of other releases; of two names the first that is there.
	lab_root_packages=('freerdp-x11|freerdp3-x11' 'freerdp-shadow-x11|freerdp3-shadow-x11' 'winpr-utils|winpr3-utils'
		freerdp3-dev libwinpr3-dev gcc libc6-dev cmake ninja-build pkg-config libssl-dev zlib1g-dev
		libcmocka-dev python3 libkrb5-dev krb5-kdc krb5-admin-server krb5-user 'cbmc|gcc')
	# On top of a release's root, in one of its own (root.sh RELEASE-KIND).
	lab_root_packages_clients=(remmina remmina-plugin-rdp dbus-daemon)
	# The desktops' own servers: those of Debian 13, and testing's gnome-remote-desktop, which can say who calls.
	lab_root_packages_gnome=(gnome-remote-desktop mutter xwayland x11-apps pipewire wireplumber dbus-daemon dbus-x11
		openssl libglib2.0-bin gsettings-desktop-schemas)
	lab_root_packages_hosts=("${lab_root_packages_gnome[@]}" krdp kwin-wayland qt6-wayland)
}

install_tries=3
# shellcheck source=tests/support/apt-source.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt-source.sh"

# Prints those of the given packages that are not installed.
install_missing()
{
	local name status
	for name in "$@"; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[ "$status" = installed ] || printf '%s\n' "$name"
	done
}

install_as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# A download may fail for a moment; another try costs little.
install_apt()
{
	local try
	for try in $(seq "$install_tries"); do
		install_as_root apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" && return 0
		echo "try $try of $install_tries failed: apt-get $*"
		sleep "$((try * 5))"
	done
	return 1
}

install_has_candidate()
{
	apt-cache policy "$1" 2>/dev/null | grep 'Candidate: [^(]' >/dev/null
}

# Debian 12 has FreeRDP 3 in its backports suite only.
install_add_backports()
{
	local target=/etc/apt/sources.list.d/negossp-backports.sources codename uri entry
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	if [ "$codename" != bookworm ]; then
		echo "no FreeRDP 3 in the suites that apt knows on this release ($codename)"
		return 1
	fi
	read -r uri entry < <(apt_own_entry) || return 1
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n' "$uri" "$codename"
		apt_entry_signed_by "$entry"
	} | install_as_root tee "$target"
	install_apt update
}

install_now()
{
	local name
	install_apt update || return 1
	for name in "$@"; do
		case $name in
			*freerdp3* | *winpr3*)
				install_has_candidate "$name" && continue
				install_add_backports || return 1
				break
				;;
		esac
	done
	# FreeRDP is in no other suite there, so apt takes it from backports, and only it.
	install_apt install -y --no-install-recommends "$@"
}

# install_packages LOG NAME...: 0 when all are there in the end.
install_packages()
{
	local log=$1 missing text
	shift
	mapfile -t missing < <(install_missing "$@" | sort -u)
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ ! -r /etc/debian_version ]; then
		complain "This is no Debian: please install what corresponds to: ${missing[*]}"
		return 1
	fi
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		complain "Neither root nor sudo: cannot install ${missing[*]}"
		return 1
	fi
	[ "$(id -u)" -eq 0 ] || sudo -v || return 1
	text="Installing ${#missing[@]} packages (this can take some minutes): ${missing[*]}"
	if ! install_has_candidate freerdp3-dev; then
		text+=$'\n    (on Debian 12, /etc/apt/sources.list.d/negossp-backports.sources is added for FreeRDP 3)'
	fi
	say_step "$log" "$text" install_now "${missing[@]}"
}
