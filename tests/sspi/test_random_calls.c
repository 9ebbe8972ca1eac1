/* SPDX-License-Identifier: Apache-2.0
 *
 * Random calls on random handles, for the sanitizers: every entry of both tables, in any order, on
 * credentials and contexts that are live, half built, dead, deleted, of the other kind or made up,
 * with tokens that other exchanges really sent, damaged or not.
 *
 * What must hold whatever happens: no crash, no leak, no status outside of what SSPI knows, no
 * bytes in the output of a refused step, and handles are valid until they are deleted and never
 * after. Four calls in ten go on with a real exchange, so that every state is met. The numbers come
 * from a seed that is printed; the environment's TEST_SEED sets it.
 */
#include "expect.h"
#include "winpr_v1.h"
#include "wide.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <winpr/error.h>

#define CALLS 100000u
#define SECONDS 5
#define CREDENTIALS 6u
#define CONTEXTS 12u
#define TOKENS 16u
#define ROOM 4096u

static uint64_t random_state;

/* SplitMix64: small, and the same on every machine. */
static uint32_t draw(uint32_t below)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

/* All that the calls work on. Handles stay where they are when they are deleted, to be used again
 * when they are stale. */
static struct
{
	const SecurityFunctionTableA* a;
	const SecurityFunctionTableW* w;
	CredHandle credentials[CREDENTIALS];
	bool credential_live[CREDENTIALS];
	CtxtHandle contexts[CONTEXTS];
	bool context_live[CONTEXTS];
	struct sspi_token inbox[CONTEXTS]; /* what the context at that place is to get next */
	struct sspi_token tokens[TOKENS];  /* any that were sent */
	unsigned done;                     /* logons that completed at the server */
	unsigned refused;
} world;

/* A handle of any kind: mostly what is asked for. */
static SecHandle* any_handle(bool credential)
{
	static SecHandle odd;
	switch (draw(20))
	{
		case 0:
			return NULL;
		case 1:
			odd = (SecHandle){ draw(UINT32_MAX), draw(64) };
			return &odd;
		case 2:
			odd = (SecHandle){ 0, 0 };
			return &odd;
		case 3:
			credential = !credential;
			break;
		default:
			break;
	}
	/* Of two, the second is drawn again when the first is stale: live ones are met more often. */
	for (unsigned try = 0;; try++)
	{
		const uint32_t i = draw(credential ? CREDENTIALS : CONTEXTS);
		const bool live = credential ? world.credential_live[i] : world.context_live[i];
		if (live || try > 0)
			return credential ? &world.credentials[i] : &world.contexts[i];
	}
}

static void check_status(SECURITY_STATUS status)
{
	if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)
		return;
	world.refused++;
	/* Errors of SSPI's own range, none of them "internal", and the last error is set. */
	if (((uint32_t)status & 0xFFFF0000u) != 0x80090000u || status == SEC_E_INTERNAL_ERROR)
		print_error("status 0x%08X\n", (unsigned)status);
	assert_int_equal((uint32_t)status & 0xFFFF0000u, 0x80090000u);
	assert_int_not_equal(status, SEC_E_INTERNAL_ERROR);
	assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
}

static void call_acquire(void)
{
	const uint32_t place = draw(CREDENTIALS);
	if (world.credential_live[place])
		return;
	static const ULONG uses[] = { SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND, SECPKG_CRED_BOTH, 0 };
	char names[4][12] = { "Negotiate", "NTLM", "negotiate", "Nothing" };
	UINT16 user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
	UINT16 password[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
		                  WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
	UINT16 list[] = { WIDE('!'), WIDE('k'), WIDE('e'), WIDE('r'), WIDE('b'),
		              WIDE('e'), WIDE('r'), WIDE('o'), WIDE('s') };
	winpr_ntlm_v1 ntlm = { .samFile = box.sam };
	winpr_identity_v1 data = {
		.identity = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		              .Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),
		              .User = user,
		              .UserLength = 4,
		              .Password = password,
		              .PasswordLength = draw(4) ? 8 : 7,
		              .PackageList = list,
		              .PackageListLength = 9,
		              .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_EXTENDED },
		.ntlmSettings = &ntlm,
	};
	const SECURITY_STATUS status = world.a->AcquireCredentialsHandleA(
	    NULL, names[draw(20) ? draw(3) : 3], uses[draw(20) ? place % 3 : 3], NULL,
	    draw(20) ? &data : NULL, NULL, NULL, &world.credentials[place], NULL);
	world.credential_live[place] = status == SEC_E_OK;
	check_status(status);
}

