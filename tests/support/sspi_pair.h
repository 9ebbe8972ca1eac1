/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives two ends of SSPI against each other the way FreeRDP drives one: the calls, buffers and
 * flags of libfreerdp's credssp_auth.c and nla.c, with the wire in between open to the test.
 *
 * What FreeRDP does and a provider must live with is done here on purpose: the first context
 * pointer is NULL, the first input is a buffer without bytes, the request flags and the returned
 * flags share one variable, the output buffer has cbMaxToken bytes and is never replaced, a context
 * whose first call failed is never deleted, and the identity is overwritten and freed as soon as
 * AcquireCredentialsHandle has returned. Before every call the last error is set to a stale value.
 *
 * Nothing in here asserts; a failure of the driver itself (no memory, no module) ends the program.
 */
#ifndef NEGOSSP_TESTS_SSPI_PAIR_H
#define NEGOSSP_TESTS_SSPI_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winpr/sspi.h>

/* What the last error is set to before each step: ERROR_MORE_DATA, the value that reached FreeRDP's
 * users as 0xC00700EA. */
#define SSPI_STALE_ERROR 234u

#define SSPI_MAX_LEGS 10

/* NLA's flags: nla_client_begin and nla_server_init of FreeRDP 3. */
#define SSPI_NLA_CLIENT_FLAGS (ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY)
#define SSPI_NLA_SERVER_FLAGS 0x883Au

/* A function table of one of the two character sets; exactly one pointer is set. */
struct sspi_table
{
	const SecurityFunctionTableA* a;
	const SecurityFunctionTableW* w;
};

struct sspi_table sspi_module_a(void);
struct sspi_table sspi_module_w(void);
struct sspi_table sspi_builtin(void); /* WinPR's own, A */
/* Whether WinPR's public functions find its own packages by their handles (D24: not from 3.31). */
bool sspi_builtin_is_reachable(void);

/* Entries with one signature in both tables, called through whichever is there. */
#define SSPI_ENTRY(table, name) ((table).a ? (table).a->name : (table).w->name)

SECURITY_STATUS sspi_query(const struct sspi_table* table, CtxtHandle* context, ULONG attribute,
                           void* buffer);

/* Bytes on the heap. `sspi_token_set` frees what was there; `data` may lie inside it. */
struct sspi_token
{
	uint8_t* data;
	size_t len;
};

void sspi_token_set(struct sspi_token* token, const void* data, size_t len);
void sspi_token_free(struct sspi_token* token);

/* May change the token of a leg (numbered from 1, the client's first) before it is delivered. */
typedef void (*sspi_tamper_fn)(unsigned leg, struct sspi_token* token, void* arg);

/* What an exchange is made of. Everything is borrowed and must live as long as the pair. */
struct sspi_setup
{
	struct sspi_table client_table;
	struct sspi_table server_table;
	const char* client_package;
	const char* server_package;
	const char* target; /* UTF-8; NULL passes no target */
	const char* user;   /* UTF-8; NULL acquires without identity */
	const char* domain; /* UTF-8 or NULL */
	const char* password;
	const void* password_as_is;  /* in its place: neither converted nor copied nor spoiled */
	UINT32 password_as_is_len;   /* in characters of the identity */
	ULONG password_length_extra; /* added to PasswordLength: 512 is pass-the-hash up to 3.26 */
	UINT32 identity_flags;       /* added to the client's; with ANSI its texts are in UTF-8 */
	const char* package_list;    /* UTF-8 or NULL */
	const char* sam_file;        /* NULL with no callback: the server acquires without identity */
	const char* keytab;          /* server: Kerberos' keytab, or NULL for the default one */
	const char* ccache;        /* client: Kerberos' credential cache, or NULL for the default one */
	const char* client_keytab; /* client: Kerberos' keytab, or NULL */
	const char* certificate;   /* client: PKINIT's identity, or NULL; the password is its PIN */
	psSspiNtlmHashCallback hash_callback;
	void* hash_callback_arg;
	ULONG client_flags;
	ULONG server_flags;
	const SEC_CHANNEL_BINDINGS* client_bindings; /* given in every call, as FreeRDP does */
	UINT32 client_bindings_len;
	unsigned client_bindings_from; /* first call (from 0) that carries them */
	const SEC_CHANNEL_BINDINGS* server_bindings;
	UINT32 server_bindings_len;
	unsigned server_bindings_until; /* how many calls carry them; 0: all */
	sspi_tamper_fn tamper;
	void* tamper_arg;
};

