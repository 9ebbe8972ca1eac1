/* SPDX-License-Identifier: Apache-2.0
 *
 * What a complete end tells its host, held against what the oracle worked out.
 */
#include "session.h"

#include <string.h>

#include "sspi/table.h"

static void check_key(struct fuzz_end* end)
{
	SecPkgContext_SessionKey key = { 0, NULL };
	if (sspi_query(&end->sspi.table, &end->sspi.context, SECPKG_ATTR_SESSION_KEY, &key) != SEC_E_OK)
		session_fault(end, "it does not tell its session key");
	const bool right =
	    key.SessionKeyLength == 16 && memcmp(key.SessionKey, end->outcome.key, 16) == 0;
	SSPI_ENTRY(end->sspi.table, FreeContextBuffer)(key.SessionKey);
	if (!right)
		session_fault(end, "its session key is another");
}

static bool text_is(const WCHAR* text, struct part expected)
{
	size_t len = 0;
	while (text[len])
		len++;
	return 2 * len == expected.len && (!len || memcmp(text, expected.data, expected.len) == 0);
}

/* DOMAIN\user, or user. */
static void check_names(struct fuzz_end* end)
{
	static uint8_t account[1u << 17];
	SecPkgContext_Names names = { NULL };
	const struct part user = end->outcome.user;
	const struct part domain = end->outcome.domain;
	size_t len = 0;
	if (domain.len)
	{
		memcpy(account, domain.data, domain.len);
		memcpy(account + domain.len, "\\", 2);
		len = domain.len + 2;
	}
	if (user.len)
		memcpy(account + len, user.data, user.len);
	len += user.len;
	/* Handles are the same in both tables, and here no surrogate need have its other half. */
	if (table_w()->QueryContextAttributesW(&end->sspi.context, SECPKG_ATTR_NAMES, &names) !=
	    SEC_E_OK)
		session_fault(end, "it does not tell who logged on");
	const bool right =
	    text_is((const WCHAR*)(const void*)names.sUserName, (struct part){ account, len });
	table_w()->FreeContextBuffer(names.sUserName);
	if (!right)
		session_fault(end, "it tells another name than logged on");
}

static void check_flags(struct fuzz_end* end)
{
	static const struct
	{
		uint32_t ntlm;
		ULONG initiator, acceptor;
	} rows[] = { { NTLM_SEAL, ISC_RET_CONFIDENTIALITY, ASC_RET_CONFIDENTIALITY },
		         { NTLM_SIGN, ISC_RET_INTEGRITY, ASC_RET_INTEGRITY },
		         { NTLM_SIGN, ISC_RET_REPLAY_DETECT, ASC_RET_REPLAY_DETECT },
		         { NTLM_SIGN, ISC_RET_SEQUENCE_DETECT, ASC_RET_SEQUENCE_DETECT },
		         { NTLM_IDENTIFY, ISC_RET_IDENTIFY, ASC_RET_IDENTIFY },
		         { NTLM_ANONYMOUS, ISC_RET_NULL_SESSION, ASC_RET_NULL_SESSION },
		         { 0, ISC_RET_MUTUAL_AUTH, ASC_RET_MUTUAL_AUTH },
		         { 0, ISC_RET_DELEGATE, ASC_RET_DELEGATE } };
	const uint32_t agreed =
	    (end->outcome.flags & ~NTLM_ANONYMOUS) | (end->outcome.anonymous ? NTLM_ANONYMOUS : 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		const ULONG bit = end->known.initiator ? rows[i].initiator : rows[i].acceptor;
		if (((end->sspi.flags & bit) != 0) != ((agreed & rows[i].ntlm) != 0))
			session_fault(end, "it promises something else than was agreed on");
	}
}

/* WinPR's 1104 to 1107: what NTProofStr covers, the encrypted key, the MIC and what it covers. */
static void check_transcript(struct fuzz_end* end)
{
	static uint8_t expected[1u << 17];
	struct oracle_legs legs;
	(void)oracle_legs(&end->view, end->known.initiator, &legs);
	const struct ntlm* a = &legs.ntlm[2];
	const struct part nt = a->fields[AUTHENTICATE_NT];
	const bool mic = oracle_announces_mic(a);
	size_t len = 0;
	for (unsigned i = 0; i < 3; i++)
	{
		memcpy(expected + len, legs.ntlm[i].whole.data, legs.ntlm[i].whole.len);
		len += legs.ntlm[i].whole.len;
	}
	if (mic)
		memset(expected + len - a->whole.len + a->mic_at, 0, 16);
	const struct part parts[] = { a->fields[AUTHENTICATE_KEY],
		                          { a->whole.data + a->mic_at, mic ? 16 : 0 },
		                          { expected, mic ? len : 0 } };
	for (ULONG i = 0; i < 4; i++)
	{
		SecBuffer buffer = { 0, 0, NULL };
		if (sspi_query(&end->sspi.table, &end->sspi.context, 1104 + i, &buffer) != SEC_E_OK)
			continue; /* not every logon has each */
		const struct part told = { buffer.pvBuffer, buffer.cbBuffer };
		const bool right = i ? part_equal(told, parts[i - 1])
		                     : nt.len >= 16 && told.len == nt.len - 8 &&
		                           memcmp(told.data, legs.ntlm[1].whole.data + 24, 8) == 0 &&
		                           memcmp(told.data + 8, nt.data + 16, nt.len - 16) == 0;
		sspi_SecBufferFree(&buffer);
		if (!right)
			session_fault(end, "it tells other bytes than were on the wire");
	}
}

static void check_package(struct fuzz_end* end)
{
	SecPkgContext_PackageInfo info = { NULL };
	if (sspi_query(&end->sspi.table, &end->sspi.context, SECPKG_ATTR_PACKAGE_INFO, &info) !=
	    SEC_E_OK)
		session_fault(end, "it does not tell its package");
	const bool kerberos =
	    end->sspi.table.a ? strcmp(((SecPkgInfoA*)(void*)info.PackageInfo)->Name, "Kerberos") == 0
	                      : ((SecPkgInfoW*)(void*)info.PackageInfo)->Name[0] == 'K';
	SSPI_ENTRY(end->sspi.table, FreeContextBuffer)(info.PackageInfo);
	if (kerberos != end->kerberos)
		session_fault(end, "it tells another mechanism than was on the wire");
}

void session_check(struct fuzz_end* end)
{
	check_package(end);
	if (end->kerberos)
		return;
	check_key(end);
	check_names(end);
	check_flags(end);
	check_transcript(end);
}
