# SPDX-License-Identifier: Apache-2.0
"""Ends of an exchange that are programs driven line by line: the module, and GSSAPI.

Every end, these and those of the other files, offers

    step(token) -> bytes    takes the peer's token (None at first), returns ours, sets `complete`
    wrap, unwrap, sign, verify, session_key

and raises Refused when it refuses what it was given.
"""
import base64
import os
import subprocess
import tempfile

# The account of MS-NLMP 4.2.1; its NT hash stands in 4.2.2.1.2.
USER = "User"
DOMAIN = "Domain"
PASSWORD = "Password"
NT_HASH = "a4f49c406510bdcab6824ee7c30fd852"

SEC_E_UNSUPPORTED_FUNCTION = 0x80090302
SEC_E_INVALID_TOKEN = 0x80090308
SEC_E_LOGON_DENIED = 0x8009030C
SEC_E_MESSAGE_ALTERED = 0x8009030F
SEC_E_BAD_BINDINGS = 0x80090346

# What sspi_pipe sets the last error to before each step (SSPI_STALE_ERROR of sspi_pair.h).
STALE_ERROR = 234


class Refused(Exception):
    """An end refused; `status` is its own code, `token` what it wants to be sent nevertheless."""

    def __init__(self, text, status=None, token=None, left=0, last_error=None):
        super().__init__(text)
        self.status = status
        self.token = token
        self.left = left
        self.last_error = last_error


def encode(data):
    return base64.b64encode(data).decode() or "-"


def decode(text):
    return b"" if text == "-" else base64.b64decode(text, validate=True)


class LineProgram:
    """A program that answers each line with one line, and what it wrote to standard error."""

    def __init__(self, bench, argv, env=None):
        self._log = bench.enter_context(tempfile.TemporaryFile(dir=bench.folder))
        self._process = bench.enter_context(
            subprocess.Popen(
                [os.fspath(a) for a in argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**os.environ, **(env or {})},
            )
        )
        bench.callback(self._end)

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def ask(self, line):
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            code = self._process.wait()
            raise RuntimeError(f"the program ended with {code}:\n{self.log()}")
        return answer.decode().rstrip("\n")

    def goodbye(self):
        """Ends the program in its own way and requires that it found nothing wrong (ASan)."""
        try:
            self._process.stdin.write(b"quit\n")
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        code = self._process.wait()
        if code != 0:
            raise RuntimeError(f"the program ended with {code}:\n{self.log()}")

    def _end(self):
        if self._process.poll() is None:
            self._process.kill()


class PipeEnd(LineProgram):
    """An end that speaks the protocol of tests/support/pipe_io.h."""

    def __init__(self, bench, argv, settings, bindings=None, env=None):
        super().__init__(bench, argv, env)
        bench.push(lambda kind, _value, _trace: self.goodbye() if kind is None else None)
        self.complete = False
        for name, value in settings.items():
            if value is not None:
                self.command(f"set {name} {value}")
        if bindings is not None:
            self.command(f"bindings {encode(bindings)}")
        self.command("acquire")

    def command(self, line):
        word, _, rest = self.ask(line).partition(" ")
        if word in ("ok", "token"):
            self._word = word
            return rest
        if word == "error":
            raise self._refused(rest)
        if word == "reject":
            raise Refused("refused with a token for the peer", None, decode(rest))
        raise RuntimeError(f"{line.split(' ')[0]}: {word} {rest}\n{self.log()}")

    def _refused(self, rest):
        """An answer is `error STATUS`, and where a token was due `error STATUS CB LAST`."""
        fields = rest.split(" ")
        left, last_error = (int(fields[1]), int(fields[2], 16)) if len(fields) == 3 else (0, None)
        return Refused(f"{rest}\n{self.log()}", int(fields[0], 16), None, left, last_error)

    def step(self, token):
        out = decode(self.command(f"token {encode(token or b'')}"))
        self.complete = self._word == "ok"
        return out

    def wrap(self, message):
        return decode(self.command(f"wrap {encode(message)}"))

    def unwrap(self, sealed):
        return decode(self.command(f"unwrap {encode(sealed)}"))

    def sign(self, message):
        return decode(self.command(f"sign {encode(message)}"))

    def verify(self, message, signature):
        self.command(f"verify {encode(signature)} {encode(message)}")

    def session_key(self):
        return decode(self.command("sessionkey"))


class Module:
    """Makes ends that are the module under test, in the way FreeRDP uses it."""

    def __init__(self, driver, provider):
        self._driver = driver
        self._provider = provider

    def client(
        self, bench, package="Negotiate", user=USER, domain=DOMAIN, password=PASSWORD,
        target="TERMSRV/peer.example", packages="!kerberos", bindings=None, env=None,
        flags=None,
    ):  # fmt: skip
        settings = {
            "provider": self._provider, "role": "client", "package": package, "target": target,
            "user": user, "domain": domain, "password": password, "packages": packages,
            "flags": flags,
        }  # fmt: skip
        return PipeEnd(bench, [self._driver], settings, bindings, env)

    def server(
        self, bench, package="Negotiate", user=USER, domain=DOMAIN, bindings=None, env=None,
        flags=None,
    ):  # fmt: skip
        sam = bench.file("sam", f"{user}:{domain}::{NT_HASH}:::\n")
        settings = {
            "provider": self._provider, "role": "server", "package": package, "samfile": sam,
            "packages": "!kerberos", "flags": flags,
        }  # fmt: skip
        return PipeEnd(bench, [self._driver], settings, bindings, env)
