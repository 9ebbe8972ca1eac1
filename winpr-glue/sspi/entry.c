/* SPDX-License-Identifier: Apache-2.0
 *
 * What negossp.so exports: the two entry points that FreeRDP looks up after dlopen, and nothing
 * else (negossp.map). Off Windows FreeRDP takes the A table.
 *
 * Servers of FreeRDP 2 read the same registration. There every call that we make into WinPR arrives
 * at theirs, which is older than all that we know of; so they get its packages, as without us.
 */
#include "host/foreign.h"
#include "host/version.h"
#include "sspi/table.h"

PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void);
PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void);

__attribute__((visibility("default"))) PSecurityFunctionTableA SEC_ENTRY
InitSecurityInterfaceA(void)
{
	return version_at_least(0) ? table_a() : foreign_table_a();
}

__attribute__((visibility("default"))) PSecurityFunctionTableW SEC_ENTRY
InitSecurityInterfaceW(void)
{
	return version_at_least(0) ? table_w() : foreign_table_w();
}
