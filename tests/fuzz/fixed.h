/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NEGOSSP_FUZZ_FIXED_H
#define NEGOSSP_FUZZ_FIXED_H

/* The numbers begin anew. */
void fixed_restart(void);

#endif
