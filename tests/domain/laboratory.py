# SPDX-License-Identifier: Apache-2.0
"""A domain from nothing: a Samba controller (LAB.TEST, LAB, dc1) and this machine as its member ws1.

All of it is in namespaces of the test program's own (mount, network, UTS, IPC, PID), in which only loopback is
there and which end with the program, and with them every process. The controller's commands run in a mount
and UTS namespace below, where Samba's folders are the controller's."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import sandbox

ADMINISTRATOR = "Adm1n.pass"
_NEEDED = ("samba", "samba-tool", "winbindd", "net", "wbinfo")
_UNSHARE = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
_HOSTS = "127.0.0.1 localhost\n127.0.0.1 dc1.lab.test dc1\n127.0.0.1 ws1.lab.test ws1\n"
# Of each of the two, in the place of the machine's.
_FOLDERS = ("/var/lib/samba", "/var/cache/samba", "/var/log/samba", "/run/samba", "/etc/samba")
_MEMBER = """[global]
    netbios name = WS1
    workgroup = LAB
    realm = LAB.TEST
    security = ads
    server role = member server
    interfaces = lo
    bind interfaces only = yes
    idmap config * : backend = tdb
    idmap config * : range = 100000-199999
    idmap config LAB : backend = rid
    idmap config LAB : range = 200000-299999
    kerberos method = secrets and keytab
    winbind request timeout = 60
    log level = 1
"""


def why_not():
    """Why this machine cannot have the laboratory, or None."""
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing:
        return f"not installed: {' '.join(missing)}"
    return "needs root" if os.geteuid() != 0 else sandbox.why_not()


def enter():
    """Starts this program again inside, once. Returns inside only."""
    if sandbox.MARK not in os.environ:
        os.environ[sandbox.MARK] = "entering"
        os.execvp(_UNSHARE[0], [*_UNSHARE, sys.executable, *sys.argv])


def _wait_for(what, seconds, done):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"not after {seconds} seconds: {what}")
        time.sleep(0.1)


class Domain:
    """The controller and the member. `work` is a folder of the test's own."""

    def __init__(self, work):
        self._work = pathlib.Path(work)
        self._began = self._last = time.monotonic()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "negossp-domain", work], check=True, timeout=20)
        self.etc = sandbox.Etc(work)
        for name, text in {"hosts": _HOSTS, "resolv.conf": "search lab.test\nnameserver 127.0.0.1\n", "krb5.conf":
                           "[libdefaults]\n default_realm = LAB.TEST\n dns_lookup_kdc = true\n rdns = false\n"}.items():
            path = pathlib.Path("/etc", name)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="ascii")
        for who in ("dc", "member"):
            for folder in _FOLDERS:
                pathlib.Path(self._work, who + folder).mkdir(parents=True)
            pathlib.Path(self._work, who, "var/lib/samba/private").mkdir()
        self.controller = self.winbindd = None

    def __enter__(self):
        try:
            self.provision(pathlib.Path(__file__).with_name("accounts.py"))
            self.start_controller()
            self.join()
            self.start_winbindd()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in (self.winbindd, self.controller):
            if process:
                self.go_on(process)
                self.kill(process)
        subprocess.run(["umount", "--lazy", str(self._work)], check=True, timeout=20)

    def _lap(self, what):
        now = time.monotonic()
        print(f"# {what}: {now - self._last:.1f} s (at {now - self._began:.1f})", flush=True)
        self._last = now

    def _dc(self, *command):
        binds = "".join(f"mount --bind {self._work}/dc{folder} {folder} && " for folder in _FOLDERS)
        return ["unshare", "--mount", "--uts", "sh", "-c", f'hostname dc1 && {binds} exec "$@"', "dc", *command]

    def _run(self, command, name, seconds=120):
        log = self._work / f"{name}.log"
        with open(log, "ab") as output:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                  timeout=seconds, check=False, env=self._env()).returncode
        return code, log.read_text(errors="replace")

    @staticmethod
    def _env():
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TDB_NO_FSYNC": "1"}

    def _must(self, command, name):
        code, said = self._run(command, name)
        if code != 0:
            raise RuntimeError(f"{name}: {said[-2000:]}")

    def _start(self, command, name):
        log = open(self._work / f"{name}.log", "ab")  # pylint: disable=consider-using-with
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._env())

    def _succeeds(self, *command):
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                              env=self._env()).returncode == 0

    def provision(self, accounts):
        """The domain, with what the program `accounts` puts into it."""
        self._must(self._dc("samba-tool", "domain", "provision", "--realm=LAB.TEST", "--domain=LAB", "--server-role=dc",
                            "--dns-backend=SAMBA_INTERNAL", f"--adminpass={ADMINISTRATOR}", "--host-name=dc1",
                            "--host-ip=127.0.0.1", "--option=interfaces=lo", "--option=bind interfaces only=yes"), "provision")
        self._lap("provision")
        self._must(self._dc("/usr/bin/python3", "-B", str(accounts)), "accounts")
        self._lap("accounts")

    def start_controller(self):
        self.controller = self._start(self._dc("samba", "-F", "--no-process-group", "-d1"), "samba")
        # SMB answers before LDAP, CLDAP, the KDC and DNS do; a join needs them all.
        for port in (445, 389, 88, 53):
            _wait_for(f"port {port} of the controller", 60, lambda port=port: self._listens(port))
        _wait_for("CLDAP", 60, lambda: self._succeeds("net", "ads", "lookup", "-S", "127.0.0.1"))
        self._lap("controller")

    @staticmethod
    def _listens(port):
        import socket  # pylint: disable=import-outside-toplevel
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    def join(self):
        subprocess.run(["hostname", "ws1"], check=True, timeout=20)
        for folder in _FOLDERS:
            subprocess.run(["mount", "--bind", f"{self._work}/member{folder}", folder], check=True, timeout=20)
        pathlib.Path("/etc/samba/smb.conf").write_text(_MEMBER, encoding="ascii")
        for attempt in range(5):
            code, said = self._run(["net", "ads", "join", "-U", f"Administrator%{ADMINISTRATOR}", "--no-dns-updates"], "join")
            if code == 0:
                break
            if attempt == 4:
                raise RuntimeError(f"join: {said[-2000:]}")
            time.sleep(1)
        self._lap("join")

    def start_winbindd(self):
        self.winbindd = self._start(["winbindd", "-F", "--no-process-group"], "winbindd")
        _wait_for("winbindd", 60, lambda: self._succeeds("wbinfo", "-t"))
        pipe = pathlib.Path("/var/lib/samba/winbindd_privileged")
        shutil.chown(pipe, "root", "winbindd_priv")
        self._lap("winbindd")

    # --- what happens to them --------------------------------------------------------------------

    @staticmethod
    def _tree(process):
        """The process and all below it."""
        below = {}
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            below.setdefault(int(fields[1]), []).append(int(status.parent.name))
        found = [process.pid]
        for pid in found:
            found += below.get(pid, [])
        return found

    def signal(self, process, number):
        for pid in self._tree(process):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def stop(self, process):
        self.signal(process, signal.SIGSTOP)

    def go_on(self, process):
        self.signal(process, signal.SIGCONT)

    def kill(self, process):
        self.signal(process, signal.SIGKILL)
        process.wait(timeout=20)
