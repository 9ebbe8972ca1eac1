# SPDX-License-Identifier: Apache-2.0
"""IronRDP's web client, asserted: test_browser.py MODULE FOLDER. Logs, captures and pictures are left in FOLDER, and the
npm packages below it."""

import sys

import browser_lab  # first: it says where the others are
import browser_tests

sys.exit(browser_lab.main(browser_tests))
