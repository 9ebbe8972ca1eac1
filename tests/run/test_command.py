# SPDX-License-Identifier: Apache-2.0
"""What negossp-run does with a client: test_command.py BUILT MODULE-FOLDER PROGRAMS SOURCE."""

import re
import subprocess
import sys

from run_lab import check, DONE, OF_CLIENT, REFUSED, SAW_NOTHING, run_tests


def _connects(lab, module=None):
    return rf"negossp-run: \S+: FreeRDP 3\.\d+\.\d+ connects with {re.escape(str(module or lab.installed.module))}"


def _assert_module(lab, out, err, module=None):
    module = module or lab.installed.module
    check.equal(out.splitlines(), ["started", f"module={module}", "connected=0"], "what the client has")
    check.true(re.fullmatch(_connects(lab, module) + "\n", err), f"what it says: {err}")


def test_client_that_is_linked_to_freerdp_gets_the_module(lab):
    _assert_module(lab, *lab.expect(OF_CLIENT, *lab.client("connect")))


def test_client_that_a_program_loads_for_itself_gets_the_module(lab):
    _assert_module(lab, *lab.expect(OF_CLIENT, *lab.plugin("plugin-3.so", "connect")))


def test_without_it_there_is_none(lab):
    out = lab.expect(OF_CLIENT, "connect", program=lab.program("program-3"))[0]
    check.true("module=\n" in out, f"what the client has: {out}")
    # Nor where somebody else has it loaded.
    out, err = lab.expect(OF_CLIENT, "connect", program=lab.program("program-3"), LD_PRELOAD=lab.installed.library)
    check.equal(("module=\n" in out, err), (True, ""), "the same with the library alone")


def test_each_connection_gets_it(lab):
    out, err = lab.expect(OF_CLIENT, *lab.client("connect", "again", "connect"))
    check.equal(out.count(f"module={lab.installed.module}\n"), 3, "connections with the module")
    check.equal(len(re.findall(_connects(lab), err)), 3, f"what it says: {err}")


def test_what_its_user_has_chosen_stays(lab):
    out, err = lab.expect(OF_CLIENT, *lab.client("module=/some/other.so", "connect"))
    check.true("module=/some/other.so\n" in out, f"what the client has: {out}")
    check.equal(err, "negossp-run: program-3: it was told to use /some/other.so, and does\n", "what it says")
    # By a file of anybody's, with what a terminal would take for its own.
    err = lab.expect(OF_CLIENT, *lab.client("module=/a\x1b[31m", "connect"))[1]
    check.true("/a?[31m" in err, f"what it says: {err}")


def test_another_module_is_taken_from_the_command_line(lab):
    other = lab.copy("other/negossp.so", lab.installed.module)
    for given in (("-m", other), ("--module", "other/../other/negossp.so"), (f"--module={other}",)):
        _assert_module(lab, *lab.expect(OF_CLIENT, *given, *lab.client("connect")), other)


def test_module_that_does_not_load_starts_nothing(lab):
    for module, why in (("/nonexistent", "No such file"), (lab.make("none.so", "none"), "file too short"),
                        (lab.installed.library, "no SSPI module"), (lab.copy("open.so", lab.installed.module, 0o777), "can change it")):
        out, err = lab.expect(REFUSED, "-m", module, *lab.client("connect"))
        check.equal(out, "", f"what is started with {module}")
        check.true(str(module) in err and why in err, f"why not: {err}")


def test_module_and_library_are_where_the_program_is(lab):
    moved = lab.install("moved")
    _assert_module(lab, *lab.expect(OF_CLIENT, *lab.client("connect"), program=moved.program), moved.module)
    link = lab.work / "link"
    link.symlink_to(moved.program)
    _assert_module(lab, *lab.expect(OF_CLIENT, *lab.client("connect"), program=link), moved.module)
    for path in (moved.module, moved.library):
        path.rename(f"{path}.away")
        out, err = lab.expect(REFUSED, *lab.client("connect"), program=moved.program)
        check.equal((out, err.endswith(f"/{path.name}: No such file or directory\n")), ("", True), f"without it ({err})")
        path.with_name(f"{path.name}.away").rename(path)


def test_path_that_the_loader_would_take_apart_is_refused(lab):
    for name in ("a place", "a:place", "$place"):
        out, err = lab.expect(REFUSED, *lab.client("connect"), program=lab.install(name).program)
        check.equal(out, "", "what is started")
        check.true("would not understand this path" in err, f"why not: {err}")


def _of_environment(out):
    return sorted(line for line in out.splitlines() if line.startswith(("LD_PRELOAD", "NEGOSSP_RUN")))


def test_children_get_the_environment_as_it_was(lab):
    for before in (None, "", "libm.so.6", "libm.so.6:librt.so.1", "libm.so.6 librt.so.1"):
        env = {} if before is None else {"LD_PRELOAD": before}
        out = lab.expect(OF_CLIENT, *lab.client("child", "connect"), **env)[0]
        check.equal(_of_environment(out), [f"{name}={value}" for name, value in env.items()], f"what a child sees of {env}")
        check.true(f"module={lab.installed.module}" in out, f"the client has the module ({out})")


def test_what_others_have_loaded_is_loaded(lab):
    command = ("/usr/bin/python3", "-c", "print(open('/proc/self/maps').read())")
    check.true("libanl" in lab.expect(DONE, *command, LD_PRELOAD="libanl.so.1")[0], "another library is there")
    check.true("libanl" not in lab.expect(DONE, *command)[0], "it is not by itself")


