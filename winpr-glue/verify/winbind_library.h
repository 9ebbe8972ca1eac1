/* SPDX-License-Identifier: Apache-2.0
 *
 * Samba's libwbclient, loaded when a server wants it and never before: it is not needed to build or
 * to install the module, and it must be of the same Samba as winbindd.
 *
 * The declarations are ours. What they describe has been the same since WBCLIENT_0.12 (Samba 4.2,
 * 2015), with which the functions that take a context came. Compared in 4.17, 4.22 and 4.25.
 */
#ifndef NEGOSSP_GLUE_WINBIND_LIBRARY_H
#define NEGOSSP_GLUE_WINBIND_LIBRARY_H

#include "host/sid.h"

enum wbc_error /* enum wbcErrType; all others are failures of the conversation */
{
	WBC_OK = 0,
	WBC_NO_MEMORY = 3,
	WBC_NOT_AVAILABLE = 6,
	WBC_AUTH_ERROR = 10
};

enum wbc_name /* enum wbcSidType: what a name is */
{
	WBC_NAME_USER = 1,
	WBC_NAME_GROUP = 2,
	WBC_NAME_ALIAS = 4
};

#define WBC_LEVEL_RESPONSE 3

struct wbc_question /* struct wbcAuthUserParams */
{
	const char* account_name;
	const char* domain_name;
	const char* workstation_name;
	uint32_t flags;
	uint32_t parameter_control;
	int level;
	union
	{
		const char* plaintext;
		struct
		{
			uint8_t challenge[8];
			uint32_t nt_length;
			uint8_t* nt_data;
			uint32_t lm_length;
			uint8_t* lm_data;
		} response;
		uint8_t hashes[32];
	} password;
};

struct wbc_membership /* struct wbcSidWithAttr */
{
	struct sid sid;
	uint32_t attributes;
};

struct wbc_user /* struct wbcAuthUserInfo */
{
	uint32_t user_flags;
	char* account_name;
	char* user_principal;
	char* full_name;
	char* domain_name;
	char* dns_domain_name;
	uint32_t account_flags;
	uint8_t user_session_key[16];
	uint8_t lm_session_key[8];
	uint16_t logon_count;
	uint16_t bad_password_count;
	uint64_t times[6];
	char* logon_server;
	char* logon_script;
	char* profile_path;
	char* home_directory;
	char* home_drive;
	uint32_t sid_count; /* the user, its primary group, then all of them with attributes */
	struct wbc_membership* sids;
};

struct wbc_failure /* struct wbcAuthErrorInfo */
{
	uint32_t nt_status;
	char* nt_string;
	int32_t pam_error;
	char* display_string;
	uint8_t authoritative;
};

struct wbc_details /* struct wbcInterfaceDetails */
{
	uint32_t interface_version;
	char* winbind_version;
	char separator;
	char* netbios_name;
	char* netbios_domain;
	char* dns_domain;
};

struct winbind_library
{
	void* (*ctx_create)(void);
	void (*ctx_free)(void* ctx);
	int (*authenticate)(void* ctx, const struct wbc_question* question, struct wbc_user** user,
	                    struct wbc_failure** failure);
	int (*details)(void* ctx, struct wbc_details** details);
	int (*lookup_name)(void* ctx, const char* domain, const char* name, struct sid* sid, int* type);
	void (*free_memory)(void* memory);
};

/* The library, or NULL when there is none that can be used. Stays loaded. */
const struct winbind_library* winbind_library(void);

#endif
