/* SPDX-License-Identifier: Apache-2.0
 *
 * The codes that end logons: by NTSTATUS, and by the Win32 code that says the same.
 */
#include "credssp/error_code.h"

#include <stddef.h>

/* FreeRDP's servers send Win32 codes so (NTSTATUS_FROM_WIN32), and FACILITY_WIN32 HRESULTs have the
 * same low half. */
#define IS_WIN32(code) (((code)&0x0FFF0000u) == 0x00070000u)
#define WIN32_CODE(code) ((code)&0x0000FFFFu)

#define STATUS_LOGON_FAILURE 0xC000006Du

static const struct meaning
{
	uint32_t status;
	uint32_t win32;
	enum result result; /* what makes a server say so; RESULT_OK: nothing here does */
	const char* words;
} meanings[] = {
	{ STATUS_LOGON_FAILURE, 1326, RESULT_LOGON_DENIED, "wrong password or unknown user" },
	{ 0xC0000071u, 1330, RESULT_PASSWORD_EXPIRED, "the password has expired" },
	{ 0xC0000072u, 1331, RESULT_ACCOUNT_DISABLED, "the account is disabled" },
	{ 0xC0000224u, 1907, RESULT_PASSWORD_MUST_CHANGE,
	  "the password must be changed before the first logon" },
	{ 0xC0000234u, 1909, RESULT_OK, "the account is locked out" },
	{ 0xC0000193u, 1793, RESULT_ACCOUNT_EXPIRED, "the account has expired" },
	{ 0xC000006Eu, 1327, RESULT_OK, "the account is restricted, for instance to a password" },
	{ 0xC000006Fu, 1328, RESULT_LOGON_HOURS, "the account may not log on at this hour" },
	{ 0xC0000070u, 1329, RESULT_WORKSTATION, "the account may not log on from this computer" },
	{ 0xC000015Bu, 1385, RESULT_NOT_ADMITTED, "the account may not log on over the network" },
	{ 0xC000005Eu, 1311, RESULT_OK, "the server reaches no domain controller" },
	{ 0xC0000022u, 5, RESULT_OK, "the server denied access" },
	{ 0xC0000133u, 1398, RESULT_OK, "the clocks of client and server differ too much" },
	{ 0xC00700EAu, 234, RESULT_OK, "FreeRDP's servers before 3.25 say so whatever the reason is" },
	{ 0x8009030Cu, 0, RESULT_OK, "wrong password or unknown user" },
	{ 0x80090308u, 0, RESULT_OK, "the server could not read the token" },
	{ 0x80090302u, 0, RESULT_OK, "the server does not support what was asked for" },
};
#define MEANING_COUNT (sizeof(meanings) / sizeof(meanings[0]))

uint32_t error_code_of(enum result result)
{
	for (size_t i = 0; i < MEANING_COUNT; i++)
	{
		if (meanings[i].result == result && result != RESULT_OK)
			return meanings[i].status;
	}
	return STATUS_LOGON_FAILURE;
}

const char* error_code_words(uint32_t code)
{
	for (size_t i = 0; i < MEANING_COUNT; i++)
	{
		if (meanings[i].status == code ||
		    (IS_WIN32(code) && meanings[i].win32 != 0 && meanings[i].win32 == WIN32_CODE(code)))
			return meanings[i].words;
	}
	return "a reason that is not known here";
}
