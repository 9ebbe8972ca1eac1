# SPDX-License-Identifier: Apache-2.0
"""negossp-probe and servers of the test's own: test_servers.py PROGRAM. Each answers so far and no further, on
127.0.0.1; what is told of it, and with which exit code."""

import os
import pathlib
import re
import socket
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from der import der
from servers import (CRITICAL, DENIED, NO_NLA, NO_RDP, PLAIN, REFUSED, REQUEST, SLOW, SSL_ONLY, UNKNOWN, UNREAD, UNTRUSTED,
                     USAGE, Lab, Server, answered, confirm, credssp, events)


def test_what_is_asked_for(lab):
    story, server = lab.probe(answered(PLAIN), NO_NLA)
    check.equal(server.received[:3], [REQUEST, SSL_ONLY, REQUEST[:15] + bytes(4)], "X.224 Connection Requests (MS-RDPBCGR 2.2.1.1)")
    check.equal(story["security protocol"], "RDP's own", "the protocol")
    check.equal(story["RDP's own security"], "allowed", "asked for alone")
    check.true(story["outcome"].startswith("the server does no NLA"), story["outcome"])


def test_nobody_is_there(lab):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, out, _ = lab.run(f"127.0.0.1:{port}")
    check.equal(code, NO_RDP, "exit code")
    check.true("outcome: Connection refused, when connecting" in out, out)
    code, out, _ = lab.run("no.such.host.invalid")
    check.equal((code, "when looking up its name" in out, "look whether the name is right" in out), (NO_RDP, True, True), out)


def test_what_is_no_rdp_server(lab):
    for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\3\0\0\4", b"\3\0\5\0", bytes([3, 0, 0, 11, 5, 0xD0] + [0] * 5),
                   bytes([3, 0, 0, 11, 6, 0xE0] + [0] * 5), confirm(4, 1), PLAIN[:10]):
        story, _ = lab.probe(answered(answer), NO_RDP)
        check.true(story["outcome"], story)
    check.equal(lab.probe(answered(b"SSH-2.0-x\r\n"), NO_RDP)[0]["outcome"], "what answers is no RDP server", "SSH")
    check.equal(lab.probe(answered(b""), NO_RDP)[0]["outcome"],
                "the server closed the connection, when asked for a security protocol", "nothing")


def test_refusals_of_nla(lab):
    for value, words in ((1, "TLS is required"), (2, "TLS is not allowed"), (3, "the server has no certificate"),
                         (6, "TLS with a client's certificate is required"), (99, "for a reason that nobody knows")):
        story, _ = lab.probe(answered(confirm(3, value)), NO_NLA)
        check.equal(story["outcome"], f"the server refuses TLS and CredSSP: {words}", str(value))


def test_tls_without_nla(lab):
    story, _ = lab.probe(lambda server, connection: server.start_tls(connection, confirm(2, 1)), NO_NLA)
    check.equal((story["security protocol"], story["TLS without NLA"]), ("TLS", "CredSSP is required"), "protocols")
    check.equal(story["certificate"]["SHA-256"], lab.fingerprint("good"), "the certificate's digest")
    check.equal(story["certificate"]["subject"], "O=A\\, B,CN=server.example", "its subject (RFC 2253)")
    check.true(story["certificate"]["trusted"] in ("self-signed certificate", "self signed certificate"), story["certificate"])


def test_certificate_is_held_to_the_level_of_freerdps_clients(lab):
    authority = {**os.environ, "SSL_CERT_FILE": str(lab.certificate("authority")), "SSL_CERT_DIR": "/nonexistent"}
    for name, words in (("trusted", "yes"), ("weak", "EE certificate key too weak"), ("good", "self-signed certificate")):
        def talk(server, connection, name=name):
            server.start_tls(connection, confirm(2, 1), name)
        story, _ = lab.probe(talk, NO_NLA, env=authority)
        check.equal(story["certificate"]["trusted"].replace("self signed", "self-signed"), words, name)
    # Nor for another host.
    story, _ = lab.probe(lambda server, connection: server.start_tls(connection, confirm(2, 1), "trusted"), NO_NLA, host="localhost",
                         env=authority)
    check.equal(story["certificate"]["trusted"], "hostname mismatch", "another host's")
    story, _ = lab.probe(lambda server, connection: server.start_tls(connection, name="weak"), UNTRUSTED, "--user", "alice",
                              "--password-file", lab.password, env=authority)
    check.true("not trusted (EE certificate key too weak)" in story["outcome"], story["outcome"])


