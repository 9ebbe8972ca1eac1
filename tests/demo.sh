#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Shows negossp at work: builds it, lets real FreeRDP programs log on through it, and draws what tshark saw.
# Leaves README's pictures in build/demo too: four-legs.svg, and the client's screen, module-module/desktop.png.
# Installs what is missing. Exit code 0 when every logon went as it should.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/support/say.sh
. tests/support/install.sh

install_packages build/logs/install.log "${packages_build[@]}" "${packages_desktop[@]}" || exit 1

build()
{
	cmake --preset release -DBUILD_TESTING=OFF -DNEGOSSP_WERROR=OFF && cmake --build build
}
say_step build/logs/build.log 'Building build/negossp.so' build || exit 1

say 'Logging on (each takes a few seconds; logs, captures and pictures are left in build/demo)'
exec python3 tests/e2e/show.py build/negossp.so build/demo
