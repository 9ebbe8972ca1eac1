# SPDX-License-Identifier: Apache-2.0
"""SPNEGO tokens with Kerberos inside: what is in one, and others made of its parts.

Written apart from the module's own reader, so that the two cannot share a mistake.
"""
import dataclasses

import tokens
from der import der

KRB5 = bytes.fromhex("2a864886f712010202")  # 1.2.840.113554.1.2.2
MS_KRB5 = bytes.fromhex("2a864882f712010202")  # 1.2.840.48018.1.2.2
U2U = bytes.fromhex("2a864886f71201020203")  # 1.2.840.113554.1.2.2.3
NTLM = tokens.NTLM_OID
NEGOEX = bytes.fromhex("2b06010401823702021e")  # 1.3.6.1.4.1.311.2.2.30
# RFC 4121 4.1; draft-swift-win2k-krb-user2user 5.
TOKEN_IDS = {b"\1\0": "AP-REQ", b"\2\0": "AP-REP", b"\3\0": "KRB-ERROR", b"\4\0": "TGT-REQ", b"\4\1": "TGT-REP"}


def _content(data):
    """What is inside of the first element, and what comes after it."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]


def mech_token(token):
    """The mechToken or responseToken of a SPNEGO token; None when it has none."""
    rest, _ = _content(token)
    if token[0] == 0x60:
        _, rest = _content(rest)  # SPNEGO's OID
        rest, _ = _content(rest)
    rest, _ = _content(rest)
    while rest:
        field, after = _content(rest)
        if rest[0] == 0xA2:
            return _content(field)[0]
        rest = after
    return None


def kerberos_message(data):
    """The name of the message in a GSS-API token (RFC 2743 3.1) of Kerberos, or None."""
    if not data or data[0] != 0x60:
        return None
    content, _ = _content(data)
    oid, rest = _content(content)
    return TOKEN_IDS.get(rest[:2]) if oid in (KRB5, U2U) else None


def read(token):
    """tokens.read, with Kerberos' messages named too."""
    if token[0] == 0x60 and kerberos_message(token):
        return tokens.Token("bare", inner=kerberos_message(token))
    found = tokens.read(token)
    inner = kerberos_message(mech_token(token)) if found.kind != "bare" else None
    return dataclasses.replace(found, inner=inner) if inner else found


def neg_token_init(mechs, inner):
    """RFC 4178 4.2.1."""
    fields = der(0xA0, der(0x30, *(der(0x06, oid) for oid in mechs)))
    if inner is not None:
        fields += der(0xA2, der(0x04, inner))
    return der(0x60, der(0x06, tokens.SPNEGO_OID), der(0xA0, der(0x30, fields)))


def neg_token_resp(inner):
    """RFC 4178 4.2.2, accept-completed."""
    token = der(0xA2, der(0x04, inner)) if inner is not None else b""
    return der(0xA1, der(0x30, der(0xA0, der(0x0A, b"\0")), token))


def with_mechs(token, *mechs):
    """A NegTokenInit with the same mechToken and another list."""
    return neg_token_init(mechs, mech_token(token))


def break_ticket(token):
    """One bit in the middle of the AP-REQ, which is far inside of the ticket's encrypted part."""
    inner = mech_token(token)
    changed = bytearray(token)
    changed[token.index(inner) + len(inner) // 2] ^= 0x01
    return bytes(changed)
