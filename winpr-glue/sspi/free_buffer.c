/* SPDX-License-Identifier: Apache-2.0
 *
 * FreeContextBuffer: our own blocks, or WinPR's when one of its packages made it.
 */
#include "host/foreign.h"
#include "host/foreign_reach.h"
#include "host/memory.h"
#include "host/status.h"
#include "sspi/table.h"

SECURITY_STATUS SEC_ENTRY free_context_buffer(void* buffer)
{
	if (!buffer)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (memory_free(buffer))
		return status_leave(SEC_E_OK);
	foreign_buffers_lock();
	const SECURITY_STATUS status = FOREIGN_CALL(foreign_table_a(), FreeContextBuffer, buffer);
	foreign_buffers_unlock();
	return status_leave(status);
}
