/* SPDX-License-Identifier: Apache-2.0
 *
 * The binding of an exchange to the TLS connection that it went over (MS-CSSP 3.1.5): what the two
 * pubKeyAuth fields say before they are sealed. Whoever stands in the middle has shown the client a
 * key of its own and cannot seal what says so.
 *
 *   versions   client                                 server
 *   2 to 4     the server's public key                the key, its first octet plus 1
 *   5 and 6    SHA-256(Client-To-Server, nonce, key)  SHA-256(Server-To-Client, nonce, key)
 *
 * The key is the content of the certificate's SubjectPublicKey, without the count of unused bits.
 */
#ifndef NEGOSSP_CREDSSP_BINDING_H
#define NEGOSSP_CREDSSP_BINDING_H

#include "base/bytes.h"
#include "mech.h"

#define BINDING_HASH_SIZE 32
/* From this version on the key is bound by a hash, and a nonce is needed. */
#define BINDING_HASHED_VERSION 5

/* What the role's pubKeyAuth says, replacing *binding. `nonce` is not looked at before version 5.
 * RESULT_INVALID_ARGUMENT for an empty key or, from version 5 on, a nonce that is not of
 * TS_CLIENT_NONCE_SIZE; RESULT_CRYPTO; RESULT_NO_MEMORY. */
MUST_USE enum result binding_make(uint32_t version, enum mech_role role, struct bytes public_key,
                                  struct bytes nonce, struct blob* binding);
/* Whether `opened` is what the role's pubKeyAuth has to say: RESULT_ALTERED if not; otherwise as
 * binding_make(). Takes the same time whatever differs. */
MUST_USE enum result binding_check(uint32_t version, enum mech_role role, struct bytes public_key,
                                   struct bytes nonce, struct bytes opened);

#endif
