/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted libwbclient.
 */
#include "fake_wbclient.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT struct fake_wbclient fake_wbclient;

EXPORT void* wbcCtxCreate(void);
EXPORT void wbcCtxFree(void* ctx);
EXPORT int wbcCtxAuthenticateUserEx(void* ctx, const struct wbc_question* question,
                                    struct wbc_user** user, struct wbc_failure** failure);
EXPORT int wbcCtxInterfaceDetails(void* ctx, struct wbc_details** details);
EXPORT int wbcCtxLookupName(void* ctx, const char* domain, const char* name, struct sid* sid,
                            int* type);
EXPORT void wbcFreeMemory(void* memory);

#define BLOCKS 64
#define FRAMES 16384u /* half of what the glue wipes */
#define FREED 0xDD

/* What is handed out, of memory of its own: the heap is watched in some of the programs. */
struct block
{
	struct wbc_user user; /* the largest of what there is, and first */
	bool has_key;
	_Atomic bool taken;
};
static struct block blocks[BLOCKS];

static struct block* hand_out(const void* from, size_t size)
{
	for (size_t i = 0; i < BLOCKS; i++)
	{
		bool is_free = false;
		if (!atomic_compare_exchange_strong(&blocks[i].taken, &is_free, true))
			continue;
		blocks[i].has_key = false;
		memcpy(&blocks[i].user, from, size);
		fake_wbclient.memory++;
		return &blocks[i];
	}
	abort();
}

void wbcFreeMemory(void* memory)
{
	static const uint8_t wiped[16];
	struct block* const block = memory;
	if (!block)
		return;
	if (block->has_key &&
	    (memcmp(block->user.user_session_key, wiped, sizeof(wiped)) != 0 ||
	     memcmp(block->user.lm_session_key, wiped, sizeof(block->user.lm_session_key)) != 0))
		fake_wbclient.key_was_left = true;
	memset(&block->user, FREED, sizeof(block->user));
	fake_wbclient.memory--;
	block->taken = false;
}

void* wbcCtxCreate(void)
{
	static int context;
	if (fake_wbclient.no_context)
		return NULL;
	fake_wbclient.contexts++;
	return &context;
}

void wbcCtxFree(void* ctx)
{
	if (!ctx)
		abort();
	fake_wbclient.contexts--;
}

static void take_time(void)
{
	const unsigned now = ++fake_wbclient.inside;
	if (now > fake_wbclient.most_inside)
		fake_wbclient.most_inside = now;
	usleep(fake_wbclient.delay_ms * 1000u);
	while (fake_wbclient.hangs)
		usleep(1000);
	fake_wbclient.inside--;
}

static void note(const struct wbc_question* question)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct fake_wbclient* const fake = &fake_wbclient;
	pthread_mutex_lock(&lock);
	snprintf(fake->account, sizeof(fake->account), "%s", question->account_name);
	snprintf(fake->domain, sizeof(fake->domain), "%s", question->domain_name);
	snprintf(fake->workstation, sizeof(fake->workstation), "%s", question->workstation_name);
	fake->flags = question->flags;
	fake->parameter_control = question->parameter_control;
	fake->level = question->level;
	memcpy(fake->challenge, question->password.response.challenge, sizeof(fake->challenge));
	fake->response_len = question->password.response.nt_length;
	fake->lm_len = question->password.response.lm_length;
	if (fake->response_len <= sizeof(fake->response))
		memcpy(fake->response, question->password.response.nt_data, fake->response_len);
	pthread_mutex_unlock(&lock);
}

static __attribute__((noinline)) void leave_on_stack(const uint8_t key[16])
{
	volatile uint8_t frames[FRAMES];
	for (size_t i = 0; i < 16; i++)
		frames[i] = key[i];
	fake_wbclient.key_on_stack = (const uint8_t*)(uintptr_t)frames;
}

int wbcCtxAuthenticateUserEx(void* ctx, const struct wbc_question* question, struct wbc_user** user,
                             struct wbc_failure** failure)
{
	struct wbc_user found = fake_wbclient.user;
	int error = fake_wbclient.error;
	(void)ctx;
	fake_wbclient.logons++;
	note(question);
	take_time();
	if (fake_wbclient.judge)
		error = fake_wbclient.judge(question, found.user_session_key);
	const struct wbc_failure refused = { .nt_status = fake_wbclient.nt_status };
	if (error == WBC_AUTH_ERROR && !fake_wbclient.no_failure)
		*failure = (struct wbc_failure*)(void*)hand_out(&refused, sizeof(refused));
	if (error == WBC_OK && !fake_wbclient.no_user)
	{
		struct block* const block = hand_out(&found, sizeof(found));
		block->has_key = true;
		leave_on_stack(found.user_session_key);
		*user = &block->user;
	}
	return error;
}

int wbcCtxInterfaceDetails(void* ctx, struct wbc_details** details)
{
	/* Not const: libwbclient's structure has none. */
	const struct wbc_details told = { .netbios_name = (char*)(uintptr_t)fake_wbclient.netbios_name,
		                              .netbios_domain =
		                                  (char*)(uintptr_t)fake_wbclient.netbios_domain,
		                              .dns_domain = (char*)(uintptr_t)fake_wbclient.dns_domain };
	(void)ctx;
	fake_wbclient.details++;
	take_time();
	if (fake_wbclient.details_error == WBC_OK)
		*details = (struct wbc_details*)(void*)hand_out(&told, sizeof(told));
	return fake_wbclient.details_error;
}

int wbcCtxLookupName(void* ctx, const char* domain, const char* name, struct sid* sid, int* type)
{
	(void)ctx;
	fake_wbclient.lookups++;
	for (size_t i = 0; i < FAKE_GROUPS && fake_wbclient.groups[i].name; i++)
	{
		if (strcmp(fake_wbclient.groups[i].domain, domain) != 0 ||
		    strcmp(fake_wbclient.groups[i].name, name) != 0)
			continue;
		*sid = fake_wbclient.groups[i].sid;
		*type = fake_wbclient.groups[i].type;
		return WBC_OK;
	}
	return 7; /* WBC_ERR_DOMAIN_NOT_FOUND */
}
