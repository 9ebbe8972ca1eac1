/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own JSON parser as the judge of what is done to credssp.json: of a text that is not
 * refused, it reads the module after registering and every other member as before, and taking back
 * gives the very bytes there were.
 */
#ifndef NEGOSSP_TESTS_JSON_JUDGE_H
#define NEGOSSP_TESTS_JSON_JUDGE_H

#include "base/bytes.h"

#define JSON_JUDGE_MODULE "/usr/lib/freerdp3/negossp.so"

/* NULL, or what is wrong. *edited: the text was not refused. */
const char* json_judge(struct bytes text, bool* edited);

#endif
