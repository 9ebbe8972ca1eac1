# SPDX-License-Identifier: Apache-2.0
"""A real MIT KDC on loopback, with a realm of its own and all its files in one folder; and KDCs that
are not what they should be. Nothing outside of the folder is read or written."""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

REALM = "NEGOSSP.TEST"
PROGRAMS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
# Where Debian has the server's programs, which no user's PATH names.
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
_SECONDS = 20

_KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    dns_uri_lookup = false
    rdns = false
    forwardable = true
    default_ccache_name = FILE:{folder}/ccache
    default_keytab_name = FILE:{folder}/no-such-keytab
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    localhost = {realm}
    .negossp.test = {realm}
"""

_KDC_CONF = """\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        acl_file = {folder}/kadm5.acl
        max_life = 1h
        supported_enctypes = aes256-cts-hmac-sha1-96:normal
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


def missing():
    """Why there is no KDC on this machine, or None."""
    names = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"not installed: {' '.join(names)}" if names else None


def write_client_config(folder, port, name="krb5.conf", realm=REALM):
    """A krb5.conf whose KDC is on that port of loopback; returns its path."""
    path = pathlib.Path(folder, name)
    path.write_text(_KRB5_CONF.format(folder=folder, port=port, realm=realm), encoding="ascii")
    return path


class Kdc(contextlib.ExitStack):
    """The KDC, running until the with block is left."""

    def __init__(self, folder):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self._port_holder = self.enter_context(_Port())
        self.port = self._port_holder.port
        profile = self.folder / "kdc.conf"
        profile.write_text(_KDC_CONF.format(folder=self.folder, port=self.port, realm=REALM), encoding="ascii")
        self.config = write_client_config(self.folder, self.port)
        self._env = {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": str(self.folder),
                     "KRB5_CONFIG": str(self.config), "KRB5_KDC_PROFILE": str(profile)}
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master of nothing")
        self._process = None

    def __enter__(self):
        self._port_holder.close()
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen([shutil.which("krb5kdc", path=_PATH), "-n", "-P", self.folder / "pid"],
                                         env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.STDOUT)
        self.callback(self._end)
        end = time.monotonic() + _SECONDS
        while "commencing operation" not in self.log():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the KDC did not start:\n{self.log()}")
            time.sleep(0.02)
        return self

    def _end(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _run(self, program, *arguments, text=None):
        done = subprocess.run([shutil.which(program, path=_PATH), *map(str, arguments)], env=self._env,
                              input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def log(self):
        path = self.folder / "kdc.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def asked_by(self, name):
        """The log's lines of that principal's wish for a ticket-granting ticket."""
        return [line for line in self.log().splitlines() if "AS_REQ" in line and f" {name}@" in line]

    def add_user(self, name, password):
        self._admin("addprinc", "-pw", password, name)

    def add_service(self, name, keytab, *options):
        """A principal with a random key, which goes to the keytab of that name; returns its path."""
        path = self.folder / keytab
        self._admin("addprinc", "-randkey", *options, name)
        self._admin("ktadd", "-k", path, name)
        return path

    def new_key(self, name, keytab):
        """The principal's next key, which goes to another keytab; returns its path."""
        path = self.folder / keytab
        self._admin("ktadd", "-k", path, name)
        return path

    def _admin(self, *command):
        self._run("kadmin.local", "-r", REALM, *command)

    def ticket(self, name, password, cache="ccache", *options):
        """A ticket-granting ticket in a cache of that name; returns its path."""
        path = self.folder / cache
        self._run("kinit", *options, "-c", f"FILE:{path}", f"{name}@{REALM}", text=password + "\n")
        return path


class _Port:
    """One number for UDP and TCP on loopback, held until it is closed."""

    def __init__(self):
        for _ in range(50):
            self.tcp = socket.socket()
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.tcp.bind(("127.0.0.1", 0))
                self.port = self.tcp.getsockname()[1]
                self.udp.bind(("127.0.0.1", self.port))
                return
            except OSError:
                self.close()
        raise RuntimeError("no free port")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.tcp.close()
        self.udp.close()


class SilentKdc(_Port):
    """Takes every packet and connection, and answers none."""

    def __init__(self):
        super().__init__()
        self.tcp.listen(16)

    def was_asked(self):
        return bool(select.select([self.udp, self.tcp], [], [], 0)[0])


class SlowKdc(_Port):
    """Hands each UDP packet to a real KDC, `delay` seconds late. (A client tries TCP after a second.)"""

    def __init__(self, kdc, delay):
        super().__init__()
        self._real, self._delay = ("127.0.0.1", kdc.port), delay
        self._stop, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while self._stop not in select.select([self.udp, self._stop], [], [])[0]:
            packet, peer = self.udp.recvfrom(65536)
            time.sleep(self._delay)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as real:
                real.settimeout(5)
                real.sendto(packet, self._real)
                self.udp.sendto(real.recv(65536), peer)

    def __exit__(self, *_):
        os.write(self._wake, b"x")
        self._thread.join()
        os.close(self._stop)
        os.close(self._wake)
        self.close()
