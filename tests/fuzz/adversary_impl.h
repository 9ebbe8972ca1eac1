/* SPDX-License-Identifier: Apache-2.0
 *
 * What the adversary's files share: a token taken apart, changed, and put together again, so that
 * the lengths around a change are right and what is behind them is reached.
 */
#ifndef NEGOSSP_FUZZ_ADVERSARY_IMPL_H
#define NEGOSSP_FUZZ_ADVERSARY_IMPL_H

#include "adversary.h"

/* A token taken apart. */
struct opened
{
	struct neg neg;   /* NEG_NONE: bare */
	struct ntlm ntlm; /* type 0: none in it */
};

struct opened open_token(const struct sspi_token* wire);
void close_token(struct sspi_token* wire, struct opened* opened, bool with_ntlm);
/* `from` with `old` bytes at `at` replaced, in memory of its own that the next call overwrites. */
struct part spliced(struct part from, size_t at, size_t old, struct part with);

/* Each says whether it changed anything. */
bool edit_flags(struct ntlm* ntlm, const struct record* record);
bool edit_field(struct ntlm* ntlm, const struct record* record);
bool edit_pair(struct ntlm* ntlm, const struct record* record);
bool edit_neg(struct neg* neg, const struct record* record);
bool edit_list(struct neg* neg, const struct record* record, struct sspi_token* list);
/* On the token as a whole. */
void edit_head(struct sspi_token* wire, const struct record* record);
void edit_wrap(struct sspi_token* wire, const struct record* record);

#endif
