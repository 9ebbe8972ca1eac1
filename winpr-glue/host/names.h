/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of this computer as NTLM tells them (MS-NLMP 2.2.2.1), and the workstation's. Arrays of
 * them are indexed by these.
 */
#ifndef NEGOSSP_GLUE_NAMES_H
#define NEGOSSP_GLUE_NAMES_H

enum computer_name
{
	NAME_NETBIOS_COMPUTER,
	NAME_NETBIOS_DOMAIN,
	NAME_DNS_COMPUTER,
	NAME_DNS_DOMAIN,
	NAME_TARGET, /* CHALLENGE's TargetName where it is not the computer's */
	NAME_COUNT,  /* of what CHALLENGE tells */
	NAME_WORKSTATION = NAME_COUNT,
	NAME_ALL
};

#endif
