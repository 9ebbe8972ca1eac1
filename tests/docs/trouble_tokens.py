# SPDX-License-Identifier: Apache-2.0
"""A client of the test's own that offers NEGOEX before NTLM, as far as the server's CHALLENGE."""

import socket
import ssl

from der import der
from krb_tokens import NEGOEX, NTLM, neg_token_init

# Connection request for CredSSP (MS-RDPBCGR 2.2.1.1).
_HYBRID = bytes.fromhex("030000130ee000000000000100080002000000")
# NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1) without names, of a Windows 10.
_NEGOTIATE = b"NTLMSSP\0" + bytes.fromhex("01000000b78208e2") + bytes(16) + bytes.fromhex("0a00f4650000000f")


def _ts_request(token):
    return der(0x30, der(0xA0, der(2, b"\6")), der(0xA1, der(0x30, der(0x30, der(0xA0, der(4, token))))))


def negoex_first(port):
    """What the server said to the two tokens: "answer", "CHALLENGE", or nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tokens = (neg_token_init([NEGOEX, NTLM], b"NEGOEXTS" + bytes(64)),
              der(0xA1, der(0x30, der(0xA0, der(10, b"\1")), der(0xA2, der(4, _NEGOTIATE)))))
    said = []
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        plain.sendall(_HYBRID)
        plain.recv(64)
        with context.wrap_socket(plain) as secured:
            for token in tokens:
                secured.sendall(_ts_request(token))
                answer = secured.recv(65536)
                said += ["CHALLENGE" if b"NTLMSSP\0\2\0\0\0" in answer else "answer"] if answer else []
    return said
