# SPDX-License-Identifier: Apache-2.0
"""What negossp-run starts nothing of, or lets make no connection: test_refusals.py BUILT MODULE-FOLDER PROGRAMS SOURCE."""

import os
import struct
import sys

from run_lab import check, DONE, NOT_FOUND, NOT_STARTED, OF_CLIENT, REFUSED, run_tests

EI_CLASS, EI_DATA, E_MACHINE = 4, 5, 18
E_PHOFF = {1: ("I", 28), 2: ("Q", 32)} # of 32 and of 64 bits
E_PHENTSIZE = {1: 42, 2: 54}
PT_NULL, PT_INTERP = 0, 3


def _refused(lab, why, *command, **env):
    out, err = lab.expect(REFUSED, *command, **env)
    check.equal(out, "", f"what {command} did")
    check.true(why in err, f"why not: {err}")
    return err


def test_program_of_freerdp_2_is_not_started(lab):
    _refused(lab, "it uses FreeRDP 2, which cannot load negossp; it is not started", lab.program("program-other2"))
    # Nor behind a script.
    _refused(lab, "it uses FreeRDP 2", lab.make("old", f"#!/bin/sh\n{lab.program('program-other2')}\nexit $?\n"))


def test_plugin_of_another_freerdp_makes_no_connection(lab):
    for major in (2, 4):
        out, err = lab.expect(OF_CLIENT, *lab.plugin(f"plugin-other{major}.so"))
        check.equal(out, "started\nconnected=0\n", f"what a client of FreeRDP {major} did")
        check.equal(err, f"negossp-run: host: it uses FreeRDP {major}, which cannot load negossp; it does not connect\n", "what is said")
    out, err = lab.expect(OF_CLIENT, lab.program("program-other4"))
    check.equal((out, "FreeRDP 4" in err), ("started\nconnected=0\n", True), "what a program of FreeRDP 4 did")


def test_another_freerdp_without_negossp_is_left_alone(lab):
    for name in ("plugin-other2.so", "plugin-other4.so"):
        out = lab.expect(OF_CLIENT, lab.program(name), program=lab.program("host"), LD_PRELOAD=lab.installed.library)
        check.equal(out, ("started\nmodule=\nconnected=1\n", ""), "what it did")


def test_client_that_does_not_take_the_module_makes_no_connection(lab):
    out, err = lab.expect(OF_CLIENT, lab.program("program-other3"))
    check.equal(out, "started\nconnected=0\n", "what it did")
    check.equal(err, "negossp-run: program-other3: FreeRDP 3.1.1 did not take the module; it does not connect\n", "what is said")


def test_client_whose_freerdp_is_not_there_makes_no_connection(lab):
    out, err = lab.expect(OF_CLIENT, *lab.plugin("plugin-none.so"))
    check.equal((out, err), ("started\nconnected=0\n", "negossp-run: host: its FreeRDP is not found; it does not connect\n"), "what it did")


def test_program_with_rights_of_others_is_refused(lab):
    if os.geteuid() != 0:
        _refused(lab, "set-user-ID", "su")
        return
    for mode, owner, group, code in ((0o4755, 1, 0, REFUSED), (0o2755, 0, 1, REFUSED), (0o6755, 0, 0, OF_CLIENT), (0o755, 1, 1, OF_CLIENT)):
        path = lab.copy("privileged", lab.program("program-3"))
        os.chown(path, owner, group)
        path.chmod(mode)
        err = lab.expect(code, path, "connect")[1]
        check.equal("set-user-ID or set-group-ID, or has capabilities: the loader lets nothing into such a program" in err, code == REFUSED,
                    f"{mode:o} of {owner}:{group}: {err}")


def test_boxes_are_refused(lab):
    for name in ("box/flatpak", "y/flatpak/exports/bin/org.example.Client"):
        _refused(lab, "Flatpak's", lab.copy(name, lab.program("program-3")), "connect")
    snap = lab.copy("snapped/snap", lab.program("program-3"))
    link = lab.work / "client"
    link.symlink_to(snap)
    _refused(lab, "Snap's", link, "connect")
    _refused(lab, "Snap's", "client", "connect", PATH=lab.work)
    # What only looks like one.
    for name in ("flatpak-client", "snapped/snapper"):
        lab.expect(OF_CLIENT, lab.copy(name, lab.program("program-3")), "connect")


def _patched(lab, name, change):
    content = bytearray(lab.program("program-3").read_bytes())
    change(content)
    return lab.make(name, bytes(content))


def _without_loader(content):
    order = {1: "<", 2: ">"}[content[EI_DATA]]
    form, place = E_PHOFF[content[EI_CLASS]]
    start, = struct.unpack_from(order + form, content, place)
    size, = struct.unpack_from(order + "H", content, E_PHENTSIZE[content[EI_CLASS]])
    found = [at for at in range(start, start + 20 * size, size) if struct.unpack_from(order + "I", content, at)[0] == PT_INTERP]
    struct.pack_into(order + "I", content, found[0], PT_NULL)


def test_programs_that_the_loader_puts_nothing_into_are_refused(lab):
    _refused(lab, "linked statically", _patched(lab, "static", _without_loader))
    _refused(lab, "another machine", _patched(lab, "machine", lambda content: struct.pack_into("=H", content, E_MACHINE, 0xF00)))
    _refused(lab, "another machine", _patched(lab, "class", lambda content: content.__setitem__(EI_CLASS, content[EI_CLASS] ^ 3)))


def test_what_is_no_program(lab):
    lab.make("text", "not a program", 0o644)
    (lab.work / "folder").mkdir()
    for name in ("no-such-program", "./no-such-program", "./text", "./folder", ""):
        out, err = lab.expect(NOT_FOUND, name)
        check.equal((out, err), ("", f"negossp-run: {name}: there is no such program\n"), name)
    for content in (b"not a program", b"", b"\x7fELF"):
        err = lab.expect(NOT_STARTED, lab.make("rubbish", content))[1]
        check.true(err.endswith("rubbish: Exec format error\n"), f"what is said: {err}")


def test_command_lines_that_are_wrong_start_nothing(lab):
    client = lab.client("connect")
    for arguments in ((), ("--frob", *client), ("-m",), ("--desktop", "x", *client), ("--undesktop", "x", *client), ("-m", lab.installed.module),
                      ("-m", lab.installed.module, "--desktop", "x")):
        out, err = lab.expect(REFUSED, *arguments)
        check.equal((out, err.startswith("negossp-run: ") or "negossp-run: " in err), ("", True), f"of {arguments}: {err}")
    lab.expect(DONE, "-h")


if __name__ == "__main__":
    sys.exit(run_tests())
