#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Users of a real domain on a real member: Samba's controller and winbindd, the module through its tables.

Usage: test_member.py SSPI_PIPE MODULE FOLDER [ONLY]; logs and captures are left in FOLDER.
"""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
for _part in ("interop", "support", "e2e"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / _part))

# pylint: disable=wrong-import-position
import laboratory
import logon
import member_programs
import member_trouble
import peer
import pyspnego_end
import report
from exchange import converse, require_four_legs
from member import client, in_parallel, password_of, refusal, registry, require_logon, require_refusal, server



def _ends(bench, user="alice", where="LAB", password=None, sam=""):
    return client(bench, user, where, password), server(bench, sam)


# --- who is let in -------------------------------------------------------------------------------


def test_user_of_the_domain_logs_on(bench):
    registry()
    ends = _ends(bench)
    line = require_logon(ends, 'source="domain LAB"', 'member="LAB\\x5Crdp users"', "user_found=yes", "mic=ok",
                         'user="alice" domain="LAB"')
    assert "sid=S-1-5-21-" in line, line
    assert ends[1].command("identity") == "LAB\\alice"


def test_group_is_resolved_once_and_told(bench):
    registry()
    _, end = _ends(bench)
    lines = [line for line in end.log().splitlines() if "DomainMembers:" in line]
    assert len(lines) == 1 and "rdp users" in lines[0] and " is S-1-5-21-" in lines[0], end.log()


def test_every_spelling_is_the_same_account(bench):
    registry()
    for user, where, account in (("ALICE", "lab", "alice"), ("alice", "LAB.TEST", "alice"), ("alice@lab.test", "", "alice"),
                                 ("alice@LAB", "", "alice"), ("bob", "LAB", "bob"), ("bob@lab.test", "", "bob"),
                                 ("robert@lab.test", "", "bob"), ("zoë", "LAB", "zoë"), ("зоя", "LAB", "зоя"),
                                 ("ЗОЯ@lab.test", "", "зоя")):  # fmt: skip
        ends = _ends(bench, user, where, password_of(account))
        require_logon(ends, 'source="domain LAB"')
        assert ends[1].command("identity") == f"LAB\\{account}", ends[1].command("identity")


def test_pyspnego_logs_on(bench):
    registry()
    for user, account in (("LAB\\alice", "alice"), ("alice@lab.test", "alice"), ("robert@lab.test", "bob"), ("LAB\\zoë", "zoë"),
                          ("зоя@lab.test", "зоя")):
        end = server(bench)
        require_four_legs(converse(pyspnego_end.client(user=user, password=password_of(account)), end))
        assert end.command("identity") == f"LAB\\{account}", end.command("identity")
    require_refusal((pyspnego_end.client(user="LAB\\alice", password="wrong"), server(bench)), "wrong password")


def test_names_of_the_challenge_are_those_that_joined(bench):
    registry()
    other_name = ("unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh")
    require_logon((client(bench), server(bench, prefix=other_name)), 'source="domain LAB"')
    # Names that somebody configured win, and the controller minds.
    registry(NbDomainName="ELSEWHERE")
    require_refusal(_ends(bench), "CHALLENGE told other names")


# --- who is not ----------------------------------------------------------------------------------

# What the domain says to the right password: words of the line, and the last error, which clients are told.
RIGHT = {
    "disabled": ("ntproofstr=ok", "the account is disabled", 1331),
    "mustchange": ("ntproofstr=ok", "must be changed", 1907),
    "pwexpired": ("ntproofstr=ok", "the password has expired", 1330),
    "expired": ("ntproofstr=ok", "the account has expired", 1793),
    "hours": ("ntproofstr=ok", "at other hours only", 1328),
    "elsewhere": ("ntproofstr=ok", "from other computers only", 1329),
    "outsider": ("ntproofstr=ok", "none of the SIDs that may log on", 1385),
    "protected": ("ntproofstr=not-looked-at", "Protected Users", 1326),
    "smartcard": ("ntproofstr=FAILED", "wrong password", 1326),  # the flag takes the password away
    "robot$": ("exchange=failed", "", 1326),
}


def test_right_password_is_told_why_not(bench):
    registry()
    for user, (*words, last_error) in RIGHT.items():
        require_refusal(_ends(bench, user), *words, last_error=last_error)


def test_wrong_password_is_one_refusal_for_all(bench):
    registry()
    for user in (*RIGHT, "alice", "nobody"):
        require_refusal(_ends(bench, user, password="wrong"), "exchange=failed")


def test_locked_out_is_told_to_nobody(bench):
    registry()
    for _ in range(10):  # lockoutThreshold
        require_refusal(_ends(bench, "locked", password="wrong"), "wrong password")
    require_refusal(_ends(bench, "locked"), "locked out", "ntproofstr=not-looked-at")


def test_refusals_take_one_time(bench):
    """Wrong and unknown, of the domain and of the server's own accounts."""
    registry()
    sam = f"{peer.USER}:::{peer.NT_HASH}:::\n"
    for user, where in (("alice", "LAB"), ("nobody", "LAB"), (peer.USER, ""), ("nobody", "")):
        seconds = min(require_refusal(_ends(bench, user, where, "wrong", sam)) for _ in range(3))
        assert seconds < 0.1, (user, where, seconds)


