/* SPDX-License-Identifier: Apache-2.0
 *
 * A name for every value of the enums of credssp/decide.h, so that its rules can be drawn by a
 * program that asks for every state and combination of facts. Literals, never NULL.
 */
#ifndef NEGOSSP_TESTS_CREDSSP_NAMES_H
#define NEGOSSP_TESTS_CREDSSP_NAMES_H

#include "credssp/decide.h"

const char* credssp_state_name(enum credssp_state state);
const char* credssp_event_name(enum credssp_event event);
const char* credssp_form_name(enum credssp_form form);
const char* credssp_version_name(enum credssp_version version);
const char* credssp_token_name(enum credssp_token token);
const char* credssp_nonce_name(enum credssp_nonce nonce);
const char* credssp_opened_name(enum credssp_opened opened);
const char* credssp_action_name(enum credssp_action action);
/* The fields that a decision sends, in MS-CSSP's spelling: "negoTokens + pubKeyAuth". */
const char* credssp_say_name(unsigned say);

#endif
