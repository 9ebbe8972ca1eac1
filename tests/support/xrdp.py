# SPDX-License-Identifier: Apache-2.0
"""Debian's xrdp, which knows no CredSSP, with a configuration of the test's own. Inside of e2e's sandbox alone: it
reads a key file below /etc."""

import contextlib
import pathlib
import shutil
import subprocess

from logon import free_port, listening
from programs import Program, environment, wait_until

_INI = """\
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
security_layer={layer}
crypt_level=high
certificate={certificate}
key_file={certificate}
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile={folder}/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
ip=127.0.0.1
port=-1
"""


def missing():
    """Why this machine has no xrdp, or None."""
    return None if shutil.which("xrdp") and shutil.which("xrdp-keygen") else "not installed: xrdp"


@contextlib.contextmanager
def server(folder, certificate, layer):
    """With that security_layer (xrdp.ini); its port. `certificate` holds the key too."""
    folder, port = pathlib.Path(folder), free_port()
    keys = pathlib.Path("/etc/xrdp/rsakeys.ini")
    if not keys.exists():
        keys.parent.mkdir(exist_ok=True)
        subprocess.run(["xrdp-keygen", "xrdp", keys], check=True, timeout=60, stdout=subprocess.DEVNULL)
    ini = folder / f"xrdp-{layer}.ini"
    ini.write_text(_INI.format(port=port, layer=layer, certificate=certificate, folder=folder), encoding="ascii")
    with Program(["xrdp", "--nodaemon", "--config", ini], folder / f"xrdp-{layer}.txt", environment(folder)) as program:
        if not wait_until(lambda: program.exit_code is not None or listening(port), 20) or program.exit_code is not None:
            raise RuntimeError(f"xrdp did not start: {program.text()}")
        yield port
