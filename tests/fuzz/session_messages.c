/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of a session: EncryptMessage and MakeSignature must give what the oracle gives, and
 * DecryptMessage and VerifySignature take what is right and nothing else, in its turn and once.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "reached.h"

#define TRAILER 16u /* NTLM's */
#define NO_ENCRYPT 0x80000001u

/* One call's buffers: TOKEN, and the parts, each in memory of exactly its size. */
struct call
{
	SecBuffer buffers[1 + PARTS_MAX];
	SecBufferDesc description;
	struct part parts[PARTS_MAX];
	size_t count;
};

static uint8_t* exact(struct part from, size_t at, size_t len)
{
	uint8_t* made = malloc(len ? len : 1);
	if (!made)
		abort();
	if (len)
		memcpy(made, from.data + at, len);
	return made;
}

static void call_make(struct call* call, const struct kept* kept, const uint8_t* trailer)
{
	size_t at = 0;
	*call = (struct call){ .count = kept->count };
	const size_t len = kept->trailer_len;
	call->buffers[0] =
	    (SecBuffer){ (ULONG)len, SECBUFFER_TOKEN, exact((struct part){ trailer, len }, 0, len) };
	for (size_t i = 0; i < kept->count; i++)
	{
		const ULONG type =
		    SECBUFFER_DATA | (kept->read_only >> i & 1 ? (ULONG)SECBUFFER_READONLY : 0);
		uint8_t* part = exact(part_of(&kept->data), at, kept->lens[i]);
		call->buffers[1 + i] = (SecBuffer){ (ULONG)kept->lens[i], type, part };
		call->parts[i] = (struct part){ part, kept->lens[i] };
		at += kept->lens[i];
	}
	call->description = (SecBufferDesc){ SECBUFFER_VERSION, (ULONG)kept->count + 1, call->buffers };
}

static void call_free(struct call* call)
{
	for (size_t i = 0; i <= call->count; i++)
		free(call->buffers[i].pvBuffer);
}

/* The payload as parts. */
static void lay_out(struct kept* kept, const struct record* record)
{
	size_t rest = record->payload.len;
	kept->count = 1 + record->what % PARTS_MAX;
	kept->read_only = record->what >> 2 & 7;
	for (size_t i = 0; i < kept->count; i++)
	{
		kept->lens[i] = i + 1 == kept->count ? rest : rest / 2;
		rest -= kept->lens[i];
	}
	sspi_token_set(&kept->data, record->payload.data, record->payload.len);
}

static bool part_is_sealed(const struct kept* kept, uint32_t flags, size_t part, bool encrypted)
{
	return encrypted && flags & NTLM_SEAL && !(kept->read_only >> part & 1);
}

/* WinPR's Kerberos takes one part, and no READONLY one to seal. */
static bool may_be_kerberos(const struct kept* kept, bool encrypted)
{
	return kept->count == 1 && !(encrypted && kept->read_only & 1);
}

/* Whether the end may protect a message so. */
static bool may_seal(const struct fuzz_end* end, const struct kept* kept, bool encrypted)
{
	const unsigned all = (1u << kept->count) - 1;
	if (end->complete && end->kerberos && !may_be_kerberos(kept, encrypted))
		return false;
	if (!end->complete || !(end->outcome.flags & NTLM_SIGN))
		return false;
	return !encrypted || end->outcome.flags & NTLM_SEAL || (kept->read_only & all) == all;
}

/* NTLM's cipher, or what the scripted WinPR has for one. */
static void cipher(const struct fuzz_end* end, struct oracle_rc4* sealing, struct part from,
                   uint8_t* to)
{
	if (!end->kerberos)
		oracle_rc4(sealing, from.data, from.len, to);
	for (size_t i = 0; end->kerberos && i < from.len; i++)
		to[i] = (uint8_t)~from.data[i];
}

/* The signature of plain parts. */
static void sign(const struct fuzz_end* end, struct oracle_direction* direction, bool by_initiator,
                 const struct call* plain, bool encrypted, struct oracle_rc4* sealing,
                 uint8_t trailer[ORACLE_KERBEROS_TRAILER])
{
	if (end->kerberos)
		oracle_kerberos_sign(by_initiator, direction->sequence, plain->parts, plain->count,
		                     encrypted, trailer);
	else
		oracle_sign(direction, end->outcome.flags, plain->parts, plain->count, sealing, trailer);
}

/* What must come of `call`'s plain parts, in place of kept's data. */
static void expect_sealed(struct fuzz_end* end, struct kept* kept, const struct call* call,
                          bool encrypted)
{
	struct oracle_rc4 sealing = end->send.sealing;
	size_t at = 0;
	for (size_t i = 0; i < kept->count; at += kept->lens[i++])
		if (part_is_sealed(kept, end->outcome.flags, i, encrypted) && kept->lens[i])
			cipher(end, &sealing, call->parts[i], kept->data.data + at);
	sign(end, &end->send, end->known.initiator, call, encrypted, &sealing, kept->trailer);
	end->send.sealing = sealing;
	end->send.sequence++;
}

static void compare(const struct fuzz_end* end, const struct kept* kept, const struct call* call,
                    const char* fault)
{
	size_t at = 0;
	for (size_t i = 0; i < kept->count; at += kept->lens[i++])
		if (kept->lens[i] &&
		    memcmp(call->buffers[1 + i].pvBuffer, kept->data.data + at, kept->lens[i]) != 0)
			session_fault(end, fault);
}

