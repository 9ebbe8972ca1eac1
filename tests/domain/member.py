# SPDX-License-Identifier: Apache-2.0
"""Servers on the member, clients of them, and what is seen of a logon."""

import contextlib
import os
import pathlib
import re
import sys
import threading
import time

import peer
import sandbox
from exchange import converse, require_four_legs, require_messages, require_same_key

PRODUCT = "HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP"
GROUP = "LAB\\rdp users"
ERROR_LOGON_FAILURE = 1326
FULL, SLACK = 0.050, 0.040  # of a refusal's time, in seconds; a machine that is busy may be late
SETTINGS = {"Domain": "named", "DomainMembers": GROUP, "DomainWait": "20000"}
PIPE, MODULE = (os.path.realpath(path) for path in sys.argv[1:3])


def password_of(user):
    return {"zoë": "Pässw0rd.zoë", "зоя": "Пароль.1зоя", "robert": "Passw0rd.bob"}.get(user, f"Passw0rd.{user}")


def registry(**values):
    """What the system's file says; None leaves a value out."""
    values = {name: value for name, value in {**SETTINGS, **values}.items() if value is not None}
    ntlm = {name: values.pop(name) for name in list(values) if name.startswith("Nb")}
    lines = [f"[{PRODUCT}\\SSPI\\Negossp]", *(f'"{name}"=str:"{value}"' for name, value in values.items()),
             f"[{PRODUCT}\\WinPR\\NTLM]", *(f'"{name}"=str:"{value}"' for name, value in ntlm.items()), ""]
    for name in sandbox.REGISTRY_FILES:
        path = pathlib.Path("/etc", name)  # the sandbox's own
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")


class End(peer.PipeEnd):
    """A server whose process can be looked at."""

    def threads(self, name):
        comms = []
        for task in pathlib.Path(f"/proc/{self._process.pid}/task").glob("*/comm"):
            with contextlib.suppress(OSError):  # it has just ended
                comms.append(task.read_text())
        return comms.count(name + "\n")

    def processor(self):
        """The clock of the process's processor time, threads that have ended included (clock_getcpuclockid)."""
        return (~self._process.pid << 3) | 2

    def resident(self):
        """KiB."""
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self._process.pid}/status").read_text())[1])

    def holds(self, secrets):
        """Which of the secrets stand in the process's writable memory."""
        found, page = set(), os.sysconf("SC_PAGESIZE")
        with open(f"/proc/{self._process.pid}/mem", "rb", buffering=0) as memory:
            for line in pathlib.Path(f"/proc/{self._process.pid}/maps").read_text().splitlines():
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if "w" not in line.split()[1] or last - first > 1 << 30:
                    continue
                content = bytearray()
                for address in range(first, last, page):
                    try:
                        content += os.pread(memory.fileno(), page, address)
                    except OSError:  # a guard page
                        content += bytes(page)
                found |= {name for name, secret in secrets.items() if secret in content}
        return found

    def exchange_line(self):
        """The last line about an exchange."""
        lines = [line for line in self.log().splitlines() if "exchange=" in line]
        assert lines, self.log()
        return lines[-1]


def server(bench, sam="", package="Negotiate", prefix=(), env=None):
    settings = {"provider": MODULE, "role": "server", "package": package, "packages": "!kerberos",
                "samfile": bench.file("sam", sam)}  # fmt: skip
    return End(bench, [*prefix, PIPE], settings, None, env)


def client(bench, user="alice", domain="LAB", password=None, package="Negotiate"):
    settings = {"provider": MODULE, "role": "client", "package": package, "packages": "!kerberos",
                "target": "TERMSRV/ws1.lab.test", "user": user, "domain": domain or None,
                "password": password or password_of(user)}  # fmt: skip
    return End(bench, [PIPE], settings, None, None)


def require_logon(ends, *words):
    """Four legs, the same key, messages both ways, and these words in the one line; which is returned."""
    one, other = ends
    require_four_legs(converse(one, other))
    require_same_key(one, other)
    require_messages(one, other)
    line = other.exchange_line()
    for word in ("exchange=complete", "ntproofstr=ok", *words):
        assert word in line, (word, line)
    return line


def refusal(one, other):
    """(seconds that the last step took, the refusal)."""
    challenge = other.step(one.step(None))
    authenticate = one.step(challenge)
    began = time.monotonic()
    try:
        other.step(authenticate)
    except peer.Refused as refused:
        return time.monotonic() - began, refused
    raise AssertionError("it was accepted: " + other.log())


def require_refusal(ends, *words, last_error=ERROR_LOGON_FAILURE, full=True):
    """Refused as every logon is, with these words in the line; `full`: at a full 50 ms, which is returned."""
    seconds, refused = refusal(*ends)
    line = ends[1].exchange_line()
    for word in ("exchange=failed", *words):
        assert word in line, (word, line)
    assert (refused.status, refused.last_error, refused.left) == (peer.SEC_E_LOGON_DENIED, last_error, 0), refused
    if full:
        assert seconds >= FULL and seconds % FULL < SLACK, seconds
    return seconds


def in_parallel(jobs):
    """Runs them in threads; the first error, if any, is raised."""
    errors = []

    def guarded(job):
        try:
            job()
        except Exception as error:  # pylint: disable=broad-exception-caught
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
