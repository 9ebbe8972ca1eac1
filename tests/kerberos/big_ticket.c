/* SPDX-License-Identifier: Apache-2.0
 *
 * big_ticket SERVICE BYTES: puts a service ticket with that much authorization data into the
 * default credential cache, which has a ticket-granting ticket. Windows' tickets are large because
 * a user is in many groups; here the client asks for data that mean nothing (RFC
 * 4120 5.4.1, 5.2.6.1: AD-IF-RELEVANT), and MIT's KDC copies them into the ticket.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <krb5.h>

#define MEANINGLESS_TYPE 0x7fff

static void must(krb5_context context, krb5_error_code code, const char* what)
{
	if (code == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, krb5_get_error_message(context, code));
	exit(EXIT_FAILURE);
}

int main(int argc, char** argv)
{
	krb5_context context = NULL;
	krb5_ccache cache = NULL;
	krb5_creds wanted = { 0 };
	krb5_creds* got = NULL;
	krb5_authdata** relevant = NULL;

	if (argc != 3)
		return EXIT_FAILURE;
	const unsigned size = (unsigned)strtoul(argv[2], NULL, 10);
	unsigned char* const bytes = calloc(1, size);
	krb5_authdata data = { .ad_type = MEANINGLESS_TYPE, .length = size, .contents = bytes };
	krb5_authdata* list[] = { &data, NULL };
	if (!bytes)
		return EXIT_FAILURE;
	must(context, krb5_init_context(&context), "krb5_init_context");
	must(context, krb5_cc_default(context, &cache), "krb5_cc_default");
	must(context, krb5_cc_get_principal(context, cache, &wanted.client), "the cache's principal");
	must(context, krb5_parse_name(context, argv[1], &wanted.server), "the service's name");
	must(context,
	     krb5_encode_authdata_container(context, KRB5_AUTHDATA_IF_RELEVANT, list, &relevant),
	     "AD-IF-RELEVANT");
	wanted.authdata = relevant;
	must(context, krb5_get_credentials(context, KRB5_GC_NO_STORE, cache, &wanted, &got),
	     "the ticket");
	/* A cache finds such a ticket only for who asks for the same data: they are left out there. */
	krb5_free_authdata(context, got->authdata);
	got->authdata = NULL;
	must(context, krb5_cc_store_cred(context, cache, got), "the cache");
	printf("%u\n", got->ticket.length);

	krb5_free_creds(context, got);
	krb5_free_cred_contents(context, &wanted); /* with `relevant` */
	krb5_cc_close(context, cache);
	krb5_free_context(context);
	free(bytes);
	return EXIT_SUCCESS;
}
