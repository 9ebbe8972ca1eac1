# SPDX-License-Identifier: Apache-2.0
"""RPC over HTTP as far as a client's first request: both channels of a virtual connection (MS-RPCH 3.2.1.5),
then BIND, BIND_ACK and AUTH3 with NTLM in three legs (C706 12.6.4, MS-RPCE 2.2.2.11), then one REQUEST, the
signature of which is checked. Multi-byte fields are little-endian, as the client says in its headers."""

import struct
import threading

import pyspnego_end
from peer import Refused

REQUEST, BIND, BIND_ACK, AUTH3, RTS = 0, 11, 12, 16, 20
NAMES = {REQUEST: "REQUEST", BIND: "BIND", AUTH3: "AUTH3"}
HEADER = struct.Struct("<BBBB4sHHI")  # version, minor, type, flags, representation, lengths, call
FIRST_AND_LAST = 3
LITTLE_ENDIAN = b"\x10\0\0\0"
# MS-RPCH 2.2.3.5: the commands in CONN/A3 and CONN/C2
WINDOW, TIMEOUT, VERSION = 0, 2, 6
# The transfer syntax NDR, 8a885d04-1ceb-11c9-9fe8-08002b104860 version 2
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b10486002000000")
AUTH_NTLM, LEVEL_INTEGRITY = 10, 5
SECONDS = 20


def pdu(kind, body, token=b"", call=0):
    """A PDU in one fragment; with a token its sec_trailer comes before."""
    if token:
        padding = -len(body) % 4
        body += bytes(padding) + struct.pack("<BBBBI", AUTH_NTLM, LEVEL_INTEGRITY, padding, 0, 0) + token
    return HEADER.pack(5, 0, kind, FIRST_AND_LAST, LITTLE_ENDIAN, HEADER.size + len(body), len(token), call) + body


def rts(*commands):
    """An RTS PDU (MS-RPCH 2.2.3.6): its flags, how many commands, then each with one value."""
    body = struct.pack("<HH", 0, len(commands))
    return pdu(RTS, body + b"".join(struct.pack("<II", *command) for command in commands))


class RpcGateway:
    """`serve` is called in two threads, one for each channel; the client speaks on IN and hears on OUT."""

    def __init__(self):
        self.seen = []        # names of the PDUs after the connection was made
        self.user = None
        self.error = None
        self.over = False
        self._out = None
        self._out_is_there = threading.Event()
        self._done = threading.Event()

    def serve(self, connection, request, visit, given):
        assert not given, "NTLM's last leg has no answer"
        if request.method == "RPC_OUT_DATA":
            visit.after = connection.read(76)  # CONN/A1
            self._out = connection
            connection.write(b"HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\n"
                             b"Content-Length: 1073741824\r\n\r\n")
            connection.write(rts((TIMEOUT, 120000)))                                       # CONN/A3
            connection.write(rts((VERSION, 1), (WINDOW, 65536), (TIMEOUT, 120000)))        # CONN/C2
            self._out_is_there.set()
            self._done.wait(SECONDS)
            return
        visit.after = connection.read(104)  # CONN/B1
        try:
            if not self._out_is_there.wait(SECONDS):
                raise RuntimeError("no OUT channel came")
            self._converse(connection)
        except (Refused, RuntimeError, EOFError, AssertionError) as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.over = True
            self._done.set()

    def _converse(self, connection):
        acceptor = pyspnego_end.acceptor("ntlm")
        while "REQUEST" not in self.seen:
            head = connection.read(HEADER.size)
            _, _, kind, _, _, length, token_length, call = HEADER.unpack(head)
            whole = head + connection.read(length - HEADER.size)
            if kind == RTS:
                continue
            self.seen.append(NAMES.get(kind, f"PDU {kind}"))
            token = whole[-token_length:] if token_length else b""
            if kind == BIND:
                self._out.write(pdu(BIND_ACK, _bind_ack(whole), acceptor.step(token), call))
            elif kind == AUTH3:
                assert acceptor.step(token) == b"" and acceptor.complete, "AUTH3 ends the bind"
                self.user = acceptor.user()
            elif kind == REQUEST:
                # The signature covers all of the PDU before it, the sec_trailer included.
                acceptor.verify(whole[:-token_length], token)
            else:
                raise RuntimeError(f"PDU {kind} came")


def _bind_ack(bind):
    """Sizes as the client wants them, no secondary address, and every context accepted."""
    sizes, contexts = bind[16:20], bind[24]
    return sizes + struct.pack("<IHxx", 1, 0) + struct.pack("<Bxxx", contexts) \
        + contexts * (struct.pack("<HH", 0, 0) + NDR)
