/* SPDX-License-Identifier: Apache-2.0
 *
 * The host name as names of NTLM's. A computer that is in no domain is its own (MS-NLMP 3.2.5.1.1).
 */
#include "config/computer_names.h"

#include <string.h>
#include <unistd.h>

#include "host/text.h"
#include "log/log.h"
#include "log/once.h"

#define HOST_SIZE 256     /* RFC 1035: 255 octets at most */
#define NETBIOS_UNITS 15u /* of UTF-16: the longest NetBIOS computer name */
#define NO_HOST_NAME "localhost"

/* A dot at the end is no label of its own; two in a row, or one in front, are no name. */
static bool host_is_name(char* host)
{
	const size_t len = strlen(host);

	if (len > 1 && host[len - 1] == '.')
		host[len - 1] = '\0';
	return host[0] != '\0' && host[0] != '.' && !strstr(host, "..") &&
	       host[strlen(host) - 1] != '.';
}

/* The host name in `host`, and in *whole as UTF-16LE; or its replacement in both. */
static enum result host_read(char host[HOST_SIZE], struct blob* whole)
{
	char shown[64];
	enum result result = RESULT_MALFORMED;

	memset(host, 0, HOST_SIZE);
	if (gethostname(host, HOST_SIZE - 1) == 0 && host_is_name(host))
		result = text_from_string(host, whole);
	if (result == RESULT_OK || result == RESULT_NO_MEMORY)
		return result;
	log_escape(host, shown, sizeof(shown));
	if (log_first_time("host name", host))
		log_warn("this computer's host name \"%s\" is no name: " NO_HOST_NAME
		         " is told in its place; mend it with hostnamectl",
		         shown);
	strcpy(host, NO_HOST_NAME);
	return text_from_string(host, whole);
}

/* The part of a NetBIOS name's length; no character is cut in half (RFC 2781 2.1). */
static struct bytes netbios_part(struct bytes name)
{
	if (name.len <= 2 * (size_t)NETBIOS_UNITS)
		return name;
	const uint8_t last = name.data[2 * NETBIOS_UNITS - 1];
	return bytes_make(name.data,
	                  2 * (last >= 0xD8 && last <= 0xDB ? NETBIOS_UNITS - 1 : NETBIOS_UNITS));
}

enum result computer_names_default(struct blob names[NAME_COUNT])
{
	char host[HOST_SIZE];
	struct blob first = BLOB_EMPTY;

	TRY(host_read(host, &names[NAME_DNS_COMPUTER]));
	char* const dot = strchr(host, '.');
	if (dot)
	{
		*dot = '\0';
		TRY(text_from_string(dot + 1, &names[NAME_DNS_DOMAIN]));
	}
	TRY(text_from_string(host, &first));
	const enum result result =
	    utf16_upper(netbios_part(blob_bytes(&first)), &names[NAME_NETBIOS_COMPUTER]);
	blob_free(&first);
	TRY(result);
	return blob_set(&names[NAME_NETBIOS_DOMAIN], blob_bytes(&names[NAME_NETBIOS_COMPUTER]));
}

enum result computer_name_read(const char* where, const char* text, struct blob* name)
{
	if (!text || !text[0])
		return RESULT_OK;
	const enum result result = text_from_string(text, name);
	if (result == RESULT_OK || result == RESULT_NO_MEMORY)
		return result;
	if (log_first_time(where, text))
		log_warn("%s is not UTF-8: ignored", where);
	return RESULT_OK;
}
