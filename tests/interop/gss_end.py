# SPDX-License-Identifier: Apache-2.0
"""MIT krb5's SPNEGO with gss-ntlmssp, or gss-ntlmssp alone, as an end: drives gss_peer."""
import glob

from peer import DOMAIN, PASSWORD, USER, PipeEnd


def missing():
    """Why gss-ntlmssp cannot be used, or None."""
    for configured in glob.glob("/etc/gss/mech.d/*ntlmssp*"):
        with open(configured, encoding="utf-8") as lines:
            if any("1.3.6.1.4.1.311.2.2.10" in line and line[0] != "#" for line in lines):
                return None
    return "gss-ntlmssp is not installed"


def _environment(bench, env):
    """No realm, no name lookup, nothing of the machine's or the user's Kerberos."""
    config = "[libdefaults]\ndns_lookup_kdc = false\ndns_lookup_realm = false\n"
    return {
        "KRB5_CONFIG": str(bench.file("krb5.conf", config)),
        "KRB5CCNAME": f"FILE:{bench.folder / 'ccache'}",
        "KRB5_KTNAME": f"FILE:{bench.folder / 'keytab'}",
        "NETBIOS_COMPUTER_NAME": "PEER",
        "ASAN_OPTIONS": "detect_leaks=0",  # gss-ntlmssp's acceptor leaks
        **env,
    }


class GssPeer:
    def __init__(self, program):
        self._program = program

    def client(
        self, bench, mech="spnego", user=f"{DOMAIN}\\{USER}", password=PASSWORD, bindings=None
    ):
        settings = {
            "role": "client", "mech": mech, "target": "TERMSRV@peer.example", "user": user,
            "password": password,
        }  # fmt: skip
        return PipeEnd(bench, [self._program], settings, bindings, _environment(bench, {}))

    def kerberos_server(self, bench, env):
        """SPNEGO with Kerberos alone; `env` says with which keytab."""
        return PipeEnd(bench, [self._program], {"role": "server", "mech": "krb5"}, None, env)

    def server(self, bench, mech="spnego", user=USER, domain=DOMAIN, bindings=None):
        users = bench.file("users", f"{domain}:{user}:{PASSWORD}\n")
        env = _environment(bench, {"NTLM_USER_FILE": str(users)})
        return PipeEnd(bench, [self._program], {"role": "server", "mech": mech}, bindings, env)
