/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of the results, for logs and tests.
 */
#include "result.h"

const char* result_name(enum result result)
{
	/* No default label: the compiler names a result that is missing here. */
	switch (result)
	{
		case RESULT_OK:
			return "OK";
		case RESULT_MALFORMED:
			return "MALFORMED";
		case RESULT_OUT_OF_SEQUENCE:
			return "OUT_OF_SEQUENCE";
		case RESULT_ALTERED:
			return "ALTERED";
		case RESULT_BAD_BINDINGS:
			return "BAD_BINDINGS";
		case RESULT_WRONG_TARGET:
			return "WRONG_TARGET";
		case RESULT_REJECTED:
			return "REJECTED";
		case RESULT_NO_COMMON_MECH:
			return "NO_COMMON_MECH";
		case RESULT_LOGON_DENIED:
			return "LOGON_DENIED";
		case RESULT_ACCOUNT_DISABLED:
			return "ACCOUNT_DISABLED";
		case RESULT_PASSWORD_EXPIRED:
			return "PASSWORD_EXPIRED";
		case RESULT_PASSWORD_MUST_CHANGE:
			return "PASSWORD_MUST_CHANGE";
		case RESULT_ACCOUNT_EXPIRED:
			return "ACCOUNT_EXPIRED";
		case RESULT_LOGON_HOURS:
			return "LOGON_HOURS";
		case RESULT_WORKSTATION:
			return "WORKSTATION";
		case RESULT_NOT_ADMITTED:
			return "NOT_ADMITTED";
		case RESULT_ACCOUNT_LOCKED:
			return "ACCOUNT_LOCKED";
		case RESULT_NOT_JUDGED:
			return "NOT_JUDGED";
		case RESULT_NO_CREDENTIALS:
			return "NO_CREDENTIALS";
		case RESULT_POLICY:
			return "POLICY";
		case RESULT_INVALID_ARGUMENT:
			return "INVALID_ARGUMENT";
		case RESULT_TARGET_UNKNOWN:
			return "TARGET_UNKNOWN";
		case RESULT_BUFFER_TOO_SMALL:
			return "BUFFER_TOO_SMALL";
		case RESULT_UNSUPPORTED:
			return "UNSUPPORTED";
		case RESULT_NO_MEMORY:
			return "NO_MEMORY";
		case RESULT_CRYPTO:
			return "CRYPTO";
		case RESULT_INTERNAL:
			return "INTERNAL";
	}
	return "UNKNOWN";
}
