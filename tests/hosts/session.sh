#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# session.sh HOST PORT USER PASSWORD COLOUR: a desktop without a monitor and its RDP server, until the process is ended.
# Runs inside of a root folder, as the first process of a PID namespace, with a session bus (dbus-run-session).
set -euo pipefail

host=$1 port=$2 user=$3 password=$4 colour=$5
export HOME=/root XDG_RUNTIME_DIR=/run/user/0 LIBGL_ALWAYS_SOFTWARE=1
# For the server alone.
debug=${G_MESSAGES_DEBUG:-}
unset G_MESSAGES_DEBUG
# Every line at once, for the process is ended by a signal.
by_line=(stdbuf -oL)

certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$HOME"/key.pem -out "$HOME"/certificate.pem -days 3 \
		-subj /CN=localhost
}

# await FILE: made by a program that was started.
await()
{
	local try
	for try in $(seq 100); do
		[ -e "$1" ] && return 0
		sleep 0.1
	done
	echo "session.sh: no $1" >&2
	return 1
}

gnome()
{
	# Its monitor is the one that the client gets; on it a clock whose hands nobody sees. It is opened anew now and
	# then: one that is mapped just when the monitor comes may stay without it for good.
	mutter --headless --wayland-display screen -- bash -c 'for try in {1..100}; do timeout 5 "$@" || true; done' clock \
		xclock -geometry 1024x768+0+0 -bg "$colour" -fg "$colour" -hd "$colour" -hl "$colour" &
	await "$XDG_RUNTIME_DIR/screen"
	grdctl --headless rdp set-tls-key "$HOME"/key.pem
	grdctl --headless rdp set-tls-cert "$HOME"/certificate.pem
	grdctl --headless rdp set-credentials "$user" "$password"
	grdctl --headless rdp set-port "$port"
	grdctl --headless rdp disable-port-negotiation
	# From 50 on it does nothing where there is no systemd to enable a service.
	grdctl --headless rdp enable || gsettings set org.gnome.desktop.remote-desktop.rdp.headless enable true
	exec "${by_line[@]}" env ${debug:+G_MESSAGES_DEBUG="$debug"} /usr/libexec/gnome-remote-desktop-daemon --headless
}

krdp()
{
	# Otherwise the desktop asks its user, who is not there.
	export KWIN_WAYLAND_NO_PERMISSION_CHECKS=1
	# Without a GPU it has no pictures to send.
	kwin_wayland --virtual --no-lockscreen --width 1024 --height 768 --socket screen &
	await "$XDG_RUNTIME_DIR/screen"
	export WAYLAND_DISPLAY=screen QT_QPA_PLATFORM=wayland
	exec "${by_line[@]}" krdpserver --username "$user" --password "$password" --port "$port" --plasma \
		--certificate "$HOME"/certificate.pem --certificate-key "$HOME"/key.pem
}

# Another session's socket would be taken for this one's.
rm -rf "$XDG_RUNTIME_DIR"
mkdir -p "$XDG_RUNTIME_DIR" /run/dbus
chmod 700 "$XDG_RUNTIME_DIR"
[ -e "$HOME"/key.pem ] || certificate
pipewire &
await "$XDG_RUNTIME_DIR/pipewire-0"
wireplumber &
"$host"