def test_answer_without_a_user_is_looked_at(lab):
    ts_error = bytes.fromhex("300e" "a003020106" "a407" "020500c000006d")
    reject = bytes.fromhex("a107" "3005" "a003" "0a0102")
    token = reject
    for tag in (0x04, 0xA0, 0x30, 0x30, 0xA1):   # OCTET STRING, negoToken, the list of one, negoTokens
        token = bytes([tag, len(token)]) + token
    token = bytes([0x30, 5 + len(token)]) + bytes.fromhex("a003020106") + token
    for answer, words in ((b"HTTP/1.0 400 no\r\n", "something else than CredSSP's tokens"), (ts_error, "the server says 0xC000006D"),
                          (bytes.fromhex("3005a003020106"), "something else than CredSSP's tokens"), (token, "rejects the mechanisms")):
        story, _ = lab.probe(credssp(answer), REFUSED)
        check.true(words in story["outcome"], f"{answer}: {story['outcome']}")


def test_silence_at_each_step(lab):
    def silent(server, connection):
        server.read(connection, 19)
        server.read(connection, 1)

    def silent_tls(server, connection):
        server.read(connection, 19)
        connection.sendall(confirm(2, 2))
        server.read(connection, 1 << 20)

    for talk, when in ((silent, "when asked for a security protocol"), (silent_tls, "in the TLS handshake"),
                       (credssp(None), "after the first token")):
        story, _ = lab.probe(talk, SLOW, "--timeout", "1")
        check.equal(story["outcome"], f"the server did not answer in time, {when}", "the outcome")


def test_end_at_each_step(lab):
    def ends_in_tls(server, connection):
        server.read(connection, 19)
        connection.sendall(confirm(2, 2))

    check.true("in the TLS handshake" in lab.probe(ends_in_tls, REFUSED)[0]["outcome"], "in TLS")
    story, _ = lab.probe(credssp(b""), REFUSED)
    check.equal(story["outcome"], "the server closed the connection, after the first token", "SPNEGO")
    check.true("--framing raw" in story["what to do"], story["what to do"])
    story, _ = lab.probe(credssp(b""), REFUSED, "--framing", "raw")
    check.true("leave --framing raw out" in story["what to do"], story["what to do"])
    check.true(events(story)[-1].endswith("TSRequest 6: NEGOTIATE"), events(story))


def test_answers_that_are_none(lab):
    for answer in (b"\x30\x80", b"\x30\x84\0\1\0\0", b"\x05\x00", b"\x30\x03\x02\x01\x06", b"\x30\x00",
                   bytes.fromhex("3005a003020106")):
        story, _ = lab.logon(credssp(answer), REFUSED, "--any-certificate")
        check.true(story["outcome"] and not story["outcome"].startswith("user"), story["outcome"])


def test_error_code_is_told_in_words(lab):
    # MS-CSSP 2.2.1: version 6, errorCode STATUS_LOGON_FAILURE.
    answer = bytes.fromhex("300ea003020106a407020500c000006d")
    story, _ = lab.logon(credssp(answer), REFUSED, "--any-certificate")
    check.equal(story["outcome"], "the server says 0xC000006D: wrong password or unknown user", "the cause")


