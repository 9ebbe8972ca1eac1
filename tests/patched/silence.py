# SPDX-License-Identifier: Apache-2.0
"""Clients that never come to their session: each stops at another place, or goes on from there with a
byte now and then."""
import contextlib
import socket
import ssl
import time

import rdp_tls
from clients import Client

_BETWEEN_BYTES = 0.2


class Waiting:
    """One connection to the server. `say(byte)` sends one byte of what it would say next, None is silence."""

    def __init__(self, name, stream, say=None, begin=b""):
        self.name = name
        self.stream = stream
        self.lasted = None
        self._say = say
        self._rest = list(begin)
        self._since = time.monotonic()
        stream.setblocking(False)

    def go_on(self):
        """Sends the next byte, if it has one to send, and looks whether the server is still there."""
        byte = bytes([self._rest.pop(0) if self._rest else 0])
        try:
            if self._say:
                self._say(byte)
            while self.stream.recv(4096):
                pass
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError:
            pass
        self.lasted = time.monotonic() - self._since


def _raw(stream):
    """The connection beneath TLS."""
    return socket.socket(fileno=stream.detach())


@contextlib.contextmanager
def clients(new_server):
    """One for each place where a client can stop, each at a server of its own, so that none is seen for another's
    sake. `new_server` starts one and returns its port."""
    with contextlib.ExitStack() as open_ones:
        def waiting(name, stream, begin=None):
            return Waiting(name, open_ones.enter_context(stream), stream.sendall if begin else None, begin or b"")

        def first_token():
            client = open_ones.enter_context(Client(new_server(), "ntlm"))
            client.send(client.context.step())
            client.answer()
            return client.stream

        yield [
            waiting("silent", rdp_tls.reach(new_server())),
            waiting("slow X.224", rdp_tls.reach(new_server()), bytes.fromhex("03000040")),
            waiting("silent after X.224", rdp_tls.negotiate(new_server())),
            waiting("slow ClientHello", rdp_tls.negotiate(new_server()), bytes.fromhex("160301200001001ffc")),
            waiting("silent after TLS", rdp_tls.connect(new_server())),
            waiting("slow TSRequest", rdp_tls.connect(new_server()), bytes.fromhex("30822000")),
            waiting("slow TLS record", _raw(rdp_tls.connect(new_server())), bytes.fromhex("1703032000")),
            waiting("silent after the first token", first_token()),
        ]


def watch(waiting, seconds):
    """Until each is disconnected, or for so long after the last one came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(one.lasted is None for one in waiting):
        for one in waiting:
            if one.lasted is None:
                one.go_on()
        time.sleep(_BETWEEN_BYTES)
