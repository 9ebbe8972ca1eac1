/* SPDX-License-Identifier: Apache-2.0
 *
 * A host may cancel one of its threads (pthread_cancel(), WinPR's TerminateThread()) while that is
 * in a call of ours: in the middle of a file, in a wait for a KDC, in a line for the log. It would
 * leave locks behind that the next call waits for, so it is cancelled when the call is over.
 */
#ifndef NEGOSSP_GLUE_CANCEL_H
#define NEGOSSP_GLUE_CANCEL_H

/* From here on this thread is not cancelled; what it was before is for cancel_allow(). */
int cancel_hold(void);
void cancel_allow(int before);

#endif
