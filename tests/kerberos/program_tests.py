# SPDX-License-Identifier: Apache-2.0
"""What the wire, the client's screen and the logs must show of each logon by Kerberos."""

import check
import wire
from logon import Logon
from programs import wait_until

KRB5, U2U = "1.2.840.113554.1.2.2", "1.2.840.113554.1.2.2.3"
REALM = "/d:NEGOSSP.TEST"

SERVICE_TICKET = (
    ("client", "NegTokenInit", "AP-REQ"),
    ("server", "NegTokenResp", "AP-REP"),
    ("client", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
_TO_AP_REQ = (
    ("client", "NegTokenInit", "TGT-REQ"),
    ("server", "NegTokenResp", "TGT-REP"),
    ("client", "NegTokenResp", "AP-REQ"),
)
# Stock servers ask for no mechListMIC, ours do.
USER_TO_USER_AT_STOCK_SERVER = _TO_AP_REQ + SERVICE_TICKET[1:]
USER_TO_USER = (
    *_TO_AP_REQ,
    ("server", "NegTokenResp", "AP-REP", "mechListMIC"),
    ("client", "NegTokenResp", "mechListMIC", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
# The client's optimistic token is of user-to-user, which the server passes over: so the MICs are needed, and
# the client's, the last message of SPNEGO, comes beside pubKeyAuth.
SERVICE_TICKET_AFTER_USER_TO_USER = (
    ("client", "NegTokenInit", "TGT-REQ"),
    ("server", "NegTokenResp"),
    ("client", "NegTokenResp", "AP-REQ"),
    ("server", "NegTokenResp", "AP-REP", "mechListMIC"),
    ("client", "NegTokenResp", "mechListMIC", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
# The optimistic token, which the server cannot read, and then NTLM in the same exchange.
_NTLM = (
    ("server", "NegTokenResp"),
    ("client", "NegTokenResp", "NEGOTIATE"),
    ("server", "NegTokenResp", "CHALLENGE"),
    ("client", "NegTokenResp", "AUTHENTICATE", "mechListMIC"),
    ("server", "NegTokenResp", "mechListMIC"),
    ("client", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
NTLM_AFTER_KERBEROS = (("client", "NegTokenInit", "AP-REQ"), *_NTLM)
NTLM_AFTER_USER_TO_USER = (("client", "NegTokenInit", "TGT-REQ"), *_NTLM)
NTLM_WITHOUT_KERBEROS = (("client", "NegTokenInit", "NEGOTIATE"), *_NTLM[2:])


def _knows_user_to_user(visit):
    """The server asks the KDC in the background, once it has credentials; nobody waits for the answer."""
    with visit.knock():
        check.true(wait_until(lambda: "user-to-user is" in visit.server.text(), 20), "the KDC was asked")


def _run(lab, name, title, client_module, server_module, *, ticket=True, keytab="keytab", host="localhost",
         packages=None, before=None):
    server = (f"/keytab:{lab.kdc.folder / keytab}",) if keytab else ()
    env = {"KRB5_CONFIG": lab.kdc.config, "NEGOSSP_KERBEROS_WAIT": "20000",
           "KRB5CCNAME": f"FILE:{lab.kdc.folder / ('ccache' if ticket else 'no-ccache')}",
           **({"NEGOSSP_PACKAGES": packages} if packages else {})}
    return lab.once(Logon(name, title, client_module, server_module, host=host, environment=env, before=before,
                          client_arguments=(REALM,), server_arguments=server))


def module_to_module(lab):
    return _run(lab, "module-module", "module client, module server", True, True)


def without_keytab(lab):
    return _run(lab, "without-keytab", "module client with a ticket, module server without keytab", True, True,
                keytab=None)


def flow(messages):
    """What each TSRequest carried; FreeRDP's repetition of the last token (defect D2) left out."""
    steps = []
    for index, message in enumerate(messages):
        step = [message.sender]
        if not wire.repeats_final_token(messages, index):
            step += [part for part in (message.spnego, message.kerberos, message.ntlm) if part]
            step += ["mechListMIC"] if message.mech_list_mic else []
        for part, value in (("pubKeyAuth", message.pub_key_auth), ("authInfo", message.auth_info),
                            ("errorCode", message.error_code)):
            step += [part] if value is not None else []
        steps.append(tuple(step))
    return tuple(steps)


def _logged_on(seen, expected):
    check.equal(flow(seen.messages), expected, "the exchange")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    check.true(seen.share > 0.5, f"most of the client's pixels are the server's colour ({seen.share:.3f})")


def _sealed_by_kerberos(seen):
    """RFC 4121 4.2.6.2: a Wrap token, numbered from 0 in its direction where no MIC went before."""
    for index, (sender, number) in {-3: ("client", 0), -2: ("server", 0), -1: ("client", 1)}.items():
        message = seen.messages[index]
        sealed = message.pub_key_auth or message.auth_info
        check.equal((message.sender, sealed[:4], int(sealed[16:32], 16)), (sender, "0504", number), "Wrap token")


def _no_mic(seen):
    check.equal([message.mech_list_mic for message in seen.messages if message.mech_list_mic], [], "mechListMICs")


def test_programs_module_to_module_log_on_with_a_service_ticket(lab):
    _logged_on(module_to_module(lab), SERVICE_TICKET)


def test_programs_kerberos_is_followed_by_no_mic_exchange(lab):
    seen = module_to_module(lab)
    _no_mic(seen)
    _sealed_by_kerberos(seen)
    first, answer = seen.messages[:2]
    check.equal(first.mech_types, (KRB5, U2U, wire.NTLM_OID), "mechTypes")
    check.equal((answer.neg_state, answer.supported_mech), ("accept-completed", KRB5), "the acceptor's reply")


def test_programs_say_in_one_line_that_it_was_kerberos(lab):
    seen = module_to_module(lab)
    for side in ("client", "server"):
        lines = seen.said(side)
        check.equal(len(lines), 1, f"lines about the exchange in the {side}'s log ({lines})")
        check.true("[INFO]" in lines[0] and "chosen=Kerberos" in lines[0], lines[0])
        log = seen.client_log if side == "client" else seen.server_log
        check.true("Kerberos is not used" not in log, f"the {side} says that Kerberos is not used")


def test_programs_module_client_logs_on_to_stock_server(lab):
    seen = _run(lab, "module-stock", "module client, stock server", True, False)
    _logged_on(seen, SERVICE_TICKET)
    _no_mic(seen)


def test_programs_stock_client_logs_on_to_module_server(lab):
    """FreeRDP lists user-to-user first."""
    seen = _run(lab, "stock-module", "stock client, module server", False, True, before=_knows_user_to_user)
    _logged_on(seen, USER_TO_USER if lab.answers_user_to_user() else SERVICE_TICKET_AFTER_USER_TO_USER)
    check.true("mechlistmic=sent/ok" in seen.said("server")[0], seen.said("server"))


def test_programs_stock_client_that_does_not_wait_for_the_kdc_logs_on(lab):
    """The first client of a server, which need not know yet what the KDC says of its keytab."""
    seen = _run(lab, "stock-module-at-once", "stock client, module server that has just begun", False, True)
    _logged_on(seen, USER_TO_USER if seen.messages[1].kerberos == "TGT-REP" else SERVICE_TICKET_AFTER_USER_TO_USER)


def _alias(visit):
    _knows_user_to_user(visit)
    said = visit.client("alias.negossp.test")
    check.true("ERRCONNECT" in said or "ERRINFO" in said or "NTSTATUS" in said, f"the alias is refused: {said}")


def test_programs_server_survives_user_to_user_for_an_alias(lab):
    """A TGT-REQ for a name that is not in the keytab, which ends the process where WinPR 3.10 gets it."""
    seen = _run(lab, "alias", "stock clients, of which the first names the server otherwise", False, True, before=_alias)
    _logged_on(seen, USER_TO_USER if lab.answers_user_to_user() else SERVICE_TICKET_AFTER_USER_TO_USER)
    if lab.answers_user_to_user():
        lines = [line for line in seen.said("server") if "exchange=failed" in line]
        check.equal(len(lines), 1, f"refusals ({seen.said('server')})")
        check.true("not in the keytab" in lines[0], lines[0])


def _stock_without_u2u(lab):
    return _run(lab, "stock-module-no-u2u", "stock client with a ticket, module server without user-to-user",
                False, True, packages="!u2u")


def test_programs_stock_client_logs_on_where_user_to_user_is_off(lab):
    _logged_on(_stock_without_u2u(lab), SERVICE_TICKET_AFTER_USER_TO_USER)


def test_programs_last_mic_of_the_stock_client_is_owed_nothing(lab):
    """RFC 4178 5 (b)(I): it says accept-completed, and what it gets is the answer to its pubKeyAuth."""
    seen = _stock_without_u2u(lab)
    messages = seen.messages
    check.equal((messages[1].neg_state, messages[1].supported_mech), ("request-mic", KRB5), "the choice")
    check.equal([messages[index].neg_state for index in (3, 4, 5)],
                ["accept-incomplete", "accept-completed", None], "negState of AP-REP, the last MIC, and after it")
    lines = seen.said("server")
    check.equal(len(lines), 1, f"lines about the exchange in the server's log ({lines})")
    check.true("[INFO]" in lines[0] and "chosen=Kerberos" in lines[0] and "mechlistmic=sent/ok" in lines[0], lines[0])


def test_programs_password_gets_a_ticket(lab):
    _logged_on(_run(lab, "password", "module to module, password and no ticket", True, True, ticket=False),
               SERVICE_TICKET)


def test_programs_module_to_module_log_on_user_to_user(lab):
    """A service without service tickets."""
    seen = _run(lab, "u2u", "module to module, no service tickets", True, True, keytab="u2u-keytab",
                host="u2u.negossp.test", before=_knows_user_to_user)
    _logged_on(seen, USER_TO_USER if lab.answers_user_to_user() else NTLM_AFTER_USER_TO_USER)
    check.equal(seen.messages[0].mech_types, (U2U, wire.NTLM_OID), "mechTypes")


def test_programs_module_client_logs_on_user_to_user_at_stock_server(lab):
    """Where WinPR's acceptor finds the name in the keytab it answers in 3.10.3 as well."""
    seen = _run(lab, "u2u-stock", "module client, stock server, no service tickets", True, False, keytab="u2u-keytab",
                host="u2u.negossp.test")
    check.equal(seen.messages[0].kerberos, "TGT-REQ", "the optimistic token")
    if lab.stock_answers_user_to_user():
        _logged_on(seen, USER_TO_USER_AT_STOCK_SERVER)
        _no_mic(seen)


def test_programs_without_keytab_log_on_with_ntlm_in_the_same_exchange(lab):
    _logged_on(without_keytab(lab), NTLM_AFTER_KERBEROS)


def test_programs_without_keytab_ask_for_the_mic_and_get_it(lab):
    messages = without_keytab(lab).messages
    check.equal((messages[1].neg_state, messages[1].supported_mech), ("request-mic", wire.NTLM_OID), "the choice")
    check.equal([wire.ntlm_sequence_number(messages[index].mech_list_mic) for index in (4, 5)], [0, 0],
                "SeqNum of the mechListMICs")
    check.equal([wire.ntlm_sequence_number(messages[index].pub_key_auth) for index in (6, 7)], [1, 1],
                "SeqNum of what comes after them")


def test_programs_without_keytab_say_why(lab):
    lines = [line for line in without_keytab(lab).server_log.splitlines() if "Kerberos is not used" in line]
    check.equal(len(lines), 1, f"lines ({lines})")
    check.true("[INFO]" in lines[0] and "there is no keytab that can be read" in lines[0], lines[0])


def test_programs_stock_client_goes_on_to_ntlm_where_there_is_no_keytab(lab):
    """FreeRDP's client, too, goes on to NTLM in the same exchange when the acceptor chooses it."""
    seen = _run(lab, "stock-without-keytab", "stock client with a ticket, module server without keytab", False, True,
                keytab=None)
    _logged_on(seen, NTLM_AFTER_USER_TO_USER)
    check.equal((seen.messages[1].neg_state, seen.messages[1].supported_mech), ("request-mic", wire.NTLM_OID), "the choice")


def test_programs_module_client_takes_ntlm_at_stock_server_of_no_service(lab):
    """The realm has no service of that name: Kerberos has failed before anything is sent."""
    seen = _run(lab, "no-service", "module client, stock server that is no service of the realm", True, False,
                host="alias.negossp.test", packages="!u2u")
    _logged_on(seen, NTLM_WITHOUT_KERBEROS)
    check.equal(seen.messages[0].mech_types, (wire.NTLM_OID,), "mechTypes")
    lines = [line for line in seen.client_log.splitlines() if "Kerberos is not used" in line]
    check.equal(len(lines), 1, f"lines ({lines})")
    check.true("[INFO]" in lines[0], lines[0])


def test_programs_stock_to_stock_without_keytab_for_comparison(lab):
    """No requirement of ours: it records what FreeRDP does without the module."""
    seen = _run(lab, "stock-stock", "for comparison: stock to stock, server without keytab", False, False,
                keytab=None)
    print(f"comparison: stock to stock with a ticket and no keytab: {flow(seen.messages)}, "
          f"the client's exit code is {seen.client_exit}")
    check.true(seen.messages, "something was seen")
