/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings: the environment (NEGOSSP_*, not in set-user-ID programs), then JSON and WinPR's
 * registry (host/settings.h), then defaults. Read anew for each credential; WinPR keeps the
 * registry file in memory.
 *
 *   environment               JSON, or SSPI\Negossp          values
 *   NEGOSSP_FRAMING           Framing          auto | spnego | raw (initiator)
 *   NEGOSSP_PACKAGES          Packages         list of ntlm, kerberos, u2u, none, each with or
 *                                              without "!"
 *   NEGOSSP_CHANNEL_BINDINGS  ChannelBindings  off | when-present | required (acceptor)
 *   NEGOSSP_TARGET_CHECK      TargetCheck      off | when-present | required (acceptor)
 *   NEGOSSP_TARGET_NAME       TargetName       SPN or host name that clients must have meant
 *   NEGOSSP_REFLECTION        Reflection       allow | refuse (acceptor)
 *   NEGOSSP_ANONYMOUS         Anonymous        allow | refuse (acceptor)
 *   NEGOSSP_KERBEROS_WAIT     KerberosWait     milliseconds a KDC may take; 0: as long as it takes
 *   NEGOSSP_DOMAIN            Domain           off | named | default (acceptor)
 *   none                      DomainMembers    list of SIDs and DOMAIN\name (acceptor)
 *   NEGOSSP_DOMAIN_WAIT       DomainWait       milliseconds a domain may take (acceptor)
 *   none                      DomainUserDaemon refuse | allow (acceptor)
 *
 * WinPR's own values mean what they mean there: SSPI\Negotiate (ntlm, kerberos, u2u) and WinPR\NTLM
 * (SendVersionInfo, SendWorkstationName, WorkstationName, NbComputerName, NbDomainName,
 * DnsComputerName, DnsDomainName). NTLMv2 and UseMIC cannot be turned off.
 *
 * For an acceptor the environment can only make a policy stricter. A value that cannot be read: one
 * that decides who may log on (all but framing and wait) fails an acceptor's config_load() with a
 * line that says what is allowed; any other is reported once and ignored.
 */
#ifndef NEGOSSP_GLUE_CONFIG_H
#define NEGOSSP_GLUE_CONFIG_H

#include "config/config_value.h"
#include "host/names.h"

struct config
{
	bool acceptor;
	enum config_framing framing;
	struct config_packages packages;
	unsigned kerberos_wait_ms;
	enum config_domain domain; /* acceptor, all five */
	bool domain_decides;       /* it was on before the environment, which may have put it off */
	char* domain_members;      /* NULL: nobody */
	unsigned domain_wait_ms;
	bool domain_no_user_daemon;
	struct ntlm_policy policy; /* accepted_target is a slice of the blob below */
	struct blob accepted_target;
	struct blob names[NAME_COUNT]; /* UTF-16LE */
	bool names_given[NAME_COUNT];  /* by somebody, and not the host name's */
};

/* `package_list` is the caller's (UTF-16LE), or NULL; a list replaces what the registry says of
 * packages. RESULT_NO_MEMORY; RESULT_POLICY for an acceptor whose policy, or whose registry as a
 * whole, cannot be read, which the log says. Whatever the outcome, config_free() it. */
MUST_USE enum result config_load(struct config* config, bool acceptor,
                                 const struct bytes* package_list);
void config_free(struct config* config);
/* Whether an acceptor demands what only NTLM's answers are held to: bindings, a target name, or
 * that a user of a domain is one of DomainMembers (even if its environment asks no domain). */
bool config_is_strict(const struct config* config);

#endif
