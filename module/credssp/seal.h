/* SPDX-License-Identifier: Apache-2.0
 *
 * pubKeyAuth and authInfo are sealed by the inner context: the signature, then the data
 * (MS-CSSP 2.2.1).
 */
#ifndef NEGOSSP_CREDSSP_SEAL_H
#define NEGOSSP_CREDSSP_SEAL_H

#include "negossp.h"

/* `plain` under the complete context's seal, replacing *field. RESULT_POLICY when the context was
 * agreed on without confidentiality: it would only sign. Otherwise results as of negossp_wrap(),
 * and RESULT_NO_MEMORY. */
MUST_USE enum result credssp_seal(struct negossp_context* inner, struct bytes plain,
                                  struct blob* field);
/* What the peer sealed, replacing *plain. RESULT_ALTERED when it was not the peer, or the field is
 * too short for a signature; RESULT_POLICY as above; otherwise as negossp_unwrap(). *plain is left
 * alone then. */
MUST_USE enum result credssp_unseal(struct negossp_context* inner, struct bytes field,
                                    struct secret* plain);

#endif
