/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be known of Kerberos on this machine before WinPR is asked: whether there is anything
 * to log on with, and whether a keytab can be read.
 *
 * WinPR's Kerberos package answers neither: its outbound acquire goes to the KDC at once, and its
 * inbound acquire succeeds without a keytab. So these questions are put to the Kerberos library
 * that WinPR itself has loaded, looked up at run time: negossp links no Kerberos library, and where
 * WinPR has none there is nothing to ask. No function here sends a packet.
 *
 * Names are file names or ccache/keytab names as krb5.conf(5) spells them; NULL is the default.
 */
#ifndef NEGOSSP_GLUE_KRB5_PROBE_H
#define NEGOSSP_GLUE_KRB5_PROBE_H

#include <stdbool.h>

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
/* Whether krb5.conf names a default realm. */
enum krb5_answer krb5_probe_default_realm(void);

#endif
