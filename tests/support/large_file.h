/* SPDX-License-Identifier: Apache-2.0
 *
 * What the linker calls a call on files: it has another name where the builder's flags ask for an
 * off_t of 64 bits. Behind a header of the C library.
 */
#ifndef NEGOSSP_TEST_LARGE_FILE_H
#define NEGOSSP_TEST_LARGE_FILE_H

#ifdef __USE_FILE_OFFSET64
#define FILE_CALL(name) name "64"
#else
#define FILE_CALL(name) name
#endif

#endif
