/* SPDX-License-Identifier: Apache-2.0
 *
 * How often the inputs have reached what a target is there to judge, by kinds of it. Many inputs of
 * which none reaches some kind have shown nothing of that: the program fails in the end, a smoke
 * that is, for long.py ends a target by a signal.
 */
#ifndef NEGOSSP_FUZZ_REACHED_H
#define NEGOSSP_FUZZ_REACHED_H

/* The kinds, with NULL behind the last; before anything else is to be done at exit. */
void reached_start(const char* const kinds[]);
void reached_input(void); /* begins */
void reached(unsigned kind);

#endif
