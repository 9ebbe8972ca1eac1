# SPDX-License-Identifier: Apache-2.0
"""freerdp-proxy3 in front of a shadow server: the module is loaded by the proxy, from the registry, and
checks its users with the default SAM file. The proxy's own logon at the server behind is another matter:
there TLS is enough."""

import re

import banned
import cases
import check
import logon_tests
import peers
from peers_lab import USER, free_port

PROXY = ("FreeRDP 3's proxy, which loads the module", peers.version_of("freerdp3-proxy"))
SETTINGS = """[Server]
Host=127.0.0.1
Port={front}

[Target]
Host=127.0.0.1
Port={back}
FixedTarget=true

[Channels]
GFX=true

[Security]
ServerTlsSecurity=false
ServerNlaSecurity=true
ServerRdpSecurity=false
ClientTlsSecurity=true
ClientNlaSecurity=false
ClientRdpSecurity=false
ClientAllowFallbackToTls=true

[Certificates]
CertificateFile={certificate}
PrivateKeyFile={key}
"""


def _logon(lab, name, password, client_module=True):
    front, back = free_port(), free_port()
    certificate, key = lab.certificate()
    settings = lab.write(f"{name}.ini", SETTINGS.format(front=front, back=back, certificate=certificate, key=key))
    module = [f"/sspi-module:{lab.module}"] if client_module else []
    lab.etc.register(lab.module)
    lab.install_sam()
    servers = (
        ("shadow", ["freerdp-shadow-cli3", f"/port:{back}", "/bind-address:127.0.0.1", "/sec:tls", "-auth"], back),
        ("proxy", ["freerdp-proxy3", settings], front),
    )
    return lab.run(
        name, lambda _: servers, front,
        lambda keys: ["xfreerdp3", f"/v:127.0.0.1:{front}", f"/u:{USER}", f"/p:{password}", "/cert:ignore",
                      f"/tls:secrets-file:{keys}", *module],
        # The 3.10.3 proxy does not get the picture through by itself.
        enough=lambda logs: "is activated" in logs["shadow"])


def module_to_proxy(lab):
    return lab.once("proxy", lambda: _logon(lab, "proxy", lab.password))


def test_proxy_takes_four_legs_from_a_module_client(lab):
    seen = module_to_proxy(lab)
    check.equal(logon_tests.flow(seen.messages), cases.FOUR_LEGS, "the exchange in front of the proxy")


def test_proxy_loads_the_module_from_the_registry(lab):
    seen = module_to_proxy(lab)
    check.true(f"Using SSPI Module: {lab.module}" in seen.server_logs["proxy"], "the proxy names the module")
    lines = seen.said("proxy")
    check.equal(len(lines), 1, "exchanges of the module in the proxy")
    for part in ("exchange=complete", "role=acceptor", f'user="{USER}"', 'source="SAM file"', "mechlistmic=sent/ok"):
        check.true(part in lines[0], f"the proxy's line says {part}: {lines[0]}")


def test_proxy_hands_the_users_session_on(lab):
    seen = module_to_proxy(lab)
    check.true("Accepted client" in seen.server_logs["proxy"], "the proxy went on after the logon")
    check.true("is activated" in seen.server_logs["shadow"], "the server behind the proxy has a client")
    check.equal(seen.client_exit, None, "the client's exit code while it should be connected")
    peers.right(*PROXY, "server", peers.SPNEGO)


def wrong_password_at_proxy(lab):
    return lab.once("proxy-wrong-password", lambda: _logon(lab, "proxy-wrong-password", "wrong"))


def test_proxy_refuses_a_wrong_password(lab):
    seen = wrong_password_at_proxy(lab)
    flow = logon_tests.flow(seen.messages)
    check.equal(flow[:3] + flow[3:4], (*cases.FOUR_LEGS[:3], ("server", "errorCode")), "the exchange")
    check.true(seen.client_exit not in (None, 0), f"the client was refused ({seen.client_exit})")
    check.true("SEC_E_LOGON_DENIED" in seen.said("proxy")[0], "the proxy's line says why")
    check.true("is activated" not in seen.server_logs["shadow"], "nobody came to the server behind")
    peers.wrong(*PROXY, "server", peers.SPNEGO)


