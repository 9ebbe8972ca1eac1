# SPDX-License-Identifier: Apache-2.0
"""negossp-run with its library and the module, laid out as they are installed."""

import pathlib
import shutil


class Stage:
    def __init__(self, top, built, folder):
        """`folder`: where modules are as seen from the folder of programs."""
        built, programs = pathlib.Path(built), pathlib.Path(top, "bin")
        programs.mkdir(parents=True)
        modules = pathlib.Path(programs, folder).resolve()
        modules.mkdir(parents=True)
        self.program = programs / "negossp-run"
        self.module, self.library = modules / "negossp.so", modules / "negossp-run.so"
        for path in (self.program, self.module, self.library):
            shutil.copy(built / path.name, path)
