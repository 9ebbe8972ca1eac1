/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation of an answer fails in turn (fail_each.h): attributes of both ends of a complete
 * exchange, asked and set in both forms, and packages by name. An answer is whole, or there is
 * none.
 */
#include <stddef.h>
#include <string.h>

#include "alloc_watch.h"
#include "fail_each.h"
#include "fake_registry.h"
#include "host/memory.h"
#include "kerberos_pair.h"
#include "sspi/attributes.h"
#include "sspi/table.h"
#include "wide.h"

/* --- WinPR's one allocation of ours ------------------------------------------------------------
 */

void* __real_sspi_SecBufferAlloc(PSecBuffer buffer, ULONG size);
void* __wrap_sspi_SecBufferAlloc(PSecBuffer buffer, ULONG size);
void* __wrap_sspi_SecBufferAlloc(PSecBuffer buffer, ULONG size)
{
	return alloc_watch_fails(__builtin_return_address(0))
	           ? NULL
	           : __real_sspi_SecBufferAlloc(buffer, size);
}

/* --- attributes --------------------------------------------------------------------------------
 */

struct question
{
	ULONG number;
	int pointers[2]; /* where the answer's blocks stand in it; -1: none */
	bool buffer;     /* it is a SecBuffer, which WinPR frees */
};

#define AT(structure, member) ((int)offsetof(structure, member))

static const struct question questions[] = {
	{ SECPKG_ATTR_NAMES, { 0, -1 }, false },
	{ SECPKG_ATTR_KEY_INFO,
	  { AT(SecPkgContext_KeyInfo, sSignatureAlgorithmName),
	    AT(SecPkgContext_KeyInfo, sEncryptAlgorithmName) },
	  false },
	{ SECPKG_ATTR_SESSION_KEY, { AT(SecPkgContext_SessionKey, SessionKey), -1 }, false },
	{ SECPKG_ATTR_PACKAGE_INFO, { 0, -1 }, false },
	{ SECPKG_ATTR_NEGOTIATION_INFO, { 0, -1 }, false },
	{ SECPKG_ATTR_NATIVE_NAMES,
	  { AT(SecPkgContext_NativeNames, sClientName), AT(SecPkgContext_NativeNames, sServerName) },
	  false },
	{ SECPKG_ATTR_TARGET_INFORMATION,
	  { AT(SecPkgContext_TargetInformation, MarshalledTargetInfo), -1 },
	  false },
	{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, { 0, -1 }, false },
	{ ATTRIBUTE_IDENTITY, { -1, -1 }, false },
	{ ATTRIBUTE_NTLM_PROOF_VALUE, { AT(SecBuffer, pvBuffer), -1 }, true },
	{ ATTRIBUTE_NTLM_MIC_VALUE, { AT(SecBuffer, pvBuffer), -1 }, true },
	{ ATTRIBUTE_NTLM_HOSTNAME, { -1, -1 }, false },
	{ ATTRIBUTE_NTLM_HOSTNAME_LENGTH, { -1, -1 }, false },
};

struct asking
{
	const struct question* question;
	CtxtHandle* context;
	bool wide;
};

static int ask(const void* opaque)
{
	const struct asking* const job = opaque;
	union
	{
		BYTE bytes[2048];
		void* align;
	} answer = { .bytes = { 0 } };
	const SECURITY_STATUS status =
	    job->wide
	        ? table_w()->QueryContextAttributesW(job->context, job->question->number, answer.bytes)
	        : table_a()->QueryContextAttributesA(job->context, job->question->number, answer.bytes);

	for (size_t i = 0; i < 2 && job->question->pointers[i] >= 0; i++)
	{
		void* block = NULL;
		memcpy(&block, answer.bytes + job->question->pointers[i], sizeof(block));
		assert_int_equal(block != NULL, status == SEC_E_OK);
		if (block && !job->question->buffer)
			expect_status(table_a()->FreeContextBuffer(block), SEC_E_OK);
		else if (block)
			sspi_SecBufferFree((SecBuffer*)(void*)answer.bytes);
	}
	return status;
}

