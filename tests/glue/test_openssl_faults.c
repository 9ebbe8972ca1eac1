/* SPDX-License-Identifier: Apache-2.0
 *
 * The glue when OpenSSL fails: every call into it, and every allocation that it makes for itself,
 * fails once, over whole exchanges from the credentials to sealed messages, bare and with SPNEGO's
 * four legs, and over what is prepared once in a process. The end that it hits says that it was
 * OpenSSL, and not, say, a wrong password; nobody completes; nothing is left behind, in OpenSSL's
 * queue of errors neither; and the next exchange works.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <winpr/error.h>

#include "openssl_faults.h"
#include "settings_pair.h"

/* So many are tried at least: no test may pass by trying nothing. */
#define CALLS_MIN 150u
#define FUNCTIONS_MIN 4u
#define ALLOCATIONS_MIN 5u /* an exchange makes none */

static size_t tried[2];

/* The queue of errors is the host's TLS code's too: of ours nothing may stay in it. */
static void expect_no_error_of_ours(void)
{
	unsigned long error;
	while ((error = ERR_get_error()) != 0)
		assert_int_equal(ERR_GET_REASON(error), ERR_R_PASSED_NULL_PARAMETER);
}

/* An error that some other code of the host has left for itself. */
static void leave_an_error(void)
{
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, ERR_R_PASSED_NULL_PARAMETER);
}

/* --- whole exchanges ---------------------------------------------------------------------------
 */

enum outcome
{
	WHOLE,    /* messages flowed both ways */
	REFUSED,  /* by an end that says that OpenSSL failed */
	NO_FLOW,  /* complete, but a message was not made or not taken, which said so */
	SOMETHING /* else */
};

static enum outcome say(struct sspi_end* from, struct sspi_end* to)
{
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	enum outcome outcome = SOMETHING;
	const SECURITY_STATUS made = sspi_end_seal(from, "some text", 9, &sealed);
	const SECURITY_STATUS taken = made == SEC_E_OK ? sspi_end_unseal(to, &sealed, &plain) : made;
	if (taken == SEC_E_OK)
		outcome = plain.len == 9 && memcmp(plain.data, "some text", 9) == 0 ? WHOLE : SOMETHING;
	else if (taken == SEC_E_CRYPTO_SYSTEM_INVALID)
		outcome = NO_FLOW;
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
	return outcome;
}

static enum outcome exchange(const char* package)
{
	const struct sspi_setup setup = setup_new(package);
	enum outcome outcome = SOMETHING;
	if (sspi_pair_connect(&pair, &setup))
	{
		outcome = say(&pair.client, &pair.server);
		if (outcome == WHOLE)
			outcome = say(&pair.server, &pair.client);
		return outcome;
	}
	const struct sspi_end* const unacquired =
	    pair.client.acquired != SEC_E_OK ? &pair.client : &pair.server;
	if (unacquired->acquired != SEC_E_OK)
		return unacquired->acquired == SEC_E_CRYPTO_SYSTEM_INVALID &&
		               log_capture_find(WLOG_WARN, "not acquired: OpenSSL failed", NULL)
		           ? REFUSED
		           : SOMETHING;
	const struct sspi_end* const end = pair.client.status < 0 ? &pair.client : &pair.server;
	if (end->status != SEC_E_CRYPTO_SYSTEM_INVALID)
		return SOMETHING;
	expect_failed(end);
	/* Of a mechListMIC SPNEGO says it. */
	const char* const role = end->is_server ? "role=acceptor" : "role=initiator";
	if ((log_capture_find(WLOG_WARN, role, "OpenSSL failed") ||
	     log_capture_find(WLOG_WARN, role, "the crypto library failed")) &&
	    !log_capture_find(WLOG_WARN, "wrong password", NULL))
		outcome = REFUSED;
	return outcome;
}

static void expect_exchange(const char* package)
{
	log_capture_clear();
	assert_int_equal(exchange(package), WHOLE);
	sspi_pair_close(&pair);
}

