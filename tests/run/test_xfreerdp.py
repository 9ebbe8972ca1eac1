# SPDX-License-Identifier: Apache-2.0
"""xfreerdp and the proxy's client through negossp-run: test_xfreerdp.py BUILT MODULE-FOLDER KEEP."""

import pathlib
import shutil
import subprocess
import sys

from clients import Lab, assert_desktop, assert_four_legs, assert_refused, check, programs, run_program

BUILT, MODULE_FOLDER = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
PROXY = """[Server]
Host=127.0.0.1
Port={port}

[Target]
Host=127.0.0.1
Port={target}
FixedTarget=true

[Channels]
GFX=true

[Security]
ServerTlsSecurity=true
ServerNlaSecurity=false
ServerRdpSecurity=false
ClientTlsSecurity=false
ClientNlaSecurity=true
ClientRdpSecurity=false
ClientAllowFallbackToTls=false

[Certificates]
CertificateFile={folder}/certificate.pem
PrivateKeyFile={folder}/key.pem
"""


def _arguments(lab, port, password=None):
    return (f"/v:127.0.0.1:{port}", "/u:alice", f"/p:{password or lab.password}", "/cert:ignore", "/size:1024x768")


def _command(lab, *before, password=None, more=()):
    return lambda port, _: (*before, programs.freerdp("xfreerdp"), *_arguments(lab, port, password), *more)


def test_xfreerdp_takes_four_legs_and_shows_the_desktop(lab):
    assert_desktop(lab, lab.see("right", _command(lab, lab.installed.program)))


def test_xfreerdp_behind_a_script(lab):
    script = lab.work / "script"
    script.write_text('#!/bin/sh\n"$@"\n', encoding="ascii")
    script.chmod(0o755)
    assert_desktop(lab, lab.see("script", _command(lab, lab.installed.program, script)))


def test_xfreerdp_is_refused_with_a_wrong_password(lab):
    seen = lab.see("wrong", _command(lab, lab.installed.program, password="wrong"))
    assert_refused(seen)
    check.true(seen.client_exit not in (None, 0), f"how it ends: {seen.client_exit}")


def test_xfreerdp_without_it_takes_three_legs(lab):
    seen = lab.see("stock", _command(lab))
    check.true(seen.has("exchange=complete role=acceptor framing=bare") and seen.has(" legs=3 "), f"the server's line: {seen.server_said}")


def test_module_of_xfreerdps_command_line_stays(lab):
    own = shutil.copy(lab.installed.module, lab.work / "own.so")
    seen = lab.see("own", _command(lab, lab.installed.program, more=(f"/sspi-module:{own}",)))
    check.true(f": it was told to use {own}, and does\n" in seen.client_log, f"what it says: {seen.client_log[-2000:]}")
    check.true(seen.has("exchange=complete") and seen.has(" legs=4 "), f"the server's line: {seen.server_said}")


def test_xfreerdp_takes_the_module_from_a_file_of_arguments(lab):
    """For those who want it without negossp-run."""
    def command(port, home):
        path = home / "arguments"
        path.write_text("\n".join((*_arguments(lab, port), f"/sspi-module:{lab.installed.module}")) + "\n", encoding="ascii")
        return (programs.freerdp("xfreerdp"), f"/args-from:{path}")
    seen = lab.see("arguments", command)
    check.true(seen.has("exchange=complete") and seen.has(" legs=4 ") and seen.share > 0.5, f"the server's line: {seen.server_said} ({seen.client_log[-2000:]})")


def _proxy(before):
    def command(port, target, home):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=peer.example", "-keyout",
                        home / "key.pem", "-out", home / "certificate.pem"], check=True, timeout=60, capture_output=True)
        settings = home / "proxy.ini"
        settings.write_text(PROXY.format(port=port, target=target, folder=home), encoding="ascii")
        return (*before, programs.freerdp("freerdp-proxy"), settings)
    return command


def test_client_of_the_proxy_takes_four_legs(lab):
    seen = lab.see("proxy", _command(lab, more=("/sec:tls",)), _proxy([lab.installed.program]), picture=False)
    assert_four_legs(lab, seen, seen.between_log)


def test_client_of_the_proxy_without_it_takes_three_legs(lab):
    seen = lab.see("proxy-stock", _command(lab, more=("/sec:tls",)), _proxy([]), picture=False)
    check.true(seen.has("exchange=complete role=acceptor framing=bare") and seen.has(" legs=3 "), f"the server's line: {seen.server_said}")


if __name__ == "__main__":
    sys.exit(run_program(lambda work, keep: Lab(work, BUILT, MODULE_FOLDER, keep), ["openssl", "freerdp-proxy3"]))
