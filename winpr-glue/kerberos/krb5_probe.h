/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be known of Kerberos before WinPR is asked: whether there is anything to log on with on
 * this machine, what is in a keytab, and what a KDC gives for it.
 *
 * WinPR's Kerberos package answers neither: its outbound acquire goes to the KDC at once, and its
 * inbound acquire succeeds without a keytab. So these questions are put to the Kerberos library
 * that WinPR itself has loaded, looked up at run time: negossp links no Kerberos library, and where
 * WinPR has none there is nothing to ask. No function here but krb5_ask_ticket() sends a packet.
 *
 * Names are file names or ccache/keytab names as krb5.conf(5) spells them; NULL is the default.
 */
#ifndef NEGOSSP_GLUE_KRB5_PROBE_H
#define NEGOSSP_GLUE_KRB5_PROBE_H

#include "mech.h"

enum krb5_answer
{
	KRB5_NO,
	KRB5_YES,
	KRB5_UNKNOWN /* the library loaded cannot be asked: let WinPR try */
};

/* Whether the process has a Kerberos library: KRB5_NO when WinPR was built without. */
enum krb5_answer krb5_probe_library(void);
/* Whether the credential cache (or any of the default collection) holds a ticket. */
enum krb5_answer krb5_probe_ticket(const char* cache);
/* Whether the keytab can be opened and has an entry. */
enum krb5_answer krb5_probe_keytab(const char* keytab);
/* The keytab's entries (keytab_entries.h), replacing *entries. KRB5_UNKNOWN also when memory is
 * short, or when they are more than there is room for. */
enum krb5_answer krb5_probe_entries(const char* keytab, struct blob* entries);
/* Whether the KDC gives the keytab's principal a ticket-granting ticket. Waits for the KDC as long
 * as the Kerberos library does. */
enum krb5_answer krb5_ask_ticket(const char* keytab, const char* principal);
/* Whether krb5.conf names a default realm. */
enum krb5_answer krb5_probe_default_realm(void);

#endif
