# SPDX-License-Identifier: Apache-2.0
"""A KDC proxy (MS-KKDCP) in front of one KDC: what a browser has in place of a connection to port 88.

sspi-rs takes encryption type and salt from PA-ETYPE-INFO2 in the AS-REP, where RFC 4120 3.1.5 makes them optional; a KDC
that has named them in its KRB-ERROR (5.2.7.5) leaves them out. They are put in here."""

import asyncio

import der_read
from der import der

_PA_ETYPE_INFO2 = 19
_AS_REP, _KRB_ERROR = 0x6B, 0x7E  # [APPLICATION 11], [APPLICATION 30]
_PADATA, _E_DATA = 0xA2, 0xAC     # [2] of KDC-REP, [12] of KRB-ERROR


class KdcProxy:
    """Remembers what the KDC said last of the keys that it wants."""

    def __init__(self, port):
        self._port, self._etype_info = port, None

    async def answer(self, body):
        """To a KDC-PROXY-MESSAGE (MS-KKDCP 2.2.2), whose message has its length in front as over TCP."""
        request = der_read.read(der_read.fields(body)[0xA0])[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        length = int.from_bytes(await reader.readexactly(4), "big")
        reply = self._with_etype_info(await reader.readexactly(length))
        writer.close()
        return der(0x30, der(0xA0, der(0x04, len(reply).to_bytes(4, "big") + reply)))

    def _with_etype_info(self, reply):
        tag, inner, _ = der_read.read(reply)
        if tag == _KRB_ERROR:
            self._remember(der_read.fields(inner).get(_E_DATA))
        if tag != _AS_REP or self._etype_info is None:
            return reply
        fields = der_read.fields(inner)
        there = der_read.read(fields[_PADATA])[1] if _PADATA in fields else b""
        fields[_PADATA] = der(0x30, there, self._etype_info)
        return der(_AS_REP, der(0x30, *(der(each, fields[each]) for each in sorted(fields))))

    def _remember(self, e_data):
        if e_data is None:
            return
        method_data = der_read.read(der_read.read(e_data)[1])[1]
        while method_data:
            _, pa_data, rest = der_read.read(method_data)
            kind = der_read.read(der_read.fields(method_data)[0xA1])[1]
            if int.from_bytes(kind, "big") == _PA_ETYPE_INFO2:
                self._etype_info = der(0x30, pa_data)
            method_data = rest