def test_accept_completed_without_proof_is_no_right_password(lab):
    # MS-NLMP 2.2.1.2: no MsvAvTimestamp, so no MIC, and RFC 4178 5 asks for no mechListMIC. Then nothing but pubKeyAuth tells.
    names = b"".join(bytes([kind, 0, 12, 0]) + "SERVER".encode("utf-16-le") for kind in (2, 1)) + bytes(4)
    challenge = (b"NTLMSSP\0\2\0\0\0" + bytes(4) + (56).to_bytes(4, "little") + (0xE28A8231).to_bytes(4, "little") + b"12345678" +
                 bytes(8) + len(names).to_bytes(2, "little") * 2 + (56).to_bytes(4, "little") + bytes.fromhex("0a00614a0000000f") + names)
    ntlm = der(0xA1, der(0x06, bytes.fromhex("2b06010401823702020a")))

    def answer(state, *fields):
        resp = der(0xA1, der(0x30, der(0xA0, der(0x0A, bytes([state]))) + b"".join(fields)))
        item = der(0x30, der(0x30, der(0xA0, der(0x04, resp))))
        return der(0x30, bytes.fromhex("a003020106") + der(0xA1, item))

    first = answer(1, ntlm, der(0xA2, der(0x04, challenge)))
    story, server = lab.logon(credssp(first, answer(0), b""), DENIED, "--any-certificate")
    check.true(any(b"NTLMSSP\0\3" in data for data in server.received), "AUTHENTICATE went out")
    check.equal(story["outcome"], "the server closed the connection, after pubKeyAuth: most do when user or password is wrong", "the outcome")


def test_no_logon_at_a_server_that_is_not_trusted(lab):
    for arguments in ((), ("--fingerprint", "00" * 32)):
        story, server = lab.logon(credssp(b"", b""), UNTRUSTED, *arguments)
        check.true(story["outcome"].startswith("no logon was tried: the certificate is not trusted"), story["outcome"])
        check.true(not any(b"NTLMSSP" in data for data in server.received), "nothing was said to it")
    for arguments in (("--fingerprint", lab.fingerprint("good")), ("--any-certificate",)):
        story, server = lab.logon(credssp(b""), REFUSED, *arguments)
        check.true(any(b"NTLMSSP\0\1" in data for data in server.received), "a logon was tried")


def test_no_byte_of_a_certificate_reaches_the_terminal(lab):
    with Server(lab, credssp(b"", name="hostile")) as server:
        _, out, _ = lab.run(f"127.0.0.1:{server.port}")
    check.true("CN=a\\1B[31mb\\0Ac" in out and "\x1b" not in out, out)


def test_text_and_check(lab):
    with Server(lab, answered(PLAIN)) as server:
        _, out, _ = lab.run(f"127.0.0.1:{server.port}")
        code, line, _ = lab.run("--check", f"127.0.0.1:{server.port}")
    masked = re.sub(r"\d+ ms", "N ms", out.replace(str(server.port), "PORT"))
    check.equal([text.strip() for text in masked.splitlines()],
                ["server: 127.0.0.1:PORT", "N ms  -->  TCP: connect",
                 "N ms  -->  X.224 Connection Request: TLS, CredSSP, CredSSP with Early User Authorization",
                 "N ms  <--  X.224 Connection Confirm: RDP's own", "security protocol: RDP's own",
                 "TLS without NLA: another is taken", "RDP's own security: allowed",
                 "outcome: the server does no NLA: it takes RDP's own security", "what to do: turn NLA on at the server"], "text")
    check.equal((code, line), (CRITICAL, f"RDP CRITICAL 127.0.0.1:{server.port}: the server does no NLA: it takes RDP's own security\n"),
                "one line")


