# SPDX-License-Identifier: Apache-2.0
"""As much of DER as the relay's messages have: elements with one byte of tag and a definite length."""


class Malformed(Exception):
    """What a client sent."""


def read(data):
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


def fields(data):
    """Of the SEQUENCE that comes first, whose fields have tags of their own: the content by the tag."""
    tag, rest, _ = read(data)
    if tag != 0x30:
        raise Malformed("not a SEQUENCE")
    found = {}
    while rest:
        tag, content, rest = read(rest)
        found[tag] = content
    return found
