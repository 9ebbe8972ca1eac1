/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages after a real handshake, in buffers of any layout. An input is a byte of choices, then
 * messages: who protects one, how, which buffers it has; then what is done to it on its way, and
 * how it is opened. The judge knows what was sent: what opens is that, next in its turn, opened as
 * it was closed; a call that fails changes nothing at all, and one that nobody disturbed succeeds.
 */
#include <string.h>

#include "input.h"
#include "log_capture.h"
#include "reached.h"
#include "sandbox.h"
#include "sspi_pair.h"

#define BUFFERS 40
#define PARTS_MAX 32 /* that a message may have */
#define MEMORY 4096
#define QUEUE 8
#define NO_ENCRYPT 0x80000001u

struct message
{
	SecBuffer buffers[BUFFERS];
	ULONG count;
	uint8_t memory[BUFFERS][MEMORY / BUFFERS + 16];
};

/* One that was sent. */
struct sent
{
	struct message wire;
	bool sealed; /* the call was EncryptMessage with a quality of protection of 0 */
	uint8_t plain[MEMORY];
	size_t len;
};

struct way
{
	struct sent queue[QUEUE];
	unsigned made;
	unsigned opened;
};

enum
{
	OPENED_SEALED,
	OPENED_SIGNED,
	OPENED_TAMPERED,
	REFUSED,
	MALFORMED
};
static const char* const kinds[] = { "sealed messages opened",
	                                 "signed messages opened",
	                                 "opened though their buffers were changed",
	                                 "refused",
	                                 "refused for their buffers, or their turn",
	                                 NULL };

static struct sandbox box;
static struct sspi_pair
    pairs[2]; /* their credentials stay, each input has a handshake of its own */
static struct sspi_pair* pair;
static struct way ways[2]; /* of the client's messages, of the server's */

static void clean_up(void)
{
	sspi_pair_close(&pairs[0]);
	sspi_pair_close(&pairs[1]);
	sandbox_close(&box);
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	sandbox_open(&box);
	sandbox_sam_user(&box, "user", NULL, "Password");
	log_capture_start(false);
	for (unsigned bare = 0; bare < 2; bare++)
	{
		struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
		if (bare)
			setup.client_package = "NTLM";
		JUDGE(sspi_pair_open(&pairs[bare], &setup), "no credentials");
	}
	return atexit(clean_up);
}

static struct sspi_end* end_of(unsigned who)
{
	return who ? &pair->server : &pair->client;
}

static bool is_data(const SecBuffer* buffer)
{
	return (buffer->BufferType & 0xFFFFFFF) == SECBUFFER_DATA;
}

static bool is_token(const SecBuffer* buffer)
{
	return (buffer->BufferType & 0xFFFFFFF) == SECBUFFER_TOKEN;
}

static bool is_sealed_part(const SecBuffer* buffer)
{
	return is_data(buffer) && !(buffer->BufferType & 0x90000000u);
}

static void copy(struct message* to, const struct message* from)
{
	*to = *from;
	for (ULONG i = 0; i < to->count; i++)
		if (from->buffers[i].pvBuffer)
			to->buffers[i].pvBuffer = to->memory[i];
}

/* What its DATA buffers hold, one behind the other. */
static size_t gather(const struct message* message, uint8_t* plain)
{
	size_t len = 0;

	for (ULONG i = 0; i < message->count; i++)
	{
		const SecBuffer* const buffer = &message->buffers[i];
		if (!is_data(buffer) || !buffer->pvBuffer)
			continue;
		memcpy(plain + len, buffer->pvBuffer, buffer->cbBuffer);
		len += buffer->cbBuffer;
	}
	return len;
}

/* The buffers as the input has them: mostly a TOKEN and one to three DATA. */
static void draw(struct message* message, struct bytes* input)
{
	static const ULONG types[] = { SECBUFFER_DATA,
		                           SECBUFFER_DATA,
		                           SECBUFFER_DATA | SECBUFFER_READONLY,
		                           SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM,
		                           SECBUFFER_TOKEN,
		                           SECBUFFER_EMPTY,
		                           SECBUFFER_STREAM_HEADER,
		                           SECBUFFER_PADDING };
	const unsigned shape = take(input);

	memset(message, 0, sizeof(*message));
	message->count = shape & 0x80 ? shape % (BUFFERS + 1) : 2 + shape % 3;
	for (ULONG i = 0; i < message->count; i++)
	{
		const unsigned how = take(input);
		SecBuffer* const buffer = &message->buffers[i];
		const bool usual = !(how & 0x80);

		buffer->pvBuffer = message->memory[i];
		buffer->BufferType = usual && i == shape / 4 % message->count ? SECBUFFER_TOKEN
		                     : usual                                  ? types[how % 3]
		                                                              : types[how % 8];
		buffer->cbBuffer =
		    is_token(buffer) && usual ? 16 : take(input) % sizeof(message->memory[i]);
		if ((how & 0xF8) == 0xF8)
			buffer->pvBuffer = NULL;
		for (ULONG k = 0; buffer->pvBuffer && k < buffer->cbBuffer; k++)
			message->memory[i][k] = (uint8_t)(k ? how + k : take(input));
	}
}

