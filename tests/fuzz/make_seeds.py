#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_session: make_seeds.py FOLDER.

Exchanges of our own two ends under one setting after the other, each edit of the adversary once, and the tokens
that other programs sent, from tests/vectors (their sources stand in those files). session_input.h says what the
bytes mean.
"""

import json
import pathlib
import sys

# Numbers of session_input.h; the two targets' own begin alike.
COMMON = "STEP FLIP CUT APPEND RAW SWAP OLD TURN FLAGS FIELD HEAD PAIR NEG LIST WRAP".split()
OPS = {name: number for own in ("SEAL OPEN SET AGAIN", "TS_HEAD TS_FIELD TS_OLD TS_SEAL TS_RAW")
       for number, name in enumerate(COMMON + own.split())}
REPAIR_ALL = 15
PAYLOAD = b"a message to protect"


def record(name, session=0, end=None, what=0, how=0, at=0, payload=b""):
    who = session | (0 if end is None else 4 | end << 1)
    head = bytes([OPS[name], who, what, how]) + at.to_bytes(2, "little") + len(payload).to_bytes(2, "little")
    return head + payload


def settings(**given):
    """The eight bytes by number: b0 to b7."""
    return bytes(given.get(f"b{i}", 0) for i in range(8))


def steps(count, session=0, what=0):
    return record("STEP", session, what=what) * count


def messages(session=0, what=1):
    """Each end protects one and the other opens it, then again, which must be refused."""
    made = b""
    for end, other in ((0, 1), (1, 0)):
        for how in (0, 1):
            slot = session << 2 | end << 1 | how
            made += record("SEAL", session, end, what=what and what + 4 * how, how=how, at=slot, payload=PAYLOAD)
            made += record("OPEN", session, other, at=slot) + record("OPEN", session, other, at=slot)
    return made


def honest():
    yield "nla", settings(), steps(5) + messages()
    yield "two_at_once", settings(), (steps(1) + steps(1, 1)) * 5 + messages() + messages(1)
    yield "again", settings(), steps(5) + record("AGAIN", end=0) + record("AGAIN", end=1) + steps(5)
    for name, byte, value in (("bare_client", 0, 1), ("raw", 0, 4), ("kerberos_first", 0, 8), ("http", 0, 16),
                              ("bare_server", 1, 1), ("anonymous", 5, 5), ("no_flags", 3, 9), ("integrity", 3, 18),
                              ("both", 3, 59), ("identify", 3, 36), ("carol", 5, 2), ("carol_at", 5, 3),
                              ("carol_back", 5, 4), ("wrong_password", 5, 6), ("letters", 5, 7), ("names", 7, 3),
                              ("bindings", 4, 5), ("other_bindings", 4, 6), ("addresses", 4, 15), ("target", 2, 16),
                              ("target_host", 2, 32), ("target_other", 2, 48), ("wide", 1, 96), ("suppressed", 0, 128),
                              ("refuse_reflection", 1, 4), ("refuse_client", 1, 8), ("lists", 6, 26),
                              ("by_name", 6, 6), ("no_version", 0, 32)):
        yield name, settings(**{f"b{byte}": value}), steps(7) + messages()
    yield "anonymous_allowed", settings(b1=2, b3=9, b5=5), steps(5) + messages()
    yield ("anonymous_domain", settings(b1=2, b3=9, b5=5),
           steps(3) + record("FIELD", what=2, payload=text("EVIL")) + steps(2) + messages())
    yield "repaired_but_the_mic", settings(b5=6), steps(5, what=11)
    yield "required", settings(b2=1 | 4 | 16, b4=5), steps(5) + messages()


def edits(which):
    """One edit before the step of that number, everything repaired after it."""
    for bit in (0, 4, 5, 19, 23, 29, 30):
        yield (f"flags_{bit}_before_{which}", settings(),
               steps(which, what=REPAIR_ALL) + record("FLAGS", at=bit) + steps(6 - which, what=REPAIR_ALL))
    for op, choices in (("FIELD", range(8)), ("PAIR", range(5)), ("NEG", range(8)),
                        ("LIST", range(4)), ("WRAP", range(2)), ("HEAD", range(3)), ("FLIP", (1,)), ("CUT", (0,)),
                        ("APPEND", (0,)), ("TURN", (0,))):
        for choice in choices:
            edit = record(op, what=1, how=choice, at=7 if op == "PAIR" else choice, payload=b"\2\0\0\0")
            yield (f"{op.lower()}_{choice}_before_{which}", settings(),
                   steps(which, what=REPAIR_ALL) + edit + steps(6 - which, what=REPAIR_ALL))


def one_wrong():
    """AUTHENTICATE with one thing wrong and everything else right for it, in SPNEGO and bare."""
    for name, repair, edit in (("proof", 14, record("FIELD", what=1, how=3, at=3)),
                               ("mic", 13, record("FIELD", what=4, how=7, payload=b"x\0")),
                               ("mech_list_mic", 11, record("NEG", how=2)),
                               ("no_mech_list_mic", 15, record("NEG", how=1)),
                               ("time", 7, record("PAIR", how=4, at=7))):
        for bare in (0, 1):
            yield (f"wrong_{name}_{'bare' if bare else 'framed'}", settings(b0=bare),
                   steps(3) + edit + steps(3, what=repair))
    for name, edit in (("mech_list_mic", record("NEG", how=2)), ("no_mech_list_mic", record("NEG", how=1))):
        yield f"wrong_{name}_of_the_server", settings(), steps(4) + edit + steps(1)


def text(name):
    return name.encode("utf-16-le")


def names():
    """Other names in AUTHENTICATE than the client's, proven all the same."""
    for name, person, field, value in (("no_domain", 0, 2, ""), ("back_in_domain", 0, 2, "A\\B"), ("nul_in_domain", 0, 2, "A\0B"),
                                       ("nul_in_user", 0, 3, "user\0x"), ("back_in_user", 0, 3, "A\\user"),
                                       ("other_domain", 2, 2, "EVIL"), ("carols_domain", 2, 2, "corp"),
                                       ("nobody", 0, 3, "nobody"), ("no_user", 0, 3, ""), ("another", 0, 3, "carol")):
        yield (f"name_{name}", settings(b5=person),
               steps(3) + record("FIELD", what=field, payload=text(value)) + steps(3, what=REPAIR_ALL))


