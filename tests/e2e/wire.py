# SPDX-License-Identifier: Apache-2.0
"""What happened on the wire, as tshark reads it: captured on loopback, decrypted with the client's TLS
keys, dissected to TSRequests. Nothing in here parses a protocol itself or reads our own logs."""

import dataclasses
import re
import signal
import subprocess
import time
import xml.etree.ElementTree

from programs import Program, wait_until

NTLM_OID = "1.3.6.1.4.1.311.2.2.10"
# RFC 4178 4.2.2, negState
NEG_STATES = {0: "accept-completed", 1: "accept-incomplete", 2: "reject", 3: "request-mic"}
# TOK_ID as tshark shows it: RFC 4121 4.1; draft-swift-win2k-krb-user2user 5
KERBEROS_TOKENS = {0x0001: "AP-REQ", 0x0002: "AP-REP", 0x0003: "KRB-ERROR", 0x0004: "TGT-REQ", 0x0104: "TGT-REP"}
NTLM_TYPES = {1: "NEGOTIATE", 2: "CHALLENGE", 3: "AUTHENTICATE"}


@dataclasses.dataclass
class TSRequest:
    """One TSRequest (MS-CSSP 2.2.1) and what is inside of its negoToken. Bytes are lower-case hex;
    None is a field that is not there."""
    sender: str
    connection: int = 0           # counts TCP connections; a client that tries again makes a second
    version: int = None
    nego_token: str = None
    spnego: str = None            # NegTokenInit or NegTokenResp; None for a bare token
    mech_types: tuple = ()
    supported_mech: str = None
    neg_state: str = None
    mech_list_mic: str = None
    ntlm: str = None              # the NTLM message's name
    kerberos: str = None          # the Kerberos message's name
    ntlm_user: str = None
    ntlm_mic: str = None
    ntlm_flags: int = None
    ntlm_version: tuple = None    # major, minor, build
    pub_key_auth: str = None
    auth_info: str = None
    error_code: int = None


class Capture(Program):
    """dumpcap on one port of loopback. Made only when packets are already being taken."""

    def __init__(self, work, port, env):
        self.path = work / "capture.pcapng"
        super().__init__(["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", self.path],
                         work / "dumpcap.log", env)
        self._port = port
        # The file's header is written after the interface was opened and the filter set.
        if not wait_until(lambda: self.exit_code is not None
                          or (self.path.exists() and self.path.stat().st_size > 0), 20) \
                or self.exit_code is not None:
            self.end()
            raise RuntimeError(f"dumpcap did not start: {self.text()}")

    def finish(self):
        time.sleep(0.7)  # the kernel hands packets over in blocks, at most half a second late
        self.end(signal.SIGINT)

    def _tshark(self, keys, *arguments):
        command = ["tshark", "-n", "-r", str(self.path), "-o", f"tls.keylog_file:{keys}",
                   "-d", f"tcp.port=={self._port},tls", *arguments]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    def keep_tokens(self, keys, connections):
        """tokens-N.txt for each of the TCP connections, one TSRequest a line, in order: what tshark decrypts, up to the
        first message that is none."""
        for connection in connections:
            lines = []
            for line in self._tshark(keys, "-q", "-z", f"follow,tls,raw,{connection}").decode().splitlines():
                text = line.strip()
                if re.fullmatch("30([0-9a-f]{2})+", text):
                    lines.append(text + "\n")
            self.path.with_name(f"tokens-{connection}.txt").write_text("".join(lines), encoding="ascii")

    def dissect(self, keys):
        """All TSRequests in order."""
        out = self._tshark(keys, "-Y", "credssp", "-T", "pdml")
        self.path.with_name("wire.pdml").write_bytes(out)
        messages = []
        for packet in xml.etree.ElementTree.fromstring(out):
            to_port = packet.find(".//field[@name='tcp.dstport']").get("show")
            stream = packet.find(".//field[@name='tcp.stream']").get("show")
            sender = "client" if int(to_port) == self._port else "server"
            for request in packet.iter("field"):
                if request.get("name") == "credssp.TSRequest_element":
                    messages.append(_ts_request(sender, int(stream), request))
        return messages


def _ts_request(sender, connection, element):
    def first(name, attribute="value"):
        found = element.find(f".//field[@name='{name}']")
        return None if found is None else found.get(attribute)

    def number(name):
        text = first(name, "show")
        return None if text is None else int(text, 0)

    message = TSRequest(sender, connection, version=number("credssp.version"),
                        nego_token=first("credssp.negoToken"), pub_key_auth=first("credssp.pubKeyAuth"),
                        auth_info=first("credssp.authInfo"))
    error = number("credssp.errorCode")
    message.error_code = None if error is None else error & 0xFFFFFFFF
    if first("spnego.negTokenInit_element") is not None:
        message.spnego = "NegTokenInit"
    elif first("spnego.negTokenTarg_element") is not None:
        message.spnego = "NegTokenResp"
    message.mech_types = tuple(found.get("show")
                               for found in element.iterfind(".//field[@name='spnego.MechType']"))
    message.supported_mech = first("spnego.supportedMech", "show")
    state = number("spnego.negResult")
    message.neg_state = None if state is None else NEG_STATES.get(state, f"negState {state}")
    message.mech_list_mic = first("spnego.mechListMIC")
    # The sealed fields of a TSRequest are tokens too (Wrap, 0x0405), and none of these.
    message.kerberos = KERBEROS_TOKENS.get(number("spnego.krb5.tok_id"))
    kind = number("ntlmssp.messagetype")
    if kind is not None:
        message.ntlm = NTLM_TYPES.get(kind, f"NTLM message {kind}")
        message.ntlm_user = first("ntlmssp.auth.username", "show")
        message.ntlm_mic = first("ntlmssp.authenticate.mic")
        message.ntlm_flags = number("ntlmssp.negotiateflags")
        version = tuple(number(f"ntlmssp.version.{part}") for part in ("major", "minor", "build_number"))
        message.ntlm_version = version if None not in version else None
    return message


def repeats_final_token(messages, index):
    """Defect D2: FreeRDP's server sends its last negoToken once more beside pubKeyAuth."""
    message = messages[index]
    before = [other for other in messages[:index]
              if other.sender == message.sender and other.connection == message.connection]
    return message.sender == "server" and message.pub_key_auth is not None and bool(before) \
        and message.nego_token is not None and message.nego_token == before[-1].nego_token


def returns_pub_key_auth(messages, index):
    """FreeRDP's server sends the client's own pubKeyAuth back when it refuses a bare logon."""
    message = messages[index]
    return message.sender == "server" and message.pub_key_auth is not None \
        and any(message.pub_key_auth == other.pub_key_auth for other in messages[:index])


def ntlm_sequence_number(signature):
    """SeqNum of an NTLMSSP_MESSAGE_SIGNATURE (MS-NLMP 2.2.2.9.2) at the front of a hex string."""
    return int.from_bytes(bytes.fromhex(signature)[12:16], "little")
