# SPDX-License-Identifier: Apache-2.0
"""RPC's security context and its protected PDUs, the module at one end and pyspnego at the other.

Usage: test_rpc.py RPC_PIPE [ONLY]

A PDU is protected in parts (MS-RPCE 2.2.2.11): header and sec_trailer are signed and stay readable, the
stub between them is sealed where privacy was asked for. FreeRDP's gateway client asks for neither
integrity nor confidentiality and signs all the same.
"""

import sys

import paths  # first: it says where the others are
import peer
import pyspnego_end
import report
from exchange import converse, flip, require_bare, require_refusal

PIPE = sys.argv[1]
# USE_DCE_STYLE, REPLAY_DETECT, SEQUENCE_DETECT and CONFIDENTIALITY: the same bits in ISC_REQ_ and ASC_REQ_
PRIVACY = "21c"

HEADER = bytes(range(24))
STUB = b"the stub of a request, sealed or signed"
MORE = b"and a second buffer of it"
SEC_TRAILER = b"\x0a\x05\0\0\0\0\0\0"


class RpcEnd(peer.PipeEnd):
    """The module, by rpc_pipe."""

    def protect(self, *parts):
        return self._parts("protect", parts)

    def unprotect(self, *parts):
        return self._parts("unprotect", parts)

    def _parts(self, verb, parts):
        text = ",".join(kind + peer.encode(data) for kind, data in parts)
        count = int(self.command(f"{verb} {text}"))
        answers = [self._answer_line() for _ in range(count)]
        return [peer.decode(line.partition(" ")[2]) for line in answers]

    def _answer_line(self):
        return self._process.stdout.readline().decode().rstrip("\n")


def module_client(bench, flags=None):
    settings = {"role": "client", "user": peer.USER, "domain": peer.DOMAIN, "password": peer.PASSWORD,
                "flags": flags}
    return RpcEnd(bench, [PIPE], settings)


def module_server(bench, flags=PRIVACY):
    sam = bench.file("sam", f"{peer.USER}:{peer.DOMAIN}::{peer.NT_HASH}:::\n")
    return RpcEnd(bench, [PIPE], {"role": "server", "samfile": sam, "flags": flags})


def iov(*parts):
    """pyspnego's form of the parts; `None` is the signature's place."""
    kinds = pyspnego_end.spnego.iov.BufferType
    names = {"d": kinds.data, "r": kinds.data_readonly, "c": kinds.sign_only, "t": kinds.header}
    return [(names[kind], data) if data is not None else names[kind] for kind, data in parts]


def bound(client, server):
    require_bare(converse(client, server))


# --- the bind ------------------------------------------------------------------------------------

def test_rpc_bind_takes_three_legs_at_pyspnego(bench):
    client, server = module_client(bench), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    assert server.user() == f"{peer.DOMAIN}\\{peer.USER}"


def test_rpc_bind_of_pyspnego_takes_three_legs_at_the_module(bench):
    bound(pyspnego_end.client("ntlm"), module_server(bench))


# --- integrity, as FreeRDP's gateway client has it -----------------------------------------------

def test_rpc_signed_pdus_of_the_module_are_right_to_pyspnego(bench):
    client, server = module_client(bench), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    for number in range(5):
        whole = HEADER + bytes([number]) + STUB + SEC_TRAILER
        signature, message = client.protect(("t", b""), ("r", whole))
        assert message == whole, "it was sealed"
        server.verify(whole, signature)


def test_rpc_signed_pdus_of_pyspnego_are_right_to_the_module(bench):
    client, server = module_client(bench), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    for number in range(5):
        whole = HEADER + bytes([number]) + STUB + SEC_TRAILER
        signature = server.sign(whole)
        require_refusal(lambda: client.unprotect(("t", flip(signature, 5)), ("r", whole)),
                        peer.SEC_E_MESSAGE_ALTERED)
        require_refusal(lambda: client.unprotect(("t", signature), ("r", flip(whole, 24))),
                        peer.SEC_E_MESSAGE_ALTERED)
        assert client.unprotect(("t", signature), ("r", whole)) == [signature, whole]


def test_rpc_client_without_confidentiality_does_not_send_in_clear_what_is_to_be_sealed(bench):
    client, server = module_client(bench), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    require_refusal(lambda: client.protect(("t", b""), ("r", HEADER), ("d", STUB)))


# --- privacy -------------------------------------------------------------------------------------

def test_rpc_sealed_pdus_of_the_module_are_right_to_pyspnego(bench):
    client, server = module_client(bench, PRIVACY), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    for kind in "rcrc":
        header, sealed, trailer, signature = client.protect(
            (kind, HEADER), ("d", STUB), (kind, SEC_TRAILER), ("t", b""))
        assert (header, trailer) == (HEADER, SEC_TRAILER), "only the stub is sealed"
        assert sealed != STUB and len(sealed) == len(STUB)
        assert server.unwrap_parts(iov((kind, header), ("d", sealed), (kind, trailer), ("t", signature))) == STUB


def test_rpc_sealed_pdus_of_pyspnego_are_right_to_the_module(bench):
    client, server = pyspnego_end.client("ntlm"), module_server(bench)
    bound(client, server)
    for kind in "rcrc":
        sealed, signature = client.wrap_parts(iov((kind, HEADER), ("d", STUB), (kind, SEC_TRAILER), ("t", None)))
        parts = ((kind, HEADER), ("d", sealed), (kind, SEC_TRAILER), ("t", signature))
        for part in range(4):
            changed = [(kind, flip(data, 0) if part == index else data) for index, (kind, data) in enumerate(parts)]
            # pylint: disable-next=cell-var-from-loop
            require_refusal(lambda: server.unprotect(*changed), peer.SEC_E_MESSAGE_ALTERED)
        assert server.unprotect(*parts)[1] == STUB


def test_rpc_several_sealed_buffers_are_one_message(bench):
    client, server = module_client(bench, PRIVACY), pyspnego_end.server(bench, "ntlm")
    bound(client, server)
    for _ in range(3):
        _, first, second, _, signature = client.protect(
            ("r", HEADER), ("d", STUB), ("d", MORE), ("r", SEC_TRAILER), ("t", b""))
        got = server.unwrap_parts(iov(("r", HEADER), ("d", first + second), ("r", SEC_TRAILER), ("t", signature)))
        assert got == STUB + MORE


def test_rpc_message_of_pyspnego_in_several_buffers(bench):
    client, server = pyspnego_end.client("ntlm"), module_server(bench)
    bound(client, server)
    for cut in (0, 1, len(STUB) - 1, len(STUB)):
        sealed, signature = client.wrap_parts(iov(("r", HEADER), ("d", STUB), ("t", None)))
        parts = server.unprotect(("t", signature), ("r", HEADER), ("d", sealed[:cut]), ("d", sealed[cut:]))
        assert parts[2] + parts[3] == STUB


if __name__ == "__main__":
    assert paths
    sys.exit(report.run(globals(), pyspnego_end.load(), *sys.argv[2:3]))
