# SPDX-License-Identifier: Apache-2.0
"""A gateway's front: TLS, HTTP/1.1 and one logon for each connection, checked by pyspnego with the
bindings of this TLS server's certificate (RFC 5929 4, tls-server-end-point)."""

import base64
import contextlib
import dataclasses
import hashlib
import socket
import ssl
import struct
import subprocess
import threading

import pyspnego_end
from peer import PASSWORD, Refused

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
SECONDS = 20


@dataclasses.dataclass
class Visit:
    """One connection, as the gateway saw it."""
    method: str = None
    scheme: str = None
    host: str = None
    tokens: list = dataclasses.field(default_factory=list)
    user: str = None          # once the logon is complete
    bound: bool = False       # its answer names this TLS channel: pyspnego takes one that names none
    refusal: str = None       # pyspnego's, if it refused
    after: bytes = b""        # the first of what the client sent after its logon


class Request:
    """A request's head. None instead of one when the connection ended."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method = lines[0].split(" ")[0]
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields[name.strip().lower()] = value.strip()

    def wants_websocket(self):
        return "websocket" in self.fields.get("upgrade", "").lower()


class Connection:
    """Bytes over TLS, with a buffer."""

    def __init__(self, stream):
        self._stream = stream
        self._buffer = b""

    def request(self):
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return Request(head)

    def read(self, count):
        while len(self._buffer) < count:
            if not self._more():
                raise EOFError(f"{len(self._buffer)} bytes, and not {count}")
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def some(self):
        """What comes next, at least a byte unless the peer has gone."""
        if not self._buffer:
            self._more()
        data, self._buffer = self._buffer, b""
        return data

    def write(self, data):
        self._stream.sendall(data)

    def answer(self, status, fields=(), body=b""):
        head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""]
        self.write("\r\n".join(head).encode() + body)

    def _more(self):
        try:
            data = self._stream.recv(65536)
        except (OSError, ssl.SSLError):
            return False
        self._buffer += data
        return bool(data)


def make_certificate(folder):
    """The paths of a certificate for 127.0.0.1 and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True,
                   timeout=60)
    return certificate, key


def channel_bindings_pair(application_data):
    """MsvAvChannelBindings as it is in AUTHENTICATE (MS-NLMP 2.2.2.1): MD5 over gss_channel_bindings_struct
    without addresses (RFC 2744 3.11). What NTProofStr covers has it, so pyspnego checked it with that."""
    digest = hashlib.md5(struct.pack("<IIIII", 0, 0, 0, 0, len(application_data)) + application_data).digest()
    return struct.pack("<HH", 10, len(digest)) + digest


class Gateway:
    """Accepts connections until it is left. `serve` gets (connection, request, visit) of a client that has
    logged on. With `bindings` false the gateway believes to have another certificate."""

    def __init__(self, bench, serve, bindings=True, password=PASSWORD):
        certificate, key = make_certificate(bench.folder)
        pyspnego_end.accounts(bench, password=password)
        self._serve = serve
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii"))
        digest = hashlib.sha256(der if bindings else der[::-1]).digest()
        self._bindings = b"tls-server-end-point:" + digest
        self.visits = []
        self.errors = []
        self._context = context
        self._threads = []
        self._listener = bench.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", 0))))
        self.port = self._listener.getsockname()[1]
        self._ended = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        bench.callback(self.end)

    def end(self):
        """Stops; what the connections' threads did wrong is in `errors` then."""
        self._ended = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(SECONDS)
        for thread in self._threads:
            thread.join(SECONDS)

    def _accept(self):
        while not self._ended:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._connection, args=(plain,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _connection(self, plain):
        plain.settimeout(SECONDS)
        try:
            with self._context.wrap_socket(plain, server_side=True) as stream:
                visit = Visit()
                self.visits.append(visit)
                self._log_on(Connection(stream), visit)
        except (ssl.SSLError, ConnectionError, TimeoutError):
            pass  # the client went away; what it did until then is in the visit
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.errors.append(f"{type(error).__name__}: {error}")

    def _log_on(self, connection, visit):
        end = None
        while (request := connection.request()) is not None:
            visit.method, visit.host = request.method, request.fields.get("host")
            scheme, _, text = request.fields.get("authorization", "").partition(" ")
            if not text:
                connection.answer("401 Unauthorized", ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"])
                continue
            visit.scheme = scheme
            token = base64.b64decode(text, validate=True)
            visit.tokens.append(token)
            end = end or self._acceptor(token)
            try:
                answer = end.step(token)
            except Refused as refusal:
                visit.refusal = refusal.status
                connection.answer("401 Unauthorized", ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"])
                return
            given = [f"WWW-Authenticate: {scheme} {base64.b64encode(answer).decode()}"] if answer else []
            if end.complete:
                visit.user = end.user()
                visit.bound = channel_bindings_pair(self._bindings) in visit.tokens[1]
                self._serve(connection, request, visit, given)
                return
            connection.answer("401 Unauthorized", given)

    def _acceptor(self, token):
        """Both HTTP schemes may carry bare NTLM (RFC 4559 5 leaves SPNEGO to the mechanism)."""
        protocol = "ntlm" if token.startswith(b"NTLMSSP\0") else "negotiate"
        return pyspnego_end.acceptor(protocol, self._bindings)


def accept_websocket(connection, request, given):
    """101, the answer to a request to speak WebSocket (RFC 6455 4.2.2)."""
    key = request.fields["sec-websocket-key"]
    accept = base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()
    connection.write("\r\n".join(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                                  f"Sec-WebSocket-Accept: {accept}", *given, "", ""]).encode())