def replies():
    """What a server may say that it was asked to, with and without a time in its CHALLENGE."""
    completed = bytes.fromhex("a1073005a0030a0100")
    timeless = record("PAIR", how=0, at=7)
    for name, edit in (("request_mic", record("NEG", how=0, what=4)), ("as_it_is", b"")):
        yield (f"timeless_{name}", settings(), steps(2) + timeless + edit + steps(1, what=REPAIR_ALL) +
               record("RAW", payload=completed) + record("STEP", 0, 0))
    yield ("switched_without_mic", settings(b0=8), steps(4) + timeless + steps(1) + record("RAW", payload=completed) +
           record("STEP", 0, 0))
    yield ("void_mic", settings(), steps(4) + record("NEG", how=2, payload=bytes([1]) + bytes(15)) + steps(1))
    yield ("void_mic_of_the_client", settings(), steps(3) + record("NEG", how=2, payload=bytes([1]) + bytes(15)) + steps(1))


def element(tag, content):
    return bytes([tag, len(content)]) + content


def late_mics():
    """A mechListMIC in a message of its own, and a server's NegTokenInit2 before anything."""
    for state in (None, 0, 1):
        said = b"" if state is None else element(0xA0, bytes([10, 1, state]))
        mic = element(0xA1, element(0x30, said + element(0xA3, element(4, bytes(16)))))
        yield (f"late_mic_{state}", settings(), steps(3) + record("NEG", how=1) + steps(1, what=REPAIR_ALL) +
               record("RAW", payload=mic) + record("STEP", 0, 1, what=REPAIR_ALL))
        yield (f"timeless_mic_{state}", settings(), steps(2) + record("PAIR", how=0, at=7) + steps(1) +
               record("RAW", payload=mic) + record("STEP", 0, 0, what=REPAIR_ALL))
        yield (f"one_token_mic_{state}", settings(b0=8, b7=4), steps(1) + record("RAW", payload=mic) +
               record("STEP", 0, 0) + steps(2))
    for hint in (b"", element(0xA3, element(0x30, element(0xA0, element(0x1B, b"not_defined_in_RFC4178@please_ignore"))))):
        fields = element(0xA0, element(0x30, element(6, bytes.fromhex("2b06010401823702020a")))) + hint
        first = element(0x60, bytes.fromhex("06062b0601050502") + element(0xA0, element(0x30, fields)))
        yield f"hinted_{len(hint)}", settings(), record("RAW", payload=first) + steps(5)


