# SPDX-License-Identifier: Apache-2.0
"""The table of peers: what is made of a run's rows, and that what is shown was made so."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
import table

LOG = """\
7: [ RUN      ] test_x
7: peer: samba | 4.17 | client | bare NTLM | right | logs on
7: [       OK ] test_x
7: peer: samba | 4.17 | client | bare NTLM | wrong | refused
8: peer: Old | 2.11 | server | NTLM in SPNEGO | wrong | refused
8: peer: Old | 2.11 | server | NTLM in SPNEGO | right | cannot read it
9: peer: samba | 4.17 | server | bare NTLM | right | logs on
9: peer: samba | 4.17 | server | bare NTLM | wrong | refused
"""
ROWS = [("Old", "2.11", "server", "NTLM in SPNEGO", "cannot read it", "refused"),
        ("samba", "4.17", "client", "bare NTLM", "logs on", "refused"),
        ("samba", "4.17", "server", "bare NTLM", "logs on", "refused")]


def _held():
    return table.read_table(table.PAGE.read_text(encoding="utf-8"))


def test_rows_of_several_tests_become_one(_):
    check.equal(table.rows_of([LOG]), (ROWS, []), "rows and complaints")


def test_rows_of_several_logs_are_taken_together(_):
    check.equal(table.rows_of(LOG.splitlines(keepends=True)), (ROWS, []), "rows and complaints")


def test_row_with_one_password_alone_is_an_error(_):
    _, complaints = table.rows_of([LOG.replace("8: peer: Old | 2.11 | server | NTLM in SPNEGO | wrong | refused\n", "")])
    check.equal(complaints, ["no test with a wrong password: Old as server, NTLM in SPNEGO"], "complaints")


def test_two_different_results_are_an_error(_):
    for text in ("7: peer: samba | 4.17 | client | bare NTLM | wrong | logs on\n",
                 "7: peer: samba | 4.18 | client | bare NTLM | wrong | refused\n"):
        check.equal(len(table.rows_of([LOG + text])[1]), 1, f"complaints about {text}")


def test_peer_that_was_not_seen_or_is_not_in_the_table_is_an_error(_):
    check.equal(table.differences(ROWS, ROWS[1:])[0][:28], "in docs/peers.md, and not se", "the complaint")
    check.equal(table.differences(ROWS[1:], ROWS)[0][:28], "seen, and not in docs/peers.", "the complaint")


def test_other_verdict_is_an_error_and_another_version_is_none(_):
    check.equal(len(table.differences(ROWS, [(*ROWS[0][:5], "logs on"), *ROWS[1:]])), 2, "complaints")
    check.equal(table.differences(ROWS, [("Old", "2.12", *ROWS[0][2:]), *ROWS[1:]]), [], "complaints")


def test_what_is_written_is_read_again(_):
    text = table.with_table(f"before\n{table.BEGIN}old\n{table.END}after\n", table.table(table.HEAD, ROWS))
    check.equal(table.read_table(text), ROWS, "the rows")
    check.true(text.startswith("before\n") and text.endswith("after\n") and "old" not in text.split("Old")[0], text)


def test_every_row_was_tried_with_both_passwords(_):
    check.true(_held(), "rows")
    check.equal([row for row in _held() if "-" in row[4:]], [], "rows without")


sys.exit(1 if check.run_all(sys.modules["__main__"], None) else 0)
