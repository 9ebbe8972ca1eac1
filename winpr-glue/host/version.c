/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR says itself which release it is.
 */
#include "host/version.h"

#include <winpr/winpr.h>

bool version_at_least(int minor)
{
	int major = 0;
	int has_minor = 0;
	int revision = 0;

	winpr_get_version(&major, &has_minor, &revision);
	return major > 3 || (major == 3 && has_minor >= minor);
}