KERBEROS, MICROSOFTS = bytes.fromhex("2a864886f712010202"), bytes.fromhex("2a864882f712010202")
U2U = KERBEROS + b"\3"


def response(state, choice=None, token=None, mic=None):
    """NegTokenResp."""
    fields = b"" if state is None else element(0xA0, bytes([10, 1, state]))
    for number, tag, content in ((1, 6, choice), (2, 4, token), (3, 4, mic)):
        fields += b"" if content is None else element(0xA0 + number, element(tag, content))
    return element(0xA1, element(0x30, fields))


def kerberos_token(token_id, oid=KERBEROS):
    return element(0x60, element(6, oid) + token_id.to_bytes(2, "big") + b"body")


def signature(sender, *oids):
    """fake_message.c's, of a list."""
    total = 0
    for byte in element(0x30, b"".join(element(6, oid) for oid in oids)):
        total = (total * 31 + byte) % 256
    return sender + bytes([0, total]) + sender * 25


def kerberos():
    """The scripted WinPR's Kerberos, between the two ends and with a server that is the adversary."""
    ntlm = bytes.fromhex("2b06010401823702020a")
    mic = signature(b"A", KERBEROS, U2U, ntlm)
    for name, given in (("mutual", {}), ("one_token", {"b7": 12}), ("integrity", {"b3": 2}), ("raw", {"b0": 12, "b6": 4 + 8 * 4}),
                        ("bare_acceptor", {"b0": 12, "b6": 4}), ("not_ntlm", {"b6": 4 + 8 * 4}), ("required", {"b2": 1}),
                        ("not_the_server", {"b6": 8 * 2}), ("not_the_client", {"b0": 0}), ("wide", {"b1": 96})):
        yield f"kerberos_{name}", settings(**{"b0": 8, "b7": 8, **given}), steps(5) + messages(what=0)
    for name, reply in (("completed", response(0, KERBEROS, kerberos_token(0x0200))),
                        ("incomplete", response(1, KERBEROS, kerberos_token(0x0200))),
                        ("request_mic", response(3, KERBEROS, kerberos_token(0x0200))),
                        ("without_token", response(0, KERBEROS)), ("other_token", response(0, KERBEROS, kerberos_token(0x0401))),
                        ("microsofts", response(0, MICROSOFTS, kerberos_token(0x0200, MICROSOFTS))),
                        ("mic", response(1, KERBEROS, kerberos_token(0x0200), mic)),
                        ("mic_alone", response(1, KERBEROS, None, mic)),
                        ("wrong_mic", response(1, KERBEROS, kerberos_token(0x0200), mic[:2] + b"\0"))):
        for mutual in (0, 4):
            yield (f"kerberos_server_{name}_{mutual}", settings(b0=8, b7=mutual), steps(1) + record("RAW", payload=reply) +
                   record("STEP", 0, 0) + record("RAW", payload=response(0)) + record("STEP", 0, 0))
    for mutual in (0, 4):
        asked = response(3, KERBEROS, None if mutual else kerberos_token(0x0200))
        yield (f"kerberos_late_mic_{mutual}", settings(b0=8, b7=mutual), steps(1) + record("RAW", payload=asked) +
               record("STEP", 0, 0) + record("RAW", payload=response(0, None, None, mic)) + record("STEP", 0, 0))
        replies = [response(1, U2U), response(1, None, kerberos_token(0x0401, U2U))]
        replies += [] if mutual else [response(1, None, kerberos_token(0x0200, U2U))]
        for name, last in (("mic", response(0, None, None, mic)), ("no_mic", response(0))):
            yield (f"u2u_{name}_{mutual}", settings(b0=8, b7=mutual), steps(1) +
                   b"".join(record("RAW", payload=reply) + record("STEP", 0, 0) for reply in [*replies, last]))


