# SPDX-License-Identifier: Apache-2.0
"""samba's ntlm_auth helpers as an end; no daemon, and nothing of the machine's samba.

Their protocol has one line each way: "YR" or "TT" or "KK" and a token; the answer begins with TT or
KK (a token to be sent), AF (complete, maybe with a last token), NA or BH (refused). They seal no
messages, but give the session key. The acceptor takes any user with the one password it was given.
"""
import shutil

from peer import DOMAIN, PASSWORD, USER, LineProgram, Refused, decode, encode

FEATURES = ("SESSION_KEY", "SIGN", "SEAL")


def missing():
    """Why ntlm_auth cannot be used, or None."""
    return None if shutil.which("ntlm_auth") else "ntlm_auth (package winbind) is not installed"


class SambaEnd(LineProgram):
    def __init__(self, bench, role, protocol, *options, password=PASSWORD):
        own = bench.folder / f"samba-{role}"
        own.mkdir()
        folders = ("private dir", "lock directory", "state directory", "cache directory")
        config = bench.file(
            f"smb-{role}.conf",
            "[global]\nworkgroup = PEERS\nnetbios name = PEER\n"
            + "".join(f"{name} = {own}\n" for name in folders),
        )
        argv = ["ntlm_auth", f"--configfile={config}", f"--helper-protocol={protocol}", *options]
        super().__init__(bench, argv)
        self._initiates = role == "client"
        self._framed = "spnego" in protocol
        self._verbs = ["YR", "TT", "TT"] if self._initiates else ["YR", "KK"]
        self.complete = False
        self.user = None
        if self._initiates:
            self._expect("OK", f"PW {encode(password.encode())}")
        for feature in FEATURES:
            self._expect("OK", f"SF NTLMSSP_FEATURE_{feature}")

    def _expect(self, word, line):
        answer = self.ask(line)
        if answer.split(" ")[0] != word:
            raise RuntimeError(f"{line.split(' ')[0]}: {answer}")
        return answer[len(word) + 1 :]

    def step(self, token):
        answer = self.ask(f"{self._verbs.pop(0)} {encode(token) if token else ''}".rstrip())
        word, _, rest = answer.partition(" ")
        if word not in ("YR", "TT", "KK", "AF"):
            raise Refused(answer, answer.split(" ")[-1])
        self.complete = word == "AF"
        if self.complete and not self._initiates and not self._framed:
            self.user = rest
            return b""
        out, _, self.user = rest.partition(" ")
        return decode(out.replace("*", ""))

    def session_key(self):
        return decode(self._expect("GK", "GK"))


def client(bench, framed, user=USER, password=PASSWORD):
    protocol = "gss-spnego-client" if framed else "ntlmssp-client-1"
    account = (f"--username={user}", f"--domain={DOMAIN}")
    return SambaEnd(bench, "client", protocol, *account, password=password)


def server(bench, framed):
    # The password is a public test vector, and the command line is the helper's only way to it.
    protocol = "gss-spnego" if framed else "squid-2.5-ntlmssp"
    return SambaEnd(bench, "server", protocol, f"--password={PASSWORD}", f"--domain={DOMAIN}")
