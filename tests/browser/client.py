# SPDX-License-Identifier: Apache-2.0
"""A web client in headless Chromium, and the relay that it needs: client.py SETTINGS FOLDER

SETTINGS is a JSON file. FOLDER gets the pictures of the canvas (canvas.png) and the TLS keys (tls.keys). Everything is on
127.0.0.1. It ends when the client's session ends, with what the client said of it on standard output and exit code 1,
or after so many seconds."""

import asyncio
import json
import pathlib
import signal
import ssl
import sys
import tempfile
import urllib.parse

from aiohttp import WSMsgType, web

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(_HERE.parent / "support"))

# pylint: disable=wrong-import-position
import rdcleanpath
from kdc_proxy import KdcProxy
from programs import Program

SECONDS = 90
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
            "--enable-logging=stderr")


def _say(*what):
    print(*what, flush=True)


class Relay:
    """What one page needs: its files, the way to the RDP server and, where there is one, to a KDC."""

    def __init__(self, settings, folder):
        self._settings, self._folder = settings, folder
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The client judges the certificate, or nobody.
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._context.keylog_filename = str(folder / "tls.keys")
        self._kdc_proxy = KdcProxy(settings["kdc_port"]) if settings["kdc_port"] else None
        self.browser = settings["browser"]
        self.ended = asyncio.Event()

    def application(self):
        application = web.Application(client_max_size=1 << 24)
        for path, name in (("/", "page.html"), ("/page.js", "page.js")):
            application.router.add_get(path, lambda _, name=name: web.FileResponse(_HERE / name))
        application.router.add_static("/modules", self._settings["modules"])
        application.router.add_get("/settings.json", self._give_settings)
        application.router.add_get("/relay", self._relay)
        if self._kdc_proxy:
            application.router.add_post("/KdcProxy", self._ask_kdc)
        for name in ("said", "picture", "end"):
            application.router.add_post(f"/{name}", getattr(self, f"_take_{name}"))
        return application

    async def _give_settings(self, _):
        return web.json_response(self._settings)

    async def _ask_kdc(self, request):
        return web.Response(body=await self._kdc_proxy.answer(await request.read()))

    async def _take_said(self, request):
        _say(await request.text())
        return web.Response()

    async def _take_picture(self, request):
        new = self._folder / "canvas.new"
        new.write_bytes(await request.read())
        new.replace(self._folder / "canvas.png")
        return web.Response()

    async def _take_end(self, request):
        _say("end:", await request.text())
        self.ended.set()
        return web.Response()

    async def _relay(self, request):
        socket = web.WebSocketResponse(max_msg_size=1 << 24)
        await socket.prepare(request)
        destination, x224 = rdcleanpath.read_request(await socket.receive_bytes())
        _say("asked for", destination)
        where = urllib.parse.urlsplit(f"//{destination}")
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(x224)
        header = await reader.readexactly(4)  # TPKT, RFC 1006 6
        confirm = header + await reader.readexactly(int.from_bytes(header[2:], "big") - 4)
        await writer.start_tls(self._context, server_hostname=where.hostname)
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        address = "%s:%d" % writer.get_extra_info("peername")[:2]
        await socket.send_bytes(rdcleanpath.response(address, confirm, [certificate]))
        down = asyncio.create_task(_pass_down(reader, socket))
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                writer.write(message.data)
                await writer.drain()
        writer.close()
        await down
        return socket


async def _pass_down(reader, socket):
    try:
        while data := await reader.read(1 << 16):
            await socket.send_bytes(data)
    except ConnectionError:
        pass
    await socket.close()


async def main(settings, folder):
    relay = Relay(json.loads(settings.read_text(encoding="utf-8")), folder)
    runner = web.AppRunner(relay.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=1)
    await site.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, relay.ended.set)
    port = runner.addresses[0][1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, \
            Program([relay.browser, *_OPTIONS, f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"], folder / "chromium.log", None):
        try:
            await asyncio.wait_for(relay.ended.wait(), SECONDS)
        except asyncio.TimeoutError:
            _say("end: the time is over")
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(*map(pathlib.Path, sys.argv[1:])))
    sys.exit(1)