def attributes():
    """What WinPR lets a host set, before the message that has it."""
    for which in range(5):
        for end in (0, 1):
            for after in (1, 2):
                yield (f"set_{which}_{end}_after_{after}", settings(b0=8 * end), steps(after) +
                       record("SET", end=end, what=which, payload=b"12345678" * 2) + steps(7 - after))


def tampered():
    """Each part of a message changed, and messages out of their order."""
    for sign in (0, 1):
        for place in (0, 4, 11, 12, 15, 16, 30):
            yield (f"tampered_{place}_{'signed' if sign else 'sealed'}", settings(),
                   steps(5) + record("SEAL", 0, 0, how=sign, at=2, payload=PAYLOAD) +
                   record("OPEN", 0, 1, how=1, at=2 | place << 3) + record("OPEN", 0, 1, at=2) * 2)
    two = b"".join(record("SEAL", 0, 0, at=slot, payload=PAYLOAD) for slot in (0, 1))
    yield "second_first", settings(), steps(5) + two + b"".join(record("OPEN", 0, 1, at=slot) for slot in (1, 0, 1))
    yield "to_its_maker", settings(), steps(5) + two + record("OPEN", 0, 0, at=0)


def tokens_of(vector):
    """(was it sent by the client, token) of each message, SPNEGO's or bare NTLM's."""
    messages = vector.get("messages", [])
    if isinstance(messages, dict):
        messages = [{"nego_token": text} for text in messages.values()]
    for message in messages:
        token = bytes.fromhex(message.get("nego_token", ""))
        at = token.find(b"NTLMSSP\0")
        if token[:1] in (b"\x60", b"\xa1") or at == 0:
            yield message.get("role", "server" if token[8:9] == b"\2" else "client") == "client", token
        elif at > 0:  # in a TSRequest
            yield token[at + 8] != 2, token[at:]


def recorded(folder):
    """What another program sent, to the end that reads such, under a name and a time that are known here."""
    for path in sorted(folder.glob("*.json")):
        body, bare = b"", False
        for by_client, token in tokens_of(json.loads(path.read_text(encoding="utf-8"))):
            bare = bare or token.startswith(b"NTLMSSP")
            if not by_client:
                body += record("STEP", 1, 0)
            session, end = (0, 1) if by_client else (1, 0)
            body += record("RAW", session, payload=token)
            if by_client:
                body += record("FIELD", session, what=3, payload=text("user"))
            body += record("STEP", session, end, what=REPAIR_ALL)
        if body:
            yield "recorded_" + path.stem.replace("-", "_"), settings(b0=bare), body + messages()


def write(out, seeds):
    out.mkdir(parents=True, exist_ok=True)
    for name, first, body in seeds:
        (out / name).write_bytes(first + body)
    print(f"{len(seeds)} seeds")


def main():
    vectors = pathlib.Path(__file__).resolve().parents[1] / "vectors"
    seeds = list(honest()) + list(one_wrong()) + list(names()) + list(replies()) + list(late_mics()) + list(attributes())
    seeds += list(kerberos()) + list(tampered()) + list(recorded(vectors))
    for which in range(5):
        seeds += edits(which)
    write(pathlib.Path(sys.argv[1]), seeds)


if __name__ == "__main__":
    main()
