# SPDX-License-Identifier: Apache-2.0
"""What the wire, the client's screen and the logs must show of each logon."""

import dataclasses
import json
import pathlib
import re
import subprocess

import cases
import check
import picture
import wire

PICTURE = pathlib.Path(__file__).resolve().parents[2] / "docs/four-legs.svg"

_outcomes = {}


def outcome(lab, logon):
    """Each logon is run once, and looked at by several tests."""
    if logon.name not in _outcomes:
        _outcomes[logon.name] = lab.run(logon)
    return _outcomes[logon.name]


def flow(messages):
    """What each TSRequest carried, for comparison with cases.FOUR_LEGS; defect D2's repetition left out."""
    steps = []
    for index, message in enumerate(messages):
        step = [message.sender]
        if not wire.repeats_final_token(messages, index):
            step += [part for part in (message.spnego, message.ntlm) if part]
            step += ["mechListMIC"] if message.mech_list_mic else []
        if message.pub_key_auth is not None and not wire.returns_pub_key_auth(messages, index):
            step.append("pubKeyAuth")
        step += ["authInfo"] if message.auth_info is not None else []
        step += ["errorCode"] if message.error_code is not None else []
        steps.append(tuple(step))
    return tuple(steps)


def _desktop_shown(seen):
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")


def _sequence_numbers(seen, pub_key_auth, auth_info):
    """MS-SPNG 3.3.5.1: a mechListMIC uses number 0 of its direction, and the next message has 1."""
    for message in seen.messages:
        for value, number in ((message.mech_list_mic, 0), (message.pub_key_auth, pub_key_auth),
                              (message.auth_info, auth_info)):
            if value is not None:
                check.equal(wire.ntlm_sequence_number(value), number,
                            f"SeqNum of the {message.sender}'s signature")


# --- module to module ---------------------------------------------------------------------------

def test_module_to_module_takes_four_legs(lab):
    seen = outcome(lab, cases.MODULE_TO_MODULE)
    check.equal(flow(seen.messages), cases.FOUR_LEGS, "the exchange")


def test_module_to_module_offers_ntlm_in_spnego(lab):
    first = outcome(lab, cases.MODULE_TO_MODULE).messages[0]
    check.equal(first.mech_types, (wire.NTLM_OID,), "mechTypes (the target is an address: no Kerberos)")
    check.equal(first.neg_state, None, "negState in NegTokenInit")


def test_module_to_module_neg_states_are_those_of_windows(lab):
    _, challenge, authenticate, final = outcome(lab, cases.MODULE_TO_MODULE).messages[:4]
    check.equal((challenge.neg_state, challenge.supported_mech), ("accept-incomplete", wire.NTLM_OID),
                "the acceptor's first reply")
    check.true(authenticate.neg_state in (None, "accept-incomplete"),
               f"the initiator does not say accept-completed ({authenticate.neg_state})")
    check.equal((final.neg_state, final.ntlm), ("accept-completed", None), "the acceptor's last reply")


def test_module_to_module_mech_list_mic_both_ways(lab):
    seen = outcome(lab, cases.MODULE_TO_MODULE)
    mics = [message.mech_list_mic for message in seen.messages[2:4]]
    for mic in mics:
        check.true(mic is not None and len(mic) == 32 and mic.startswith("01000000"),
                   f"an NTLMSSP_MESSAGE_SIGNATURE of 16 bytes ({mic})")
    check.true(mics[0] != mics[1], "the two directions sign with keys of their own")


def test_module_to_module_numbers_go_on_after_the_mic(lab):
    _sequence_numbers(outcome(lab, cases.MODULE_TO_MODULE), pub_key_auth=1, auth_info=2)


def test_module_to_module_authenticate_carries_a_mic(lab):
    seen = outcome(lab, cases.MODULE_TO_MODULE)
    authenticate = seen.messages[2]
    check.equal(authenticate.ntlm_user, seen.logon.user, "user name")
    check.true(authenticate.ntlm_mic is not None and set(authenticate.ntlm_mic) != {"0"}, "a MIC")
    sign_seal_key_exch_128_ess = 0x00000010 | 0x00000020 | 0x40000000 | 0x20000000 | 0x00080000
    check.equal(authenticate.ntlm_flags & sign_seal_key_exch_128_ess, sign_seal_key_exch_128_ess,
                "SIGN, SEAL, KEY_EXCH, 128 and EXTENDED_SESSIONSECURITY among the negotiated flags")


