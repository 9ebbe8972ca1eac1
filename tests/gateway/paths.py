# SPDX-License-Identifier: Apache-2.0
"""Where the modules of the other test folders are; imported first."""

import pathlib
import sys

sys.dont_write_bytecode = True
for part in ("e2e", "interop", "support"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / part))
