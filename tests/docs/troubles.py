# SPDX-License-Identifier: Apache-2.0
"""Each row of docs/troubleshooting.md: the fault is made, and what is seen of it compared with what the page says."""

import pathlib
import shutil

import check
import logon
import sandbox
import trouble_tokens
from programs import Program, environment, wait_until
from trouble_lab import Said, machine_only

CLIENT, SERVER, REGISTER = "`xfreerdp3`", "server's log", "`negossp-register`"
NOTHING = Said(None, "")
# Programs of root's to which files are what they are to everybody else, and programs of nobody's.
NO_OVERRIDE = ("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
RDP_CHECK = pathlib.Path("/usr/share/doc/python3-impacket/examples/rdp_check.py")


# --- no connection ----------------------------------------------------------------------------------

def test_nobody_listens(lab):
    lab.row("Nobody listens", {CLIENT: lab.client(logon.free_port())})


def test_no_such_host(lab):
    lab.row("No such host", {CLIENT: lab.client(3389, host="nowhere.invalid")})


def test_no_nla(lab):
    lab.row("The server does no NLA", lab.logon("/sec:nla", server={"security": "rdp"}))


def test_option_before_file(lab):
    program = lab.place.program("xfreerdp")
    with lab.server() as (port, _), lab.screen() as display:
        rdp = lab.file("my.rdp", f"full address:s:127.0.0.1:{port}\nusername:s:{logon.USER}\n")
        options = (f"/p:{lab.password}", "/cert:ignore")
        before = lab.run(program, f"/sspi-module:{lab.module}", rdp, *options, DISPLAY=display)
        after = lab.run(program, rdp, f"/sspi-module:{lab.module}", *options, DISPLAY=display)
    lab.row("An option stands before a file's name", {CLIENT: before, SERVER: NOTHING})
    check.true(after.exit_code is None and "exchange=complete" in after.text, f"behind it the option holds: {after.text[-2000:]}")


@machine_only("A client of FreeRDP 2", "xfreerdp")
def test_client_of_freerdp_2(lab):
    with lab.server() as (port, there), lab.screen() as display:
        here = lab.run("xfreerdp", f"/v:127.0.0.1:{port}", f"/sspi-module:{lab.module}", DISPLAY=display)
    lab.row("A client of FreeRDP 2", {CLIENT: here, SERVER: there})


# --- the account ------------------------------------------------------------------------------------

def test_wrong_password(lab):
    for module in (True, False):
        lab.row("Wrong password", lab.logon(password="wrong", module=module))


def test_unknown_user(lab):
    lab.row("Unknown user", lab.logon(user="mallory"))


def _sam(lab, content, mode=0o600, **server):
    return lab.logon(server={"sam": lab.file("sam", content, mode), **server})


def _right(lab):
    return lab.sam.read_text(encoding="utf-8")


def test_another_domain(lab):
    lab.row("Another domain", _sam(lab, _right(lab).replace("alice::", "alice:LAB:", 1)))


def test_sam_missing(lab):
    lab.row("The SAM file is not there", lab.logon(server={"sam": "/nonexistent/sam"}))


def test_sam_unreadable(lab):
    lab.row("The SAM file cannot be read", _sam(lab, _right(lab), mode=0, prefix=NO_OVERRIDE))


def test_sam_empty(lab):
    lab.row("The SAM file is empty", _sam(lab, ""))


def test_sam_malformed(lab):
    lab.row("No line is one of a SAM file", _sam(lab, "alice 8846f7eaee8fb117ad06bdd830b7586c\n"))


def test_sam_number(lab):
    lab.row("A line of smbpasswd or secretsdump", _sam(lab, _right(lab).replace("alice::", "alice:1000:", 1)))


def test_sam_no_hash(lab):
    lab.row("A line without a hash", _sam(lab, "alice:::\n"))


def test_sam_exposed(lab):
    lab.row("Everybody can read the SAM file", _sam(lab, _right(lab), mode=0o644))


# --- the module -------------------------------------------------------------------------------------

def _client_module(lab, name, path, **more):
    lab.row(name, lab.logon(f"/sspi-module:{path}", module=False, **more))


def test_module_missing(lab):
    _client_module(lab, "The client's module is not there", "/nonexistent/negossp.so")


def test_module_symbol(lab):
    _client_module(lab, "It is another library", "libz.so.1")


def _copy(lab, mode):
    made = lab.folder("module") / "negossp.so"
    shutil.copy(lab.module, made)
    made.chmod(mode)
    return made


def test_module_unreadable(lab):
    _client_module(lab, "It may not be read", _copy(lab, 0), prefix=NO_OVERRIDE)


def test_module_cut(lab):
    _client_module(lab, "It is cut off, or of another kind of machine", lab.file("negossp.so", "cut"))


def test_server_module_gone(lab):
    for module in (True, False):
        lab.row("The server's module is gone", lab.logon(server={"named": "/nonexistent/negossp.so"}, module=module))


def test_nothing_registered(lab):
    lab.row("Nothing is registered", lab.logon(server={"module": False}))


def _registered_elsewhere(lab):
    """As negossp-register wrote it for another FreeRDP."""
    for path in lab.place.registries():
        path.unlink()
    read = lab.register("status").text.split("  file: ")[1].split()[0]
    other = next(name for name in sandbox.REGISTRY_FILES if f"/etc/{name}" != read)
    (lab.place.etc / other).write_text(
        "[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\Server]\n"
        f'; negossp-register added the next line\n"SspiModule"=str:"{lab.module}"\n', encoding="ascii")


def test_registered_elsewhere(lab):
    lab.row("Registered where this FreeRDP does not read it", lab.logon(server={"edit": _registered_elsewhere}))
    lab.row("The registration is for another FreeRDP", {REGISTER: lab.register("status")})
    check.equal(lab.register("--refresh").exit_code, 0, "exit code of the remedy")
    after = lab.register("status")
    check.equal((after.exit_code, lab.register("unregister").exit_code), (0, 0), f"of status after it ({after.text}), and of unregister")


def _server_of_freerdp_2(lab, registered, client):
    port = logon.free_port()
    lab.place.register(registered and lab.module)
    with lab.screen() as display, Program(
            ["stdbuf", "-oL", "freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1", f"/sam-file:{lab.sam}", "/sec:nla"],
            lab.folder("server") / "log", environment(lab.home, DISPLAY=display)) as server:
        check.true(wait_until(lambda: logon.listening(port), 20), server.text())
        here = lab.client(port, module=client)
        server.end()
        return {CLIENT: here, SERVER: Said(server.exit_code, server.text())}


@machine_only("A server of FreeRDP 2", "freerdp-shadow-cli")
def test_server_of_freerdp_2(lab):
    lab.row("A server of FreeRDP 2", _server_of_freerdp_2(lab, registered=True, client=False))


# --- the two ends do not fit --------------------------------------------------------------------------

@machine_only("The server knows no SPNEGO", "freerdp-shadow-cli")
def test_no_spnego(lab):
    lab.row("The server knows no SPNEGO", _server_of_freerdp_2(lab, registered=False, client=True))


def test_negoex(lab):
    for module in (False, True):
        with lab.server(module=module) as (port, there):
            answers = trouble_tokens.negoex_first(port)
        known = module or lab.release >= (3, 31)
        check.equal("CHALLENGE" in answers, known, f"whether the server goes on ({answers}, {there.text[-2000:]})")
        if not module:
            lab.row("A client that offers NEGOEX first, at a server without the module", {SERVER: there})


@machine_only("An NTLMv1 client", RDP_CHECK)
def test_ntlmv1(lab):
    """impacket's client, told to send NTLMv1; it knows no port but one."""
    with lab.server() as (port, there):
        script = ("import runpy, socket, sys; from impacket import ntlm; make = ntlm.getNTLMSSPType3; connect = socket.socket.connect; "
                  "ntlm.getNTLMSSPType3 = lambda *a, **k: make(*a, **{**k, 'use_ntlmv2': False}); "
                  f"socket.socket.connect = lambda s, to: connect(s, (to[0], {port})); runpy.run_path(sys.argv.pop(1), run_name='__main__')")
        lab.run("/usr/bin/python3", "-c", script, RDP_CHECK, f"{logon.USER}:{lab.password}@127.0.0.1")
    lab.row("An NTLMv1 client", {SERVER: there})


def _fips(lab):
    return {"LD_PRELOAD": lab.machine, "DOCS_FIPS": lab.file("fips", "1\n", mode=0o644)}


def test_fips_server(lab):
    lab.row("The server is in FIPS mode", lab.logon(server=_fips(lab)))


def test_fips_client(lab):
    lab.row("The client is in FIPS mode", lab.logon(**_fips(lab)))


def test_no_ntlm_at_server(lab):
    lab.row("NTLM is turned off at the server", lab.logon(server={"NEGOSSP_PACKAGES": "!ntlm"}))


def test_no_ntlm_at_client(lab):
    lab.row("NTLM is turned off at the client", lab.logon("/auth-pkg-list:!ntlm"))


def test_bindings(lab):
    lab.row("The server demands channel bindings", lab.logon(server={"NEGOSSP_CHANNEL_BINDINGS": "required"}))


def test_target(lab):
    lab.row("The server demands another name", lab.logon(server={"NEGOSSP_TARGET_NAME": "TERMSRV/other.example"}))


def test_setting(lab):
    lab.row("A setting cannot be read", lab.logon(server={"settings": {"ChannelBindings": "require"}}))


# --- Kerberos ---------------------------------------------------------------------------------------

def _by_kerberos(lab, name, *arguments, keytab="keytab", host="localhost", cache="ccache", server=None, kdc=True):
    """A client that has a ticket, and takes nothing else."""
    world = lab.realm()
    variables = {"KRB5_CONFIG": world.config if kdc else lab.file("krb5.conf", "[libdefaults]\n dns_lookup_kdc = false\n", 0o644),
                 "NEGOSSP_KERBEROS_WAIT": "20000", "KRB5CCNAME": f"FILE:{world.folder / cache}"}
    with lab.server(*((f"/keytab:{world.folder / keytab}",) if keytab else ()), **variables, **(server or {})) as (port, there):
        here = lab.client(port, f"/d:{lab.REALM}", *arguments, host=host, **variables)
    if name:
        lab.row(name, {CLIENT: here, SERVER: there})
    return here, there


ONLY = "/auth-pkg-list:none,kerberos"


def test_kerberos_works(lab):
    """Where nothing is wrong: the faults below are what they are called."""
    here, there = _by_kerberos(lab, None, ONLY)
    check.true(here.exit_code is None and "chosen=Kerberos" in there.text, f"by Kerberos: {here.text[-2000:]}{there.text[-2000:]}")


def test_kerberos_address(lab):
    _by_kerberos(lab, "The server is named by its address", host="127.0.0.1")


def test_kerberos_no_kdc(lab):
    _by_kerberos(lab, "No ticket, and no KDC to get one from", ONLY, cache="none", kdc=False)


def test_kerberos_unknown_server(lab):
    _by_kerberos(lab, "The KDC does not know the server", ONLY, host="other.negossp.test")


def test_kerberos_no_keytab(lab):
    _by_kerberos(lab, "The server has no keytab", ONLY, keytab=None)


def test_kerberos_other_key(lab):
    _by_kerberos(lab, "The keytab has another key", ONLY, keytab="stale-keytab")


def test_kerberos_clock(lab):
    _by_kerberos(lab, "The clocks differ", ONLY, server={"LD_PRELOAD": lab.machine, "DOCS_CLOCK_AHEAD": "1000"})


# --- a domain ---------------------------------------------------------------------------------------

def test_domain(lab):
    lab.row("The domain cannot be asked", lab.logon(server={"settings": {"Domain": "named", "DomainMembers": "LAB\\users"}}, user="LAB\\bob"))


# --- negossp-register -------------------------------------------------------------------------------

def _register(lab, name, *arguments, **more):
    lab.row(name, {REGISTER: lab.register(*arguments, **more)})


def test_register_not_root(lab):
    _register(lab, "It is not root", "register", prefix=NOBODY)


def test_register_no_freerdp(lab):
    hide = 'mount --bind /dev/null "$(readlink -f /usr/lib/*/libwinpr3.so.3)" && exec "$@"'
    _register(lab, "There is no FreeRDP 3", "register", prefix=("unshare", "--mount", "sh", "-c", hide, "sh"))


def test_register_no_module(lab):
    _register(lab, "There is no module", "register", module="/nonexistent/negossp.so")


def test_register_other_library(lab):
    found = lab.run("sh", "-c", "echo /usr/lib/*/libz.so.1").text.strip()
    _register(lab, "It is no module", "register", module=found)


def test_register_exposed(lab):
    _register(lab, "Others can change the module", "register", module=_copy(lab, 0o777))


def test_register_module_gone(lab):
    lab.place.register("/nonexistent/negossp.so")
    _register(lab, "The module that is registered is gone", "status", module=None)


def test_register_setting(lab):
    lab.place.register(lab.module)
    for path in lab.place.registries():
        path.write_text('[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP\\SSPI\\Negossp]\n"ChannelBindings"="required"\n', encoding="ascii")
    _register(lab, "WinPR drops a setting", "status")


# --- the page ---------------------------------------------------------------------------------------

def test_one_line_alone(lab):
    """As the page's command has it."""
    with lab.server(WLOG_LEVEL="OFF", WLOG_FILTER="com.winpr.sspi.negossp:INFO") as (port, there):
        lab.client(port, password="wrong")
    lines = [line for line in there.text.splitlines() if line.startswith("[")]
    check.true(lines and all("com.winpr.sspi.negossp" in line for line in lines) and "exchange=failed" in lines[-1], f"the lines: {lines}")


def test_every_row_was_made(lab):
    left = set(lab.rows.rows) - lab.made - lab.elsewhere
    check.equal(left, set(), "rows that no test has made")