/* Whether a call may take the buffers at all. */
static bool is_well_formed(const struct message* message)
{
	unsigned tokens = 0;
	unsigned parts = 0;

	for (ULONG i = 0; i < message->count; i++)
	{
		const SecBuffer* const buffer = &message->buffers[i];

		tokens += is_token(buffer);
		parts += is_data(buffer);
		if ((is_token(buffer) || is_data(buffer)) && !buffer->pvBuffer && buffer->cbBuffer)
			return false;
	}
	return tokens == 1 && parts >= 1 && parts <= PARTS_MAX;
}

static const SecBuffer* token_of(const struct message* message)
{
	for (ULONG i = 0; i < message->count; i++)
		if (is_token(&message->buffers[i]))
			return &message->buffers[i];
	return NULL;
}

/* The buffers and what is in them, but for those pointers that copy() made. */
static void expect_unchanged(const struct message* message, const struct message* before)
{
	JUDGE(memcmp(message->memory, before->memory, sizeof(message->memory)) == 0, "memory changed");
	for (ULONG i = 0; i < message->count; i++)
		JUDGE(message->buffers[i].cbBuffer == before->buffers[i].cbBuffer &&
		          message->buffers[i].BufferType == before->buffers[i].BufferType,
		      "a buffer changed");
}

static SECURITY_STATUS call(struct sspi_end* end, bool seal, bool open, ULONG* qop,
                            struct message* message)
{
	const SecurityFunctionTableA* const table = end->table.a;
	SecBufferDesc description = { SECBUFFER_VERSION, message->count, message->buffers };

	if (open)
		return seal ? table->DecryptMessage(&end->context, &description, 0, qop)
		            : table->VerifySignature(&end->context, &description, 0, qop);
	return seal ? table->EncryptMessage(&end->context, *qop, &description, 0)
	            : table->MakeSignature(&end->context, *qop, &description, 0);
}

/* Only what is sealed has changed, and the token is a signature. */
static void expect_protected(const struct message* message, const struct message* before,
                             bool sealed)
{
	for (ULONG i = 0; i < message->count; i++)
	{
		const SecBuffer* const buffer = &message->buffers[i];
		const bool changes = sealed && is_sealed_part(buffer);

		JUDGE(buffer->cbBuffer == (is_token(buffer) ? 16 : before->buffers[i].cbBuffer),
		      "a length");
		if (!is_token(buffer) && !changes)
			JUDGE(memcmp(message->memory[i], before->memory[i], sizeof(message->memory[i])) == 0,
			      "what is not to be sealed changed");
		if (changes && buffer->cbBuffer >= 8)
			JUDGE(memcmp(message->memory[i], before->memory[i], buffer->cbBuffer) != 0, "in clear");
	}
}

static void protect(unsigned who, struct bytes* input)
{
	struct way* const way = &ways[who];
	struct sent* const sent = &way->queue[way->made % QUEUE];
	struct message before;
	const unsigned how = take(input);
	ULONG qop = how & 8 ? take(input) % 3 : how & 4 ? NO_ENCRYPT : 0;
	const bool seal = how & 1;

	if (way->made - way->opened == QUEUE)
		return;
	draw(&before, input);
	copy(&sent->wire, &before);
	const bool legal = is_well_formed(&before) && token_of(&before)->pvBuffer &&
	                   token_of(&before)->cbBuffer >= 16 &&
	                   (qop == 0 || (seal && qop == NO_ENCRYPT));
	const SECURITY_STATUS status = call(end_of(who), seal, false, &qop, &sent->wire);
	JUDGE((status == SEC_E_OK) == legal, "protected or not");
	if (status != SEC_E_OK)
	{
		expect_unchanged(&sent->wire, &before);
		return;
	}
	sent->sealed = seal && qop == 0;
	sent->len = gather(&before, sent->plain);
	expect_protected(&sent->wire, &before, sent->sealed);
	way->made++;
}

/* One change. */
static void tamper(struct message* message, struct bytes* input)
{
	const unsigned how = take(input);
	const ULONG i = message->count ? take(input) % message->count : 0;
	SecBuffer* const buffer = &message->buffers[i];
	const unsigned at = take(input);

	switch (how % 6)
	{
		case 0:
			if (buffer->cbBuffer && buffer->pvBuffer)
				message->memory[i][at % buffer->cbBuffer] ^= (uint8_t)(1u << how / 6 % 8);
			break;
		case 1:
			buffer->cbBuffer -= at % (buffer->cbBuffer + 1);
			break;
		case 2:
			buffer->cbBuffer = at % sizeof(message->memory[i]);
			break;
		case 3: /* the same bytes, apart */
			if (i + 1 < message->count && at < buffer->cbBuffer && message->count < BUFFERS &&
			    is_data(buffer) && buffer->pvBuffer && !message->buffers[i + 1].cbBuffer)
			{
				SecBuffer* const next = &message->buffers[i + 1];
				*next = (SecBuffer){ buffer->cbBuffer - at, buffer->BufferType,
					                 message->memory[i + 1] };
				memcpy(next->pvBuffer, message->memory[i] + at, next->cbBuffer);
				buffer->cbBuffer = at;
			}
			break;
		case 4:
			buffer->BufferType ^= SECBUFFER_READONLY;
			break;
		default:
			buffer->BufferType = at % 12;
			break;
	}
}