def test_command_line(lab):
    logon = ("-u", "alice", "-p", lab.password)
    for arguments, words in (
            ((), "say which server, or decode"), (("a", "b"), "HOST:PORT"), (("a", "3389"), "HOST:PORT"), (("",), "no HOST"),
            (("[::1",), "no HOST"), (("host:",), "no HOST"), (("rdp://host",), "no HOST"), (("host:99999",), "no HOST"),
            (("host:0",), "no HOST"), (("host:+1",), "no HOST"), (("a\nb",), "no HOST"), (("x" * 300,), "no HOST"),
            (("--server", "h"), "--server is no option"), (("-u",), "value is missing"), (("-t", "0", "h"), "1 to 3600"),
            (("-t", "1x", "h"), "1 to 3600"), (("--framing", "x", "h"), "spnego, negoex or raw"), (("-u", "", "h"), "no user"),
            (("-u", "DOM\\", "h"), "no user"), (("--send-credentials", "h"), "--send-credentials needs --user"),
            (("-p", lab.password, "h"), "--password-file needs --user"), (("-m", "ntlm", "h"), "--mechanism needs --user"),
            (("--any-certificate", "h"), "--any-certificate needs --user"), (("-j", "-c", "h"), "not both"),
            (("--fingerprint", "ab" * 32, "h"), "--fingerprint needs --user"),
            ((*logon, "--fingerprint", "ab" * 32, "--any-certificate", "h"), "not both"),
            ((*logon, "--fingerprint", "ab" * 31, "h"), "64 hexadecimal digits"),
            ((*logon, "--fingerprint", "xy" * 32, "h"), "64 hexadecimal digits"),
            ((*logon, "--fingerprint", "ab" * 33, "h"), "64 hexadecimal digits"),
            (("decode", "-u", "alice"), "decode knows no --user"), (("-c", "decode"), "decode knows no --check"),
            (("decode", "-p", "-", "-"), "both")):
        code, out, complaint = lab.run(*arguments)
        check.equal((code, out), (UNKNOWN if "-c" in arguments else USAGE, ""), str(arguments)[:60])
        check.true(complaint.startswith("negossp-probe: ") and words in complaint, f"{arguments}: {complaint}")
        check.equal(len(complaint.splitlines()), 1, f"lines of {complaint}")


def test_passwords_that_are_none(lab):
    for content in ("", "\n", "\r\nsecond"):
        path = pathlib.Path(lab.password).with_name("empty")
        path.write_text(content, encoding="ascii")
        code, out, complaint = lab.run("-u", "alice", "-p", str(path), "127.0.0.1:1")
        check.equal((code, out), (UNREAD, ""), "an empty one is not tried")
        check.true("it is empty" in complaint, complaint)
    code, out, complaint = lab.run("-u", "alice", "-p", "Geheim1!", "127.0.0.1:1")
    check.equal((code, out), (UNREAD, ""), "a file that is not there")
    check.true("Geheim1!" not in complaint and "never the password itself" in complaint, complaint)
    code, out, complaint = lab.run("-u", "alice", "127.0.0.1:1", env={})
    check.equal((code, out), (UNREAD, ""), "no terminal")
    check.true("use --password-file or NEGOSSP_PROBE_PASSWORD" in complaint, complaint)
    check.equal(lab.run("-u", "alice", "127.0.0.1:1", env={"NEGOSSP_PROBE_PASSWORD": ""})[0], UNREAD, "the environment's")
    check.equal(lab.run("-u", "alice", "127.0.0.1:1", env={"NEGOSSP_PROBE_PASSWORD": "x"})[0], NO_RDP, "the environment's")


def test_fingerprint_as_openssl_writes_it(lab):
    digits = lab.fingerprint("good")
    pairs = ":".join(digits[at:at + 2] for at in range(0, 64, 2)).upper()
    story, _ = lab.logon(credssp(b""), REFUSED, "--fingerprint", pairs)
    check.true("after the first token" in story["outcome"], story["outcome"])


def test_monitoring_plugins_exit_codes(lab):
    with Server(lab, credssp(b"")) as server:
        code, line, _ = lab.run("--check", f"127.0.0.1:{server.port}")
    check.equal((code, line.startswith("RDP CRITICAL")), (CRITICAL, True), "a server that is not as it should be")
    for arguments in (("--check", "a", "b"), ("--check", "-u", "alice", "-p", "/nonexistent", "h"), ("-c", "--nothing", "h"), ("-t", "0", "-c", "h"),
                      ("--nothing", "--check", "h")):
        check.equal(lab.run(*arguments)[:2], (UNKNOWN, ""), str(arguments))


def main():
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder:
        return 1 if check.run_all(sys.modules["__main__"], Lab(sys.argv[1], folder)) else 0


sys.exit(main())