def test_script_in_front_of_a_client(lab):
    client = " ".join(map(str, lab.client("connect")))
    helper = "/usr/bin/python3 -c 'print(\"helped\")'"
    for name, text in (("starts", f"#!/bin/sh\n{helper}\n{client}\nexit $?\n"), ("becomes", f"#!/usr/bin/env bash\nexec {client}\n"),
                       ("within", f"#!/bin/sh\nX=$(sh -c 'env {client}')\nprintf '%s\\n' \"$X\"\nexit 7\n")):
        out, err = lab.expect(OF_CLIENT, lab.make(name, text))
        _assert_module(lab, out.replace("helped\n", ""), err)


def test_nothing_that_came_of_it_is_said(lab):
    for command in (lab.client(), lab.plugin("plugin-3.so")):
        _, err = lab.expect(OF_CLIENT, *command)
        check.equal(err, f"negossp-run: {command[0].name}: {SAW_NOTHING}\n", "what it says")
    # A copy of it may have been made after a connection, or before one.
    check.equal(lab.expect(OF_CLIENT, *lab.client("fork"))[1], "", "what is said of a process that is not the one")


def _beside(lab, *command):
    """What is said by a client that connects nowhere, while another of the same program runs."""
    with subprocess.Popen([*command, *lab.client("wait")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env=lab.environment()) as other:
        other.stdout.readline()
        said = lab.expect(OF_CLIENT, *lab.client())[1]
        other.stdin.close()
        other.wait(20)
        return other.pid, said


def test_instance_that_may_have_taken_it_over_is_named(lab):
    pid, said = _beside(lab)
    check.true(f"process {pid}, which runs the same program without negossp, may have taken it over" in said, f"what it says: {said}")
    # One that was started so itself is as good.
    check.equal(_beside(lab, lab.installed.program)[1], "", "what it says beside one of ours")


def test_arguments_and_exit_codes_are_the_programs(lab):
    out, err = lab.expect(3, "-m", lab.installed.module, "--", "/usr/bin/python3", "-c", "import sys; print(sys.argv[1:]); sys.exit(3)", "--desktop", "-m", "a b", "")
    check.equal(out, "['--desktop', '-m', 'a b', '']\n", "the arguments")
    check.true(err.startswith("negossp-run: python3: "), f"the name in what it says: {err}")
    check.equal(lab.run("/bin/sh", "-c", "kill -9 $$").returncode, -9, "the signal that ended it")


def test_program_is_found_as_a_shell_does(lab):
    lab.copy("first/prog", lab.program("program-3"), 0o644)
    (lab.work / "second/prog").mkdir(parents=True)
    third = lab.copy("third/prog", lab.program("program-3"))
    path = f"{lab.work}/first:{lab.work}/second:{lab.work}/third"
    for command, env, cwd in (("prog", {"PATH": path}, None), ("third/prog", {}, None), ("./prog", {}, third.parent), ("prog", {"PATH": ""}, third.parent),
                              ("prog", {"PATH": "/nonexistent:"}, third.parent)):
        _assert_module(lab, *lab.expect(OF_CLIENT, command, "connect", cwd=cwd, **env))


def test_help_version_and_manual_name_the_same(lab):
    usage = lab.expect(DONE, "--help")[0]
    check.true(re.fullmatch(r"negossp-run \d+\.\d+\.\d+\n", lab.expect(DONE, "--version")[0]), "the version")
    manual = (lab.source / "docs/negossp-run.1").read_text(encoding="utf-8")
    options = re.findall(r"^  -(\w), --(\w+)", usage, re.MULTILINE)
    check.equal([name for _, name in options], ["desktop", "undesktop", "module", "help", "version"], "options")
    for letter, name in options:
        check.true(f".It Fl {letter} , Fl -{name}" in manual, f"--{name} is in the manual")


def test_completion_knows_options_programs_and_what_they_take(lab):
    script = lab.source / "share/bash-completion/completions/negossp-run"
    entries = lab.work / "data/applications"
    lab.make("data/applications/org.example.Client.desktop", "")

    def complete(*words):
        run = subprocess.run(["bash", "--norc", "-c", '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _negossp_run; '
                              'printf "%s\\n" "${COMPREPLY[@]}"', str(script), "negossp-run", *words], capture_output=True, text=True, check=True,
                             timeout=20, cwd=lab.work, env={**lab.environment(XDG_DATA_DIRS=entries.parent), "PATH": f"{lab.work}/third:/usr/bin:/bin"})
        check.equal(run.stderr, "", "what bash complains of")
        return sorted(filter(None, run.stdout.split("\n")))

    check.equal(complete("--"), ["--desktop", "--help", "--module", "--undesktop", "--version"], "options")
    check.equal(complete("pro"), [name for name in complete("pro") if name.startswith("pro")], "programs")
    check.true("prog" in complete("prog"), "a program")
    check.equal(complete("-m", "other/"), ["other/negossp.so"], "a file")
    check.equal(complete("--desktop", "org.e"), ["org.example.Client"], "an entry")
    check.equal(complete("prog", "other/"), ["other/negossp.so"], "what stands behind a program")


if __name__ == "__main__":
    sys.exit(run_tests())
