/* SPDX-License-Identifier: Apache-2.0
 *
 * What the program ends with; negossp-probe(1) says so.
 */
#ifndef NEGOSSP_PROBE_PROBE_EXIT_H
#define NEGOSSP_PROBE_PROBE_EXIT_H

enum probe_exit
{
	EXIT_RIGHT = 0,  /* decode: all right; a probe: reached, and logged on where that was asked */
	EXIT_WRONG = 1,  /* decode: a token is malformed, or a judgement is not "right" */
	EXIT_USAGE = 2,  /* the command line */
	EXIT_UNREAD = 3, /* a file or the password cannot be read, or nothing can be written */
	EXIT_REFUSED =
	    4,           /* the server refused, or what it said was, for a reason other than the next */
	EXIT_DENIED = 5, /* user or password */
	EXIT_NO_NLA = 6, /* the server does no CredSSP */
	EXIT_NO_RDP = 7, /* it is no RDP server, or nobody is there */
	EXIT_SLOW = 8,   /* it did not answer in time */
	EXIT_UNTRUSTED = 9, /* its certificate; nothing secret was sent */
	EXIT_NO_TICKET = 10 /* Kerberos failed before anything was sent */
};

/* With --check. */
#define CHECK_CRITICAL 2
#define CHECK_UNKNOWN 3

#endif
