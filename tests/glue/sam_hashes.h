/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashes of one digit, as a SAM file's line has them.
 */
#ifndef NEGOSSP_TESTS_SAM_HASHES_H
#define NEGOSSP_TESTS_SAM_HASHES_H

#define HASH(digit) digit digit digit digit digit digit digit digit
#define ONES HASH("1111")
#define TWOS HASH("2222")
#define OTHERS HASH("cccc") /* not 3, whose digit is 0x33 */

#endif
