/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifier that asks the host program's hash callback (freerdp_peer's SspiNtlmHashCallback). It
 * is given what the client sent and writes the NTOWFv2, not the NT hash; the proof is checked here.
 *
 * What it returns changed: up to WinPR 3.23 non-zero means success, from 3.24 SEC_E_OK does. Which
 * WinPR runs is asked at run time.
 *
 * A callback that refuses and sets the last error to ERROR_ACCOUNT_DISABLED, ERROR_PASSWORD_EXPIRED
 * or ERROR_PASSWORD_MUST_CHANGE is passed on to the client: here it is the host that decides what
 * to reveal.
 */
#ifndef NEGOSSP_GLUE_VERIFIER_CALLBACK_H
#define NEGOSSP_GLUE_VERIFIER_CALLBACK_H

#include <winpr/sspi.h>

#include "ntlm.h"

struct verifier_callback
{
	struct verifier verifier;
	psSspiNtlmHashCallback callback;
	void* argument;
};

/* Fills *made; it must stay where it is while its `verifier` is in use. */
void verifier_callback_init(struct verifier_callback* made, psSspiNtlmHashCallback callback,
                            void* argument);

#endif
