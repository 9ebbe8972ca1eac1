/* SPDX-License-Identifier: Apache-2.0
 *
 * InitSecurityInterfaceEx gives WinPR's own packages whatever module FreeRDP itself was told to
 * use.
 */
#include "host/foreign.h"

SecurityFunctionTableA* foreign_table_a(void)
{
	static SecurityFunctionTableA none;
	SecurityFunctionTableA* const table = InitSecurityInterfaceExA(0);

	return table ? table : &none;
}

SecurityFunctionTableW* foreign_table_w(void)
{
	static SecurityFunctionTableW none;
	SecurityFunctionTableW* const table = InitSecurityInterfaceExW(0);

	return table ? table : &none;
}
