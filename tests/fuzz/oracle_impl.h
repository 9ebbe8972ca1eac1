/* SPDX-License-Identifier: Apache-2.0
 *
 * What the oracle's files about NTLM share.
 */
#ifndef NEGOSSP_FUZZ_ORACLE_IMPL_H
#define NEGOSSP_FUZZ_ORACLE_IMPL_H

#include "oracle.h"

/* The UTF-16LE character at this place, and how often there is one like this. */
unsigned oracle_unit(struct part text, size_t at);
size_t oracle_count(struct part text, unsigned unit);
/* What an end cannot do without. */
uint32_t oracle_wanted_flags(const struct oracle_setup* setup);
/* The AV pair's value for the bindings: zeros for none. */
struct part oracle_hashed_bindings(struct part bindings, uint8_t hash[16]);

#endif
