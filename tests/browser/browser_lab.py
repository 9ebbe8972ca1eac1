# SPDX-License-Identifier: Apache-2.0
"""tests/peers' lab with web clients in it."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / part) for part in ("support", "peers", "kerberos", "lab")]

# pylint: disable=wrong-import-position
import peers_lab  # first: it says where the others are
import check
import desktop
import sandbox

# Not the script of that name in the PATH, which would be ended in its place.
BROWSER = "/usr/lib/chromium/chromium-headless-shell"
PROGRAMS = (BROWSER, "freerdp-shadow-cli3", "npm")
# Where each package has the module that a page loads.
IRONRDP = "@devolutions/iron-remote-desktop-rdp"
MODULES = {IRONRDP: "iron-remote-desktop-rdp.js", "ironrdp-wasm": "pkg/rdp_client.js"}


class Canvas:
    """What the page shows, in the place of a screen."""

    def __init__(self, folder, _name, _env):
        self._picture, self.display = folder / "canvas.png", ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def screenshot(self, path):
        if self._picture.exists():
            shutil.copyfile(self._picture, path)


def packages():
    """The folder of the npm packages, beside the logs."""
    return pathlib.Path(sys.argv[2]).resolve() / "npm"


def _install():
    folder = packages()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=120,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def version(package):
    described = packages() / "node_modules" / package / "package.json"
    return json.loads(described.read_text(encoding="utf-8"))["version"]


def command(lab, folder, package, **settings):
    """What starts a client whose logs go to the folder. The settings go to a file: the password is among them."""
    path = lab.write(f"{folder.name}.json", json.dumps({
        "modules": str(packages() / "node_modules"), "module": f"/modules/{package}/{MODULES[package]}",
        "user": peers_lab.USER, "domain": "", "width": desktop.WIDTH, "height": desktop.HEIGHT,
        "kdc_proxy": False, "kdc_port": 0, "browser": BROWSER, **settings}))
    return ["env", f"PYTHONPATH={HERE.parent / 'e2e'}", sys.executable, "-B", HERE / "client.py", path, folder]


def main(tests, fetch=lambda: None, **how):
    """peers_lab.main, after what comes from outside was fetched: there is no network inside of the sandbox."""
    if importlib.util.find_spec("aiohttp") is None:
        check.skip_all(tests, "not installed: python3-aiohttp")
        return peers_lab.SKIPPED
    if sandbox.MARK not in os.environ and all(shutil.which(name) for name in PROGRAMS):
        _install()
        fetch()
    return peers_lab.main(tests, PROGRAMS, **how)