void session_seal(struct fuzz_end* end, const struct record* record, struct kept* kept)
{
	static const uint8_t zeros[ORACLE_KERBEROS_TRAILER];
	const bool sign = record->how & 1;
	const ULONG qop = !sign && record->how & 2 ? NO_ENCRYPT : 0;
	const bool encrypted = !sign && !qop;
	struct call plain;
	struct call call;
	lay_out(kept, record);
	kept->trailer_len = !end->kerberos ? TRAILER
	                    : encrypted    ? ORACLE_KERBEROS_TRAILER
	                                   : ORACLE_KERBEROS_SIGNATURE;
	kept->sealed = !sign;
	call_make(&plain, kept, zeros);
	call_make(&call, kept, zeros);
	const SECURITY_STATUS status =
	    sign ? SSPI_ENTRY(end->sspi.table, MakeSignature)(&end->sspi.context, 0, &call.description,
	                                                      end->send.sequence)
	         : SSPI_ENTRY(end->sspi.table, EncryptMessage)(&end->sspi.context, qop,
	                                                       &call.description, end->send.sequence);
	const bool may = may_seal(end, kept, encrypted);
	if ((status == SEC_E_OK) != may)
		session_fault(end, may ? "it did not protect a message" : "it protected a message");
	kept->there = may;
	if (may)
	{
		expect_sealed(end, kept, &plain, encrypted);
		if (call.buffers[0].cbBuffer != kept->trailer_len ||
		    memcmp(call.buffers[0].pvBuffer, kept->trailer, kept->trailer_len) != 0)
			session_fault(end, "it signed a message wrongly");
	}
	compare(end, kept, &call, may ? "it sealed a message wrongly" : "it changed what it refused");
	call_free(&plain);
	call_free(&call);
}

/* Whether the message is right and the next; `plain`, laid out alike, then has what it says. */
static bool expect_opened(struct fuzz_end* end, const struct kept* kept, const struct call* call,
                          struct call* plain, bool encrypted)
{
	struct oracle_rc4 sealing = end->receive.sealing;
	uint8_t signature[ORACLE_KERBEROS_TRAILER];
	const uint8_t* trailer = call->buffers[0].pvBuffer;
	/* Whether a message of Kerberos' is sealed is its maker's to say. */
	const uint32_t flags = end->outcome.flags | (end->kerberos ? NTLM_SEAL : 0);
	if (!end->complete || !(flags & NTLM_SIGN))
		return false;
	/* Of a sealed message EC must be 0; of the rest of a header WinPR, as scripted, checks three.
	 */
	if (end->kerberos &&
	    (!may_be_kerberos(kept, encrypted) || (encrypted && (trailer[4] || trailer[5]))))
		return false;
	for (size_t i = 0; i < kept->count; i++)
		if (part_is_sealed(kept, flags, i, encrypted) && kept->lens[i])
			cipher(end, &sealing, plain->parts[i], plain->buffers[1 + i].pvBuffer);
	sign(end, &end->receive, !end->known.initiator, plain, encrypted, &sealing, signature);
	if ((!end->kerberos && kept->trailer_len != TRAILER) ||
	    memcmp(signature, trailer, end->kerberos ? 3 : TRAILER) != 0)
		return false;
	end->receive.sealing = sealing;
	end->receive.sequence++;
	return true;
}

void session_open(struct fuzz_end* end, const struct record* record, const struct kept* from)
{
	struct kept kept = *from;
	struct call plain;
	struct call call;
	ULONG qop = 0;
	if (!from->there)
		return;
	kept.data = (struct sspi_token){ NULL, 0 };
	sspi_token_set(&kept.data, from->data.data, from->data.len);
	if (record->how)
	{
		const size_t len = kept.trailer_len;
		const size_t at = (record->at >> 3) % (len + kept.data.len);
		*(at < len ? &kept.trailer[at] : &kept.data.data[at - len]) ^= record->how;
	}
	if (record->what & 1)
		kept.sealed = !kept.sealed;
	if (record->what & 2)
		kept.read_only ^= record->what >> 2 & 7;
	call_make(&plain, &kept, kept.trailer);
	call_make(&call, &kept, kept.trailer);
	const ULONG sequence = end->receive.sequence;
	const SECURITY_STATUS status =
	    kept.sealed ? SSPI_ENTRY(end->sspi.table, DecryptMessage)(&end->sspi.context,
	                                                              &call.description, sequence, &qop)
	                : SSPI_ENTRY(end->sspi.table, VerifySignature)(
	                      &end->sspi.context, &call.description, sequence, &qop);
	if (status != SEC_E_OK)
		compare(end, &kept, &call, "it changed a message that it refused");
	const bool right = expect_opened(end, &kept, &call, &plain, kept.sealed);
	if ((status == SEC_E_OK) != right)
		session_fault(end, right ? "it refused a right message" : "it took a wrong message");
	if (right)
		reached(end->kerberos ? OPENED_KERBEROS : OPENED_NTLM);
	for (size_t i = 0; right && i < kept.count; i++)
		if (kept.lens[i] &&
		    memcmp(call.buffers[1 + i].pvBuffer, plain.buffers[1 + i].pvBuffer, kept.lens[i]) != 0)
			session_fault(end, "it opened a message to something else");
	call_free(&plain);
	call_free(&call);
	sspi_token_free(&kept.data);
}
