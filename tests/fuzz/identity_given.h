/* SPDX-License-Identifier: Apache-2.0
 *
 * pAuthData as an input says it, in memory of just the size that its lengths promise.
 */
#ifndef NEGOSSP_FUZZ_IDENTITY_GIVEN_H
#define NEGOSSP_FUZZ_IDENTITY_GIVEN_H

#include "credential/identity.h"
#include "host/layouts.h"
#include "winpr_v1.h"

#define OFFSET 512u /* that was added to a hash's length up to 3.26 */

struct text
{
	void* memory; /* NULL: no such pointer */
	UINT32 length;
	size_t there; /* characters of memory */
};

enum layout
{
	PLAIN,
	EX,
	PACKED,
	WINPR_V1,
	WINPR_V2,
	LAYOUTS
};

struct given
{
	int minor; /* of WinPR's version, 3.x */
	enum layout layout;
	void* auth_data;
	UINT32 flags;
	bool ansi;
	struct text user;
	struct text domain;
	struct text password;
	struct text list;
	UINT32 revision;
	const struct layout_ntlm* ntlm; /* as far as its size goes; as V2 of V1's, too */
	const struct kerberos_settings* kerberos;
};

struct given given_draw(struct bytes* input);
/* All memory of all that was drawn. */
void given_free(void);

#endif
