/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that may have to wait for a KDC longer than anyone wants to.
 *
 * The Kerberos library cannot be interrupted, and at the end of the process it and OpenSSL tear
 * down what a thread inside of them is using. So threads that are left then are cancelled first,
 * which finds nearly all of them in poll(), and their end is awaited for a moment.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_WORKER_H
#define NEGOSSP_GLUE_KERBEROS_WORKER_H

#include <stdbool.h>

struct kerberos_worker;

/* How many workers a process leaves behind: each holds a thread, two descriptors and a password for
 * as long as the Kerberos library asks a KDC that does not answer. */
#define KERBEROS_WORKERS_FORGOTTEN 8

/* Whether so many are left behind that none may be added. Those that are being waited for do not
 * count, so that threads that give up together may leave a few more. */
bool kerberos_worker_is_full(void);

/* Runs `run(argument)` in a thread of its own, to be joined or forgotten. `run` may be
 * cancelled, at the end of the process only: what it holds then is lost, but for locks it must have
 * cleanup handlers. NULL when there is no thread to be had; `run` was not called then. */
struct kerberos_worker* kerberos_worker_start(void (*run)(void* argument), void* argument);
/* Waits for its end; not for a worker that others may have to wait long for. */
void kerberos_worker_join(struct kerberos_worker* worker);
/* Leaves it alone. */
void kerberos_worker_forget(struct kerberos_worker* worker);

#endif
