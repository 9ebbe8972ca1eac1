/* SPDX-License-Identifier: Apache-2.0
 *
 * MS-ERREF 2.3.1, and when controllers say which: of disabled, expired, must-change, hours and
 * workstation they speak only to who knows the password; locked out and restricted (Protected
 * Users) come before they look at it, so the client is told of neither.
 */
#include "verify/domain_status.h"

#include "log/log.h"

#include <inttypes.h>

static const struct status_row
{
	uint32_t nt_status;
	enum result result;
	enum mech_user user;
	const char* reason;
} rows[] = {
	{ 0xC000006A, RESULT_LOGON_DENIED, MECH_USER_FOUND, "wrong password, says the domain" },
	{ 0xC0000064, RESULT_LOGON_DENIED, MECH_USER_NOT_FOUND, "no such user, says the domain" },
	{ 0xC000006D, RESULT_LOGON_DENIED, MECH_USER_NOT_ASKED,
	  "the domain refuses the logon without a reason: the password is wrong, or CHALLENGE told "
	  "other names than those under which this computer joined (NbComputerName, NbDomainName)" },
	{ 0xC0000072, RESULT_ACCOUNT_DISABLED, MECH_USER_FOUND,
	  "the account is disabled, says the domain" },
	{ 0xC0000071, RESULT_PASSWORD_EXPIRED, MECH_USER_FOUND,
	  "the password has expired, says the domain" },
	{ 0xC0000224, RESULT_PASSWORD_MUST_CHANGE, MECH_USER_FOUND,
	  "the password must be changed, says the domain" },
	{ 0xC0000193, RESULT_ACCOUNT_EXPIRED, MECH_USER_FOUND,
	  "the account has expired, says the domain" },
	{ 0xC000006F, RESULT_LOGON_HOURS, MECH_USER_FOUND,
	  "the domain lets the account log on at other hours only" },
	{ 0xC0000070, RESULT_WORKSTATION, MECH_USER_FOUND,
	  "the domain lets the account log on from other computers only" },
	{ 0xC000015B, RESULT_NOT_ADMITTED, MECH_USER_FOUND,
	  "the domain does not let the account log on over the network" },
	{ 0xC0000234, RESULT_ACCOUNT_LOCKED, MECH_USER_FOUND,
	  "the account is locked out, says the domain" },
	{ 0xC000006E, RESULT_NOT_JUDGED, MECH_USER_FOUND,
	  "the domain restricts the account: members of Protected Users have no NTLM" },
	{ 0xC00002FA, RESULT_NOT_JUDGED, MECH_USER_FOUND, "the domain demands a smart card" },
	{ 0xC0000413, RESULT_NOT_JUDGED, MECH_USER_FOUND,
	  "an authentication policy of the domain forbids the logon" },
	{ 0xC0000418, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "the domain does not allow NTLM" },
	{ 0xC000005E, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "no domain controller can be reached" },
	{ 0xC00000B5, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED,
	  "the domain controller did not answer winbindd in time" },
	{ 0xC0000022, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED,
	  "winbindd or the domain denies this computer's question: see docs/domain.md on "
	  "winbindd_priv, or join the domain anew" },
	{ 0xC000018A, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED,
	  "this computer's secret for the domain is lost: join the domain anew" },
	{ 0xC000018B, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED,
	  "this computer has no account in the domain: join the domain anew" },
	{ 0xC000018D, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED,
	  "the domain does not trust this computer: join the domain anew" },
};

enum result domain_status_result(uint32_t nt_status, struct verify_answer* answer)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		if (rows[i].nt_status != nt_status)
			continue;
		answer->user_found = rows[i].user;
		answer->reason = rows[i].reason;
		return rows[i].result;
	}
	log_warn("the domain refuses a logon with NTSTATUS 0x%08" PRIX32, nt_status);
	answer->reason = "the domain refuses the logon: the log line before this one has its NTSTATUS";
	return RESULT_NOT_JUDGED;
}
