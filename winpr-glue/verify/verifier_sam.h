/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifier that asks WinPR's SAM file, as `negossp-sam` and `winpr-hash` write its lines:
 *
 *   user:domain:LM hash:NT hash:::
 *
 * UTF-8, with or without a byte order mark, lines that end with LF, CRLF or CR; empty lines and
 * lines that begin with '#' are nothing. The LM hash is not looked at. The
 * file is read at every logon, so a change counts at once.
 *
 * Rules: names are compared without regard to case, in all of Unicode's one-to-one mappings. A line
 * with a domain stands for that domain only, one without for every domain; the former wins. A user
 * written user@domain or DOMAIN\user, with no domain beside it, is looked for as it stands first
 * and then in its two parts, if there is one separator with something on both sides; what is told
 * is what was found. A line whose NT hash is missing, not 32 hex digits or all zeros admits nobody
 * (CVE-2022-24882). A file that is missing or cannot be read admits nobody, and the log names it
 * (CVE-2022-24883).
 */
#ifndef NEGOSSP_GLUE_VERIFIER_SAM_H
#define NEGOSSP_GLUE_VERIFIER_SAM_H

#include "ntlm.h"

struct verifier_sam;

/* `path` is copied; NULL means WinPR's default file. RESULT_NO_MEMORY. */
MUST_USE enum result verifier_sam_new(const char* path, struct verifier_sam** sam);
/* A domain stands behind: a file that is not there, now or then, is told once, and to a client as
 * an unknown user is. One that is not there now is not waited for then. */
void verifier_sam_may_be_missing(struct verifier_sam* sam);
void verifier_sam_free(struct verifier_sam* sam);
/* The verifier, which lives as long as `sam`. */
const struct verifier* verifier_sam_verifier(const struct verifier_sam* sam);

#endif
