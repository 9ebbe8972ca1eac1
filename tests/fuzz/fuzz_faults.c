/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL failing under CredSSP, SPNEGO and NTLM: an input is a few exchanges, and for each which
 * of OpenSSL's calls, or of the allocations that it makes for itself, fails in it. The end that it
 * hits refuses and says that it was this; nobody else is complete who would not be; nothing stays
 * behind, in the queue of errors neither; and after them an exchange works as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "credssp_pair.h"
#include "input.h"
#include "openssl_faults.h"

#define EXCHANGES_MAX 4

struct failure
{
	enum openssl_fault of;
	size_t nth; /* 0: none */
	bool hit;
	unsigned leg; /* whose making it hit */
};

static size_t live;

/* Called after each step that had something to say. */
static void look_for_hit(void* data, unsigned leg, struct blob* message)
{
	struct failure* const failure = data;

	(void)message;
	if (failure->hit || failure->nth == 0 || openssl_faults_count(failure->of) < failure->nth)
		return;
	failure->hit = true;
	failure->leg = leg;
}

static void judge_report(const struct credssp_end* end)
{
	struct negossp_report inner;

	negossp_describe(end->inner, &inner);
	JUDGE(inner.result == RESULT_OK || inner.reason, "it failed without a word");
	JUDGE(end->result != RESULT_CRYPTO || !credssp_is_complete(end->credssp), "and is complete");
}

static void judge(const struct credssp_pair* pair, const struct failure* failure)
{
	const struct credssp_end* const hit = failure->leg % 2 ? &pair->server : &pair->client;
	const struct credssp_end* const other = failure->leg % 2 ? &pair->client : &pair->server;

	judge_report(hit);
	judge_report(other);
	JUDGE(ERR_peek_error() == 0, "an error of ours stays in the host's queue");
	if (!failure->hit || (failure->of == OPENSSL_ALLOCATION && hit->result == RESULT_OK))
	{
		/* Not each allocation is one that OpenSSL cannot do without. */
		credssp_pair_assert_complete(pair);
		return;
	}
	JUDGE(hit->result == RESULT_CRYPTO, "it took another's failure for something else");
	JUDGE(credssp_end_report(hit).reason, "it does not say why");
	JUDGE(other->result == RESULT_OK || other->result == RESULT_REJECTED,
	      "the other end failed by itself");
	/* A client is done when it has sent the credentials. */
	JUDGE(!credssp_is_complete(other->credssp) || (failure->leg % 2 && pair->legs > 4),
	      "the other end is complete");
}

static void exchange(unsigned choice, unsigned versions, struct failure* failure)
{
	struct credssp_pair_config config =
	    credssp_pair_defaults((enum credssp_inner)(choice % INNER_COUNT));
	struct credssp_pair pair;

	config.client_version = 2 + versions % 5;
	config.server_version = 2 + versions / 5 % 5;
	credssp_pair_open(&pair, &config);
	openssl_faults_fail(failure->of, failure->nth);
	credssp_pair_run(&pair, look_for_hit, failure);
	look_for_hit(failure, pair.legs, NULL);
	openssl_faults_fail(failure->of, 0);
	judge(&pair, failure);
	credssp_pair_close(&pair);
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	/* Whatever is made once in a process is made now. */
	JUDGE(negossp_init() == RESULT_OK, "cryptography");
	for (unsigned inner = 0; inner < INNER_COUNT; inner++)
		exchange(inner, 24, &(struct failure){ .of = OPENSSL_CALL });
	live = openssl_faults_live();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);
	const unsigned choice = take(&input);
	const unsigned versions = take(&input);

	for (unsigned i = 0; i < EXCHANGES_MAX && input.len > 0; i++)
	{
		struct failure failure = { .of = take(&input) & 1 ? OPENSSL_ALLOCATION : OPENSSL_CALL };

		failure.nth = take(&input) | (take(&input) & 1u) << 8;
		exchange(choice + take(&input), versions, &failure);
	}
	exchange(choice, versions, &(struct failure){ .of = OPENSSL_CALL });
	JUDGE(openssl_faults_live() == live, "it left something of OpenSSL's behind");
	return 0;
}
