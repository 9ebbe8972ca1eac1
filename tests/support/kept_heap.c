/* SPDX-License-Identifier: Apache-2.0
 *
 * What is freed is neither written over by libc's lists of free memory nor given out again, so that
 * a copy that was not wiped is still there when it is looked for.
 */
#include <stdlib.h>

__attribute__((visibility("default"))) void free(void* memory)
{
	(void)memory;
}
