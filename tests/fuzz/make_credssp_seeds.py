#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_credssp_session: make_credssp_seeds.py FOLDER.

Exchanges of our own two ends, and each thing that somebody between them who knows the password can do to one
TSRequest. adversary_credssp.h says what the bytes mean.
"""

import pathlib
import sys

from make_seeds import OPS, record, settings, steps, write

REPAIR_SEAL, REPAIR_EVERYTHING = 16, 31
TOKEN, AUTH_INFO, PUB_KEY_AUTH, NONCE = range(4)
# Of OP_TS_FIELD, in bits 2 and 3 of `what`.
REPLACED, FLIPPED, CUT, LONGER = (how << 2 for how in range(4))
WRONG = ("role", "key", "nonce", "version", "reflected", "number", "cut", "flipped")
# Steps before which pubKeyAuth and authInfo are on the wire, in SPNEGO and bare.
CLIENTS_KEY, SERVERS_KEY, CREDENTIALS = {0: 5, 1: 3}, {0: 6, 1: 4}, {0: 7, 1: 5}


def both(**given):
    """The same of both exchanges."""
    return settings(**given, **{f"b{int(name[1]) + 4}": value for name, value in given.items()})


def honest():
    for bare in (0, 1):
        for version in range(2, 7):
            yield f"version_{version}_{bare}", both(b0=bare, b1=(6 - version) * 6), steps(8)
        yield f"delegates_nothing_{bare}", both(b0=bare | 2), steps(8)
        yield f"signs_alone_{bare}", both(b0=bare | 4), steps(8, what=REPAIR_EVERYTHING)
        yield f"another_key_{bare}", both(b0=bare, b3=1), steps(8)
        yield f"wrong_password_{bare}", both(b0=bare, b3=2), steps(8)
        yield f"made_right_{bare}", both(b0=bare, b3=1), steps(8, what=REPAIR_EVERYTHING)
        yield f"two_at_once_{bare}", both(b0=bare), (steps(1) + steps(1, 1)) * 8
    for client in range(5):
        yield f"client_{6 - client}_server_6", both(b1=client), steps(8)
        yield f"server_{6 - client}_client_6", both(b1=5 * client), steps(8)
        yield f"server_{6 - client}_too_low", both(b1=5 * client, b2=1), steps(8)
        yield f"client_{6 - client}_too_low", both(b1=client, b2=2), steps(8)


def edited(which, bare, edit, repair=REPAIR_SEAL):
    """One edit before that step, with `repair`; what is sealed is made right from there on."""
    return both(b0=bare), steps(which) + edit + steps(1, what=repair) + steps(8 - which, what=REPAIR_SEAL)


def edits(bare):
    for which in range(1, CREDENTIALS[bare] + 1):
        for version in (0, 1, 2, 3, 5, 7):
            yield f"version_{version}", which, record("TS_HEAD", what=1, how=version)
        for number in range(1, 6):
            yield f"field_{number}_turned", which, record("TS_HEAD", what=2, at=1 << number)
        yield "error_code", which, record("TS_HEAD", what=4, payload=b"\x6d\0\0\xc0")
        for raw in range(4):
            yield f"raw_{raw}", which, record("TS_RAW", what=raw, at=3, how=1, payload=b"\x30\0")
    for name, which in (("clients", CLIENTS_KEY), ("servers", SERVERS_KEY)):
        for bit, wrong in enumerate(WRONG):
            yield f"{name}_{wrong}", which[bare], record("TS_SEAL", how=1 << bit)
        yield f"{name}_sealed", which[bare], record("TS_SEAL")
        yield f"{name}_field_cut", which[bare], record("TS_FIELD", what=CUT | PUB_KEY_AUTH, at=20)
        yield f"{name}_field_flipped", which[bare], record("TS_FIELD", what=FLIPPED | PUB_KEY_AUTH, at=20)
        yield f"{name}_empty", which[bare], record("TS_FIELD", what=REPLACED | PUB_KEY_AUTH)
        yield f"{name}_too_long", which[bare], record("TS_FIELD", what=LONGER | PUB_KEY_AUTH, payload=b"\0")
        yield f"{name}_with_credentials", which[bare], record("TS_SEAL", what=1)
    key, reply = CLIENTS_KEY[bare], SERVERS_KEY[bare]
    for at in (0, 4, 12):
        yield f"signature_{at}", key, record("TS_FIELD", what=FLIPPED | PUB_KEY_AUTH, at=at)
        yield f"servers_signature_{at}", reply, record("TS_FIELD", what=FLIPPED | PUB_KEY_AUTH, at=at)
        yield f"credentials_signature_{at}", CREDENTIALS[bare], record("TS_FIELD", what=FLIPPED | AUTH_INFO, at=at)
    yield "nonce_early", 1, record("TS_FIELD", what=NONCE, payload=bytes(32))
    yield "nonce_late", CREDENTIALS[bare], record("TS_FIELD", what=NONCE, payload=bytes(32))
    yield "nonce_changed", key, record("TS_FIELD", what=FLIPPED | NONCE)
    yield "nonce_cut", key, record("TS_FIELD", what=CUT | NONCE, at=31)
    # An end has seen one message before each step, and after it.
    yield "reflected", reply, record("TS_OLD", what=PUB_KEY_AUTH * 5, how=0, at=key - 1)
    yield "whole_reflected", reply, record("OLD", how=0, at=key - 1)
    yield "early", 1, record("TS_SEAL")
    yield "credentials_early", key, record("TS_SEAL", what=1)
    yield "credentials_numbered", CREDENTIALS[bare], record("TS_SEAL", what=1, how=32)
    yield "credentials_others", CREDENTIALS[bare], record("TS_SEAL", what=1, payload=b"\x30\3\2\1\1")
    yield "credentials_again", CREDENTIALS[bare] + 1, record("OLD", how=2, at=CREDENTIALS[bare] - 1)


def tokens():
    """AUTHENTICATE with other names in it, and everything made right for them, or all but one thing."""
    workstation, proof = record("FIELD", what=4, how=7, payload=b"x\0"), record("FIELD", what=1, how=3, at=3)
    for bare in (0, 1):
        for name, edit, repair in (("right", workstation, 31), ("proof_wrong", proof, 30),
                                   ("mic_wrong", workstation, 29), ("mech_list_mic_wrong", workstation, 27)):
            yield f"{name}_{bare}", *edited(3, bare, edit, repair)
    yield "servers_mech_list_mic_wrong_0", *edited(4, 0, record("NEG", how=2))


def replayed():
    """Messages of one exchange in the other."""
    for bare in (0, 1):
        for which in range(1, 7):
            one = steps(which) + steps(which, 1)
            yield f"swapped_{which}_{bare}", both(b0=bare), one + record("SWAP") + steps(4) + steps(4, 1)
            yield (f"others_key_{which}_{bare}", both(b0=bare),
                   one + record("TS_OLD", what=PUB_KEY_AUTH * 5, how=1, at=which - 1) + steps(4))
            yield f"turned_{which}_{bare}", both(b0=bare), steps(which) + record("TURN") + steps(2)
            yield f"twice_{which}_{bare}", both(b0=bare), steps(which) + record("OLD", how=2, at=which - 1) + steps(4)
            yield f"token_changed_{which}_{bare}", *edited(which, bare, record("FLAGS", at=29), REPAIR_EVERYTHING)


def main():
    seeds = list(honest()) + list(tokens()) + list(replayed())
    for bare in (0, 1):
        for name, which, edit in edits(bare):
            own = edit[0] in (OPS["TS_FIELD"], OPS["TS_OLD"], OPS["OLD"]) and not name.startswith("nonce")
            seeds.append((f"{name}_before_{which}_{bare}", *edited(which, bare, edit, 0 if own else REPAIR_SEAL)))
        for version in (2, 5):
            # From the first message on it is what the peer always says.
            always = b"".join(record("TS_HEAD", what=1, how=version) + steps(1, what=REPAIR_SEAL) for _ in range(8))
            seeds.append((f"always_version_{version}_{bare}", both(b0=bare), steps(1) + always))
    write(pathlib.Path(sys.argv[1]), seeds)


if __name__ == "__main__":
    main()
