/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <string.h>

#include "ntlm.h"
#include "spnego/mech_list.h"

static const struct mech* mech_of(const struct end* end, void** context)
{
	return end->phase == PHASE_RUNNING || end->phase == PHASE_COMPLETE
	           ? negossp_chosen(end->context, context)
	           : NULL;
}

static bool is_ntlm(const struct mech* mech)
{
	return mech == ntlm_mech();
}

static const struct fake_script* script_of(const struct end* end, const struct mech* mech)
{
	for (size_t i = 0; i < SCRIPTED; i++)
	{
		if (mech == world_mech(SCRIPTED_LETTERS[i]))
			return &end->scripts[i];
	}
	return NULL;
}

/* The acceptor's script came to its end with the tokens that the initiator of its session has, or
 * had: one that was talked into another mechanism has begun this one, and will not be complete. */
static bool shares_script(const struct world* world, unsigned acceptor, unsigned initiator)
{
	const struct mech* const mech = mech_of(&world->ends[acceptor], NULL);
	const struct fake_script* const there = script_of(&world->ends[initiator], mech);
	const struct fake_script* const here = script_of(&world->ends[acceptor], mech);

	return here != NULL && acceptor == end_peer(initiator) && there->stepped > 0 &&
	       here->stepped > 0 && here->steps[here->stepped - 1].complete;
}

/* Whether both have the same key of the mechanism that end `a` has. */
static bool shares_key(const struct world* world, unsigned a, unsigned b)
{
	const struct end* const one = &world->ends[a];
	const struct end* const other = &world->ends[b];
	const struct mech* const mech = mech_of(one, NULL);

	if (!is_ntlm(mech))
		return !end_is_initiator(a) ? shares_script(world, a, b)
		                            : mech_of(other, NULL) == mech && shares_script(world, b, a);
	if (mech_of(other, NULL) != mech)
		return false;
	const struct key* const key = negossp_session_key(one->context);
	const struct key* const same = negossp_session_key(other->context);
	return key != NULL && same != NULL && bytes_equal(key_bytes(key), key_bytes(same));
}

static bool is_first_of(struct bytes list, const struct mech* mech)
{
	struct bytes oid;
	if (mech_list_at(list, 0, &oid) != RESULT_OK)
		return false;
	for (size_t i = 0; i < mech->oid_count; i++)
	{
		if (bytes_equal(mech->oids[i], oid))
			return true;
	}
	return false;
}

/* An initiator whose peer had no occasion yet to show that it has the key. */
static bool is_untold(const struct world* world, unsigned number)
{
	const struct end* const end = &world->ends[number];
	struct ntlm_transcript transcript;
	struct negossp_report report;
	void* context = NULL;
	const struct mech* const mech = mech_of(end, &context);

	if (!end_is_initiator(number))
		return false;
	if (is_ntlm(mech) && end->bare)
		return true;
	negossp_describe(end->context, &report);
	if (report.mic_peer == MECH_CHECK_OK || !is_first_of(blob_bytes(&end->list), mech))
		return false;
	if (!is_ntlm(mech))
		return world->setup->one_token && mech == fake_kerberos();
	ntlm_context_transcript(context, &transcript);
	return transcript.mic.len == 0;
}

static const char* find_peer(const struct world* world, unsigned end, unsigned* peer)
{
	unsigned found = 0;
	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
	{
		if (i == end || !shares_key(world, end, i))
			continue;
		if (end_is_initiator(i) == end_is_initiator(end))
			return "two ends of one role have one key";
		*peer = i;
		found++;
	}
	return found == 1 || (found == 0 && is_untold(world, end))
	           ? NULL
	           : "it is complete, and not exactly one end has its key";
}

/* As it was taken out of what the adversary delivered, whatever NTLM has noted of it. */
static bool was_changed(const struct world* world, enum ntlm_message_type type, unsigned from,
                        unsigned to)
{
	return !bytes_equal(world_said(world, from, type), blob_bytes(&world->ends[to].taken[type]));
}

static const char* ntlm_agrees(const struct world* world, unsigned initiator, unsigned acceptor)
{
	struct negossp_report here;
	struct negossp_report there;

	if (was_changed(world, NTLM_MESSAGE_NEGOTIATE, initiator, acceptor))
		return "NEGOTIATE was changed";
	if (was_changed(world, NTLM_MESSAGE_CHALLENGE, acceptor, initiator))
		return "CHALLENGE was changed";
	if (was_changed(world, NTLM_MESSAGE_AUTHENTICATE, initiator, acceptor))
		return "AUTHENTICATE was changed";
	negossp_describe(world->ends[initiator].context, &here);
	negossp_describe(world->ends[acceptor].context, &there);
	if (there.mech.proof != MECH_CHECK_OK)
		return "the acceptor has no proof of the password";
	if (there.mech.user.len == 0 || !bytes_equal(here.mech.user, there.mech.user) ||
	    !bytes_equal(here.mech.domain, there.mech.domain))
		return "they disagree on who it is";
	return here.mech.ntlm_flags == there.mech.ntlm_flags ? NULL : "they disagree on flags";
}

static bool has_said_mic(const struct world* world, unsigned end, struct bytes mic)
{
	for (unsigned i = 0; i < world->said_count; i++)
	{
		if (world->said[i].end == end && world->said[i].mic.len > 0 &&
		    bytes_equal(world->said[i].mic, mic))
			return true;
	}
	return false;
}