def test_proxy_takes_a_stock_client(lab):
    seen = _logon(lab, "proxy-stock", lab.password, client_module=False)
    check.equal(logon_tests.flow(seen.messages), cases.THREE_LEGS, "the exchange in front of the proxy")
    check.true("exchange=complete" in seen.said("proxy")[0], "the proxy's module completed")


def test_fail2ban_sees_whom_the_proxy_refuses(lab):
    for seen, found in ((module_to_proxy(lab), []), (wrong_password_at_proxy(lab), ["127.0.0.1"])):
        lines = seen.server_logs["proxy"].splitlines()
        check.equal(banned.found_among(lines, lab.work), found, "whom fail2ban would ban")
        check.equal(banned.found_in_journal(lines, lab.work), found, "the same from the journal")
    refused = next(line for line in lines if "exchange=failed" in line)
    check.equal(banned.times_among(lines, lab.work), [refused[1:9]], "when")


def _lines_of(lab):
    """What makes the proxy's lines of some thread and address: that it came, and that it is refused; and that thread."""
    lines = wrong_password_at_proxy(lab).server_logs["proxy"].splitlines()
    came, refused = (next(line for line in lines if words in line) for words in ("client address: 127.0.0.1", "exchange=failed"))
    thread = re.search(r"\[\d+:(\w+)\]", came)[1]
    return (lambda number, address: came.replace(f":{thread}]", f":{number}]").replace("client address: 127.0.0.1", f"client address: {address}"),
            lambda number: refused.replace(f":{thread}]", f":{number}]"))


def test_fail2ban_tells_the_proxys_clients_apart(lab):
    came, refused = _lines_of(lab)
    first, second, third = "192.0.2.1", "198.51.100.1", "2001:db8::1"
    for title, lines, found in (
            ("two at once", [came(1, first), came(2, second), refused(2), refused(1)], [second, first]),
            ("one of three", [came(1, first), came(2, second), came(3, third), refused(2)], [second]),
            ("a thread with a number that there was", [came(1, first), came(2, second), came(1, third), refused(1)], [third]),
            ("nobody came", [refused(1)], []),
            ("another thread", [came(1, first), refused(2)], []),
            ("not for the password", [came(1, first), refused(1).replace("SEC_E_LOGON_DENIED", "SEC_E_INVALID_TOKEN")], []),
            ("words of another line", [f"[12:00:00:000] [9:9] [INFO][x] - [y]: {came(1, first)}", refused(1)], []),
            ("one refusal of two", [came(1, first), refused(1), refused(1)], [first])):
        check.equal(banned.found_among(lines, lab.work), found, title)


def test_fail2ban_is_told_no_address_by_a_users_name(lab):
    came, refused = _lines_of(lab)
    line = re.sub(r"^.*?(?=\[INFO\])", "", came(1, "192.0.2.1"))
    for name in (line, f"x {came(1, '192.0.2.1')}", "[Throttler] Accepting connection from 192.0.2.1"):
        forged = refused(1).replace(f'user="{USER}"', f'user="{name}"')
        check.equal(banned.found_among([forged, refused(1)], lab.work), [], f"whom a client can have banned by its name, {name}")


def test_fail2ban_takes_filter_and_jail_beside_others(lab):
    without, with_ours = (banned.configured(lab.work, ours) for ours in (False, True))
    check.equal([line for line in with_ours if "freerdp-negossp" not in line], without, "the configuration of everything else")
    jail = "\n".join(line for line in with_ours if "freerdp-negossp" in line)
    for part in ("['add', 'freerdp-negossp-journal', 'systemd']", "'addjournalmatch', '_COMM=gnome-remote-de'",
                 "['set', 'freerdp-negossp-journal', 'maxlines', 100]", "['start', 'freerdp-negossp-journal']"):
        check.true(part in jail, f"{part} in {jail[:3000]}")
