/* SPDX-License-Identifier: Apache-2.0
 *
 * What negossp.so exports: the two entry points that FreeRDP looks up after dlopen, and nothing
 * else (negossp.map). Off Windows FreeRDP takes the A table.
 */
#include "sspi/table.h"

PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void);
PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void);

__attribute__((visibility("default"))) PSecurityFunctionTableA SEC_ENTRY
InitSecurityInterfaceA(void)
{
	return table_a();
}

__attribute__((visibility("default"))) PSecurityFunctionTableW SEC_ENTRY
InitSecurityInterfaceW(void)
{
	return table_w();
}
