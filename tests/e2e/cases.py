# SPDX-License-Identifier: Apache-2.0
"""The logons that the tests assert and the demo shows."""

from logon import Logon

MODULE_TO_MODULE = Logon("module-module", "module client, module server", True, True)
STOCK_TO_MODULE = Logon("stock-module", "stock client, module server", False, True)
MODULE_TO_STOCK = Logon("module-stock", "module client, stock server", True, False)
WRONG_PASSWORD = Logon("wrong-password", "module client, module server, wrong password", True, True,
                       password_is_right=False)
UNKNOWN_USER = Logon("unknown-user", "module client, module server, unknown user", True, True,
                     user="mallory")
STOCK_WRONG_PASSWORD = Logon("stock-wrong-password", "stock client, module server, wrong password", False,
                             True, password_is_right=False)
STOCK_UNKNOWN_USER = Logon("stock-unknown-user", "stock client, module server, unknown user", False, True,
                           user="mallory")
# WinPR's own NTLM cannot do without OpenSSL's legacy provider (MD4, RC4).
WITHOUT_LEGACY = Logon("without-legacy", "module client, module server, no OpenSSL legacy provider", True,
                       True, environment={"OPENSSL_MODULES": "/nonexistent"})
STOCK_TO_STOCK = Logon("stock-stock", "for comparison: stock client, stock server", False, False)

SHOWN = (MODULE_TO_MODULE, STOCK_TO_MODULE, MODULE_TO_STOCK, WRONG_PASSWORD, UNKNOWN_USER, STOCK_TO_STOCK)

FOUR_LEGS = (
    ("client", "NegTokenInit", "NEGOTIATE"),
    ("server", "NegTokenResp", "CHALLENGE"),
    ("client", "NegTokenResp", "AUTHENTICATE", "mechListMIC"),
    ("server", "NegTokenResp", "mechListMIC"),
    ("client", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
THREE_LEGS = (
    ("client", "NEGOTIATE"),
    ("server", "CHALLENGE"),
    ("client", "AUTHENTICATE", "pubKeyAuth"),
    ("server", "pubKeyAuth"),
    ("client", "authInfo"),
)
