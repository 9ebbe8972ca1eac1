# SPDX-License-Identifier: Apache-2.0
"""What the tests of every peer do: one exchange, then messages both ways."""
import tokens
from peer import Refused

MAX_LEGS = 8


def converse(client, server, tamper=None):
    """Carries tokens until both ends are complete; returns them, the client's first.

    `tamper(number, token)` may change what is delivered. Raises Refused as soon as an end refuses,
    with `by` set to "client" or "server" and `leg` to the number of tokens sent until then.
    """
    sent = []
    ends = [("client", client), ("server", server)]
    token = None
    for leg in range(MAX_LEGS):
        name, end = ends[leg % 2]
        try:
            token = end.step(token)
        except Refused as refusal:
            refusal.by, refusal.leg = name, len(sent)
            raise
        if not token:
            break
        sent.append(token)
        if tamper:
            token = tamper(len(sent), token)
        if ends[(leg + 1) % 2][1].complete:
            raise AssertionError(f"the {name} sent a token to an end that was complete")
    wire = [str(tokens.read(t)) for t in sent]
    if not (client.complete and server.complete):
        raise AssertionError(f"client {client.complete}, server {server.complete}: {wire}")
    print("             wire:", " | ".join(wire), flush=True)
    return sent


def require_refusal(action, *status):
    """Runs `action`, which must be refused, with one of `status` when any is given."""
    try:
        action()
    except Refused as refusal:
        if status and refusal.status not in status:
            raise AssertionError(f"refused with the wrong status: {refusal}") from refusal
        if refusal.left != 0:
            raise AssertionError(f"{refusal.left} bytes of output beside an error") from refusal
        return refusal
    raise AssertionError("it was accepted")


def require_refused_exchange(client, server, by, *status, leg=3, tamper=None):
    """The end `by` must refuse the token of `leg`, AUTHENTICATE if not told otherwise."""
    refusal = require_refusal(lambda: converse(client, server, tamper), *status)
    if (refusal.by, refusal.leg) != (by, leg):
        raise AssertionError(f"the {refusal.by} refused token {refusal.leg}") from refusal
    assert not client.complete or not server.complete
    return refusal


def require_four_legs(sent):
    """NTLM in SPNEGO with the MIC exchange (MS-SPNG 3.3.5.1)."""
    wire = [tokens.read(t) for t in sent]
    assert [t.kind for t in wire] == ["init", "resp", "resp", "resp"], wire
    assert [t.inner for t in wire[:3]] == ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"], wire
    assert tokens.NTLM_OID in wire[0].mechs, wire
    assert wire[1].mech == tokens.NTLM_OID, wire
    assert wire[2].mic and wire[3].mic, wire
    assert wire[3].state == "accept-completed", wire


def require_four_legs_without_mic(sent):
    """NTLM in SPNEGO without message signing: there is no mechListMIC (RFC 4178 5), but what stands in its place."""
    wire = [tokens.read(t) for t in sent]
    assert [t.inner for t in wire[:3]] == ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"], wire
    assert len(wire) == 4 and wire[3].state == "accept-completed", wire
    assert not wire[3].mic and wire[2].mic in (None, b"\1" + bytes(15)), wire


def require_bare(sent):
    assert [str(tokens.read(t)) for t in sent] == [
        "bare NEGOTIATE",
        "bare CHALLENGE",
        "bare AUTHENTICATE",
    ]


def flip(data, position, bit=0):
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def require_same_key(client, server):
    key = client.session_key()
    assert len(key) == 16 and any(key), key
    assert key == server.session_key(), "session keys differ"


def require_messages(client, server):
    """Several sealed and signed messages each way, of several sizes, in mixed order."""
    for number, size in enumerate((1, 16, 1000, 16384)):
        message = bytes((number + i) & 0xFF for i in range(size))
        for sender, receiver in ((client, server), (server, client)):
            sealed = sender.wrap(message)
            assert len(sealed) == size + 16, "the signature is 16 bytes (MS-NLMP 2.2.2.9)"
            assert size < 16 or message not in sealed, "not sealed"
            assert receiver.unwrap(sealed) == message
        signature = client.sign(message)
        assert len(signature) == 16
        server.verify(message, signature)
        client.verify(message, server.sign(message))