static int set_name(const void* opaque)
{
	const struct asking* const job = opaque;
	static WCHAR name[] = { WIDE('D'), WIDE('E'), WIDE('S'), WIDE('K') };
	static char narrow_name[] = "DESK";
	return job->wide
	           ? table_w()->SetContextAttributesW(job->context, ATTRIBUTE_NTLM_NETBIOS_COMPUTER,
	                                              name, sizeof(name))
	           : table_a()->SetContextAttributesA(job->context, ATTRIBUTE_NTLM_NETBIOS_COMPUTER,
	                                              narrow_name, 4);
}

static void test_attributes(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.package_list = "!kerberos";
	assert_true(sspi_pair_connect(&pair, &setup));
	for (unsigned i = 0; i < 4; i++)
	{
		struct asking job = { .context = i < 2 ? &pair.client.context : &pair.server.context,
			                  .wide = i % 2 };
		for (size_t j = 0; j < sizeof(questions) / sizeof(questions[0]); j++)
		{
			job.question = &questions[j];
			alloc_watch_fail(0);
			/* Not both ends have an answer to each, nor does each answer need memory. */
			if (ask(&job) == SEC_E_OK && alloc_watch_count() > 0)
				fail_each(ask, &job, SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY);
		}
		fail_each(set_name, &job, SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY);
	}
	sspi_pair_close(&pair);
}

/* --- packages ----------------------------------------------------------------------------------
 */

static int find_package(const void* opaque)
{
	const bool wide = *(const bool*)opaque;
	static char name[] = "NTLM";
	static WCHAR wide_name[] = { WIDE('N'), WIDE('T'), WIDE('L'), WIDE('M'), 0 };
	SecPkgInfoA* info = NULL;
	SecPkgInfoW* wide_info = NULL;
	const SECURITY_STATUS status = wide
	                                   ? table_w()->QuerySecurityPackageInfoW(wide_name, &wide_info)
	                                   : table_a()->QuerySecurityPackageInfoA(name, &info);
	assert_int_equal(status == SEC_E_OK, info || wide_info);
	if (status == SEC_E_OK)
		expect_status(table_a()->FreeContextBuffer(wide ? (void*)wide_info : (void*)info),
		              SEC_E_OK);
	return status;
}

static void test_packages_by_name(void** state)
{
	const bool forms[] = { false, true };
	(void)state;
	for (size_t i = 0; i < 2; i++)
		fail_each(find_package, &forms[i], SEC_E_OK, SEC_E_INSUFFICIENT_MEMORY);
}

static void test_enough_was_tried(void** state)
{
	(void)state;
	fail_each_expect(150, 4);
}

/* MS-NLMP 3.2.5.1.2. */
static void test_target_that_the_client_does_not_trust_is_not_told(void** state)
{
	static const uint8_t name[] = { 'a', 0 };
	SecPkgContext_ClientSpecifiedTarget told = { NULL };
	struct attribute_query query = { .report.mech.target = BYTES_OF(name), .buffer = &told };
	(void)state;
	assert_int_equal(attribute_client_target(&query), RESULT_OK);
	assert_string_equal(told.sTargetName, "a");
	memory_free(told.sTargetName);
	query.report.mech.target_is_untrusted = true;
	assert_int_equal(attribute_client_target(&query), RESULT_OUT_OF_SEQUENCE);
}

static int fresh_registry(void** state)
{
	fake_registry_clear();
	return fresh(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_attributes, fresh_registry),
		cmocka_unit_test_setup(test_packages_by_name, fresh_registry),
		cmocka_unit_test(test_target_that_the_client_does_not_trust_is_not_told),
		cmocka_unit_test(test_enough_was_tried),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
