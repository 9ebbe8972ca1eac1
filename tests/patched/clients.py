# SPDX-License-Identifier: Apache-2.0
"""CredSSP clients that share nothing with FreeRDP: pyspnego's own, and one driven message by message
over pyspnego's NTLM and SPNEGO."""
import hashlib
import os
import ssl

import pyspnego_end
import rdp_tls
from der import der

USER, PASSWORD = "alice", "Correct-Horse-9"
LOGON_FAILURE = 0xC000006D


class Wrong(AssertionError):
    """What a client has to complain of."""


def need(condition, what):
    if not condition:
        raise Wrong(what)


def _credssp():
    import spnego._credssp as credssp
    import spnego._credssp_structures as structures
    return credssp, structures


def _context(protocol, user=USER, password=PASSWORD):
    spnego = pyspnego_end.spnego
    return spnego.client(user, password, hostname="localhost", service="TERMSRV", protocol=protocol,
                         options=spnego.NegotiateOptions.use_negotiate
                         if protocol == "negotiate" else spnego.NegotiateOptions.use_ntlm)


def log_on_with_pyspnego(port, protocol, version=6):
    """pyspnego's CredSSP client from beginning to end, its version lowered where asked for. It sends
    pubKeyAuth with its last token and verifies the server's."""
    spnego = pyspnego_end.spnego
    credssp, _ = _credssp()
    kept = credssp._CREDSSP_VERSION
    credssp._CREDSSP_VERSION = version
    try:
        client = spnego.client(USER, PASSWORD, protocol="credssp", credssp_tls_context=_tls_1_2(),
                               credssp_negotiate_context=_context(protocol))
        with rdp_tls.negotiate(port) as plain:
            _pump(client, plain)
            need(client.get_extra_info("protocol_version") == version, "not the version asked for")
            need(rdp_tls.stays_open(plain), "the server hung up after the credentials")
    except (spnego.exceptions.SpnegoError, rdp_tls.Closed, TimeoutError) as error:
        raise Wrong(f"pyspnego's client: {type(error).__name__}: {error}") from error
    finally:
        credssp._CREDSSP_VERSION = kept


def _tls_1_2():
    """pyspnego wants a whole flight at a time; in TLS 1.2 one can tell where a flight ends."""
    import spnego.tls
    tls = spnego.tls.default_tls_context()
    tls.context.maximum_version = ssl.TLSVersion.TLSv1_2
    return tls


def _pump(client, plain):
    out = client.step()
    while True:
        if out:
            plain.sendall(out)
        if client.complete:
            return
        out = client.step(rdp_tls.read_flight(plain))


class Client:
    """A CredSSP client that says what it is told to."""

    def __init__(self, port, protocol, version=6, user=USER, password=PASSWORD):
        _, self._structures = _credssp()
        import spnego.tls
        self.version = version
        self.context = _context(protocol, user, password)
        self.stream = rdp_tls.connect(port)
        self.nonce = os.urandom(32) if version > 4 else None
        self.key = spnego.tls.get_certificate_public_key(self.stream.getpeercert(True))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def _packed(self, token=None, **fields):
        tokens = self._structures.NegoData(token) if token else None
        return self._structures.TSRequest(self.version, tokens, **fields).pack()

    def send(self, token=None, **fields):
        self.stream.sendall(self._packed(token, **fields))

    def send_with_bytes_behind(self, token, behind):
        """The bytes are inside of the TSRequest, after its last field."""
        content = rdp_tls.der_content(self._packed(token))
        self.stream.sendall(der(0x30, content + behind))

    def send_two_tokens(self, first, second):
        """Both in one TSRequest, which its own grammar allows (MS-CSSP 2.2.1)."""
        items = b"".join(der(0x30, der(0xA0, der(0x04, token))) for token in (first, second))
        version = der(0xA0, der(0x02, bytes([self.version])))
        self.stream.sendall(der(0x30, version + der(0xA1, der(0x30, items))))

    def receive(self):
        """None when the server hung up."""
        try:
            return self._structures.TSRequest.unpack(rdp_tls.read_ts_request(self.stream))
        except rdp_tls.Closed:
            return None
        except TimeoutError as error:
            raise Wrong("the server does not answer") from error

    def answer(self):
        response = self.receive()
        need(response is not None, "the server hung up")
        need(response.error_code is None, f"errorCode 0x{(response.error_code or 0) & 0xFFFFFFFF:08X}")
        return response

    def authenticate(self):
        """Up to AUTHENTICATE, which is returned and not sent."""
        self.send(self.context.step())
        response = self.answer()
        need(response.pub_key_auth is None, "pubKeyAuth before the client's")
        return self.context.step(response.nego_tokens[0].nego_token)

    def _bound(self, direction):
        if self.nonce is None:
            return self.key
        text = f"CredSSP {direction} Binding Hash\0".encode()
        return hashlib.sha256(text + self.nonce + self.key).digest()

    def pub_key_auth(self):
        """The fields that bind the session to the TLS channel."""
        sealed = self.context.wrap(self._bound("Client-To-Server")).data
        fields = {"pub_key_auth": sealed}
        if self.nonce is not None:
            fields["client_nonce"] = self.nonce
        return fields

    def verify_pub_key_auth(self, response):
        need(response.pub_key_auth is not None, "no pubKeyAuth from the server")
        try:
            value = self.context.unwrap(response.pub_key_auth).data
        except pyspnego_end.spnego.exceptions.SpnegoError as error:
            raise Wrong(f"the server's pubKeyAuth cannot be unsealed: {error}") from error
        expected = self._bound("Server-To-Client")
        if self.nonce is None:
            expected = bytes([(expected[0] + 1) & 0xFF]) + expected[1:]
        need(value == expected, "the server's pubKeyAuth is not what it has to be")

    def send_credentials(self):
        """True if the server is content with them."""
        password = self._structures.TSPasswordCreds("", USER, PASSWORD)
        plain = self._structures.TSCredentials(credentials=password).pack()
        self.send(auth_info=self.context.wrap(plain).data)
        return rdp_tls.stays_open(self.stream)


def has_field(ts_request, number):
    """Whether [number] is among a TSRequest's fields."""
    fields = rdp_tls.der_elements(rdp_tls.der_content(ts_request))
    return any(tag == 0xA0 | number for tag, _ in fields)


def error_code_of_refusal(port, user, password):
    """Bare NTLM with wrong credentials: the whole answer."""
    with Client(port, "ntlm", user=user, password=password) as client:
        token = client.authenticate()
        client.send(token, **client.pub_key_auth())
        response = client.receive()
    need(response is not None, "the server hung up without an answer")
    return response
