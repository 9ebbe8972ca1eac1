# SPDX-License-Identifier: Apache-2.0
"""hydra and nmap, asserted: test_scanners.py MODULE FOLDER. Logs and captures are left in FOLDER."""

import sys

import peers_lab  # first: it says where the others are
import scanner_tests

sys.exit(peers_lab.main(scanner_tests, ("freerdp-shadow-cli3", "hydra", "nmap")))
