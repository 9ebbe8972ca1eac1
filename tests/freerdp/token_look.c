/* SPDX-License-Identifier: Apache-2.0
 *
 * negoTokens as an onlooker sees them.
 */
#include "token_look.h"

#include <stdio.h>
#include <string.h>

/* 1.3.6.1.5.5.2 and 1.3.6.1.4.1.311.2.2.10, tag and length included. */
static const uint8_t spnego_oid[] = { 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02 };
static const uint8_t ntlm_oid[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
	                                0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };
/* 1.2.840.113554.1.2.2 and its user-to-user variant, tag and length included. */
static const uint8_t kerberos_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	                                    0xf7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t user_to_user_oid[] = { 0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86,
	                                        0xf7, 0x12, 0x01, 0x02, 0x02, 0x03 };
static const uint8_t ntlm_signature[] = "NTLMSSP";

struct span
{
	const uint8_t* at;
	size_t left;
};

/* Takes one tag-length-value off `from`; false when there is none or it does not fit. */
static bool span_take(struct span* from, uint8_t* tag, struct span* value)
{
	size_t header = 2;
	size_t length = 0;

	if (from->left < 2)
		return false;
	length = from->at[1];
	if (length > 0x80)
	{
		const size_t octets = length & 0x7f;
		if (octets > 3 || from->left < 2 + octets)
			return false;
		length = 0;
		for (size_t i = 0; i < octets; i++)
			length = length * 256 + from->at[2 + i];
		header += octets;
	}
	if (length > from->left - header)
		return false;
	*tag = from->at[0];
	value->at = from->at + header;
	value->left = length;
	from->at += header + length;
	from->left -= header + length;
	return true;
}

static unsigned look_at_ntlm(const uint8_t* at, size_t left)
{
	if (left < 12 || memcmp(at, ntlm_signature, sizeof(ntlm_signature)) != 0)
		return 0;
	return at[8];
}

static bool span_skip(struct span* from, const uint8_t* prefix, size_t len)
{
	if (from->left < len || memcmp(from->at, prefix, len) != 0)
		return false;
	from->at += len;
	from->left -= len;
	return true;
}

/* RFC 4121 4.1; the two of user-to-user are draft-swift-win2k-krb-user2user 5's. */
static const char* look_at_kerberos(struct span token)
{
	static const char* const messages[] = { [1] = "AP-REQ", [2] = "AP-REP", [3] = "KRB-ERROR" };
	struct span content = { NULL, 0 };
	uint8_t tag = 0;

	if (!span_take(&token, &tag, &content) || tag != 0x60)
		return NULL;
	if (!span_skip(&content, kerberos_oid, sizeof(kerberos_oid)) &&
	    !span_skip(&content, user_to_user_oid, sizeof(user_to_user_oid)))
		return NULL;
	if (content.left < 2)
		return NULL;
	if (content.at[0] == 4)
		return content.at[1] == 0 ? "TGT-REQ" : "TGT-REP";
	return content.at[0] <= 3 && content.at[1] == 0 ? messages[content.at[0]] : NULL;
}

static void look_at_mech_types(struct span value, struct token_look* look)
{
	struct span list = { NULL, 0 };
	uint8_t tag = 0;

	if (!span_take(&value, &tag, &list) || tag != 0x30)
		return;
	for (size_t i = 0; i + sizeof(ntlm_oid) <= list.left; i++)
	{
		if (memcmp(list.at + i, ntlm_oid, sizeof(ntlm_oid)) == 0)
		{
			look->offers_ntlm = true;
			look->ntlm_is_first = (i == 0);
			return;
		}
	}
}

static void look_at_field(uint8_t tag, struct span value, struct token_look* look)
{
	struct span inner = { NULL, 0 };
	uint8_t inner_tag = 0;

	switch (tag)
	{
		case 0xa0:
			if (look->kind == TOKEN_NEG_TOKEN_INIT)
				look_at_mech_types(value, look);
			else if (value.left == 3 && value.at[0] == 0x0a)
				look->neg_state = value.at[2];
			break;
		case 0xa1:
			look->names_mech = look->kind == TOKEN_NEG_TOKEN_RESP;
			break;
		case 0xa2:
			look->has_mech_token = span_take(&value, &inner_tag, &inner);
			look->ntlm_type = look_at_ntlm(inner.at, inner.left);
			look->kerberos = look_at_kerberos(inner);
			break;
		case 0xa3:
			look->has_mic = true;
			break;
		default:
			break;
	}
}

void token_look(const uint8_t* token, size_t len, struct token_look* look)
{
	struct span rest = { token, len };
	struct span value = { NULL, 0 };
	uint8_t tag = 0;

	*look = (struct token_look){ .neg_state = -1 };
	look->ntlm_type = look_at_ntlm(token, len);
	if (look->ntlm_type != 0)
	{
		look->kind = TOKEN_BARE_NTLM;
		return;
	}
	if (!span_take(&rest, &tag, &value))
		return;
	if (tag == 0x60 && value.left > sizeof(spnego_oid) &&
	    memcmp(value.at, spnego_oid, sizeof(spnego_oid)) == 0)
	{
		rest = (struct span){ value.at + sizeof(spnego_oid), value.left - sizeof(spnego_oid) };
		if (!span_take(&rest, &tag, &value))
			return;
	}
	if (tag != 0xa0 && tag != 0xa1)
		return;
	look->kind = tag == 0xa0 ? TOKEN_NEG_TOKEN_INIT : TOKEN_NEG_TOKEN_RESP;
	rest = value;
	if (!span_take(&rest, &tag, &value) || tag != 0x30)
		return;
	rest = value;
	while (span_take(&rest, &tag, &value))
		look_at_field(tag, value, look);
}

void token_describe(const struct token_look* look, char* text, size_t size)
{
	static const char* const types[] = { "", "NEGOTIATE", "CHALLENGE", "AUTHENTICATE" };
	static const char* const states[] = { "accept-completed", "accept-incomplete", "reject",
		                                  "request-mic" };
	const char* const type = look->kerberos         ? look->kerberos
	                         : look->ntlm_type <= 3 ? types[look->ntlm_type]
	                                                : "NTLM?";
	const bool has_state = look->neg_state >= 0 && look->neg_state <= 3;
	const char* const mic = look->has_mic ? " mechListMIC" : "";

	switch (look->kind)
	{
		case TOKEN_BARE_NTLM:
			(void)snprintf(text, size, "%s", type);
			break;
		case TOKEN_NEG_TOKEN_INIT:
			(void)snprintf(text, size, "NegTokenInit[%s](%s)%s",
			               look->ntlm_is_first ? "NTLM"
			               : look->offers_ntlm ? ".., NTLM"
			                                   : "..",
			               type, mic);
			break;
		case TOKEN_NEG_TOKEN_RESP:
			(void)snprintf(
			    text, size, "NegTokenResp[%s]%s%s%s%s", has_state ? states[look->neg_state] : "",
			    look->has_mech_token ? "(" : "", type, look->has_mech_token ? ")" : "", mic);
			break;
		case TOKEN_UNKNOWN:
		default:
			(void)snprintf(text, size, "unknown token");
			break;
	}
}
