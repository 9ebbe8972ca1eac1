/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows, and what they need to be open.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct bench_row bench_rows[] = {
	{ .name = "handshake.bare", .work = BENCH_HANDSHAKE, .flow = BENCH_BARE },
	{ .name = "handshake.bare.fresh", .work = BENCH_FRESH, .flow = BENCH_BARE },
	{ .name = "handshake.spnego", .work = BENCH_HANDSHAKE, .flow = BENCH_SPNEGO },
	{ .name = "handshake.spnego.fresh", .work = BENCH_FRESH, .flow = BENCH_SPNEGO },
	{ .name = "handshake.default",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_DEFAULT,
	  .no_floor = true },
	{ .name = "seal.100", .work = BENCH_SEAL, .flow = BENCH_CONNECTED, .size = 100 },
	{ .name = "seal.4096", .work = BENCH_SEAL, .flow = BENCH_CONNECTED, .size = 4096 },
	{ .name = "seal.65536", .work = BENCH_SEAL, .flow = BENCH_CONNECTED, .size = 65536 },
	{ .name = "sign.100", .work = BENCH_SIGN, .flow = BENCH_CONNECTED, .size = 100 },
	{ .name = "sign.4096", .work = BENCH_SIGN, .flow = BENCH_CONNECTED, .size = 4096 },
	{ .name = "sign.65536", .work = BENCH_SIGN, .flow = BENCH_CONNECTED, .size = 65536 },
	{ .name = "sam.10", .work = BENCH_HANDSHAKE, .flow = BENCH_SAM_10, .no_floor = true },
	{ .name = "sam.10000", .work = BENCH_HANDSHAKE, .flow = BENCH_SAM_10000, .no_floor = true },
	{ .name = "refused.wrong", .work = BENCH_REFUSED, .flow = BENCH_WRONG, .no_floor = true },
	{ .name = "refused.unknown", .work = BENCH_REFUSED, .flow = BENCH_UNKNOWN, .no_floor = true },
	{ .name = "log.off",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .log = BENCH_LOG_OFF },
	{ .name = "log.info-file",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .log = BENCH_LOG_INFO_FILE },
	{ .name = "log.default",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .log = BENCH_LOG_DEFAULT },
	{ .name = "threads.1", .work = BENCH_HANDSHAKE, .flow = BENCH_BARE, .threads = 1 },
	{ .name = "threads.2", .work = BENCH_HANDSHAKE, .flow = BENCH_BARE, .threads = 2 },
	{ .name = "held.10",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .held = 10 },
	{ .name = "held.1000",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .held = 1000 },
	{ .name = "held.10000",
	  .work = BENCH_HANDSHAKE,
	  .flow = BENCH_BARE,
	  .no_floor = true,
	  .held = 10000 },
	{ .name = "heap.bare", .work = BENCH_HEAP, .flow = BENCH_BARE, .no_floor = true },
	{ .name = "heap.spnego", .work = BENCH_HEAP, .flow = BENCH_SPNEGO, .no_floor = true },
	{ .name = "load", .work = BENCH_LOAD },
};
const size_t bench_row_count = sizeof(bench_rows) / sizeof(bench_rows[0]);
_Static_assert(sizeof(bench_rows) / sizeof(bench_rows[0]) <= BENCH_MOST_ROWS, "room for figures");

bool bench_has(const struct bench_row* row, enum bench_side side)
{
	if (side == BENCH_FLOOR)
		return !row->no_floor;
	return side == BENCH_NEGOSSP || (row->flow != BENCH_SPNEGO && row->work != BENCH_REFUSED);
}

bool bench_wanted(const struct bench_options* options, const struct bench_row* row)
{
	return !options->only || strncmp(row->name, options->only, strlen(options->only)) == 0;
}

static void must(bool done, const char* what)
{
	if (done)
		return;
	(void)fprintf(stderr, "negossp-bench: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Others first: whoever is looked for is the last, so that both sides read the whole file. */
static void write_sam(const char* path, unsigned others, const char* nt_hash)
{
	FILE* const file = fopen(path, "w");

	must(file, "no SAM file could be written");
	for (unsigned i = 0; i < others; i++)
		must(fprintf(file, "user%05u:::%032x:::\n", i, i + 1) > 0, "the SAM file is cut short");
	must(fprintf(file, FLOW_USER ":::%s:::\n", nt_hash) > 0 && fclose(file) == 0,
	     "the SAM file is cut short");
}

static struct sspi_setup flow_setup(const struct bench* bench, enum bench_side side,
                                    enum bench_flow flow)
{
	const char* const sam = flow == BENCH_SAM_10000 ? bench->sams[1]
	                        : flow == BENCH_SAM_10 || flow == BENCH_WRONG || flow == BENCH_UNKNOWN
	                            ? bench->sams[0]
	                            : bench->box.sam;
	struct sspi_setup setup =
	    sspi_setup_nla(flow == BENCH_UNKNOWN ? FLOW_UNKNOWN : FLOW_USER, NULL,
	                   flow == BENCH_WRONG ? FLOW_PASSWORD "?" : FLOW_PASSWORD, sam);

	if (side == BENCH_WINPR)
		setup.client_table = setup.server_table = sspi_builtin();
	setup.client_package = setup.server_package = "NTLM";
	if (flow == BENCH_SPNEGO || flow == BENCH_DEFAULT)
		setup.client_package = setup.server_package = "Negotiate";
	if (flow == BENCH_SPNEGO)
		setup.package_list = "!kerberos,!u2u";
	return setup;
}

/* The floor works on an exchange that negossp made. */
static void take_exchange_down(struct bench* bench)
{
	struct flow* const flow = &bench->flows[BENCH_NEGOSSP][BENCH_SPNEGO];

	flow->taken = &bench->exchange;
	must(flow_handshake(flow, 0), "negossp's four-leg exchange is not as it should be");
	flow->taken = NULL;
	for (unsigned i = 0; i < BENCH_FLOWS; i++)
		bench->flows[BENCH_FLOOR][i].sums.exchange = &bench->exchange;
	must(sums_connect(&bench->flows[BENCH_FLOOR][BENCH_CONNECTED].sums), "no keys");
}

void bench_open(struct bench* bench)
{
	char hex[33];

	sandbox_nt_hash(FLOW_PASSWORD, bench->exchange.nt_hash);
	sandbox_hex(bench->exchange.nt_hash, sizeof(bench->exchange.nt_hash), hex);
	write_sam(bench->box.sam, 0, hex);
	for (unsigned i = 0; i < 2; i++)
	{
		const unsigned others = i ? 9999 : 9;

		(void)snprintf(bench->sams[i], sizeof(bench->sams[i]), "%s/sam-%u", bench->box.folder,
		               others + 1);
		write_sam(bench->sams[i], others, hex);
	}
	for (unsigned side = 0; side < BENCH_FLOOR; side++)
	{
		for (unsigned i = 0; i < BENCH_FLOWS; i++)
		{
			struct flow* const flow = &bench->flows[side][i];
			const struct sspi_setup setup = flow_setup(bench, side, i);

			if (side == BENCH_WINPR && i == BENCH_SPNEGO)
				continue;
			must(flow_open(flow, &setup), "credentials were refused");
			must(i != BENCH_CONNECTED || flow_connect(flow), "an exchange failed");
		}
	}
	take_exchange_down(bench);
}

void bench_close(struct bench* bench)
{
	for (unsigned side = 0; side < BENCH_FLOOR; side++)
	{
		for (unsigned i = 0; i < BENCH_FLOWS; i++)
			flow_close(&bench->flows[side][i]);
	}
	sandbox_close(&bench->box);
}
