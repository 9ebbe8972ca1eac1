# SPDX-License-Identifier: Apache-2.0
"""negossp-probe as a test runs it, and RDP servers of the test's own on 127.0.0.1, which answer so far and no further."""

import contextlib
import hashlib
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading

import check

RIGHT, USAGE, UNREAD, REFUSED, DENIED, NO_NLA, NO_RDP, SLOW, UNTRUSTED, NO_TICKET = 0, 2, 3, 4, 5, 6, 7, 8, 9, 10
CRITICAL, UNKNOWN = 2, 3   # with --check
PASSWORD = "Test-pw-1!"
REQUEST = bytes.fromhex("030000130ee000000000000100 08000b000000".replace(" ", ""))
SSL_ONLY = REQUEST[:15] + b"\1\0\0\0"


def confirm(kind, value):
    """RDP_NEG_RSP (2) or RDP_NEG_FAILURE (3)."""
    return bytes([3, 0, 0, 19, 14, 0xD0, 0, 0, 0x12, 0x34, 0, kind, 0, 8, 0]) + value.to_bytes(4, "little")


PLAIN = bytes([3, 0, 0, 11, 6, 0xD0, 0, 0, 0x12, 0x34, 0])


class Server:
    """Does for each connection what `talk` says; what it was sent is kept."""

    def __init__(self, lab, talk):
        self._lab, self._talk, self.received = lab, talk, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ssl.SSLError, EOFError), connection:
                connection.settimeout(20)
                self._talk(self, connection)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(25)

    def read(self, connection, size):
        data = b""
        while len(data) < size:
            part = connection.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        self.received.append(data)
        return data

    def read_message(self, connection):
        """A TSRequest of fewer than 64 KiB."""
        head = self.read(connection, 2)
        more = self.read(connection, head[1] & 0x7F) if head[1] > 0x80 else b""
        size = int.from_bytes(more, "big") if more else head[1]
        return head + more + self.read(connection, size)

    def start_tls(self, connection, answer=None, name="good"):
        """Up to where CredSSP begins; other connections are told that it has to be."""
        request = self.read(connection, 19)
        if request != REQUEST:
            connection.sendall(confirm(3, 5))
            raise EOFError
        connection.sendall(answer or confirm(2, 2))
        return self.tls(connection, name)

    def tls(self, connection, name="good"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")   # which lets a short key be used
        context.load_cert_chain(self._lab.certificate(name))
        return context.wrap_socket(connection, server_side=True)


class Lab:
    def __init__(self, program, folder):
        self.program, self._folder = program, pathlib.Path(folder)
        self._folder.joinpath("password").write_text(PASSWORD + "\n", encoding="ascii")
        self.password = str(self._folder / "password")

    def certificate(self, name):
        """Key and certificate in a file: of nobody, CN=server.example (good) or with control characters (hostile); of
        authority.pem and for 127.0.0.1, with a key of P-256 (trusted) or one of RSA with 1024 bits (weak)."""
        return pathlib.Path(__file__).with_name("certificates") / f"{name}.pem"

    def fingerprint(self, name):
        text = self.certificate(name).read_text(encoding="ascii")
        der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE"):])
        return hashlib.sha256(der).hexdigest()

    def run(self, *arguments, env=None):
        if env is None:   # that nothing is coloured is no terminal's doing
            env = {**{name: value for name, value in os.environ.items() if name != "NO_COLOR"}, "TERM": "xterm"}
        done = subprocess.run([self.program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False, env=env, start_new_session=True)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def probe(self, talk, code, *arguments, host="127.0.0.1", env=None):
        """(the story as JSON, the server)"""
        with Server(self, talk) as server:
            actual, out, complaint = self.run("--json", *arguments, f"{host}:{server.port}", env=env)
        check.equal((actual, complaint), (code, ""), f"exit code, of\n{out}")
        return json.loads(out), server

    def logon(self, talk, code, *arguments):
        return self.probe(talk, code, "--user", "DOM\\alice", "--password-file", self.password, *arguments)


def answered(answer):
    def talk(server, connection):
        server.read(connection, 19)
        connection.sendall(answer)
    return talk


def credssp(*answers, name="good", select=2):
    """A server that reads a message before each answer; None keeps it silent."""
    def talk(server, connection):
        tls = server.start_tls(connection, confirm(2, select), name)
        for answer in answers:
            server.read_message(tls)
            if answer is None:
                server.read(tls, 1)
            tls.sendall(answer)
        tls.unwrap()
    return talk


def events(story):
    return [event["text"] for event in story["events"]]
