/* SPDX-License-Identifier: Apache-2.0
 *
 * Names for the first layout of WinPR's pAuthData (FreeRDP up to 3.30). The headers of 3.31 call it
 * deprecated; the tests take them from there all the same, so that they do not share a mistake of
 * winpr-glue/host/layouts.h.
 */
#ifndef NEGOSSP_TESTS_WINPR_V1_H
#define NEGOSSP_TESTS_WINPR_V1_H

#include <winpr/sspi.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
typedef SEC_WINPR_NTLM_SETTINGS winpr_ntlm_v1;
typedef SEC_WINPR_KERBEROS_SETTINGS winpr_kerberos_v1;
typedef SEC_WINNT_AUTH_IDENTITY_WINPR winpr_identity_v1;
#pragma GCC diagnostic pop

#endif
