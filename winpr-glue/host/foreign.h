/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own packages, reached through WinPR's public tables: what is not Negotiate or NTLM
 * (Kerberos, CREDSSP, Schannel) goes through ours to them unchanged.
 */
#ifndef NEGOSSP_GLUE_FOREIGN_H
#define NEGOSSP_GLUE_FOREIGN_H

#include <stdbool.h>

#include <winpr/sspi.h>

/* Never NULL; WinPR's tables live as long as the process. */
const SecurityFunctionTableA* foreign_table_a(void);
const SecurityFunctionTableW* foreign_table_w(void);

/* Whether WinPR's public functions find WinPR's own packages (Kerberos, CREDSSP, Schannel) by the
 * handles that these hand out. From 3.31 they do not, and every call answers
 * SEC_E_SECPKG_NOT_FOUND. Tried once in a process, with an inbound Kerberos credential, which
 * contacts nobody. */
bool foreign_is_reachable(void);

/* Calls an entry of WinPR's table, or says that it has none. For use as an expression. */
#define FOREIGN_CALL(table, entry, ...)                                                            \
	((table)->entry ? (table)->entry(__VA_ARGS__) : SEC_E_UNSUPPORTED_FUNCTION)

/* The same with an entry that exists in A and W, for entries that differ in strings alone. */
#define FOREIGN_CALL_AW(wide, entry, ...)                                                          \
	((wide) ? FOREIGN_CALL(foreign_table_w(), entry##W, __VA_ARGS__)                               \
	        : FOREIGN_CALL(foreign_table_a(), entry##A, __VA_ARGS__))

/* WinPR keeps the lists that it hands out in a table without a lock (up to 3.33 at least): whoever
 * asks it for one, or gives one back, does so between these. */
void foreign_buffers_lock(void);
void foreign_buffers_unlock(void);

#endif
