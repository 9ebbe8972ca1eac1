# SPDX-License-Identifier: Apache-2.0
"""Reads SPNEGO tokens (RFC 4178 4.2) just far enough to say what went over the wire.

Written apart from the module's own reader, so that the two cannot share a mistake.
"""
import dataclasses
import struct
import typing

SPNEGO_OID = bytes.fromhex("2b0601050502")
NTLM_OID = bytes.fromhex("2b06010401823702020a")
NEG_STATES = ("accept-completed", "accept-incomplete", "reject", "request-mic")
NTLM_MESSAGES = {1: "NEGOTIATE", 2: "CHALLENGE", 3: "AUTHENTICATE"}
# RFC 4178 4.2.2 in DER: NegTokenResp { negState reject }.
REJECT = bytes.fromhex("a1073005a0030a0102")


@dataclasses.dataclass
class Token:
    kind: str  # "init", "resp" or "bare"
    mechs: typing.Tuple[bytes, ...] = ()
    state: typing.Optional[str] = None
    mech: typing.Optional[bytes] = None  # supportedMech
    inner: typing.Optional[str] = None  # the NTLM message inside
    mic: typing.Optional[bytes] = None

    def __str__(self):
        parts = [self.kind, self.state, self.inner, "supportedMech" if self.mech else None]
        return " ".join(p for p in parts + ["MIC" if self.mic else None] if p)


def _elements(data):
    """The (tag, content) pairs of a DER sequence's content."""
    found = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        if start + length > len(data):
            raise ValueError("DER length beyond the end")
        found.append((tag, data[start : start + length]))
        data = data[start + length :]
    return found


def _only(data, tag):
    ((found, content),) = _elements(data)
    if found != tag:
        raise ValueError(f"tag {found:#x} where {tag:#x} is due")
    return content


def _inner(message):
    if not message.startswith(b"NTLMSSP\0"):
        return "other"
    return NTLM_MESSAGES[struct.unpack_from("<I", message, 8)[0]]


def read(token):
    if token.startswith(b"NTLMSSP\0"):
        return Token("bare", inner=_inner(token))
    if token[0] == 0x60:
        (oid_tag, oid), (init_tag, init) = _elements(_only(token, 0x60))
        if (oid_tag, oid, init_tag) != (0x06, SPNEGO_OID, 0xA0):
            raise ValueError("not an InitialContextToken of SPNEGO")
        fields = dict(_elements(_only(init, 0x30)))
        result = Token("init", mechs=tuple(oid for _, oid in _elements(_only(fields[0xA0], 0x30))))
    else:
        fields = dict(_elements(_only(_only(token, 0xA1), 0x30)))
        result = Token("resp")
        if 0xA0 in fields:
            result.state = NEG_STATES[_only(fields[0xA0], 0x0A)[0]]
        if 0xA1 in fields:
            result.mech = _only(fields[0xA1], 0x06)
    if 0xA2 in fields:
        result.inner = _inner(_only(fields[0xA2], 0x04))
    if 0xA3 in fields:
        result.mic = _only(fields[0xA3], 0x04)
    return result
