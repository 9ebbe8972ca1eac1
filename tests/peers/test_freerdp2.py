# SPDX-License-Identifier: Apache-2.0
"""FreeRDP 2.11, asserted: test_freerdp2.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import sys

import peers_lab  # first: it says where the others are
import freerdp2_tests

sys.exit(peers_lab.main(freerdp2_tests, ("freerdp-shadow-cli", "freerdp-shadow-cli3", "xfreerdp", "xfreerdp3")))