/* The DATA on the wire, with what becomes of it: where this is what was sent, it opens. */
static bool is_as_sent(const struct message* message, const struct sent* sent)
{
	const SecBuffer* const token = token_of(message);
	const SecBuffer* const original = token_of(&sent->wire);
	const SecBuffer* parts[2][BUFFERS];
	unsigned counts[2] = { 0, 0 };

	for (unsigned side = 0; side < 2; side++)
	{
		const struct message* const one = side ? &sent->wire : message;
		for (ULONG i = 0; i < one->count; i++)
			if (is_data(&one->buffers[i]) && one->buffers[i].cbBuffer)
				parts[side][counts[side]++] = &one->buffers[i];
	}
	for (unsigned i = 0; counts[0] == counts[1] && i < counts[0]; i++)
		if (is_sealed_part(parts[0][i]) != is_sealed_part(parts[1][i]) ||
		    parts[0][i]->cbBuffer != parts[1][i]->cbBuffer ||
		    memcmp(parts[0][i]->pvBuffer, parts[1][i]->pvBuffer, parts[0][i]->cbBuffer) != 0)
			return false;
	return counts[0] == counts[1] && token->cbBuffer == original->cbBuffer &&
	       memcmp(token->pvBuffer, original->pvBuffer, token->cbBuffer) == 0;
}

/* A message of which nothing is sealed is the same for both calls. */
static size_t sealed_bytes(const struct message* message, bool seal)
{
	size_t bytes = 0;

	for (ULONG i = 0; seal && i < message->count; i++)
		if (is_sealed_part(&message->buffers[i]))
			bytes += message->buffers[i].cbBuffer;
	return bytes;
}

static void expect_opened(const struct message* message, const struct message* wire,
                          const struct sent* sent, bool seal)
{
	uint8_t bytes[BUFFERS * sizeof(message->memory[0])];
	uint8_t original[sizeof(bytes)];
	size_t len = gather(message, bytes);

	JUDGE(len == sent->len && memcmp(bytes, sent->plain, len) == 0, "opened as another");
	/* However they are parted among buffers, no byte of it was another on its way. */
	len = gather(wire, bytes);
	JUDGE(len == gather(&sent->wire, original) && memcmp(bytes, original, len) == 0, "was changed");
	JUDGE(memcmp(token_of(wire)->pvBuffer, token_of(&sent->wire)->pvBuffer, 16) == 0, "a token");
	JUDGE(sealed_bytes(wire, seal) == sealed_bytes(&sent->wire, sent->sealed),
	      "opened otherwise than it was closed");
}

/* A message of `from`'s to one of the two. */
static void open(unsigned from, struct bytes* input)
{
	const unsigned how = take(input);
	const unsigned to = how & 0x40 ? from : !from;
	struct way* const way = &ways[from];
	const unsigned number = how & 0x20 ? take(input) : way->opened;
	const struct sent* const sent = &way->queue[number % QUEUE];
	const struct sent* const next = &ways[!to].queue[ways[!to].opened % QUEUE];
	const bool due = ways[!to].opened < ways[!to].made;
	struct message message;
	struct message before;
	ULONG qop = 0;

	if (way->made == 0 || (!(how & 0x20) && way->opened == way->made) || !sent->wire.count)
		return;
	const bool seal = how & 0x10 ? !sent->sealed : sent->sealed;
	copy(&message, &sent->wire);
	for (unsigned i = how & 3; i > 0; i--)
		tamper(&message, input);
	copy(&before, &message);
	const SECURITY_STATUS status = call(end_of(to), seal, true, &qop, &message);
	if (status == SEC_E_OK)
	{
		JUDGE(is_well_formed(&before) && due, "opened though none was sent");
		expect_opened(&message, &before, next, seal);
		ways[!to].opened++;
		reached(next->sealed ? OPENED_SEALED : OPENED_SIGNED);
		if (how & 3)
			reached(OPENED_TAMPERED);
	}
	else
	{
		expect_unchanged(&message, &before);
		reached(is_well_formed(&before) && due ? REFUSED : MALFORMED);
		JUDGE(
		    !(is_well_formed(&before) && due && seal == next->sealed && is_as_sent(&before, next)),
		    "not opened");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);

	reached_input();
	pair = &pairs[take(&input) & 1];
	JUDGE(sspi_pair_run(pair), "no handshake");
	memset(ways, 0, sizeof(ways));
	while (input.len > 0)
	{
		const unsigned op = take(&input);
		if (op & 2)
			open(op & 1, &input);
		else
			protect(op & 1, &input);
	}
	sspi_pair_reset(pair);
	log_capture_clear();
	return 0;
}