/* Frees any handle; what is told must be what the world knows. */
static void call_free(bool credential)
{
	SecHandle* handle = any_handle(credential);
	const SECURITY_STATUS status = credential ? world.a->FreeCredentialsHandle(handle)
	                                          : world.a->DeleteSecurityContext(handle);
	bool live = false;
	for (size_t i = 0; handle && i < (credential ? CREDENTIALS : CONTEXTS); i++)
	{
		SecHandle* own = credential ? &world.credentials[i] : &world.contexts[i];
		bool* flag = credential ? &world.credential_live[i] : &world.context_live[i];
		if (own->dwLower == handle->dwLower && own->dwUpper == handle->dwUpper && *flag)
		{
			live = true;
			*flag = false;
		}
	}
	expect_status(status, live ? SEC_E_OK : SEC_E_INVALID_HANDLE);
	check_status(status);
}

/* A token that some exchange sent, as it is or damaged; at times none. */
static struct sspi_token any_token(void)
{
	struct sspi_token token = { NULL, 0 };
	if (draw(8) == 0)
		return token;
	const struct sspi_token* from = &world.tokens[draw(TOKENS)];
	sspi_token_set(&token, from->data, from->len);
	if (token.len && draw(6) == 0)
		token.data[draw((uint32_t)token.len)] ^= (uint8_t)(1u << draw(8));
	if (token.len && draw(12) == 0)
		token.len = draw((uint32_t)token.len);
	return token;
}

static SECURITY_STATUS step(bool server, CredHandle* credential, CtxtHandle* old, CtxtHandle* fresh,
                            const struct sspi_token* in, struct sspi_token* out)
{
	static const ULONG requests[] = { SSPI_NLA_CLIENT_FLAGS, SSPI_NLA_SERVER_FLAGS, 0,
		                              ISC_REQ_DATAGRAM, ISC_REQ_USE_DCE_STYLE };
	static const ULONG small[] = { 0, 16, 60 };
	const ULONG room = draw(20) ? ROOM : small[draw(3)];
	uint8_t* memory = malloc(room ? room : 1);
	char target[] = "TERMSRV/server.example";
	char gateway[] = "HTTP/server.example";
	SecBuffer inputs[1] = { { (ULONG)in->len, SECBUFFER_TOKEN, in->data } };
	SecBuffer outputs[1] = { { room, SECBUFFER_TOKEN, memory } };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, inputs };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, outputs };
	const ULONG request = requests[draw(20) ? draw(2) : draw(5)];
	ULONG attributes = 0;
	assert_non_null(memory);
	const SECURITY_STATUS status =
	    server
	        ? world.a->AcceptSecurityContext(credential, old, &input, request, SECURITY_NATIVE_DREP,
	                                         fresh, &output, &attributes, NULL)
	        : world.a->InitializeSecurityContextA(credential, old, draw(6) ? target : gateway,
	                                              request, 0, SECURITY_NATIVE_DREP, &input, 0,
	                                              fresh, &output, &attributes, NULL);
	if (status < 0)
		assert_int_equal(outputs[0].cbBuffer, 0);
	else
	{
		assert_true(outputs[0].cbBuffer <= room);
		sspi_token_set(out, memory, outputs[0].cbBuffer);
	}
	free(memory);
	return status;
}

static void call_step(void)
{
	const bool server = draw(2);
	CredHandle* credential = any_handle(true);
	CtxtHandle* old = draw(2) ? any_handle(false) : NULL;
	const uint32_t place = draw(CONTEXTS);
	struct sspi_token in = any_token();
	struct sspi_token out = { NULL, 0 };
	CtxtHandle fresh = { 0, 0 };
	if (!old && world.context_live[place])
	{
		sspi_token_free(&in);
		return;
	}
	/* A client begins without a token, most of the time. */
	if (!old && !server && draw(8))
		in.len = 0;
	const SECURITY_STATUS status =
	    step(server, credential, old, draw(20) ? &fresh : NULL, &in, &out);
	check_status(status);
	if (status >= 0 && !old)
	{
		assert_true(fresh.dwLower || fresh.dwUpper);
		world.contexts[place] = fresh;
		world.context_live[place] = true;
	}
	if (status < 0 && !old)
		assert_true(!fresh.dwLower && !fresh.dwUpper);
	world.done += server && status == SEC_E_OK;
	if (out.len)
		sspi_token_set(&world.tokens[draw(TOKENS)], out.data, out.len);
	sspi_token_free(&in);
	sspi_token_free(&out);
}

/* Goes on with one of the exchanges, whose client is at an even place and whose server is next to
 * it: what one sent last is given to the other. Other calls may have come between. */
