/* SPDX-License-Identifier: Apache-2.0
 *
 * InitSecurityInterfaceEx gives WinPR's own packages whatever module FreeRDP itself was told to
 * use.
 */
#include "host/foreign.h"

const SecurityFunctionTableA* foreign_table_a(void)
{
	static const SecurityFunctionTableA none;
	const SecurityFunctionTableA* const table = InitSecurityInterfaceExA(0);

	return table ? table : &none;
}

const SecurityFunctionTableW* foreign_table_w(void)
{
	static const SecurityFunctionTableW none;
	const SecurityFunctionTableW* const table = InitSecurityInterfaceExW(0);

	return table ? table : &none;
}