def test_without_members_nobody_logs_on(bench):
    for members, why in ((None, "DomainMembers is not"), ("LAB\\no such group", "a name that the domain does not know"),
                         ("BUILTIN\\Administrators", "this computer's own"), ("WS1\\local", "this computer's own"),
                         ("S-1-5-21-1-2-3-512", "none of the SIDs")):  # fmt: skip
        registry(DomainMembers=members)
        require_refusal(_ends(bench), why, last_error=1385 if "SIDs" in why else 1326)


def test_off_is_off(bench):
    registry(Domain=None)
    end = server(bench)
    refusal(client(bench), end)
    assert 'source="SAM file"' in end.exchange_line(), end.exchange_line()


# --- the server's own accounts -------------------------------------------------------------------

SAM = f"alice:LAB::{peer.NT_HASH}:::\nbob:::{peer.NT_HASH}:::\n"  # whose passwords are another


def test_own_line_of_the_domain_judges_alone(bench):
    registry()
    require_logon(_ends(bench, password=peer.PASSWORD, sam=SAM), 'source="SAM file"')
    require_refusal(_ends(bench, sam=SAM), 'source="SAM file"')
    for user, where in (("alice", "lab.test"), ("alice@lab.test", "")):
        ends = _ends(bench, user, where, password_of("alice"), SAM)
        require_refusal(ends, 'source="domain LAB"', "has a line in the SAM file", last_error=1385)


def test_own_line_without_a_domain_catches_no_domain_user(bench):
    registry()
    require_logon(_ends(bench, "bob", sam=SAM), 'source="domain LAB"')
    require_refusal(_ends(bench, "bob", password=peer.PASSWORD, sam=SAM), 'source="domain"')


def test_bare_names_are_own_unless_they_are_set_to_the_domain(bench):
    registry()
    require_logon(_ends(bench, "bob", "", peer.PASSWORD, SAM), 'source="SAM file"')
    require_logon(_ends(bench, "bob", "ws1.lab.test", peer.PASSWORD, SAM), 'source="SAM file"')
    require_refusal(_ends(bench, "alice", "", sam=""), 'source="SAM file"')
    registry(Domain="default")
    require_logon(_ends(bench, "bob", "", peer.PASSWORD, SAM), 'source="SAM file"')
    require_logon(_ends(bench, "elsewhere2", "", sam=SAM), 'source="domain LAB"')


# --- many ----------------------------------------------------------------------------------------


def test_eighty_logons_sixteen_at_a_time(bench):
    registry()
    servers = [server(bench, prefix=()) for _ in range(16)]

    def five(end):
        for _ in range(5):
            require_four_legs(converse(client(bench), end))
            end.command("again")
            end.complete = False

    in_parallel([lambda end=end: five(end) for end in servers])
    for end in servers:
        assert end.log().count("exchange=complete") == 5, end.log()


def main():
    tests = {**globals(), **vars(member_programs), **vars(member_trouble)}
    reason = laboratory.why_not() or logon.missing() or pyspnego_end.load()
    if reason:
        sys.exit(report.run(tests, reason))
    laboratory.enter()
    with tempfile.TemporaryDirectory(prefix="negossp-domain-") as work:
        with laboratory.Domain(work) as member_trouble.laboratory:
            member_programs.etc, member_programs.keep = member_trouble.laboratory.etc, pathlib.Path(sys.argv[3]).resolve()
            sys.exit(report.run(tests, None, *sys.argv[4:5]))


if __name__ == "__main__":
    main()
