# SPDX-License-Identifier: Apache-2.0
"""FreeRDP's proxy, asserted: test_proxy.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import sys

import peers_lab  # first: it says where the others are
import proxy_tests

sys.exit(peers_lab.main(proxy_tests, ("freerdp-proxy3", "freerdp-shadow-cli3", "xfreerdp3", "fail2ban-regex")))