static const char* list_agrees(const struct world* world, unsigned number, unsigned peer)
{
	const struct end* const end = &world->ends[number];
	const struct end* const other = &world->ends[peer];
	const struct mech* const mech = mech_of(end, NULL);
	struct negossp_report report;

	if (end->bare)
		return NULL;
	negossp_describe(end->context, &report);
	if (report.mic_peer == MECH_CHECK_OK)
	{
		if (!bytes_equal(blob_bytes(&end->list), blob_bytes(&other->list)))
			return "a mechListMIC was right and the list is another";
		return has_said_mic(world, peer, blob_bytes(&end->mic))
		           ? NULL
		           : "a mechListMIC was right that the peer has not sent";
	}
	if (is_ntlm(mech) || mech == fake_ntlm())
		return "it is complete without the mechListMIC that the mechanism demands";
	return is_first_of(blob_bytes(&end->list), mech)
	           ? NULL
	           : "it is complete without a mechListMIC, and the mechanism is not the first";
}

/* UNICODE, SIGN, SEAL, extended session security, 128 and KEY_EXCH (MS-NLMP 2.2.2.5). */
#define PROTECTED 0x60080031U

/* Told of its peer or not: an end has what it asked for, or would not be complete. */
static bool is_protected(const struct end* end)
{
	struct mech_session session;
	struct negossp_report report;

	negossp_session(end->context, &session);
	negossp_describe(end->context, &report);
	return (session.granted & MECH_CONFIDENTIALITY) != 0 &&
	       (!is_ntlm(mech_of(end, NULL)) || (report.mech.ntlm_flags & PROTECTED) == PROTECTED);
}

const char* judge_complete(const struct world* world, unsigned end, unsigned* peer)
{
	const struct end* const it = &world->ends[end];
	const char* fault;

	*peer = ENDS_MOST;
	if (!is_protected(it))
		return "it is complete without a protection that it asked for";
	if ((fault = find_peer(world, end, peer)) != NULL || *peer == ENDS_MOST)
		return fault;
	if (world->setup->bound && *peer != end_peer(end))
		return "it agrees with the end of another channel";
	if (is_ntlm(mech_of(it, NULL)))
		fault =
		    end_is_initiator(end) ? ntlm_agrees(world, end, *peer) : ntlm_agrees(world, *peer, end);
	return fault != NULL ? fault : list_agrees(world, end, *peer);
}

/* --- messages --------------------------------------------------------------------------------- */

#define TEXT "attack at dawn"

struct sealed
{
	uint8_t text[sizeof(TEXT)];
	uint8_t trailer[16];
	size_t len; /* of the trailer */
};

static bool seal(const struct end* from, struct sealed* sealed)
{
	*sealed = (struct sealed){ .text = TEXT, .len = sizeof(sealed->trailer) };
	struct mech_part part = { sealed->text, sizeof(sealed->text), false };

	return negossp_wrap(from->context, true, &part, 1, sealed->trailer, &sealed->len) == RESULT_OK;
}

/* Whether the end takes it, whatever comes out. */
static bool takes(const struct end* to, struct sealed sealed, struct sealed* opened)
{
	struct mech_part part = { sealed.text, sizeof(sealed.text), false };
	const enum result result =
	    negossp_unwrap(to->context, true, &part, 1, bytes_make(sealed.trailer, sealed.len));
	*opened = sealed;
	return result == RESULT_OK;
}

/* Whether the mechListMIC that the end was given is a message to it as well: the list, signed. */
static bool takes_mic(const struct end* to)
{
	struct blob list = BLOB_EMPTY;

	if (to->mic.len == 0 || blob_set(&list, blob_bytes(&to->list)) != RESULT_OK)
		return false;
	struct mech_part part = { list.data, list.len, false };
	const bool taken =
	    negossp_unwrap(to->context, false, &part, 1, blob_bytes(&to->mic)) == RESULT_OK;
	blob_free(&list);
	return taken;
}

static const char* one_reads(const struct end* from, const struct end* to, struct sealed* sealed)
{
	struct sealed opened;

	if (takes_mic(to))
		return "a mechListMIC is taken for a message";
	if (!seal(from, sealed))
		return "an end that is complete does not seal";
	struct sealed changed = *sealed;
	changed.trailer[changed.len / 2] ^= 1;
	if (takes(to, changed, &opened))
		return "a message is taken whose signature was changed";
	changed = *sealed;
	changed.text[0] ^= 1;
	if (takes(to, changed, &opened))
		return "a message is taken that was changed";
	if (takes(from, *sealed, &opened))
		return "an end takes what it sealed itself";
	if (!takes(to, *sealed, &opened) || memcmp(opened.text, TEXT, sizeof(TEXT)) != 0)
		return "both are complete, and one does not read the other's messages";
	return takes(to, *sealed, &opened) ? "a message is taken twice" : NULL;
}

static const char* messages_agree(const struct world* world, unsigned a, unsigned b)
{
	struct sealed one;
	struct sealed other;
	const char* fault = one_reads(&world->ends[a], &world->ends[b], &one);

	if (fault == NULL)
		fault = one_reads(&world->ends[b], &world->ends[a], &other);
	if (fault != NULL)
		return fault;
	return memcmp(one.text, other.text, sizeof(one.text)) == 0
	           ? "what one end hides is hidden alike by the other"
	           : NULL;
}

static const char* mech_is_best(const struct world* world, unsigned a, unsigned b)
{
	const char* const theirs = world->setup->offers[1];
	const char* wanted = world->setup->offers[0];
	const struct mech* const mech = mech_of(&world->ends[a], NULL);
	const struct mech* const other = mech_of(&world->ends[b], NULL);

	while (strchr(theirs, *wanted) == NULL)
		wanted++;
	return mech == other && strcmp(mech->name, world_mech(*wanted)->name) == 0
	           ? NULL
	           : "both are complete with a mechanism that is not the best that both have";
}

const char* judge_pair(const struct world* world, unsigned a, unsigned b)
{
	const char* const fault = mech_is_best(world, a, b);

	return fault != NULL ? fault : messages_agree(world, a, b);
}
