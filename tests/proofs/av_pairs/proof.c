/* SPDX-License-Identifier: Apache-2.0
 *
 * AV pairs: one of any length wherever it stands in a list of any length, and whole lists of a few.
 * What is read lies inside of the list, a known pair is there once and has its size.
 */
#include "ntlm/avpair.h"
#include "proof.h"

#ifndef LIST_MAX
#define LIST_MAX 32
#define PAIRS_MAX 3
#endif

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

/* Whether the list has its end within so many pairs, read without the code that is proved. */
static bool is_short(struct bytes list)
{
	size_t at = 0;

	for (size_t i = 0; i < PAIRS_MAX; i++)
	{
		if (list.len < at + 4 || list.data[at] + list.data[at + 1] == 0)
			return true;
		at += 4 + (size_t)(list.data[at + 2] | list.data[at + 3] << 8);
	}
	return list.len < at + 4;
}

void prove_parse(void)
{
	uint8_t memory[LIST_MAX];
	const struct bytes from = any_bytes_in(memory, sizeof(memory));
	struct ntlm_av_list list;
	struct fault fault = { 0 };

	__CPROVER_assume(is_short(from));
	if (ntlm_av_parse(from, &list, &fault) != RESULT_OK)
		return;
	PROVE(is_part(list.whole, from, 0) && list.whole.len >= 4);
	for (size_t id = 0; id < NTLM_AV_KNOWN_IDS; id++)
		PROVE(list.present[id] ? is_inside(list.value[id], from) : list.value[id].len == 0);
	PROVE(!list.present[NTLM_AV_FLAGS] || list.value[NTLM_AV_FLAGS].len == 4);
	PROVE(!list.present[NTLM_AV_TIMESTAMP] || list.value[NTLM_AV_TIMESTAMP].len == 8);
	PROVE(!list.present[NTLM_AV_CHANNEL_BINDINGS] ||
	      list.value[NTLM_AV_CHANNEL_BINDINGS].len == 16);
}
