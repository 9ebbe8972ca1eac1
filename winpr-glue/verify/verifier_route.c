/* SPDX-License-Identifier: Apache-2.0
 *
 * Own accounts or the domain's.
 */
#include "verify/verifier_route.h"

#include "host/text.h"

enum named
{
	NAMED_NONE,
	NAMED_OURS,
	NAMED_DOMAIN
};

/* Under any of its names: "ws1.lab.test" is "ws1" too, which NetBIOS may have cut or not know, but
 * where that is the domain's own name. */
static bool is_this_computer(const struct verifier_route* route, struct bytes name)
{
	const struct bytes dns = route->dns_computer;

	return text_is_ascii(name, ".") || utf16_equal_ignoring_case(name, route->netbios_computer) ||
	       utf16_equal_ignoring_case(name, dns) ||
	       (utf16_equal_ignoring_case(name, bytes_make(dns.data, utf16_find(dns, 0, '.'))) &&
	        !utf16_equal_ignoring_case(name, route->netbios_domain));
}

static enum named what_is_named(const struct verifier_route* route,
                                const struct verify_request* request)
{
	struct bytes user;
	struct bytes domain = request->domain;

	if (domain.len == 0 && !text_split(request->user, &user, &domain))
		return utf16_has(request->user, '@') || utf16_has(request->user, '\\') ? NAMED_DOMAIN
		                                                                       : NAMED_NONE;
	return is_this_computer(route, domain) ? NAMED_OURS : NAMED_DOMAIN;
}

/* Who the domain lets in may have a line under the name that the domain gives the account, which
 * the client wrote otherwise (a realm, a UPN). Such a line judges alone, so the domain's yes is
 * none then, nor where nobody could look. RESULT_OK where there is no line. */
static enum result route_look_again(const struct verifier_route* route,
                                    const struct verify_request* request,
                                    struct verify_answer* answer)
{
	struct verify_answer found = { .user_found = MECH_USER_NOT_ASKED };
	struct verify_request asked = *request;

	asked.user = answer->user;
	asked.domain = answer->domain;
	asked.exact = true;
	const enum result result = route->own->verify(route->own->state, &asked, &found);
	key_wipe(&found.session_base_key);
	blob_free(&found.words);
	if (found.user_found == MECH_USER_NOT_FOUND)
		return RESULT_OK;
	key_wipe(&answer->session_base_key);
	answer->member = NULL;
	answer->reason = found.reason;
	if (result != RESULT_OK && result != RESULT_LOGON_DENIED)
		return result;
	answer->reason = "the domain's own name of the account has a line in the SAM file, which "
	                 "judges alone: log on by that name, with that line's password";
	return RESULT_NOT_ADMITTED;
}

static enum result route_verify(void* state, const struct verify_request* request,
                                struct verify_answer* answer)
{
	const struct verifier_route* const route = state;
	const enum named named = what_is_named(route, request);
	struct verify_request asked = *request;

	asked.exact = named == NAMED_DOMAIN;
	answer->source = route->own->name;
	enum result result = route->own->verify(route->own->state, &asked, answer);
	const bool unknown = (result == RESULT_NO_CREDENTIALS || result == RESULT_LOGON_DENIED) &&
	                     answer->user_found == MECH_USER_NOT_FOUND;
	const bool is_domains = named == NAMED_DOMAIN || (named == NAMED_NONE && route->bare_is_domain);
	if (!unknown || !is_domains)
		return result;
	*answer =
	    (struct verify_answer){ .user_found = MECH_USER_NOT_ASKED, .source = route->domain->name };
	result = route->domain->verify(route->domain->state, request, answer);
	if (result == RESULT_OK && route->own_is_file)
		result = route_look_again(route, request, answer);
	return result;
}

void verifier_route_init(struct verifier_route* route)
{
	route->verifier =
	    (struct verifier){ .name = "own or domain", .verify = route_verify, .state = route };
}