def test_module_to_module_says_that_it_is_a_current_windows(lab):
    """nmap's rdp-ntlm-info shows it; 6.1.7601, which was here once, is Windows 7."""
    messages = outcome(lab, cases.MODULE_TO_MODULE).messages
    check.equal([(message.ntlm, message.ntlm_version) for message in messages[:2]],
                [("NEGOTIATE", (10, 0, 26100)), ("CHALLENGE", (10, 0, 26100))], "Version")


def test_module_to_module_final_token_again_is_only_d2(lab):
    messages = outcome(lab, cases.MODULE_TO_MODULE).messages
    for index, message in enumerate(messages[4:], 4):
        if message.nego_token is not None:
            check.true(wire.repeats_final_token(messages, index),
                       "a token after the final one is FreeRDP's repetition of it (D2)")
            print("noted: this FreeRDP repeats the final negoToken beside the server's pubKeyAuth (D2)")


def test_module_to_module_shows_the_desktop(lab):
    _desktop_shown(outcome(lab, cases.MODULE_TO_MODULE))


def test_module_to_module_one_summary_line_each(lab):
    seen = outcome(lab, cases.MODULE_TO_MODULE)
    for side in ("client", "server"):
        lines = seen.said(side)
        check.equal(len(lines), 1, f"summary lines in the {side}'s log ({lines})")
        check.true("[INFO]" in lines[0] and seen.logon.user in lines[0], f"success with the user: {lines[0]}")


def test_readmes_picture_is_what_tshark_saw(lab):
    drawn = picture.four_beside_three(outcome(lab, cases.MODULE_TO_MODULE), outcome(lab, cases.STOCK_TO_STOCK))
    check.equal(drawn, PICTURE.read_text(encoding="utf-8"), "the drawing, and docs/four-legs.svg (tests/demo.sh makes it anew)")


# --- one side stock -----------------------------------------------------------------------------

def test_stock_to_module_takes_three_bare_legs(lab):
    seen = outcome(lab, cases.STOCK_TO_MODULE)
    check.equal(flow(seen.messages), cases.THREE_LEGS, "the exchange")
    _sequence_numbers(seen, pub_key_auth=0, auth_info=1)


def test_stock_to_module_shows_the_desktop(lab):
    _desktop_shown(outcome(lab, cases.STOCK_TO_MODULE))


def test_module_to_stock_takes_four_legs(lab):
    seen = outcome(lab, cases.MODULE_TO_STOCK)
    check.equal(flow(seen.messages), cases.FOUR_LEGS, "the exchange")
    _sequence_numbers(seen, pub_key_auth=1, auth_info=2)


def test_module_to_stock_shows_the_desktop(lab):
    _desktop_shown(outcome(lab, cases.MODULE_TO_STOCK))


def test_module_to_module_needs_no_legacy_provider(lab):
    seen = outcome(lab, cases.WITHOUT_LEGACY)
    check.true("LEGACY provider failed to load" in seen.server_log, "the server has no legacy provider")
    check.equal(flow(seen.messages), cases.FOUR_LEGS, "the exchange")
    check.true(seen.messages[-1].auth_info is not None, "NLA was brought to its end")


# --- refused ------------------------------------------------------------------------------------

def _refused(lab, logon, before):
    seen = outcome(lab, logon)
    check.equal(flow(seen.messages), (*before, ("server", "errorCode")), "the exchange")
    check.true(seen.client_exit not in (None, 0), f"the client gave up ({seen.client_exit})")
    check.true(seen.share < 0.01, f"nothing of the desktop was shown ({seen.share:.3f})")
    check.true(seen.seen_by_user(), "xfreerdp told its user")
    # An error of another call that lay about, as FreeRDP without the module sends it (D6).
    check.true(seen.messages[-1].error_code != 0xC00700EA, "the error code is not a stale one")
    lines = seen.said("server")
    check.equal(len(lines), 1, f"summary lines in the server's log ({lines})")
    check.true("[WARN]" in lines[0] and logon.user in lines[0], f"a warning that names the user: {lines[0]}")


def test_wrong_password_is_refused(lab):
    _refused(lab, cases.WRONG_PASSWORD, cases.FOUR_LEGS[:3])


