/* SPDX-License-Identifier: Apache-2.0
 *
 * What a report of a fault says of the machine, beside what status says. Nothing of it is secret.
 */
#ifndef NEGOSSP_REGISTER_MACHINE_H
#define NEGOSSP_REGISTER_MACHINE_H

void machine_report(const char* version);

#endif
