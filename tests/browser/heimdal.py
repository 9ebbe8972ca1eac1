# SPDX-License-Identifier: Apache-2.0
"""A real Heimdal KDC on loopback, with a realm and all its files in one folder. Its package cannot be installed beside
MIT's, so it is unpacked. (sspi-rs reads no AS-REP whose encrypted part has the tag of a TGS-REP, as MIT's has: RFC 4120 5.4.2
lets clients take both.)"""

import contextlib
import os
import pathlib
import subprocess

import kdc
from programs import Program, wait_until

REALM = kdc.REALM
_FETCH = pathlib.Path(__file__).resolve().parents[1] / "support" / "fetch-deb.sh"
_PACKAGES = ("heimdal-kdc", "heimdal-clients", *(f"lib{name}-heimdal" for name in (
    "asn1-8", "gssapi3", "hcrypto5", "hdb9", "heimbase1", "heimntlm0", "hx509-5", "kadm5clnt7", "kadm5srv8", "kdc2",
    "krb5-26", "otp0", "roken19", "sl0", "wind0")))
_CONFIG = """\
[libdefaults]
    default_realm = {realm}
[kdc]
    database = {{
        dbname = {folder}/database
        realm = {realm}
        mkey_file = {folder}/master-key
        acl_file = /dev/null
        log_file = {folder}/log
    }}
    ports = {port}
    addresses = 127.0.0.1
[kadmin]
    default_keys = aes256-cts-hmac-sha1-96:pw-salt
[logging]
    kdc = FILE:{folder}/kdc.log
"""


def fetch():
    """The folder with the unpacked packages. Needs the network the first time."""
    return pathlib.Path(subprocess.run([_FETCH, "bookworm", *_PACKAGES], stdout=subprocess.PIPE, text=True, check=True,
                                       timeout=300).stdout.strip())


class Heimdal(contextlib.ExitStack):
    """The KDC, running until the with block is left."""

    def __init__(self, root, folder):
        super().__init__()
        self.folder, self._root = folder, root
        folder.mkdir()
        with kdc._Port() as port:  # pylint: disable=protected-access
            self.port = port.port
        config = folder / "kdc.conf"
        config.write_text(_CONFIG.format(realm=REALM, folder=folder, port=self.port), encoding="ascii")
        self.config = kdc.write_client_config(folder, self.port)
        library = next(root.glob("usr/lib/*/libkdc.so.2")).parent
        self._env = {"PATH": os.defpath, "LD_LIBRARY_PATH": str(library), "KRB5_CONFIG": str(config), "HOME": str(folder)}
        self._run("usr/sbin/kstash", "--random-key", f"--key-file={folder / 'master-key'}")
        self._admin("init", "--realm-max-ticket-life=1d", "--realm-max-renewable-life=1d", REALM)

    def __enter__(self):
        running = self.enter_context(Program([self._root / "usr/lib/heimdal-servers/kdc",
                                              f"--config-file={self._env['KRB5_CONFIG']}"], self.folder / "output", self._env))
        if not wait_until(lambda: "worker process started" in self.log(), 20):
            raise RuntimeError(f"the KDC did not start: {running.text()}")
        return self

    def log(self):
        path = self.folder / "kdc.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _run(self, program, *arguments):
        subprocess.run([self._root / program, *map(str, arguments)], env=self._env, stdin=subprocess.DEVNULL,
                       capture_output=True, check=True, timeout=20)

    def _admin(self, *command):
        self._run("usr/bin/kadmin.heimdal", "-l", *command)

    def add_user(self, name, password):
        self._admin("add", "--use-defaults", "-p", password, name)

    def add_computer(self, host, service, keytab):
        """An account `host$` that the service's name is another name of, as Active Directory has it; returns the path of a
        keytab with both."""
        path, computer = self.folder / keytab, f"{host}$"
        self._admin("add", "--use-defaults", "--random-key", computer)
        self._admin("modify", f"--alias={service}@{REALM}", computer)
        for name in (service, computer):
            self._admin("ext_keytab", "-k", path, computer)
            if name != computer:
                self._run("usr/bin/ktutil.heimdal", "-k", path, "rename", f"{computer}@{REALM}", f"{name}@{REALM}")
        return path
