/* SPDX-License-Identifier: Apache-2.0
 *
 * A library with nothing in it: what dlopen() itself costs.
 */
typedef int empty;
