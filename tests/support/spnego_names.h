/* SPDX-License-Identifier: Apache-2.0
 *
 * A name for every value of the enums of spnego/decide.h, so that its rules can be drawn by a
 * program that asks for every state and combination of facts. Literals, never NULL.
 */
#ifndef NEGOSSP_TESTS_SPNEGO_NAMES_H
#define NEGOSSP_TESTS_SPNEGO_NAMES_H

#include "spnego/decide.h"

const char* neg_state_name(enum neg_state state); /* in RFC 4178's spelling */
const char* spnego_state_name(enum spnego_state state);
const char* spnego_event_name(enum spnego_event event);
const char* spnego_form_name(enum spnego_form form);
const char* spnego_choice_name(enum spnego_choice choice);
const char* spnego_step_name(enum spnego_step step);
const char* spnego_action_name(enum spnego_action action);

#endif