static void fail_each(const char* package, enum openssl_fault of)
{
	size_t nth = 0;
	size_t made;
	/* Whatever is made once in a process is made now. */
	expect_exchange(package);
	const size_t live = openssl_faults_live();
	do
	{
		log_capture_clear();
		leave_an_error();
		openssl_faults_fail(of, ++nth);
		const enum outcome outcome = exchange(package);
		made = openssl_faults_count(of);
		openssl_faults_fail(of, 0);
		expect_no_error_of_ours();
		/* Not each allocation is one that OpenSSL cannot do without. */
		if (outcome == SOMETHING || (of == OPENSSL_CALL && made >= nth && outcome == WHOLE))
		{
			log_capture_print();
			fail_msg("%s: number %zu (%s): client %08x server %08x", package, nth,
			         openssl_faults_last(), (unsigned)pair.client.status,
			         (unsigned)pair.server.status);
		}
		sspi_pair_close(&pair);
		expect_exchange(package);
		assert_int_equal(openssl_faults_live(), live);
	} while (made >= nth && nth < 5000);
	assert_true(made < nth);
	tried[of] += nth - 1;
}

static void test_calls_of_a_bare_exchange(void** state)
{
	(void)state;
	fail_each("NTLM", OPENSSL_CALL);
}

static void test_calls_of_four_legs(void** state)
{
	(void)state;
	fail_each("Negotiate", OPENSSL_CALL);
}

static void test_allocations_of_openssl(void** state)
{
	(void)state;
	fail_each("NTLM", OPENSSL_ALLOCATION);
	fail_each("Negotiate", OPENSSL_ALLOCATION);
}

/* --- what is prepared once ---------------------------------------------------------------------
 */

/* In a child, where nothing was prepared yet: NTLM is not offered, or the thread gets no context of
 * OpenSSL's, and the log says why. */
static int prepare_and_fail(enum openssl_fault of, size_t nth)
{
	const struct sspi_setup setup = setup_new("NTLM");
	struct sspi_end end;
	ERR_clear_error();
	openssl_faults_fail(of, nth);
	const SECURITY_STATUS status = sspi_end_acquire(&end, &setup, false);
	if (openssl_faults_count(of) < nth)
		return 2;
	openssl_faults_fail(of, 0);
	if (status == SEC_E_OK)
		return of == OPENSSL_CALL ? 1 : 0;
	return (status == SEC_E_UNSUPPORTED_FUNCTION || status == SEC_E_CRYPTO_SYSTEM_INVALID) &&
	               log_capture_find(WLOG_WARN, "OpenSSL", NULL) &&
	               end.last_error != SSPI_STALE_ERROR && ERR_peek_error() == 0
	           ? 0
	           : 1;
}

static void fail_each_preparation(enum openssl_fault of)
{
	int code = 0;
	size_t nth = 0;
	while (code == 0 && nth < 2000)
	{
		int status = 0;
		nth++;
		const pid_t child = fork();
		if (child == 0)
			_exit(prepare_and_fail(of, nth));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		code = WEXITSTATUS(status);
		if (code == 1)
			fail_msg("number %zu", nth);
	}
	assert_int_equal(code, 2);
	tried[of] += nth - 1;
}

/* First, for the other tests prepare it in this process. */
static void test_what_is_prepared_once(void** state)
{
	(void)state;
	fail_each_preparation(OPENSSL_CALL);
	fail_each_preparation(OPENSSL_ALLOCATION);
}

static void test_enough_was_tried(void** state)
{
	(void)state;
	print_message("%zu calls of %zu functions and %zu allocations of OpenSSL made to fail\n",
	              tried[OPENSSL_CALL], openssl_faults_functions(), tried[OPENSSL_ALLOCATION]);
	assert_true(tried[OPENSSL_CALL] >= CALLS_MIN);
	assert_true(openssl_faults_functions() >= FUNCTIONS_MIN);
	assert_true(tried[OPENSSL_ALLOCATION] >= ALLOCATIONS_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_is_prepared_once, fresh),
		cmocka_unit_test_setup(test_calls_of_a_bare_exchange, fresh),
		cmocka_unit_test_setup(test_calls_of_four_legs, fresh),
		cmocka_unit_test_setup(test_allocations_of_openssl, fresh),
		cmocka_unit_test(test_enough_was_tried),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
