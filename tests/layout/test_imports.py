# SPDX-License-Identifier: Apache-2.0
"""What the built programs import, held against the calls that the tests of faults make fail: test_imports.py SOURCE NM
REGISTER SAM MODULE. A call that none of them knows is a finding, unless it stands here with its reason."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
import check

SOURCE, NM, REGISTER, SAM, MODULE = sys.argv[1:6]

# No call on a file, nor one that gives memory: what is left of the C library.
HARMLESS = {
    r"_ITM_\w+|_Unwind_\w+|__gcc_personality_v0|__(cxa|gmon|libc|stack|tls)_\w+|__(register_atfork|sigsetjmp|errno_location|progname)":
        "the compiler's and the C library's own",
    r"mem(r?chr|cmp|cpy|move|set|mem)|bcmp|stpcpy|str(?!n?dup$)\w+|explicit_bzero|v?snprintf|sscanf|tow(low|upp)er_l|inet_pton": "works on memory",
    r"abort|_exit|raise|kill|alarm|umask|setrlimit|sig(action|\w+set|procmask)|gete?[ug]id|getpid|getopt_long|opt(arg|err|ind|opt)|secure_getenv|program_\w+":
        "of the process itself",
    r"clock_(gettime|nanosleep)|nanosleep|time|timegm|difftime": "of the time: glue_clock",
    r"(__)?pthread_\w+": "of threads: glue_thread_ends, glue_worker",
    r"free|munmap|tdestroy": "gives memory back",
    r"v?asprintf|strn?dup|tsearch": "takes its memory from malloc",
    r"newlocale": "may fail: upper case is ASCII's then",
    r"dlsym|dladdr|dlerror": "looks up what is loaded: glue_registry and register_command have what is not found",
    r"uname|gethostname": "of the kernel's names: glue_winpr_settings; a report leaves its line out",
    r"std(out|err)|fprintf|fputs|fputc|fwrite|isatty|tc[gs]etattr": "of a terminal; what cannot be written fflush() tells",
}
# What sam has of the module's, and the module itself.
OPENSSL_OR_WINPR = {r"CRYPTO_memcmp|(ERR|EVP|OSSL_PROVIDER)_\w+|RAND_bytes|RC4\w*": "of OpenSSL: layout_rules",
                    r"WLog_\w+|[GS]etLastError|GetSecurityStatusString|InitSecurityInterfaceEx[AW]": "of WinPR, and none on a file"}
HARMLESS_IN_MODULE = OPENSSL_OR_WINPR | {
    r"winpr_get_version|sspi_SecBufferAlloc": "of WinPR: glue_answers",
    r"malloc|calloc|realloc": "gives memory: glue_allocations, glue_faults, glue_answers",
    r"fopen|fgetc|fclose": "whether the kernel is in FIPS mode, which a process asks once: unit_crypto",
    r"dlopen": "libwbclient and libkrb5: glue_domain, glue_krb5_probe",
}


def _plain(call):
    """Without what the C library adds where the builder's flags or its headers ask for wider types, or for C23."""
    call = re.sub(r"^__isoc\d\d_", "", call)
    wide = re.fullmatch(r"_*(\w+?)(64)?(_time)?64", call)
    return wide[1] if wide else call


def _imports(program):
    out = subprocess.run([NM, "-D", "--undefined-only", program], capture_output=True, text=True, check=True, timeout=30).stdout
    return {_plain(line.split()[-1].split("@")[0]) for line in out.splitlines()}


def _is_harmless(call, *lists):
    unchecked = re.sub(r"^__(\w+)_chk$", r"\1", call)  # as fortified code calls it
    return any(re.fullmatch(pattern, name) for known in lists for pattern in known for name in (call, unchecked))


def _held(program, wrapped, *lists):
    imports = _imports(program)
    check.true(len(imports & wrapped) > 3, "both are found")
    check.equal(sorted(call for call in imports - wrapped if not _is_harmless(call, *lists)), [],
                f"what {pathlib.Path(program).name} calls, and no test makes fail")


def _defined(path, pattern):
    return {_plain(call) for call in re.findall(pattern, (pathlib.Path(SOURCE) / path).read_text(encoding="utf-8"), re.MULTILINE)}


def _of_commands():
    return _defined("tests/register/fault_calls.c", r"^(?:FAULT\([^,(]+, |FAULT_\w+\(|EXPORT \w+\*? )(\w+)")


def test_each_call_of_register_is_made_to_fail(_):
    _held(REGISTER, _of_commands(), HARMLESS)


def test_each_call_of_sam_is_made_to_fail(_):
    _held(SAM, _of_commands(), HARMLESS, OPENSSL_OR_WINPR)


def test_each_call_of_the_module_on_a_file_is_made_to_fail(_):
    _held(MODULE, _defined("tests/glue/test_file_faults.c", r"__wrap_(\w+)\("), HARMLESS, HARMLESS_IN_MODULE)


if __name__ == "__main__":
    sys.exit(1 if check.run_all(sys.modules[__name__], None) else 0)
