# SPDX-License-Identifier: Apache-2.0
"""The way to CredSSP and its framing: the X.224 negotiation of MS-RDPBCGR 2.2.1.1, TLS, one TSRequest
at a time. Both roles, standard library only."""
import socket
import ssl

HYBRID = 2
SECONDS = 8

_REQUEST = bytes.fromhex("030000130ee000000000000100080002000000")
_CONFIRM = bytes.fromhex("030000130ed000001234000200080002000000")
# EXTENDED_CLIENT_DATA_SUPPORTED is 0x01, RESTRICTED_ADMIN_MODE_SUPPORTED 0x08 (MS-RDPBCGR 2.2.1.2.1).
_CONFIRM_RESTRICTED_ADMIN = _CONFIRM[:12] + b"\x08" + _CONFIRM[13:]


class Closed(Exception):
    """The other side ended the connection."""


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        try:
            part = stream.recv(count - len(data))
        except (ssl.SSLError, ConnectionError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Closed(str(error)) from error
        if not part:
            raise Closed("end of the stream")
        data += part
    return data


def _read_tpkt(stream):
    header = read_exactly(stream, 4)
    return header + read_exactly(stream, int.from_bytes(header[2:4], "big") - 4)


def der_elements(data):
    """The elements that follow one another in `data`: tag and content of each."""
    while data:
        size = data[1]
        start = 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        yield data[0], data[start:start + size]
        data = data[start + size:]


def der_content(element):
    """What is in one element of DER."""
    return next(der_elements(element))[1]


def read_ts_request(stream):
    """The bytes of the next DER SEQUENCE."""
    header = read_exactly(stream, 2)
    length = header[1]
    if length & 0x80:
        more = read_exactly(stream, length & 0x7F)
        header += more
        length = int.from_bytes(more, "big")
    return header + read_exactly(stream, length)


_CHANGE_CIPHER_SPEC, _ALERT, _APPLICATION_DATA = 20, 21, 23
_SERVER_HELLO_DONE = b"\x0e\0\0\0"


def read_flight(plain):
    """The TLS 1.2 records that the other side sends before it waits: up to ServerHelloDone, up to
    Finished, or one of data."""
    flight, last = b"", None
    while True:
        header = read_exactly(plain, 5)
        record = header + read_exactly(plain, int.from_bytes(header[3:5], "big"))
        flight += record
        if header[0] in (_APPLICATION_DATA, _ALERT) or last == _CHANGE_CIPHER_SPEC \
                or (header[0] == 22 and record.endswith(_SERVER_HELLO_DONE)):
            return flight
        last = header[0]


def _any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def reach(port):
    """A TCP connection to a server, and nothing else."""
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def negotiate(port):
    """The same to one that has agreed to CredSSP."""
    plain = reach(port)
    try:
        plain.sendall(_REQUEST)
        confirm = _read_tpkt(plain)
        if len(confirm) != 19 or confirm[11] != 2 or confirm[15] != HYBRID:
            raise Closed(f"the server does not want CredSSP: {confirm.hex()}")
    except BaseException:
        plain.close()
        raise
    return plain


def connect(port):
    """The same with TLS."""
    return _any_certificate().wrap_socket(negotiate(port))


def accept(listener, certificate, key, restricted_admin=False):
    """The server's side of connect()."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain, _ = listener.accept()
    plain.settimeout(SECONDS)
    _read_tpkt(plain)
    plain.sendall(_CONFIRM_RESTRICTED_ADMIN if restricted_admin else _CONFIRM)
    return context.wrap_socket(plain, server_side=True)


def stays_open(stream, seconds=0.7):
    """A server that refused hangs up at once; one that is content waits for the next message."""
    stream.settimeout(seconds)
    try:
        read_exactly(stream, 1)
    except TimeoutError:
        return True
    except Closed:
        return False
    return False
