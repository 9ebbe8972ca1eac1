# SPDX-License-Identifier: Apache-2.0
"""Breaks the decisions of SPNEGO and CredSSP and requires a unit test to notice: test_decisions.py PLAN"""

import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import mutations
import named

sys.exit(named.main(mutations.MUTATIONS, sys.argv[1]))
