# SPDX-License-Identifier: Apache-2.0
"""Real programs on the member: xfreerdp's user of the domain at a real shadow server."""

import pathlib
import tempfile

import logon
import member
import programs
import sandbox
from logon import Logon
from member import password_of, registry

etc = None   # set by test_member.py: the laboratory's sandbox.Etc
keep = None  # where logs and captures are left
# A stock client looks for the KDC of LAB for twenty seconds.
NO_KERBEROS = ("/auth-pkg-list:!kerberos",)


class _Member:
    """This machine, with the module and the domain's settings in its registry."""

    prefix = ()
    program = staticmethod(programs.freerdp)

    @staticmethod
    def register(module):
        registry()
        ours = [pathlib.Path("/etc", name).read_text(encoding="utf-8") for name in sandbox.REGISTRY_FILES]
        sandbox.write_registry(pathlib.Path("/etc"), module)
        for name, text in zip(sandbox.REGISTRY_FILES, ours):
            with open(pathlib.Path("/etc", name), "a", encoding="utf-8") as file:
                file.write(text)


def _run(bench, name, **how):
    work = bench.enter_context(tempfile.TemporaryDirectory(prefix="negossp-programs-"))
    logons = logon.Lab(etc, work, member.MODULE, keep)
    return logons.run(Logon(f"domain-{name}", name, server_module=True, server_place=_Member, **how))


def _logged_on(seen, *words):
    lines = seen.said("server")
    assert seen.client_exit is None and seen.share > 0.5, (seen.client_exit, seen.share, seen.server_log, seen.client_log)
    assert len(lines) == 1, lines
    for word in ("exchange=complete", 'source="domain LAB"', "sid=S-1-5-21-", *words):
        assert word in lines[0], (word, lines)


def test_programs_user_of_the_domain_sees_the_desktop(bench):
    """Stock xfreerdp, whose SAM line of the same name has no domain."""
    _logged_on(_run(bench, "stock", client_module=False, client_arguments=NO_KERBEROS, user="LAB\\alice", password=password_of("alice")), 'user="alice"')


def test_programs_user_with_the_module_sees_the_desktop(bench):
    _logged_on(_run(bench, "module", client_module=True, user="robert@lab.test", password=password_of("bob")),
               'user="bob"', "mechlistmic=sent/ok")


def test_programs_wrong_password_is_refused(bench):
    seen = _run(bench, "wrong", client_module=True, user="LAB\\alice", password="wrong")
    assert seen.client_exit is not None and seen.share < 0.5, (seen.client_exit, seen.share)
    assert any("wrong password, says the domain" in line for line in seen.said("server")), seen.server_log
    assert seen.seen_by_user(), seen.client_log


def test_programs_user_who_may_not_is_told_so(bench):
    seen = _run(bench, "outsider", client_module=False, client_arguments=NO_KERBEROS, user="LAB\\outsider", password=password_of("outsider"))
    assert seen.client_exit is not None, seen.client_log
    assert any("DomainMembers" in line for line in seen.said("server")), seen.server_log
