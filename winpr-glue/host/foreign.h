/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own packages, reached through WinPR's public tables: what is not Negotiate or NTLM
 * (Kerberos, CREDSSP, Schannel) goes through ours to them unchanged. Whether that leads anywhere is
 * foreign_reach.h's question.
 */
#ifndef NEGOSSP_GLUE_FOREIGN_H
#define NEGOSSP_GLUE_FOREIGN_H

#include <winpr/sspi.h>

/* Never NULL; WinPR's tables live as long as the process. */
SecurityFunctionTableA* foreign_table_a(void);
SecurityFunctionTableW* foreign_table_w(void);

/* Calls an entry of WinPR's table, or says that it has none. For use as an expression. */
#define FOREIGN_CALL(table, entry, ...)                                                            \
	((table)->entry ? (table)->entry(__VA_ARGS__) : SEC_E_UNSUPPORTED_FUNCTION)

/* The same with an entry that exists in A and W, for entries that differ in strings alone. */
#define FOREIGN_CALL_AW(wide, entry, ...)                                                          \
	((wide) ? FOREIGN_CALL(foreign_table_w(), entry##W, __VA_ARGS__)                               \
	        : FOREIGN_CALL(foreign_table_a(), entry##A, __VA_ARGS__))

#endif
