# SPDX-License-Identifier: Apache-2.0
"""python3-pyspnego as an end: its own SPNEGO and NTLM in Python, never GSSAPI's.

It is taken from the system, or else fetched from Debian trixie into the user's cache folder.
"""
import importlib.metadata
import os
import pathlib
import socket
import subprocess
import sys

from peer import DOMAIN, PASSWORD, USER, Refused

FETCH = pathlib.Path(__file__).parent.parent / "support" / "fetch-deb.sh"
spnego = None


def load():
    """Imports pyspnego; returns why that cannot be done, or None."""
    global spnego
    sys.modules["gssapi"] = None
    # The acceptor asks for its own full name, which may wait for a DNS server that is not there.
    socket.getfqdn = lambda *_: "peer.example"
    try:
        import spnego as found
    except ImportError:
        fetch = [FETCH, "trixie", "python3-pyspnego"]
        got = subprocess.run(fetch, stdout=subprocess.PIPE, text=True, check=False)
        if got.returncode != 0:
            return "python3-pyspnego cannot be downloaded"
        sys.path.insert(0, got.stdout.strip() + "/usr/lib/python3/dist-packages")
        try:
            import spnego as found
        except ImportError as error:
            return f"python3-pyspnego: {error}"
    spnego = found
    return None


def called():
    """Its name and version."""
    return "pyspnego", importlib.metadata.version("pyspnego")


def _bindings(data):
    return spnego.channel_bindings.GssChannelBindings(application_data=data) if data else None


class PyspnegoEnd:
    def __init__(self, context):
        self._context = context

    @property
    def complete(self):
        return self._context.complete

    def _call(self, function, *args):
        try:
            return function(*args)
        except (spnego.exceptions.SpnegoError, ValueError) as error:
            raise Refused(f"{type(error).__name__}: {error}", type(error).__name__) from error

    def step(self, token):
        return self._call(self._context.step, token) or b""

    def wrap(self, message):
        return self._call(self._context.wrap, message).data

    def unwrap(self, sealed):
        return self._call(self._context.unwrap, sealed).data

    def sign(self, message):
        return self._call(self._context.sign, message)

    def verify(self, message, signature):
        self._call(self._context.verify, message, signature)

    def wrap_parts(self, parts):
        """The sealed data and the signature of a message in parts (spnego.iov)."""
        kinds = spnego.iov.BufferType
        buffers = self._call(self._context.wrap_iov, parts).buffers
        return tuple(next(b.data for b in buffers if b.type == kind) for kind in (kinds.data, kinds.header))

    def unwrap_parts(self, parts):
        """The unsealed data."""
        buffers = self._call(self._context.unwrap_iov, parts).buffers
        return next(b.data for b in buffers if b.type == spnego.iov.BufferType.data)

    def session_key(self):
        return self._context.session_key

    def user(self):
        return self._context.client_principal


def _kind(protocol):
    options = spnego.NegotiateOptions
    return {
        "protocol": protocol,
        "options": options.use_negotiate if protocol == "negotiate" else options.use_ntlm,
    }


def client(protocol="negotiate", user=f"{DOMAIN}\\{USER}", password=PASSWORD, bindings=None, unsigned=False):
    requirements = {"context_req": spnego.ContextReq(0)} if unsigned else {}
    return PyspnegoEnd(
        spnego.client(
            user,
            password,
            hostname="peer.example",
            service="TERMSRV",
            channel_bindings=_bindings(bindings),
            **requirements,
            **_kind(protocol),
        )
    )


def accounts(bench, user=USER, domain=DOMAIN, password=PASSWORD):
    """Its acceptors know the accounts of the file that NTLM_USER_FILE names."""
    os.environ["NTLM_USER_FILE"] = str(bench.file("users", f"{domain}:{user}:{password}\n"))
    bench.callback(os.environ.pop, "NTLM_USER_FILE", None)


def acceptor(protocol="negotiate", bindings=None):
    return PyspnegoEnd(spnego.server(channel_bindings=_bindings(bindings), **_kind(protocol)))


def server(bench, protocol="negotiate", user=USER, domain=DOMAIN, bindings=None):
    accounts(bench, user, domain)
    return acceptor(protocol, bindings)
