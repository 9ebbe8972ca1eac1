/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions drawn as trees: a question is asked fact by fact, a fact on which nothing depends any
 * more is left out, and values that lead to the same share a branch. What the tree is of is told by
 * whoever draws it.
 */
#ifndef NEGOSSP_TESTS_TREE_H
#define NEGOSSP_TESTS_TREE_H

#include <stdbool.h>
#include <stdio.h>

#define TREE_MAX_FACTS 16

struct tree_fact
{
	const char* label;
	unsigned size; /* values are 0 to size - 1 */
	const char* (*name)(unsigned value);
	const char* meaning;
};

const char* tree_yes_name(unsigned value); /* of a fact of size 2 */

struct tree_point /* one combination of facts */
{
	unsigned value[TREE_MAX_FACTS];
};

struct tree
{
	const struct tree_fact* facts; /* in the order in which they are asked for */
	unsigned fact_count;
	/* Whether two points lead to the same decision. */
	bool (*same)(const void* question, const struct tree_point* a, const struct tree_point* b);
	/* The rest of the line that the decision is told in, with its end. */
	void (*leaf)(FILE* out, const void* question, const struct tree_point* point);
};

/* A question that was asked for every combination there is. */
struct tree_asked
{
	const struct tree* tree;
	const void* question;
	size_t count;                  /* of combinations */
	size_t stride[TREE_MAX_FACTS]; /* of combinations that differ in later facts alone */
	unsigned char* decisions;      /* a number for each; equal ones have the same */
};

struct tree_asked tree_ask(const struct tree* tree, const void* question);
void tree_free(struct tree_asked* asked);
/* Whether the decision depends on any fact. */
bool tree_branches(const struct tree_asked* asked);
void tree_write(FILE* out, const struct tree_asked* asked);
/* Whoever follows the branches comes to the decision that is taken; otherwise the test fails. */
void tree_branches_hold(const struct tree_asked* asked);
/* The next combination, or false after the last. */
bool tree_point_next(const struct tree* tree, struct tree_point* point);

void tree_write_facts(FILE* out, const struct tree* tree);

/* The page that is kept is what is written now; otherwise the test fails. */
void tree_page_is_in_step(const char* kept, bool (*write)(FILE* out));
/* The page is written anew. */
int tree_page_write(const char* kept, bool (*write)(FILE* out));

#endif
