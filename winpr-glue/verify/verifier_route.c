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

static enum named what_is_named(const struct verifier_route* route,
                                const struct verify_request* request)
{
	struct bytes user;
	struct bytes domain = request->domain;

	if (domain.len == 0 && !text_split(request->user, &user, &domain))
		return utf16_has(request->user, '@') || utf16_has(request->user, '\\') ? NAMED_DOMAIN
		                                                                       : NAMED_NONE;
	if (text_is_ascii(domain, ".") || utf16_equal_ignoring_case(domain, route->netbios_computer) ||
	    utf16_equal_ignoring_case(domain, route->dns_computer))
		return NAMED_OURS;
	return NAMED_DOMAIN;
}

static enum result route_verify(void* state, const struct verify_request* request,
                                struct verify_answer* answer)
{
	const struct verifier_route* const route = state;
	const enum named named = what_is_named(route, request);
	struct verify_request asked = *request;

	asked.exact = named == NAMED_DOMAIN;
	answer->source = route->own->name;
	const enum result result = route->own->verify(route->own->state, &asked, answer);
	const bool unknown = (result == RESULT_NO_CREDENTIALS || result == RESULT_LOGON_DENIED) &&
	                     answer->user_found == MECH_USER_NOT_FOUND;
	const bool is_domains = named == NAMED_DOMAIN || (named == NAMED_NONE && route->bare_is_domain);
	if (!unknown || !is_domains)
		return result;
	*answer =
	    (struct verify_answer){ .user_found = MECH_USER_NOT_ASKED, .source = route->domain->name };
	return route->domain->verify(route->domain->state, request, answer);
}

void verifier_route_init(struct verifier_route* route)
{
	route->verifier =
	    (struct verifier){ .name = "own or domain", .verify = route_verify, .state = route };
}
