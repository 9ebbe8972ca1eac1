/* SPDX-License-Identifier: Apache-2.0
 *
 * AV pairs: one of any length wherever it stands in a list of any length, and such a list as a
 * whole. What is read lies inside of the list, a known pair is there once and has its size.
 */
#include "ntlm/avpair.h"
#include "proof.h"

/* A whole list by induction: proof.txt has the loop begin with prove_begin() and each round end
 * with prove_round(). What holds before the first round, and is kept by one round out of any state
 * in which it holds, is true of every round. It is shown for one kind of pair, which may be any. */

static struct bytes list; /* that is parsed */
static size_t before;     /* of its bytes were left when the round began */
static size_t kind;

static bool holds(const struct reader* reader, const struct ntlm_av_list* read)
{
	const struct bytes value = read->value[kind];
	const size_t size = kind == NTLM_AV_FLAGS              ? 4
	                    : kind == NTLM_AV_TIMESTAMP        ? 8
	                    : kind == NTLM_AV_CHANNEL_BINDINGS ? 16
	                                                       : 0;

	if (reader->rest.len > list.len || !is_part(reader->rest, list, list.len - reader->rest.len))
		return false;
	if (!read->present[kind])
		return value.len == 0;
	return is_inside(value, list) && (size == 0 || value.len == size);
}

/* Any state in which it holds. */
void prove_begin(struct reader* reader, struct ntlm_av_list* read)
{
	const size_t at = any_size(list.len);

	PROVE(holds(reader, read));
	before = any_size(list.len);
	if (list.len > 0)
		reader->rest = bytes_make(list.data + (list.len - before), before);
	for (size_t id = 0; id < NTLM_AV_KNOWN_IDS; id++)
		read->present[id] = nondet_bool();
	if (read->present[kind] && list.len > 0)
		read->value[kind] = bytes_make(list.data + at, any_size(list.len - at));
	__CPROVER_assume(holds(reader, read));
}

/* It still holds, and less is left: so there is a last round. */
void prove_round(const struct reader* reader, const struct ntlm_av_list* read)
{
	PROVE(holds(reader, read));
	PROVE(reader->rest.len + 4 <= before);
	__CPROVER_assume(false);
}

#include "ntlm/avpair.c"

void prove_next(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct reader reader = reader_make(whole);
	struct bytes value = BYTES_EMPTY;
	uint16_t id = 0;

	if (ntlm_av_next(&reader, &id, &value) == RESULT_OK)
	{
		PROVE(is_part(value, whole, 4) && value.len <= UINT16_MAX);
		PROVE(is_part(reader.rest, whole, 4 + value.len));
		PROVE(reader.rest.len == whole.len - 4 - value.len);
		PROVE(id != NTLM_AV_EOL || value.len == 0);
	}
	else
		PROVE(reader.rest.data == whole.data && reader.rest.len == whole.len);
}

void prove_parse(void)
{
	struct ntlm_av_list parsed;
	struct fault fault = { 0 };

	list = any_bytes(PROOF_ANY_LENGTH);
	kind = any_size(NTLM_AV_KNOWN_IDS - 1);
	if (ntlm_av_parse(list, &parsed, &fault) != RESULT_OK)
		return;
	PROVE(is_part(parsed.whole, list, 0) && parsed.whole.len >= 4);
	PROVE(holds(&(struct reader){ .rest = { list.data + list.len, 0 } }, &parsed));
}
