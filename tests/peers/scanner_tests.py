# SPDX-License-Identifier: Apache-2.0
"""Programs that try servers from the outside: hydra, with FreeRDP 2's library inside, two scripts of nmap's, and
impacket's rdp_check."""

import pathlib
import re

import cases
import check
import logon_tests
import peers
import wire
from peers_lab import USER, free_port


HYDRA = ("hydra", peers.version_of("hydra"))
NMAP = ("nmap", peers.version_of("nmap"))
IMPACKET = ("impacket's rdp_check", peers.version_of("python3-impacket"))
RDP_CHECK = pathlib.Path("/usr/share/doc/python3-impacket/examples/rdp_check.py")


def _scan(lab, name, command, module=True):
    """What the program that `command` gives for a port does to FreeRDP 3's shadow server."""
    port = free_port()
    lab.etc.register(lab.module if module else None)
    return lab.run(
        name,
        lambda keys: [("shadow", ["freerdp-shadow-cli3", f"/port:{port}", "/bind-address:127.0.0.1",
                                  f"/sam-file:{lab.sam}", "/sec:nla", f"/tls-secrets-file:{keys}"], port)],
        port,
        lambda _: command(port))


def _hydra(lab, name, password, module=True):
    return _scan(lab, name, lambda port: ["hydra", "-I", "-t", "1", "-l", USER, "-p", password, "-s", port,
                                          "rdp://127.0.0.1"], module)


def _nmap(lab, script, module=True):
    """Loopback's port alone, by an ordinary connection."""
    name = f"nmap-{script}{'' if module else '-stock'}"
    return lab.once(name, lambda: _scan(
        lab, name, lambda port: ["nmap", "-n", "-Pn", "-sT", "-p", port, "--script", f"+{script}", "127.0.0.1"], module))


# --- hydra ----------------------------------------------------------------------------------------

def _found(seen, count):
    check.true(re.search(rf"\b{count} valid password", seen.client_log), f"{count} found: {seen.client_log}")


def test_hydra_finds_the_right_password(lab):
    seen = _hydra(lab, "hydra", lab.password)
    _found(seen, 1)
    check.equal(logon_tests.flow(seen.messages), cases.THREE_LEGS, "the exchange")
    check.true("exchange=complete" in seen.said("shadow")[0], seen.said("shadow"))
    peers.right(*HYDRA, "client", peers.BARE)


def test_hydra_does_not_find_a_wrong_password(lab):
    seen = _hydra(lab, "hydra-wrong-password", "wrong")
    _found(seen, 0)
    lines = seen.said("shadow")
    check.true(lines and all("SEC_E_LOGON_DENIED" in line and f'user="{USER}"' in line for line in lines), lines)
    check.true(not any(message.auth_info for message in seen.messages), "no credentials were sent")
    peers.wrong(*HYDRA, "client", peers.BARE)


def test_hydra_at_a_stock_server(lab):
    _found(_hydra(lab, "hydra-stock", lab.password, module=False), 1)
    _found(_hydra(lab, "hydra-stock-wrong-password", "wrong", module=False), 0)


# --- nmap -----------------------------------------------------------------------------------------

def _told(seen, name):
    found = re.search(rf"{name}: (\S+)", seen.client_log)
    check.true(found, f"nmap says {name}: {seen.client_log}")
    return found[1]


def test_nmap_reads_the_names_of_a_module_server(lab):
    seen = _nmap(lab, "rdp-ntlm-info")
    check.equal(logon_tests.flow(seen.messages), cases.THREE_LEGS[:2], "the exchange")
    check.equal(_told(seen, "Product_Version"), "10.0.26100", "the version")
    peers.right(*NMAP, "client", peers.BARE, "reads the names (rdp-ntlm-info)")
    peers.wrong(*NMAP, "client", peers.BARE, "sends none")


def test_nmap_reads_the_same_names_of_a_stock_server(lab):
    """But for the case of the name in DNS, which WinPR makes of the one in NetBIOS."""
    names = ("Target_Name", "NetBIOS_Domain_Name", "NetBIOS_Computer_Name", "DNS_Computer_Name")
    ours, theirs = (_nmap(lab, "rdp-ntlm-info", module) for module in (True, False))
    check.equal([_told(ours, name).upper() for name in names], [_told(theirs, name).upper() for name in names], "the names")


def test_nmap_finds_nla_and_nothing_else(lab):
    for module in (True, False):
        seen = _nmap(lab, "rdp-enum-encryption", module)
        check.equal(re.findall(r"\|_? +(.*): SUCCESS", seen.client_log), ["CredSSP (NLA)"], "what works")


# --- impacket -------------------------------------------------------------------------------------

def _rdp_check(lab, name, password):
    """It knows port 3389 alone. An old version of CredSSP, and no MIC in AUTHENTICATE."""
    source = RDP_CHECK.read_text(encoding="utf-8")
    return _scan(lab, name, lambda port: [
        "/usr/bin/python3", "-B", lab.write("rdp_check.py", source.replace("(host,3389)", f"(host,{port})")),
        f"{USER}:{password}@127.0.0.1"])


def test_impacket_logs_on(lab):
    seen = _rdp_check(lab, "impacket", lab.password)
    check.true("Access Granted" in seen.client_log, seen.client_log)
    check.equal([message.version for message in seen.messages if message.sender == "client"][:1], [2], "its version")
    check.true("exchange=complete" in seen.said("shadow")[0], seen.said("shadow"))
    peers.right(*IMPACKET, "client", peers.BARE)


def test_impacket_with_a_wrong_password_is_refused(lab):
    """By the module. FreeRDP then sends the client's own pubKeyAuth back (defect D32), which this client does not verify."""
    seen = _rdp_check(lab, "impacket-wrong-password", "wrong")
    check.true(all("SEC_E_LOGON_DENIED" in line for line in seen.said("shadow")) and seen.said("shadow"), seen.said("shadow"))
    check.true("shadow_client_thread" in seen.server_logs["shadow"], "the server ended the connection")
    if "Access Granted" in seen.client_log:
        check.true(any(wire.returns_pub_key_auth(seen.messages, index) for index in range(len(seen.messages))), "D32")
    peers.wrong(*IMPACKET, "client", peers.BARE, "refused; where FreeRDP has defect D32 it says otherwise")
