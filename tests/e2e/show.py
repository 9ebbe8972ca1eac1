# SPDX-License-Identifier: Apache-2.0
"""The demo: show.py MODULE FOLDER runs the logons of cases.SHOWN and draws each as tshark saw it."""

import pathlib
import re
import sys
import tempfile
import textwrap

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import cases
import desktop
import diagram
import logon
import logon_tests
import picture
import sandbox
import wire


def paragraph(label, lines):
    for line in lines or ["(nothing)"]:
        print(textwrap.fill(f"{label}: {line}", 110, initial_indent="  ", subsequent_indent="      "))


def reasons(seen, side):
    """The plain words at the end of our one line in a side's log."""
    return [match[1] for line in seen.said(side) for match in [re.search(r'reason="(.*)"', line)] if match]


def verdict(seen):
    """What was to be seen and was not; empty when all is well. Stock to stock is shown, not judged."""
    if not (seen.logon.client_module or seen.logon.server_module):
        return []
    expected = cases.FOUR_LEGS if seen.logon.client_module else cases.THREE_LEGS
    wrong = []
    if seen.logon.succeeds:
        if seen.share <= 0.5:
            wrong.append("the desktop was not seen")
    else:
        expected = (*expected[:3], ("server", "errorCode"))
        if seen.client_exit in (None, 0):
            wrong.append("the client was not refused")
        if not reasons(seen, "server"):
            wrong.append("the server's log gives no reason")
    if logon_tests.flow(seen.messages) != expected:
        wrong.append("the exchange is another than expected")
    return wrong


def show(number, seen):
    print(f"\n--- {number}. {seen.logon.title} " + "-" * max(3, 90 - len(seen.logon.title)))
    print()
    print(diagram.draw(seen.messages))
    print()
    if any(wire.repeats_final_token(seen.messages, index) for index in range(len(seen.messages))):
        print("  D2: this FreeRDP repeats its last negoToken; a known defect of its CredSSP, harmless here.")
    if seen.logon.succeeds:
        print(f"  {seen.share:.0%} of the client's pixels have the colour {desktop.colour_name(seen.colour)}, "
              "drawn at random and painted on the server's desktop.")
    else:
        if seen.logon.server_module:
            paragraph("the server's log says", reasons(seen, "server"))
        if seen.logon.client_module:
            paragraph("the client's log says", reasons(seen, "client"))
        paragraph("xfreerdp's user sees", seen.seen_by_user() + [f"exit code {seen.client_exit}"])
    wrong = verdict(seen)
    print("  NOT AS IT SHOULD BE: " + "; ".join(wrong) if wrong else "  as it should be", flush=True)
    return not wrong


def main():
    module, keep = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if sandbox.MARK not in sandbox.os.environ:
        reason = sandbox.why_not()
        if reason:
            sys.exit(f"The demo keeps apart from this machine's /etc and network, and cannot: {reason}")
    sandbox.enter()
    seen = {}
    with tempfile.TemporaryDirectory(prefix="negossp-demo-") as work:
        lab = logon.Lab(sandbox.Etc(work), work, module, keep, pathlib.Path(module).with_name("negossp-sam"))
        good = []
        for number, case in enumerate(cases.SHOWN, 1):
            seen[case.name] = lab.run(case)
            good.append(show(number, seen[case.name]))
    ours, stock = (seen[case.name] for case in (cases.MODULE_TO_MODULE, cases.STOCK_TO_STOCK))
    drawing = keep / "four-legs.svg"
    drawing.write_text(picture.four_beside_three(ours, stock), encoding="utf-8")
    print(f"\nThe first and the last of these beside each other: {drawing}")
    print(f"The client's screen, showing the server's desktop: {ours.picture}")
    if all(good):
        print("negossp works: all logons went as they should.")
    else:
        print(f"negossp does NOT work here: {good.count(False)} of {len(good)} logons went wrong.")
    return 0 if all(good) else 1


sys.exit(main())
