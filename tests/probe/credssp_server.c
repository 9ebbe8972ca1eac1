/* SPDX-License-Identifier: Apache-2.0
 *
 * A CredSSP server of module/credssp without a socket: credssp_server VERSION CERTIFICATE USER
 * PASSWORD. What comes on standard input is one TSRequest after another, each with its length (4
 * bytes, little-endian) in front; for each a byte ('+' it goes on, '.' it is complete, '-' it has
 * failed) and the answer, likewise, go to standard output. SPNEGO or bare NTLM, as the client
 * likes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "credssp/credssp.h"
#include "ntlm.h"
#include "ntlm/keys.h"

struct account
{
	struct blob user;
	struct key hash;
};

static void must(bool condition, const char* what)
{
	if (condition)
		return;
	(void)fprintf(stderr, "credssp_server: %s\n", what);
	exit(2);
}

static struct blob utf16_of(const char* text)
{
	struct blob made = BLOB_EMPTY;

	must(utf16_from_utf8(bytes_make((const uint8_t*)text, strlen(text)), &made) == RESULT_OK,
	     "a name is no UTF-8");
	return made;
}

static enum result verify(void* state, const struct verify_request* request,
                          struct verify_answer* answer)
{
	const struct account* const account = state;
	const bool found = utf16_equal_ignoring_case(request->user, blob_bytes(&account->user));

	answer->user_found = found ? MECH_USER_FOUND : MECH_USER_NOT_FOUND;
	return ntlm_verify_nt_hash(request, found ? &account->hash : NULL, answer);
}

/* The content of SubjectPublicKey (MS-CSSP 3.1.5). */
static struct blob public_key_of(const char* path)
{
	FILE* const file = fopen(path, "r");
	must(file != NULL, "the certificate cannot be read");
	X509* const certificate = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	must(certificate != NULL, "there is no certificate in the file");
	const ASN1_BIT_STRING* const key = X509_get0_pubkey_bitstr(certificate);
	struct blob made = BLOB_EMPTY;
	must(blob_set(&made, bytes_make(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key))) ==
	         RESULT_OK,
	     "no memory");
	X509_free(certificate);
	return made;
}

/* False at the end of standard input. */
static bool message_read(uint8_t* message, size_t size, size_t* len)
{
	uint8_t head[4];

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return false;
	*len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
	must(*len <= size && fread(message, 1, *len, stdin) == *len, "a message is cut or too long");
	return true;
}

static void answer_write(char state, struct bytes answer)
{
	const uint8_t head[5] = { (uint8_t)state, (uint8_t)answer.len, (uint8_t)(answer.len >> 8),
		                      (uint8_t)(answer.len >> 16), 0 };

	must(fwrite(head, 1, sizeof(head), stdout) == sizeof(head) &&
	         (answer.len == 0 || fwrite(answer.data, 1, answer.len, stdout) == answer.len) &&
	         fflush(stdout) == 0,
	     "the answer cannot be written");
}

static void serve(struct credssp* credssp)
{
	static uint8_t message[TS_REQUEST_LIMIT];
	size_t len;

	while (message_read(message, sizeof(message), &len))
	{
		struct blob answer = BLOB_EMPTY;
		const enum result result = credssp_step(credssp, bytes_make(message, len), &answer);

		answer_write(result != RESULT_OK            ? '-'
		             : credssp_is_complete(credssp) ? '.'
		                                            : '+',
		             blob_bytes(&answer));
		blob_free(&answer);
	}
}

int main(int argc, char** argv)
{
	struct account account;
	struct ntlm_credential* credential = NULL;
	struct negossp_context* inner = NULL;
	struct credssp* credssp = NULL;

	must(argc == 5 && negossp_init() == RESULT_OK, "VERSION CERTIFICATE USER PASSWORD");
	struct blob key = public_key_of(argv[2]);
	struct blob password = utf16_of(argv[4]);
	struct blob name = utf16_of("SERVER");
	account.user = utf16_of(argv[3]);
	ntlm_ntowfv1(blob_bytes(&password), &account.hash);
	const struct verifier verifier = { "one account", verify, &account };
	const struct ntlm_credential_config config = { .verifier = &verifier,
		                                           .names.netbios_computer = blob_bytes(&name),
		                                           .policy = ntlm_policy_default() };
	must(ntlm_credential_new(&config, &credential) == RESULT_OK, "no credential");
	const struct negossp_offer offer = { ntlm_mech(), credential };
	const struct negossp_config inside = { .request = { .role = MECH_ACCEPTOR,
		                                                .flags = MECH_CONFIDENTIALITY },
		                                   .framing = NEGOSSP_FRAMING_SPNEGO,
		                                   .offers = &offer,
		                                   .offer_count = 1 };
	must(negossp_context_new(&inside, &inner) == RESULT_OK, "no context");
	const struct credssp_config outside = { .role = MECH_ACCEPTOR,
		                                    .inner = inner,
		                                    .public_key = blob_bytes(&key),
		                                    .version = (uint32_t)strtoul(argv[1], NULL, 10),
		                                    .lowest = TS_VERSION_OLDEST };
	must(credssp_new(&outside, &credssp) == RESULT_OK, "no CredSSP");
	serve(credssp);
	credssp_free(credssp);
	negossp_context_free(inner);
	ntlm_credential_free(credential);
	key_wipe(&account.hash);
	blob_free(&account.user);
	blob_free(&key);
	blob_free(&password);
	blob_free(&name);
	return 0;
}
