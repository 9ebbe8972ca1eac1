/* SPDX-License-Identifier: Apache-2.0
 *
 * The last errors are chosen for what a user reads in the end: FreeRDP before 3.25 sends
 * NTSTATUS_FROM_WIN32(last error) to the client, and in every release three of them (must change,
 * expired, disabled) become an NTSTATUS of their own.
 */
#include "host/status.h"

#include <winpr/error.h>

struct status_row
{
	enum result result;
	SECURITY_STATUS status;
	DWORD last_error;
};

/* Where several results share a status, the first row is the one status_leave() finds. */
static const struct status_row status_rows[] = {
	{ RESULT_OK, SEC_E_OK, ERROR_SUCCESS },
	{ RESULT_MALFORMED, SEC_E_INVALID_TOKEN, ERROR_INVALID_DATA },
	{ RESULT_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE, ERROR_INVALID_DATA },
	{ RESULT_ALTERED, SEC_E_MESSAGE_ALTERED, ERROR_LOGON_FAILURE },
	{ RESULT_BAD_BINDINGS, SEC_E_BAD_BINDINGS, ERROR_LOGON_FAILURE },
	{ RESULT_WRONG_TARGET, SEC_E_WRONG_PRINCIPAL, ERROR_WRONG_TARGET_NAME },
	{ RESULT_LOGON_DENIED, SEC_E_LOGON_DENIED, ERROR_LOGON_FAILURE },
	{ RESULT_REJECTED, SEC_E_LOGON_DENIED, ERROR_LOGON_FAILURE },
	{ RESULT_NO_COMMON_MECH, SEC_E_SECPKG_NOT_FOUND, ERROR_NO_SUCH_PACKAGE },
	{ RESULT_ACCOUNT_DISABLED, SEC_E_LOGON_DENIED, ERROR_ACCOUNT_DISABLED },
	{ RESULT_PASSWORD_EXPIRED, SEC_E_LOGON_DENIED, ERROR_PASSWORD_EXPIRED },
	{ RESULT_PASSWORD_MUST_CHANGE, SEC_E_LOGON_DENIED, ERROR_PASSWORD_MUST_CHANGE },
	{ RESULT_ACCOUNT_EXPIRED, SEC_E_LOGON_DENIED, ERROR_ACCOUNT_EXPIRED },
	{ RESULT_LOGON_HOURS, SEC_E_LOGON_DENIED, ERROR_INVALID_LOGON_HOURS },
	{ RESULT_WORKSTATION, SEC_E_LOGON_DENIED, ERROR_INVALID_WORKSTATION },
	{ RESULT_NOT_ADMITTED, SEC_E_LOGON_DENIED, ERROR_LOGON_TYPE_NOT_GRANTED },
	{ RESULT_ACCOUNT_LOCKED, SEC_E_LOGON_DENIED, ERROR_LOGON_FAILURE },
	{ RESULT_NOT_JUDGED, SEC_E_LOGON_DENIED, ERROR_LOGON_FAILURE },
	{ RESULT_NO_CREDENTIALS, SEC_E_NO_CREDENTIALS, ERROR_NO_LOGON_SERVERS },
	{ RESULT_POLICY, SEC_E_UNSUPPORTED_FUNCTION, ERROR_NOT_SUPPORTED },
	{ RESULT_INVALID_ARGUMENT, SEC_E_INVALID_PARAMETER, ERROR_INVALID_PARAMETER },
	{ RESULT_TARGET_UNKNOWN, SEC_E_TARGET_UNKNOWN, ERROR_INVALID_PARAMETER },
	{ RESULT_BUFFER_TOO_SMALL, SEC_E_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER },
	{ RESULT_UNSUPPORTED, SEC_E_UNSUPPORTED_FUNCTION, ERROR_NOT_SUPPORTED },
	{ RESULT_NO_MEMORY, SEC_E_INSUFFICIENT_MEMORY, ERROR_NOT_ENOUGH_MEMORY },
	{ RESULT_CRYPTO, SEC_E_CRYPTO_SYSTEM_INVALID, ERROR_INTERNAL_ERROR },
	{ RESULT_INTERNAL, SEC_E_INTERNAL_ERROR, ERROR_INTERNAL_ERROR },
};

/* What no result stands for: states of the call, not of the exchange. */
static const struct status_row status_others[] = {
	{ RESULT_INTERNAL, SEC_E_INVALID_HANDLE, ERROR_INVALID_HANDLE },
	{ RESULT_INTERNAL, SEC_E_WRONG_CREDENTIAL_HANDLE, ERROR_INVALID_HANDLE },
	{ RESULT_INTERNAL, SEC_E_QOP_NOT_SUPPORTED, ERROR_NOT_SUPPORTED },
	{ RESULT_INTERNAL, SEC_E_NO_IMPERSONATION, ERROR_CANNOT_IMPERSONATE },
	{ RESULT_INTERNAL, SEC_E_UNKNOWN_CREDENTIALS, ERROR_NO_SUCH_LOGON_SESSION },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const struct status_row* status_row_of(enum result result)
{
	for (size_t i = 0; i < ROWS(status_rows); i++)
	{
		if (status_rows[i].result == result)
			return &status_rows[i];
	}
	return &status_rows[ROWS(status_rows) - 1];
}

SECURITY_STATUS status_from_result(enum result result)
{
	return status_row_of(result)->status;
}

SECURITY_STATUS status_leave_result(enum result result)
{
	const struct status_row* const row = status_row_of(result);

	SetLastError(row->last_error);
	return row->status;
}

SECURITY_STATUS status_leave(SECURITY_STATUS status)
{
	DWORD last_error = ERROR_INTERNAL_ERROR;

	if (status_is_success(status))
	{
		SetLastError(ERROR_SUCCESS);
		return status;
	}
	for (size_t i = 0; i < ROWS(status_rows); i++)
	{
		if (status_rows[i].status == status)
		{
			SetLastError(status_rows[i].last_error);
			return status;
		}
	}
	for (size_t i = 0; i < ROWS(status_others); i++)
	{
		if (status_others[i].status == status)
			last_error = status_others[i].last_error;
	}
	SetLastError(last_error);
	return status;
}

bool status_is_success(SECURITY_STATUS status)
{
	/* The severity bit: SEC_E_OK and the SEC_I_ values have it clear. */
	return status >= 0;
}
