/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of the results, for logs and tests.
 */
#include "result.h"

#include <stddef.h>

const char* result_name(enum result result)
{
	static const char* const names[] = { [RESULT_OK] = "OK",
		                                 [RESULT_MALFORMED] = "MALFORMED",
		                                 [RESULT_OUT_OF_SEQUENCE] = "OUT_OF_SEQUENCE",
		                                 [RESULT_ALTERED] = "ALTERED",
		                                 [RESULT_BAD_BINDINGS] = "BAD_BINDINGS",
		                                 [RESULT_WRONG_TARGET] = "WRONG_TARGET",
		                                 [RESULT_REJECTED] = "REJECTED",
		                                 [RESULT_NO_COMMON_MECH] = "NO_COMMON_MECH",
		                                 [RESULT_LOGON_DENIED] = "LOGON_DENIED",
		                                 [RESULT_ACCOUNT_DISABLED] = "ACCOUNT_DISABLED",
		                                 [RESULT_PASSWORD_EXPIRED] = "PASSWORD_EXPIRED",
		                                 [RESULT_PASSWORD_MUST_CHANGE] = "PASSWORD_MUST_CHANGE",
		                                 [RESULT_ACCOUNT_EXPIRED] = "ACCOUNT_EXPIRED",
		                                 [RESULT_LOGON_HOURS] = "LOGON_HOURS",
		                                 [RESULT_WORKSTATION] = "WORKSTATION",
		                                 [RESULT_NOT_ADMITTED] = "NOT_ADMITTED",
		                                 [RESULT_ACCOUNT_LOCKED] = "ACCOUNT_LOCKED",
		                                 [RESULT_NOT_JUDGED] = "NOT_JUDGED",
		                                 [RESULT_NO_CREDENTIALS] = "NO_CREDENTIALS",
		                                 [RESULT_POLICY] = "POLICY",
		                                 [RESULT_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
		                                 [RESULT_TARGET_UNKNOWN] = "TARGET_UNKNOWN",
		                                 [RESULT_BUFFER_TOO_SMALL] = "BUFFER_TOO_SMALL",
		                                 [RESULT_UNSUPPORTED] = "UNSUPPORTED",
		                                 [RESULT_NO_MEMORY] = "NO_MEMORY",
		                                 [RESULT_CRYPTO] = "CRYPTO",
		                                 [RESULT_INTERNAL] = "INTERNAL" };
	const size_t index = (size_t)result;

	return index < sizeof(names) / sizeof(names[0]) && names[index] ? names[index] : "UNKNOWN";
}