static void call_next_step(void)
{
	const uint32_t client = 2 * draw(CONTEXTS / 2);
	const bool server = world.context_live[client] && (draw(2) || !world.inbox[client].len);
	const uint32_t self = client + server;
	const uint32_t peer = client + !server;
	/* At places 0, 3 are credentials for servers, at 1, 4 for clients, at 2, 5 for both. */
	CredHandle* credential = &world.credentials[3 * draw(2) + (draw(2) ? 2 : !server)];
	CtxtHandle* old = world.context_live[self] ? &world.contexts[self] : NULL;
	struct sspi_token in = world.inbox[self];
	struct sspi_token out = { NULL, 0 };
	CtxtHandle fresh = old ? *old : (CtxtHandle){ 0, 0 };
	world.inbox[self] = (struct sspi_token){ NULL, 0 };
	const SECURITY_STATUS status = step(server, old ? NULL : credential, old, &fresh, &in, &out);
	check_status(status);
	if (status >= 0)
	{
		world.contexts[self] = fresh;
		world.context_live[self] = true;
		world.done += server && status == SEC_E_OK;
		sspi_token_set(&world.inbox[peer], out.data, out.len);
		if (out.len)
			sspi_token_set(&world.tokens[draw(TOKENS)], out.data, out.len);
	}
	sspi_token_free(&in);
	sspi_token_free(&out);
}

static void call_message(void)
{
	uint8_t data[64];
	uint8_t trailer[16] = { 0 };
	const ULONG sizes[] = { 16, 16, 16, 0, 8, 15 };
	const ULONG types[] = { SECBUFFER_DATA, SECBUFFER_TOKEN, SECBUFFER_DATA | SECBUFFER_READONLY,
		                    SECBUFFER_EMPTY };
	SecBuffer buffers[3] = { { sizes[draw(6)], SECBUFFER_TOKEN, trailer },
		                     { draw(65), types[draw(10) ? 0 : draw(4)], data },
		                     { draw(33), types[draw(4)], data } };
	SecBufferDesc message = { SECBUFFER_VERSION, draw(4), buffers };
	const ULONG qop = draw(10) ? 0 : draw(UINT32_MAX);
	CtxtHandle* context = any_handle(false);
	ULONG got = 0;
	memset(data, (int)draw(256), sizeof(data));
	/* Two TOKEN buffers are nobody's message; DATA may not have less memory than it says. */
	buffers[2].cbBuffer = buffers[2].BufferType == SECBUFFER_TOKEN ? 16 : buffers[2].cbBuffer;
	switch (draw(4))
	{
		case 0:
			check_status(world.a->EncryptMessage(context, qop, &message, draw(4)));
			break;
		case 1:
			check_status(
			    world.a->DecryptMessage(context, &message, draw(4), draw(2) ? &got : NULL));
			break;
		case 2:
			check_status(world.a->MakeSignature(context, qop, &message, draw(4)));
			break;
		default:
			check_status(world.a->VerifySignature(context, &message, draw(4), &got));
			break;
	}
}

/* How the attributes' answers are freed; those whose text has no stated end are asked for by the
 * length first, elsewhere. */
static void call_query(void)
{
	static const ULONG pointers[] = { SECPKG_ATTR_NAMES, SECPKG_ATTR_PACKAGE_INFO,
		                              SECPKG_ATTR_NEGOTIATION_INFO,
		                              SECPKG_ATTR_CLIENT_SPECIFIED_TARGET };
	static const ULONG plain[] = { SECPKG_ATTR_SIZES,
		                           SECPKG_ATTR_LIFESPAN,
		                           SECPKG_ATTR_FLAGS,
		                           25,
		                           30,
		                           1001,
		                           1002,
		                           1110,
		                           1112,
		                           4711 };
	static const ULONG counted[] = { SECPKG_ATTR_SESSION_KEY, SECPKG_ATTR_TARGET_INFORMATION };
	union
	{
		void* pointer;
		SecPkgContext_SessionKey counted;
		SecBuffer buffer;
		uint8_t bytes[2048];
	} room;
	CtxtHandle* context = any_handle(false);
	const bool wide = draw(2);
	const uint32_t kind = draw(4);
	const ULONG attribute = kind == 0   ? pointers[draw(4)]
	                        : kind == 1 ? plain[draw(10)]
	                        : kind == 2 ? counted[draw(2)]
	                                    : 1104 + draw(4);
	memset(&room, 0, sizeof(room));
	const SECURITY_STATUS status =
	    wide ? world.w->QueryContextAttributesW(context, attribute, &room)
	         : world.a->QueryContextAttributesA(context, attribute, &room);
	check_status(status);
	if (status != SEC_E_OK)
		return;
	if (kind == 0)
		expect_status(world.a->FreeContextBuffer(room.pointer), SEC_E_OK);
	else if (kind == 2)
		expect_status(world.a->FreeContextBuffer(room.counted.SessionKey), SEC_E_OK);
	else if (kind == 3)
		sspi_SecBufferFree(&room.buffer);
}