def test_wrong_password_leaves_the_reason_to_the_programs_own_line(lab):
    """The server did answer, with errorCode, which the module is not shown."""
    lines = outcome(lab, cases.WRONG_PASSWORD).said("client")
    check.equal(len(lines), 1, f"lines about the exchange in the client's log ({lines})")
    check.true("after our AUTHENTICATE: the program's own error line" in lines[0] and "went away" not in lines[0],
               lines[0])


def test_host_name_that_is_no_utf8_costs_no_logon(lab):
    """An umlaut in Latin-1. Every NLA failed, and without a line."""
    place = lab.named("z\u00fcrich".encode("latin-1"))
    seen = lab.run(dataclasses.replace(cases.MODULE_TO_MODULE, name="latin-1-host-name", client_place=place,
                                       server_place=place))
    check.equal(flow(seen.messages), cases.FOUR_LEGS, "the exchange")
    _desktop_shown(seen)
    for side, log in (("client", seen.client_log), ("server", seen.server_log)):
        check.equal(log.count("is no name: localhost is told in its place"), 1, f"lines of the {side} about its name")


def test_unknown_user_is_refused(lab):
    _refused(lab, cases.UNKNOWN_USER, cases.FOUR_LEGS[:3])


def test_wrong_password_from_stock_client_is_refused(lab):
    _refused(lab, cases.STOCK_WRONG_PASSWORD, cases.THREE_LEGS[:3])


def test_unknown_user_from_stock_client_is_refused(lab):
    _refused(lab, cases.STOCK_UNKNOWN_USER, cases.THREE_LEGS[:3])


def test_wrong_password_and_unknown_user_look_the_same(lab):
    for pair in ((cases.WRONG_PASSWORD, cases.UNKNOWN_USER),
                 (cases.STOCK_WRONG_PASSWORD, cases.STOCK_UNKNOWN_USER)):
        wrong, unknown = (outcome(lab, logon) for logon in pair)
        check.equal(flow(wrong.messages), flow(unknown.messages), "the exchange")
        check.equal(wrong.messages[-1].error_code, unknown.messages[-1].error_code, "errorCode")
        check.equal(wrong.client_exit, unknown.client_exit, "the client's exit code")
        check.equal(wrong.seen_by_user(), unknown.seen_by_user(), "what the client's user reads")
        statuses = [set(re.findall(r"SEC_E_\w+", seen.server_log)) for seen in (wrong, unknown)]
        check.equal(statuses[0], statuses[1], "status in the server's log")
        check.equal(statuses[0], {"SEC_E_LOGON_DENIED"}, "status in the server's log")


# --- negossp-probe decode -------------------------------------------------------------------------

def decoded(lab, tokens, password, code):
    """What `negossp-probe decode` makes of a file, as JSON."""
    secret = lab.password_file(password)
    done = subprocess.run([lab.beside("negossp-probe"), "decode", "--json", "--password-file", secret, tokens],
                          capture_output=True, text=True, timeout=20, check=False)
    check.equal((done.returncode, done.stderr), (code, ""), f"exit code and complaints about {tokens}:\n{done.stdout[-2000:]}")
    tree = json.loads(done.stdout)
    check.true("malformed" not in done.stdout and "unknown" not in done.stdout, f"{tokens} is understood whole")
    return tree


def test_probe_decodes_every_token_and_judges_it(lab):
    """Whatever client and server sent; and NTProofStr, MIC and mechListMICs are right for the right password alone."""
    read = 0
    for logon in (*cases.SHOWN, cases.STOCK_WRONG_PASSWORD):
        seen, right = outcome(lab, logon), logon.password_is_right
        check.equal(len(seen.tokens), len({message.connection for message in seen.messages}), "files")
        for path in seen.tokens:
            messages = [message for message in seen.messages if message.connection == int(path.stem.partition("-")[2])]
            tree = decoded(lab, path, lab.password, 0 if right else 1)
            check.equal(len(tree["tokens"]), len(messages), f"tokens of {path}, as tshark counts them")
            _proof_is(tree, "right" if right else "wrong")
            if right:
                _proof_is(decoded(lab, path, "Not-this-1!", 1), "wrong")
            read += len(messages)
    check.true(read > 30, f"only {read} tokens")


def _proof_is(tree, word):
    check.equal(tree["judgement"]["NTProofStr"].partition(":")[0], word, "NTProofStr")
