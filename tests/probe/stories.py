# SPDX-License-Identifier: Apache-2.0
"""Servers with the CredSSP of module/credssp, which stop at any leg of it; and what the probe says of them, kept."""

import json
import pathlib
import subprocess

import check
import golden
import servers
from servers import CRITICAL, RIGHT, SLOW, confirm

USER = "alice"
HYBRID, HYBRID_EX = 2, 8
ALLOWED, NOT_ALLOWED = bytes(4), b"\5\0\0\0"   # MS-RDPBCGR 2.2.10.2
SPNEGO, NEGOEX, RAW = (), ("--framing", "negoex"), ("--framing", "raw")


class Engine:
    """CredSSP's server."""

    def __init__(self, command):
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def step(self, message):
        """('+', '.' or '-', the answer)"""
        self._process.stdin.write(len(message).to_bytes(4, "little") + message)
        self._process.stdin.flush()
        head = self._process.stdout.read(5)
        return chr(head[0]), self._process.stdout.read(int.from_bytes(head[1:], "little"))


class Lab(servers.Lab):
    def __init__(self, program, engine, folder, update):
        super().__init__(program, folder)
        self.engine = engine
        self.wrong = self.file("wrong", "Not-this-1!\n")
        self.golden = golden.Golden(update, ("own-",))

    def file(self, name, text):
        path = pathlib.Path(self.password).with_name(name)
        path.write_text(text, encoding="ascii")
        return str(path)

    def server(self, stop_at=None, silent=False, version=6, select=HYBRID, then=b"", password=servers.PASSWORD):
        """Answers as it should up to message number `stop_at`, to which it says nothing, or closes."""
        def talk(server, connection):
            tls = server.start_tls(connection, confirm(2, select))
            with Engine([self.engine, str(version), self.certificate("good"), USER, password]) as engine:
                number, state = 0, "+"
                while state == "+":
                    message = server.read_message(tls)
                    number += 1
                    if number == stop_at:
                        break
                    state, answer = engine.step(message)
                    tls.sendall(answer)
                if state == "." and number != stop_at:
                    tls.sendall(then)
                if silent:
                    server.read(tls, 1)
        return talk

    def logon_story(self, name, talk, code, *arguments, password=None):
        """Kept as golden text; and the other forms say the same."""
        arguments = ("--user", USER, "--password-file", password or self.password, "--any-certificate", *arguments)
        self.story(name, talk, code, *arguments)

    def story(self, name, talk, code, *arguments):
        with servers.Server(self, talk) as server:
            address = f"127.0.0.1:{server.port}"
            actual, text, complaint = self.run(*arguments, address)
            self.golden.compare(name, actual, text)
            check.equal((actual, complaint), (code, ""), "exit code and complaints")
            check.true(servers.PASSWORD not in text and "\x1b" not in text, "neither the password nor colours")
            if code == SLOW:
                return
            cause = text[text.index("outcome: "):].splitlines()[0].partition(": ")[2]
            actual, out, _ = self.run("--json", *arguments, address)
            check.equal((actual, json.loads(out)["outcome"]), (code, cause), "JSON")
            check.equal(self.run("--check", *arguments, address)[:2],
                        (CRITICAL if code else RIGHT, f"RDP {'CRITICAL' if code else 'OK'} {address}: {cause}\n"), "the line for monitoring")
