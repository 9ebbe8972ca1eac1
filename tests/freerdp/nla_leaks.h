/* SPDX-License-Identifier: Apache-2.0
 *
 * Which memory LeakSanitizer looks after in these tests: everything of the module and of the tests.
 * Left out, thread by thread and for a stretch of code, is what FreeRDP and WinPR 3.10.3 themselves
 * lose, where nothing of ours runs:
 *
 *   - threads whose side has WinPR's own package: its NTLM acceptor forgets the fields of an
 *     AUTHENTICATE that it refuses, and its table of context buffers has no lock, so that two
 *     threads may take the same entry and one block is lost;
 *   - FreeRDP's TLS set-up: it makes its BIO method at first use, and two threads may both do.
 *
 * A stretch rather than a list of suppressions: a suppression would match every stack that FreeRDP
 * or WinPR is in, and the module's stacks all have FreeRDP in them.
 */
#ifndef NEGOSSP_TESTS_NLA_LEAKS_H
#define NEGOSSP_TESTS_NLA_LEAKS_H

#if defined(__SANITIZE_ADDRESS__)
#define NLA_HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NLA_HAS_LEAK_CHECK 1
#endif
#endif

#ifdef NLA_HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#endif

/* What this thread allocates from here to nla_leaks_watch() is not looked after. They nest. */
static inline void nla_leaks_ignore(void)
{
#ifdef NLA_HAS_LEAK_CHECK
	__lsan_disable();
#endif
}

static inline void nla_leaks_watch(void)
{
#ifdef NLA_HAS_LEAK_CHECK
	__lsan_enable();
#endif
}

#endif
