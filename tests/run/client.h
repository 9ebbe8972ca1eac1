/* SPDX-License-Identifier: Apache-2.0
 *
 * The code of a client, which a program has in it or loads.
 */
#ifndef NEGOSSP_TESTS_RUN_CLIENT_H
#define NEGOSSP_TESTS_RUN_CLIENT_H

#define CLIENT_RUN "client_run"

__attribute__((visibility("default"))) int client_run(int count, char** words);

#endif