static void call_set(void)
{
	uint8_t* value = calloc(1, 64);
	const ULONG size = draw(65);
	const ULONG attribute = draw(2) ? 1100 + draw(20) : 1000 + draw(5);
	assert_non_null(value);
	for (size_t i = 0; i < 64; i++)
		value[i] = (uint8_t)('a' + draw(26));
	/* The NT hash must not make a wrong password right. */
	if (attribute != 1003)
		check_status(draw(2) ? world.a->SetContextAttributesA(any_handle(false), attribute,
		                                                      draw(20) ? value : NULL, size)
		                     : world.w->SetContextAttributesW(any_handle(false), attribute,
		                                                      draw(20) ? value : NULL, size));
	free(value);
}

static void call_other(void)
{
	SecBuffer packed = { 0 };
	HANDLE token = NULL;
	CtxtHandle fresh = { 0 };
	char package[] = "NTLM";
	void* names = NULL;
	switch (draw(9))
	{
		case 0:
			check_status(world.a->ImpersonateSecurityContext(any_handle(false)));
			break;
		case 1:
			check_status(world.a->RevertSecurityContext(any_handle(false)));
			break;
		case 2:
			check_status(world.a->CompleteAuthToken(any_handle(false), NULL));
			break;
		case 3:
			check_status(world.a->ApplyControlToken(any_handle(false), NULL));
			break;
		case 4:
			check_status(world.a->ExportSecurityContext(any_handle(false), 0, &packed, &token));
			break;
		case 5:
			check_status(world.a->ImportSecurityContextA(package, &packed, NULL, &fresh));
			break;
		case 6:
			check_status(world.a->QuerySecurityContextToken(any_handle(false), &token));
			break;
		case 7:
			check_status(world.a->AddCredentialsA(any_handle(true), NULL, package, 1, NULL, NULL,
			                                      NULL, NULL));
			break;
		default:
			if (world.a->QueryCredentialsAttributesA(any_handle(true), 1, &names) == SEC_E_OK)
				expect_status(world.a->FreeContextBuffer(names), SEC_E_OK);
			break;
	}
}

static void one_call(void)
{
	SetLastError(SSPI_STALE_ERROR);
	const uint32_t which = draw(100);
	if (which < 6)
		call_acquire();
	else if (which < 8)
		call_free(true);
	else if (which < 11)
		call_free(false);
	else if (which < 55)
		call_next_step();
	else if (which < 62)
		call_step();
	else if (which < 75)
		call_message();
	else if (which < 88)
		call_query();
	else if (which < 94)
		call_set();
	else
		call_other();
}

static void test_random_calls_on_random_handles(void** state)
{
	(void)state;
	const char* given = getenv("TEST_SEED");
	random_state =
	    given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) << 16 ^ (uint64_t)clock();
	printf("             TEST_SEED=%" PRIu64 "\n", random_state);
	fflush(stdout);
	world.a = sspi_module_a().a;
	world.w = sspi_module_w().w;
	const time_t end = time(NULL) + SECONDS;
	unsigned calls = 0;
	for (; calls < CALLS && (given || time(NULL) < end); calls++)
		one_call();
	printf("             %u calls, %u refused, %u logons\n", calls, world.refused, world.done);
	/* It would be no test if everything were refused. */
	assert_true(calls > 500);
	assert_true(world.done > 10);
	assert_true(world.refused > calls / 10);

	for (size_t i = 0; i < CONTEXTS; i++)
	{
		sspi_token_free(&world.inbox[i]);
		expect_status(world.a->DeleteSecurityContext(&world.contexts[i]),
		              world.context_live[i] ? SEC_E_OK : SEC_E_INVALID_HANDLE);
	}
	for (size_t i = 0; i < CREDENTIALS; i++)
		expect_status(world.a->FreeCredentialsHandle(&world.credentials[i]),
		              world.credential_live[i] ? SEC_E_OK : SEC_E_INVALID_HANDLE);
	for (size_t i = 0; i < TOKENS; i++)
		sspi_token_free(&world.tokens[i]);
	/* And the module is as good as before. */
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_calls_on_random_handles),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
