# SPDX-License-Identifier: Apache-2.0
"""RDCleanPath, as Devolutions' IronRDP defines it (crates/ironrdp-rdcleanpath): a browser cannot do TLS over TCP by
itself, so it sends one DER message with the server's name and its X.224 request to a relay, which connects, asks, does
TLS, and answers with the server's X.224 confirm and certificates. After that the relay passes bytes on."""

VERSION = 3390
# All fields are EXPLICIT and context-specific.
_DESTINATION, _X224, _CHAIN, _ADDRESS = 0xA2, 0xA6, 0xA7, 0xA9


class Malformed(Exception):
    """What a client sent is no request."""


def _der(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _element(data):
    """Tag and content of the first element, and what comes after it."""
    if len(data) < 2:
        raise Malformed("the message ends in an element's header")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise Malformed("an element is longer than the message")
    return data[0], data[start:start + length], data[start + length:]


def read_request(data):
    """The destination, "host:port", and the X.224 request."""
    tag, rest, after = _element(data)
    if tag != 0x30 or after:
        raise Malformed("not one SEQUENCE")
    fields = {}
    while rest:
        tag, field, rest = _element(rest)
        fields[tag] = _element(field)[1]
    if int.from_bytes(fields.get(0xA0, b""), "big") != VERSION or not {_DESTINATION, _X224} <= fields.keys():
        raise Malformed(f"not a request of version {VERSION}: fields {sorted(map(hex, fields))}")
    return fields[_DESTINATION].decode(), fields[_X224]


def response(address, x224, chain):
    """What the browser gets: the server's confirm, its certificates, and where it was found."""
    return _der(0x30, _der(0xA0, _der(0x02, VERSION.to_bytes(2, "big"))) + _der(_X224, _der(0x04, x224))
                + _der(_CHAIN, _der(0x30, b"".join(_der(0x04, one) for one in chain)))
                + _der(_ADDRESS, _der(0x0C, address.encode())))
