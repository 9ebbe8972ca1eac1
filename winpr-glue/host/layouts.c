/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos' settings from one layout of WinPR's to the other.
 */
#include "host/layouts.h"

#include <string.h>

#define COPY(type, name) to->name = from->name;

void layout_kerberos_from_v1(const struct layout_kerberos_v1* from, struct kerberos_settings* to)
{
	to->size = sizeof(*to);
	LAYOUT_KERBEROS_STRINGS(COPY)
	LAYOUT_KERBEROS_NUMBERS(COPY)
	memcpy(to->cert_sha1, from->cert_sha1, sizeof(to->cert_sha1));
}

void layout_kerberos_to_v1(const struct kerberos_settings* from, struct layout_kerberos_v1* to)
{
	LAYOUT_KERBEROS_STRINGS(COPY)
	LAYOUT_KERBEROS_NUMBERS(COPY)
	memcpy(to->cert_sha1, from->cert_sha1, sizeof(to->cert_sha1));
}
