/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own reader as the judge of registry files and of what is done to them: after registering
 * it reads the module and every other value as before, reg_text says the same as it of every value,
 * and taking back gives the very bytes there were.
 */
#ifndef NEGOSSP_TESTS_REG_JUDGE_H
#define NEGOSSP_TESTS_REG_JUDGE_H

#include "base/bytes.h"

#define REG_JUDGE_MODULE "/usr/lib/freerdp3/negossp.so"
#define REG_JUDGE_SERVER "Software\\FreeRDP\\FreeRDP\\Server"
#define REG_JUDGE_KEYS 4
#define REG_JUDGE_NAMES 3
/* Texts are shorter than this. */
#define REG_JUDGE_MOST 4096

/* What is looked at: the first of each is the module's. */
extern const char* const reg_judge_keys[REG_JUDGE_KEYS];
extern const char* const reg_judge_names[REG_JUDGE_NAMES];

/* NULL, or what is wrong. *edited: the text was judged. WinPR reads its file once in a process, so
 * each text is read in a child, to which fopen() gives it in the place of the file: the program
 * exports its symbols. Where WinPR does not survive the text as it is nobody judges, nor where
 * registering refuses it. */
const char* reg_judge(struct bytes text, bool* edited);

#endif