/* Negotiate on both sides of the module's A table, TERMSRV/ target, NLA's flags. */
struct sspi_setup sspi_setup_nla(const char* user, const char* domain, const char* password,
                                 const char* sam_file);

enum sspi_phase
{
	SSPI_NOTHING,     /* no credential */
	SSPI_CREDENTIAL,  /* no context yet */
	SSPI_IN_PROGRESS, /* continue needed at least once */
	SSPI_FINAL
};

struct sspi_end
{
	const struct sspi_setup* setup;
	struct sspi_table table;
	bool is_server;
	enum sspi_phase phase;
	CredHandle credential;
	CtxtHandle context;
	ULONG flags;       /* requested, then returned: one variable */
	ULONG max_token;   /* cbMaxToken of the package */
	ULONG output_room; /* bytes of the next output buffers; max_token unless a test sets it */
	unsigned calls;    /* steps made */
	SECURITY_STATUS acquired; /* what AcquireCredentialsHandle returned */
	SECURITY_STATUS status;   /* of the last step */
	DWORD last_error;         /* after the last step */
	ULONG output_len;         /* cbBuffer after the last step, success or not */
	bool output_moved;        /* pvBuffer was replaced: never allowed */
	SecPkgContext_Sizes sizes;
	ULONG send_sequence;
	ULONG receive_sequence;
};

/* QuerySecurityPackageInfo and AcquireCredentialsHandle; the latter's status is returned. */
SECURITY_STATUS sspi_end_acquire(struct sspi_end* end, const struct sspi_setup* setup,
                                 bool is_server);
/* One call of Initialize- or AcceptSecurityContext. `in` may be NULL for no bytes; `out` is
 * replaced, by nothing unless the call succeeded. */
SECURITY_STATUS sspi_end_step(struct sspi_end* end, const struct sspi_token* in,
                              struct sspi_token* out);
/* Deletes the context if FreeRDP would, keeps the credential: ready for another exchange. */
void sspi_end_reset(struct sspi_end* end);
/* Deletes the context if FreeRDP would, then the credential. */
void sspi_end_close(struct sspi_end* end);

/* EncryptMessage and DecryptMessage with TOKEN then DATA, and the next sequence number. `out` is
 * replaced on success; on failure the sequence number is not used up. */
SECURITY_STATUS sspi_end_seal(struct sspi_end* end, const void* plain, size_t len,
                              struct sspi_token* out);
SECURITY_STATUS sspi_end_unseal(struct sspi_end* end, const struct sspi_token* sealed,
                                struct sspi_token* out);

struct sspi_pair
{
	struct sspi_setup setup;
	struct sspi_end client;
	struct sspi_end server;
	struct sspi_token legs[SSPI_MAX_LEGS]; /* tokens as they were sent, before tampering */
	unsigned leg_count;                    /* of tokens that had bytes */
};

/* Acquires both ends; true if both succeeded. */
bool sspi_pair_open(struct sspi_pair* pair, const struct sspi_setup* setup);
/* Runs until both ends are complete (true), or one failed, or nobody has anything to send. */
bool sspi_pair_run(struct sspi_pair* pair);
/* sspi_pair_open, then sspi_pair_run. */
bool sspi_pair_connect(struct sspi_pair* pair, const struct sspi_setup* setup);
/* Forgets contexts and transcript, keeps the credentials: ready for another run. */
void sspi_pair_reset(struct sspi_pair* pair);
void sspi_pair_close(struct sspi_pair* pair);
/* `rounds` sealed messages in each direction in turn, client first, sizes 1 to some thousand.
 * NULL when each arrived as it was sent, otherwise what went wrong. */
const char* sspi_pair_chat(struct sspi_pair* pair, unsigned rounds);

#endif
