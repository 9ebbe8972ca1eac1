# SPDX-License-Identifier: Apache-2.0
"""A sequence diagram of TSRequests, for people."""

import wire

NAMES = {wire.NTLM_OID: "NTLM", "1.2.840.113554.1.2.2": "Kerberos", "1.2.840.48018.1.2.2": "MS-Kerberos",
         "1.2.840.113554.1.2.2.3": "Kerberos U2U", "1.3.6.1.4.1.311.2.2.30": "NEGOEX"}
STATUS = {0xC000006D: "STATUS_LOGON_FAILURE", 0xC000006E: "STATUS_ACCOUNT_RESTRICTION",
          0xC0000022: "STATUS_ACCESS_DENIED", 0xC000006A: "STATUS_WRONG_PASSWORD",
          0xC0000064: "STATUS_NO_SUCH_USER"}
WIDTH = 84


def status_name(code):
    return f"0x{code:08X}" + (f" {STATUS[code]}" if code in STATUS else "")


def describe(messages, index):
    """One line of what the TSRequest at `index` carries."""
    message, parts = messages[index], []
    if wire.repeats_final_token(messages, index):
        parts.append("the last negoToken again (D2)")
    elif message.nego_token is not None:
        parts.append(_token(message))
    if message.pub_key_auth is not None:
        echoed = wire.returns_pub_key_auth(messages, index)
        parts.append("the client's pubKeyAuth sent back" if echoed else "pubKeyAuth")
    if message.auth_info is not None:
        parts.append("authInfo")
    if message.error_code is not None:
        parts.append(f"errorCode {status_name(message.error_code)}")
    return " + ".join(parts) or "nothing"


def _token(message):
    inner = message.ntlm or ""
    if message.ntlm == "AUTHENTICATE":
        inner += f" ({message.ntlm_user}{', with MIC' if message.ntlm_mic else ''})"
    if message.spnego is None:
        return f"bare {inner}" if inner else "a token that tshark does not know"
    frame = message.spnego
    if message.mech_types:
        frame += " [" + ", ".join(NAMES.get(oid, oid) for oid in message.mech_types) + "]"
    if message.neg_state:
        frame += f" {message.neg_state}"
    if message.supported_mech:
        frame += f" ({NAMES.get(message.supported_mech, message.supported_mech)})"
    return ": ".join(part for part in (frame, inner) if part) \
        + (" + mechListMIC" if message.mech_list_mic else "")


def draw(messages):
    lines = ["client" + " " * (WIDTH - 6) + "server"]
    for index, message in enumerate(messages):
        text = describe(messages, index)
        if index and message.connection != messages[index - 1].connection:
            lines.append("  ---- another connection ----")
        if message.sender == "client":
            lines.append("  " + text.ljust(WIDTH - 2) + "->")
        else:
            lines.append("    <-  " + text)
    if not messages:
        lines.append("  (tshark found no TSRequest)")
    return "\n".join(lines)
