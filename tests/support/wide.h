/* SPDX-License-Identifier: Apache-2.0
 *
 * Wide text as a caller of WinPR has it: UTF-16LE on machines of either byte order.
 */
#ifndef NEGOSSP_TEST_WIDE_H
#define NEGOSSP_TEST_WIDE_H

#include <winpr/wtypes.h>

#define WIDE(unit)                                                                                 \
	((WCHAR)(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ((unit)&0xFF) << 8 | (unit) >> 8 : (unit)))

#endif
