# SPDX-License-Identifier: Apache-2.0
"""A stock freerdp-shadow-cli3 and the machine's own WinPR, before and after negossp-register."""

import check
from server import KEY

HAND_WRITTEN = (b"; written by hand, with comments\n"
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Client]\n"
                b'"Caption"=str:"mine"\n\n'
                b"[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Server]\n"
                b"; the server's own\n"
                b'"ExtSecurity"=dword:0\n'
                b"; no newline at the end")
HEADER = f"[HKEY_LOCAL_MACHINE\\{KEY}]\n"

# What WinPR reads of each is compared with what status says that it would.
TEXTS = (
    HEADER + '"SspiModule"=str:"/p.so"\n',
    HEADER + '"SspiModule"=str:"/p.so"',
    HEADER + '"SspiModule"="/p.so"\n',
    HEADER + '"SspiModule"="x"/p.so"\n',
    HEADER + '"SspiModule"=str:"/p.so"\r\n',
    HEADER + '"SspiModule"=str:"/p.so" \n',
    HEADER + '"SspiModule"=str:"/p"q.so"\n',
    HEADER + '"SspiModule"=str:"/p.so\n',
    HEADER + '"SspiModule"=nothing\n"SspiModule"=str:"/p.so"\n',
    HEADER + '"sspimodule"=str:"/q.so"\n"SspiModule2"=str:"/r.so"\n"SspiModule"=str:"/p.so"\n',
    HEADER + ';"SspiModule"=str:"/q.so"\n "SspiModule"=str:"/r.so"\n',
    HEADER + '"SspiModule" = str:"/p.so"\n',
    HEADER + '"SspiModule"=str:"/a"\n"SspiModule"=str:"/b"\n',
    HEADER + '"SspiModule"="/a"\n"SspiModule"=str:"/b"\n',
    HEADER + "[x]\n" + HEADER + '"SspiModule"=str:"/b"\n',
    HEADER + "; c\n\n\n" + '"Other"=dword:1\n"SspiModule"=str:"/p.so"\n',
    HEADER.upper() + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("HKEY_LOCAL_MACHINE", "hkey_local_machine") + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("]\n", "]\r\n") + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("]\n", "] ; mine\n") + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("]\n", "] ; [x]\n") + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("]", "") + '"SspiModule"=str:"/p.so"\n',
    HEADER.replace("]", "\\Sub]") + '"SspiModule"=str:"/p.so"\n',
    " " + HEADER + '"SspiModule"=str:"/p.so"\n',
    "\ufeff" + HEADER + '"SspiModule"=str:"/p.so"\n',
    '"SspiModule"=str:"/p.so"\n',
    "\n\n" + HEADER,
)


def test_registered_server_loads_the_module(lab):
    lab.write(None)
    lab.register("register")
    check.equal(lab.module_of_server(), lab.module, "the module that a stock server loads")


def test_unregistered_server_does_not(lab):
    lab.write(None)
    lab.register("register")
    lab.register("unregister")
    check.equal(lab.module_of_server(), None, "the module that a stock server loads")
    check.equal(lab.read(), None, "the registry file")


def test_hand_written_registry_survives(lab):
    lab.write(HAND_WRITTEN)
    lab.register("register")
    check.equal(lab.module_of_server(), lab.module, "the module that a stock server loads")
    check.true(all(line in lab.read() for line in HAND_WRITTEN.splitlines(keepends=True)),
               "every line is there while it is registered")
    lab.register("unregister")
    check.equal(lab.module_of_server(), None, "the module that a stock server loads")
    check.equal(lab.read(), HAND_WRITTEN, "the registry file")


def test_windows_line_ends_do_not_hide_the_module(lab):
    lab.write(HAND_WRITTEN.replace(b"\n", b"\r\n"))
    lab.register("register")
    check.equal(lab.module_of_server(), lab.module, "the module that a stock server loads")
    lab.register("unregister")
    check.equal(lab.read(), HAND_WRITTEN.replace(b"\n", b"\r\n"), "the registry file")


def test_winpr_reads_every_text_as_status_says(lab):
    for text in TEXTS:
        lab.write(text.encode())
        said, read = lab.status()
        check.equal(said, read, f"what status says and what WinPR reads of {text!r}")


def test_winpr_reads_what_was_registered_in_every_text(lab):
    for text in TEXTS:
        lab.write(text.encode())
        lab.register("register")
        check.equal(lab.status(), (lab.module, lab.module), f"what is read after registering in {text!r}")
