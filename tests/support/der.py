# SPDX-License-Identifier: Apache-2.0
"""Writes DER (X.690), apart from the module's own writer."""


def der(tag, *contents):
    """One element around `contents`, which follow one another in it."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
