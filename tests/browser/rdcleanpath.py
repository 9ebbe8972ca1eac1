# SPDX-License-Identifier: Apache-2.0
"""RDCleanPath, as Devolutions' IronRDP defines it (crates/ironrdp-rdcleanpath): a browser cannot do TLS over TCP by
itself, so it sends one DER message with the server's name and its X.224 request to a relay, which connects, asks, does
TLS, and answers with the server's X.224 confirm and certificates. After that the relay passes bytes on."""

import der_read
from der import der

VERSION = 3390
# All fields are EXPLICIT and context-specific.
_VERSION, _DESTINATION, _X224, _CHAIN, _ADDRESS = 0xA0, 0xA2, 0xA6, 0xA7, 0xA9


def read_request(data):
    """The destination, "host:port", and the X.224 request."""
    fields = {tag: der_read.read(content)[1] for tag, content in der_read.fields(data).items()}
    if int.from_bytes(fields.get(_VERSION, b""), "big") != VERSION or not {_DESTINATION, _X224} <= fields.keys():
        raise der_read.Malformed(f"not a request of version {VERSION}: fields {sorted(map(hex, fields))}")
    return fields[_DESTINATION].decode(), fields[_X224]


def response(address, x224, chain):
    """What the browser gets: the server's confirm, its certificates, and where it was found."""
    return der(0x30, der(_VERSION, der(0x02, VERSION.to_bytes(2, "big"))),
                       der(_X224, der(0x04, x224)),
                       der(_CHAIN, der(0x30, *(der(0x04, one) for one in chain))),
                       der(_ADDRESS, der(0x0C, address.encode())))
