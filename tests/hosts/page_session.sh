#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# page_session.sh LINES: the lines of a page, as an administrator would paste them, in a GNOME session without a screen.
# Runs inside of a root folder, as session.sh does. What the root folder has no room for is played: sudo, for all is done
# by root, and systemd's user services, of which there is one.
set -euo pipefail

export HOME=/root USER=root XDG_RUNTIME_DIR=/run/user/0 LIBGL_ALWAYS_SOFTWARE=1
journal=$HOME/journal service=

sudo()
{
	"$@"
}

systemctl()
{
	[ "$*" = '--user restart gnome-remote-desktop-headless' ] || { echo "systemctl $*: not played" >&2; return 1; }
	[ -z "$service" ] || kill "$service"
	stdbuf -oL /usr/libexec/gnome-remote-desktop-daemon --headless >>"$journal" 2>&1 &
	service=$!
	sleep 4
}

journalctl()
{
	[ "$*" = '--user -u gnome-remote-desktop-headless -g exchange=' ] || { echo "journalctl $*: not played" >&2; return 1; }
	grep exchange= "$journal"
}

rm -rf "$XDG_RUNTIME_DIR"
mkdir -p "$XDG_RUNTIME_DIR" /run/dbus
chmod 700 "$XDG_RUNTIME_DIR"
pipewire >"$HOME/pipewire.log" 2>&1 &
sleep 1
wireplumber >"$HOME/wireplumber.log" 2>&1 &
mutter --headless --no-x11 >"$HOME/mutter.log" 2>&1 &
sleep 2
while IFS= read -r line; do
	echo "\$ $line"
	code=0
	eval "$line" 2>&1 </dev/null || code=$?
	echo "exit code $code"
done <"$1"
[ -z "$service" ] || kill "$service"
