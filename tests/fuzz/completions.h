/* SPDX-License-Identifier: Apache-2.0
 *
 * How many ends have been complete, of two kinds of exchange and two ends each. So many inputs in
 * which one of the four never is have shown nothing: the program fails in the end.
 */
#ifndef NEGOSSP_FUZZ_COMPLETIONS_H
#define NEGOSSP_FUZZ_COMPLETIONS_H

/* `words` are the plurals of the ends, then what the first kind of exchange is, and the second. */
void completions_start(const char* const words[4]);
void completions_input(void); /* begins */
void completions_add(unsigned kind, unsigned end);

#endif
