/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of each decision of SPNEGO, whatever the state and the facts are: nothing is
 * complete that may not be, what failed stays so and says why, nothing is checked that did not
 * come, nothing is said that cannot be made yet.
 */
#ifndef NEGOSSP_TESTS_SPNEGO_JUDGE_H
#define NEGOSSP_TESTS_SPNEGO_JUDGE_H

#include "spnego/decide.h"

/* NULL, or which rule does not hold, in words. */
const char* spnego_decision_fault(bool acceptor, enum spnego_state state,
                                  const struct spnego_facts* facts,
                                  const struct spnego_decision* decision);

#endif
