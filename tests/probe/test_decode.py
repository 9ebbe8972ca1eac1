# SPDX-License-Identifier: Apache-2.0
"""negossp-probe decode: test_decode.py PROGRAM VECTORS. Recorded exchanges in every writing, whole and broken."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check
from der import der

RIGHT, WRONG, USAGE, UNREAD = 0, 1, 2, 3
FOUR_LEGS = "sspi-rs-0.21-spnego-ntlm-four-legs"
# Exchanges whose password is known, and whether AUTHENTICATE announces a MIC and how many mechListMICs there are.
JUDGED = {FOUR_LEGS: (True, 3), "sspi-rs-0.21-bare-ntlm-nonascii": (True, 0),
          "sspi-rs-0.21-kerberos-offered-ntlm-taken": (True, 3), "impacket-0.10-credssp-2-bare-ntlm": (False, 0)}


class Lab:
    def __init__(self, program, vectors, folder):
        self._program, self._vectors, self.folder = program, pathlib.Path(vectors), pathlib.Path(folder)

    def vector(self, name):
        return json.loads((self._vectors / f"{name}.json").read_text(encoding="utf-8"))

    def tokens(self, name):
        return [bytes.fromhex(message["ts_request"]) for message in self.vector(name)["messages"]]

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *arguments, text=b""):
        done = subprocess.run([self._program, *arguments], input=text, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def tree(self, text, *arguments, code=RIGHT):
        actual, out, complaint = self.run("decode", "--json", *arguments, text=text)
        check.equal((actual, complaint), (code, ""), "exit code and complaints")
        return json.loads(out)

    def judge(self, tokens, password, code):
        text = "\n".join(token.hex() for token in tokens).encode()
        return self.tree(text, "--password-file", self.file("password", password), code=code)["judgement"]


def _dump(token):
    """As winpr_HexDump writes it into a log."""
    lines = [f"[05:40:12:123] [1:2] [DEBUG][com.freerdp.core.nla] - [nla_send]: {at:04} "
             + "".join(f"{byte:02x} " for byte in token[at:at + 16]) + "   " * (16 - len(token[at:at + 16]))
             + "".join(chr(byte) if 32 <= byte < 127 else "." for byte in token[at:at + 16])
             for at in range(0, len(token), 16)]
    return "\n".join(["[05:40:12:123] [1:2] [DEBUG] 0000 is no dump", *lines, f"[length={len(token)}] "]) + "\n"


def test_every_part_of_an_exchange_is_shown(lab):
    first, challenge, authenticate, complete, key, *_ = (token["TSRequest"] for token in
                                                         lab.tree("\n".join(t.hex() for t in lab.tokens(FOUR_LEGS))
                                                                  .encode())["tokens"])
    negotiate = first["negoTokens"]["NegTokenInit"]
    check.equal((first["version"], negotiate["mechTypes"]), (6, "NTLM"), "the first token")
    check.equal(negotiate["mechToken"]["NEGOTIATE"]["Workstation"], "127.0.0.1", "an OEM name")
    check.equal(negotiate["mechToken"]["NEGOTIATE"]["Version"], "10.0.17763, NTLM revision 15", "Version")
    answer = challenge["negoTokens"]["NegTokenResp"]
    check.equal((answer["negState"], answer["supportedMech"]), ("accept-incomplete", "NTLM"), "the answer")
    check.equal(answer["responseToken"]["CHALLENGE"]["ServerChallenge"], "068586a2f61c27f6", "ServerChallenge")
    check.equal(answer["responseToken"]["CHALLENGE"]["TargetInfo"]["MsvAvTimestamp"], "2026-11-26 07:31:27.8883505", "a time")
    check.equal(answer["responseToken"]["CHALLENGE"]["flags"],
                ["UNICODE", "REQUEST_TARGET", "SIGN", "SEAL", "NTLM", "ALWAYS_SIGN", "TARGET_TYPE_SERVER",
                 "EXTENDED_SESSIONSECURITY", "TARGET_INFO", "VERSION", "128", "KEY_EXCH", "56"], "0xE28A8235")
    sent = authenticate["negoTokens"]["NegTokenResp"]["responseToken"]["AUTHENTICATE"]
    check.equal((sent["UserName"], sent["NTLMv2_RESPONSE"]["AvPairs"]["MsvAvFlags"]), ("alice", "0x00000002"), "AUTHENTICATE")
    check.equal(complete["negoTokens"]["NegTokenResp"],
                {"negState": "accept-completed", "mechListMIC": "01000000ab3df45c8a17877800000000"}, "the last token")
    check.equal(len(key["clientNonce"]), 64, "a nonce")


def test_every_writing_gives_the_same(lab):
    tokens = lab.tokens(FOUR_LEGS)
    text = {"digits": "\n".join(token.hex() for token in tokens),
            "digits with blanks, colons and a prefix":
                "\r\n".join("# one\r\n0x" + token.hex(":", 2) + "\r\n \r\n" for token in tokens).upper().replace("0X", "0x"),
            "base64": "\n".join(base64.b64encode(token).decode() for token in tokens),
            "base64 in lines": "".join(base64.encodebytes(token).decode() for token in tokens),
            "a log": "".join(map(_dump, tokens))}
    trees = {name: lab.tree(writing.encode()) for name, writing in text.items()}
    trees["files"] = lab.tree(b"", *(lab.file(f"token-{i}", token) for i, token in enumerate(tokens)))
    for name, tree in trees.items():
        check.equal(tree, trees["digits"], name)
    check.equal(len(trees["digits"]["tokens"]), len(tokens), "tokens")


def test_text_says_what_json_says(lab):
    code, out, _ = lab.run("decode", text=lab.tokens(FOUR_LEGS)[1].hex().encode())
    check.equal(code, RIGHT, "exit code")
    for line in ("tokens", "  token 1", "      version: 6", "          supportedMech: NTLM",
                 "                MsvAvNbDomainName: VM"):
        check.true(line in out.splitlines(), f"{line!r} in\n{out}")


def test_password_tells_what_is_right(lab):
    for name, (mic, mics) in JUDGED.items():
        vector = lab.vector(name)
        judgement = lab.judge(lab.tokens(name), vector["password"] + "\n", RIGHT)
        check.equal((judgement["NTProofStr"], judgement["MIC"], [words.split()[0] for words in judgement["mechListMIC"]]),
                    ("right", "right" if mic else "none is announced", ["right"] * mics), name)
        denied = lab.judge(lab.tokens(name), vector["password"] + "x", WRONG)
        check.true(list(denied) == ["NTProofStr"] and denied["NTProofStr"].startswith("wrong: another password"), denied)


def _changed(token, field, by=1):
    at = token.index(bytes.fromhex(field)) + 12
    return token[:at] + bytes([token[at] ^ by]) + token[at + 1:]


def test_what_was_changed_is_found(lab):
    tokens, password = lab.tokens(FOUR_LEGS), lab.vector(FOUR_LEGS)["password"]
    tree = lab.tree("\n".join(token.hex() for token in tokens).encode())["tokens"]
    resp = tree[2]["TSRequest"]["negoTokens"]["NegTokenResp"]
    sent = resp["responseToken"]["AUTHENTICATE"]

    def judged(number, field):
        return lab.judge([_changed(token, field) if i == number else token for i, token in enumerate(tokens)], password, WRONG)

    check.true(judged(2, sent["NTLMv2_RESPONSE"]["NTProofStr"])["NTProofStr"].startswith("wrong"), "NTProofStr")
    check.true(judged(2, sent["MIC"])["MIC"].startswith("wrong"), "MIC")
    check.true(judged(2, resp["mechListMIC"])["mechListMIC"][0].startswith("wrong"), "the initiator's mechListMIC")
    check.true(judged(3, tree[3]["TSRequest"]["negoTokens"]["NegTokenResp"]["mechListMIC"])["mechListMIC"][1]
               .startswith("wrong"), "the acceptor's mechListMIC")
    # A flag of NEGOTIATE, which the MIC covers.
    signature = tokens[0].index(b"NTLMSSP\0")
    flags = tokens[0][:signature + 13] + bytes([tokens[0][signature + 13] ^ 2]) + tokens[0][signature + 14:]
    check.true(lab.judge([flags, *tokens[1:]], password, WRONG)["MIC"].startswith("wrong"), "NEGOTIATE")


def test_what_is_missing_cannot_be_judged(lab):
    tokens, password = lab.tokens(FOUR_LEGS), lab.vector(FOUR_LEGS)["password"]
    for number, name in enumerate(("NEGOTIATE", "CHALLENGE", "AUTHENTICATE")):
        judgement = lab.judge([token for i, token in enumerate(tokens) if i != number], password, WRONG)
        check.equal(judgement, {"NTProofStr": f"cannot be judged: {name} missing"}, name)


def test_every_vector_is_read(lab):
    numbers = {"ntlm-server2016-challenge": ("ntlm_negotiate", "ntlm_challenge", "ntlm_authenticate")}
    vector = lab.vector("ntlm-server2016-challenge")
    names = [list(token)[1] for token in
             lab.tree("\n".join(vector["messages"][name] for name in numbers["ntlm-server2016-challenge"]).encode())["tokens"]]
    check.equal(names, ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"], "NTLM alone")
    token = lab.vector("spnego-accept-incomplete-with-mic")["token"]
    check.equal(lab.tree(token.encode())["tokens"][0]["NegTokenResp"],
                {"negState": "accept-incomplete", "mechListMIC": "0100000049c217f5398d246700000000"}, "a MIC alone")
    offered = lab.tree("\n".join(t.hex() for t in lab.tokens("sspi-rs-0.21-kerberos-offered-ntlm-taken")).encode())
    first = offered["tokens"][0]["TSRequest"]["negoTokens"]["NegTokenInit"]
    check.equal(first["mechToken"]["InitialContextToken"]["TOK_ID"], "TGT-REQ", "Kerberos user-to-user")
    for messages in [lab.vector("credssp-v6-bare-ntlm")["messages"]]:
        for name, digits in messages.items():
            if name.endswith("TS_REQUEST"):
                check.true("TSRequest" in lab.tree(digits.encode())["tokens"][0], name)


def test_no_byte_of_a_peer_reaches_the_terminal(lab):
    token = lab.tokens(FOUR_LEGS)[2].replace("alice".encode("utf-16le"), "a\x1b[\"\n".encode("utf-16le"))
    name = lab.tree(token.hex().encode())["tokens"][0]["TSRequest"]["negoTokens"]["NegTokenResp"]["responseToken"] \
        ["AUTHENTICATE"]["UserName"]
    check.equal(name, "a\\x1B[\\x22\\x0A", "an escaped name")
    workstation = lab.tokens(FOUR_LEGS)[0].replace(b"127.0.0.1", b"1\x1b[2J\0\xe4\"\\")
    shown = lab.tree(workstation.hex().encode())["tokens"][0]["TSRequest"]["negoTokens"]["NegTokenInit"]["mechToken"]
    check.equal(shown["NEGOTIATE"]["Workstation"], "1\\x1B[2J\\x00\\xE4\\x22\\x5C", "an escaped OEM name")


def test_what_is_malformed_is_said_to_be(lab):
    tokens = lab.tokens(FOUR_LEGS)
    bare = tokens[1][tokens[1].index(b"NTLMSSP\0"):]
    cut = lab.tree(bare[:30].hex().encode(), code=WRONG)["tokens"][0]["CHALLENGE"]
    check.equal(cut["bytes"], bare[:30].hex(), "its bytes")
    check.true(cut["malformed"].startswith("CHALLENGE: "), cut)
    check.equal(lab.tree((b"NTLMSSP\0\x09\0\0\0").hex().encode(), code=WRONG)["tokens"][0]["malformed"],
                "NTLM: MessageType is none that there is", "another message")
    twice = tokens[4][:2] + b"\xa0\x03\x02\x01\x06" + tokens[4][2:]
    twice = twice[:1] + bytes([twice[1] + 5]) + twice[2:]
    check.true("malformed" in lab.tree(twice.hex().encode(), code=WRONG)["tokens"][0]["TSRequest"], "a field twice")
    check.equal(lab.tree(b"0500", code=WRONG)["tokens"][0]["unknown"], "0500", "no token")


def test_what_is_empty_stays_on_its_line(lab):
    end = b"\0\0\0\0"
    challenge = b"NTLMSSP\0\x02\0\0\0" + bytes(8) + bytes.fromhex("158289e2") + bytes(16) \
        + b"\x04\0\x04\0\x38\0\0\0" + bytes(8) + end
    code, out, _ = lab.run("decode", "--json", text=challenge.hex().encode())
    check.equal(code, RIGHT, "exit code")
    check.true('"TargetInfo": {}' in out, out)
    check.equal(json.loads(out)["tokens"][0]["CHALLENGE"]["TargetInfo"], {}, "a list that has its end alone")


def test_tokens_in_tokens_end_somewhere(lab):
    token = b""
    for _ in range(500):
        token = der(0x30, b"\xa0\x03\x02\x01\x06", der(0xa1, der(0x30, der(0x30, der(0xa0, der(4, token))))))
    tree = lab.tree(token.hex().encode())["tokens"][0]
    depth = 0
    while isinstance(tree, dict):
        tree, depth = tree["TSRequest"]["negoTokens"] if "TSRequest" in tree else "", depth + 1
    check.true(3 < depth < 20, f"{depth} deep")


def test_what_cannot_be_read_is_named(lab):
    rows = {b"zz": ", line 1: it is neither hexadecimal digits nor base64", b"": ": there is no token in it",
            b"00\nabc": ", line 2: it is neither", b"# no\n\n": ": there is no token",
            b"0500\n" * 65: ", line 65: there are more than 64 tokens"}
    for text, words in rows.items():
        name = lab.file("input", text)
        code, out, complaint = lab.run("decode", name)
        check.equal((code, out), (UNREAD, ""), str(text[:20]))
        check.true(complaint.startswith(f"negossp-probe: {name}{words}"), complaint)
    code, out, complaint = lab.run("decode", str(lab.folder / "none"))
    check.equal((code, out), (UNREAD, ""), "no file")
    check.true(complaint.endswith(": No such file or directory\n"), complaint)
    code, out, complaint = lab.run("decode", "-p", str(lab.folder / "none"), text=b"0500")
    check.equal((code, out), (UNREAD, ""), "no password file")
    long = lab.file("long", b"00\n" * (2 << 20))
    check.equal(lab.run("decode", long)[2], f"negossp-probe: {long}: it is too long\n", "a long file")


def test_command_line(lab):
    check.equal(lab.run("--version")[0], RIGHT, "--version")
    check.true(lab.run("--help")[1].startswith("usage: negossp-probe "), "--help")
    for arguments in ((), ("--none",), ("decoder", "x")):
        code, out, complaint = lab.run(*arguments)
        check.equal((code, out), (USAGE, ""), str(arguments))
        check.true(complaint, "says why")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([lab._program, "decode"], input=b"0500", stdout=full, stderr=subprocess.PIPE,
                              timeout=60, check=False)
    check.equal((done.returncode, b"No space left" in done.stderr), (UNREAD, True), "a full disk")


def main():
    with tempfile.TemporaryDirectory(prefix="negossp-probe-") as folder:
        return 1 if check.run_all(sys.modules["__main__"], Lab(*sys.argv[1:3], folder)) else 0


sys.exit(main())
