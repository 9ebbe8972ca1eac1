/* SPDX-License-Identifier: Apache-2.0
 *
 * A libwbclient that says what a test wants: a library of its own with the real one's name, which
 * the glue finds as it finds the real one.
 */
#ifndef NEGOSSP_TESTS_FAKE_WBCLIENT_H
#define NEGOSSP_TESTS_FAKE_WBCLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "verify/winbind_library.h"

#define FAKE_SIDS 8
#define FAKE_GROUPS 4
#define FAKE_KEY "the session key" /* 16 bytes with the NUL */

struct fake_wbclient
{
	/* what it says */
	int error; /* of a logon; WBC_OK and a user unless a test says otherwise */
	int details_error;
	/* Judges a logon in the place of `error`, and gives the key; may be NULL. */
	int (*judge)(const struct wbc_question* question, uint8_t key[16]);
	bool no_context;
	bool no_user;         /* WBC_OK, and nothing */
	bool no_failure;      /* WBC_AUTH_ERROR, and nothing */
	uint32_t nt_status;   /* with WBC_AUTH_ERROR */
	struct wbc_user user; /* which is copied, with its SIDs and names */
	struct wbc_membership sids[FAKE_SIDS];
	const char* netbios_name; /* any may be NULL */
	const char* netbios_domain;
	const char* dns_domain;
	struct
	{
		const char* domain;
		const char* name;
		struct sid sid;
		int type;
	} groups[FAKE_GROUPS]; /* up to one without a name */
	/* What it does meanwhile: sleeps, or waits until it is let go. */
	_Atomic unsigned delay_ms;
	_Atomic bool hangs;

	/* what it was asked */
	_Atomic unsigned logons;
	_Atomic unsigned details;
	_Atomic unsigned lookups;
	_Atomic unsigned inside;
	_Atomic unsigned most_inside;
	_Atomic int contexts;      /* that were made and not freed */
	_Atomic int memory;        /* blocks handed out and not freed */
	_Atomic bool key_was_left; /* one was freed with the key in it */
	/* Where the last one left a copy of the key, deep in the stack, as the real one does. */
	const uint8_t* _Atomic key_on_stack;
	char account[1024];
	char domain[1024];
	char workstation[1024];
	uint32_t flags;
	uint32_t parameter_control;
	int level;
	uint8_t challenge[8];
	uint8_t response[4096];
	uint32_t response_len;
	uint32_t lm_len;
};

extern struct fake_wbclient fake_wbclient;

#endif
