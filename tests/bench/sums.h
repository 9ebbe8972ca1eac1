/* SPDX-License-Identifier: Apache-2.0
 *
 * The bare arithmetic of an exchange: every digest and every RC4 that MS-NLMP 3.3.2, 3.4 and
 * MS-SPNG 3.3.5.1 ask of the two ends, by OpenSSL's low-level MD4, MD5 and RC4, with nothing around
 * them: no token written or read, no allocation, no random byte. What a provider costs beyond this
 * is its own.
 *
 * It is done over an exchange that a provider made, and has to come to the same NTProofStr, session
 * key, MIC and mechListMICs as stand in it: a wrong sum fails.
 */
#ifndef NEGOSSP_TESTS_BENCH_SUMS_H
#define NEGOSSP_TESTS_BENCH_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/rc4.h>

struct sums_message
{
	size_t len;
	uint8_t data[12288];
};

/* The three NTLM messages of one four-leg exchange and its two mechListMICs. */
struct sums_exchange
{
	unsigned legs;
	uint8_t nt_hash[16];
	uint8_t messages[3 * 2048]; /* the MIC's input: AUTHENTICATE has its MIC zeroed */
	size_t messages_len;
	size_t challenge;    /* where CHALLENGE begins in it */
	size_t authenticate; /* and AUTHENTICATE */
	uint8_t mic[16];
	uint8_t mech_list_mics[2][16]; /* the initiator's, the acceptor's */
};

struct sums_direction
{
	uint8_t signing[16];
	RC4_KEY sealing;
	uint32_t sequence;
};

struct sums
{
	const struct sums_exchange* exchange;
	struct sums_direction send;    /* the client's, to the server */
	struct sums_direction receive; /* the same at the server */
};

/* Takes the next leg down. False when it is not what a four-leg exchange has there. */
bool sums_exchange_add(struct sums_exchange* exchange, const struct sums_message* token);

/* Both ends' part of a handshake: bare NTLM, or NTLM in SPNEGO. False when a sum is wrong. With
 * `fresh` the NT hash is made of FLOW_PASSWORD's UTF-16LE. */
bool sums_handshake(struct sums* sums, bool fresh, bool spnego);
/* Derives the keys of one direction at both ends, for the two below. */
bool sums_connect(struct sums* sums);
/* `message` has room for a signature of 16 bytes, then `size` bytes. */
bool sums_seal(struct sums* sums, uint8_t* message, size_t size);
bool sums_sign(struct sums* sums, uint8_t* message, size_t size);

#endif
