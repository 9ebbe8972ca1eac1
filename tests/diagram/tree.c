/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a decision depends on a fact is found out by asking for everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tree.h"

const char* tree_yes_name(unsigned value)
{
	return value ? "yes" : "no";
}

bool tree_point_next(const struct tree* tree, struct tree_point* point)
{
	for (unsigned fact = tree->fact_count; fact-- > 0;)
	{
		if (++point->value[fact] < tree->facts[fact].size)
			return true;
		point->value[fact] = 0;
	}
	return false;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct tree_asked tree_ask(const struct tree* tree, const void* question)
{
	struct tree_asked asked = { tree, question, 1, { 0 }, NULL };
	struct tree_point first[256]; /* to come to each decision */
	struct tree_point point = { { 0 } };
	unsigned known = 0;

	for (unsigned fact = tree->fact_count; fact-- > 0;)
	{
		asked.stride[fact] = asked.count;
		asked.count *= tree->facts[fact].size;
	}
	asked.decisions = malloc(asked.count);
	assert_non_null(asked.decisions);
	for (size_t i = 0; i < asked.count; i++, (void)tree_point_next(tree, &point))
	{
		unsigned decision = 0;

		while (decision < known && !tree->same(question, &first[decision], &point))
			decision++;
		assert_true(decision < 256);
		if (decision == known)
			first[known++] = point;
		asked.decisions[i] = (unsigned char)decision;
	}
	return asked;
}

void tree_free(struct tree_asked* asked)
{
	free(asked->decisions);
	asked->decisions = NULL;
}

/* Whether two points lead to the same whatever the facts from `from` on are: those combinations
 * stand side by side. */
static bool same_from(const struct tree_asked* asked, const struct tree_point* a,
                      const struct tree_point* b, unsigned from)
{
	const size_t count = from > 0 ? asked->stride[from - 1] : asked->count;
	size_t at_a = 0;
	size_t at_b = 0;

	for (unsigned fact = 0; fact < from; fact++)
	{
		at_a += a->value[fact] * asked->stride[fact];
		at_b += b->value[fact] * asked->stride[fact];
	}
	return memcmp(asked->decisions + at_a, asked->decisions + at_b, count) == 0;
}

/* The first fact, from `from` on, on which the decision depends when those before have the point's
 * values; fact_count when it depends on none. */
static unsigned next_fact(const struct tree_asked* asked, const struct tree_point* point,
                          unsigned from)
{
	const struct tree* const tree = asked->tree;
	struct tree_point first = *point;

	for (unsigned fact = from; fact < tree->fact_count; fact++)
	{
		struct tree_point other = first;

		first.value[fact] = 0;
		for (unsigned value = 1; value < tree->facts[fact].size; value++)
		{
			other.value[fact] = value;
			if (!same_from(asked, &first, &other, fact + 1))
				return fact;
		}
	}
	return tree->fact_count;
}

bool tree_branches(const struct tree_asked* asked)
{
	const struct tree_point zero = { { 0 } };

	return next_fact(asked, &zero, 0) != asked->tree->fact_count;
}

/* Where whoever follows the branches with this point's facts comes to. */
static struct tree_point follow(const struct tree_asked* asked, const struct tree_point* point)
{
	struct tree_point known = { { 0 } };
	unsigned fact = next_fact(asked, &known, 0);

	while (fact < asked->tree->fact_count)
	{
		known.value[fact] = point->value[fact];
		fact = next_fact(asked, &known, fact + 1);
	}
	return known;
}

void tree_branches_hold(const struct tree_asked* asked)
{
	struct tree_point point = { { 0 } };

	/* Every 997th of them, a prime, so that all values of a fact meet those of the others. */
	for (size_t i = 0; i < asked->count; i++, (void)tree_point_next(asked->tree, &point))
	{
		if (i % 997 != 0)
			continue;
		const struct tree_point told = follow(asked, &point);
		if (!asked->tree->same(asked->question, &told, &point))
			fail_msg("combination %zu: the page says one thing, and another is done", i);
	}
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_from(FILE* out, const struct tree_asked* asked, struct tree_point point,
                       unsigned from, unsigned depth)
{
	const struct tree* const tree = asked->tree;
	const unsigned fact = next_fact(asked, &point, from);
	unsigned told = 0; /* values that share a branch with one before them */

	if (fact == tree->fact_count)
	{
		tree->leaf(out, asked->question, &point);
		return;
	}
	fputs("\n", out);
	for (unsigned value = 0; value < tree->facts[fact].size; value++)
	{
		if (told >> value & 1U)
			continue;
		point.value[fact] = value;
		fprintf(out, "%*s- %s %s", (int)(2 * depth), "", tree->facts[fact].label,
		        tree->facts[fact].name(value));
		for (unsigned other = value + 1; other < tree->facts[fact].size; other++)
		{
			struct tree_point like = point;

			like.value[fact] = other;
			if ((told >> other & 1U) || !same_from(asked, &point, &like, fact + 1))
				continue;
			told |= 1U << other;
			fprintf(out, " or %s", tree->facts[fact].name(other));
		}
		fputs(":", out);
		write_from(out, asked, point, fact + 1, depth + 1);
	}
}

void tree_write(FILE* out, const struct tree_asked* asked)
{
	const struct tree_point zero = { { 0 } };

	write_from(out, asked, zero, 0, 0);
}

void tree_write_facts(FILE* out, const struct tree* tree)
{
	fputs("| fact | what it says |\n|---|---|\n", out);
	for (unsigned fact = 0; fact < tree->fact_count; fact++)
		fprintf(out, "| %s | %s |\n", tree->facts[fact].label, tree->facts[fact].meaning);
}

/* --- the page --------------------------------------------------------------------------------- */

void tree_page_is_in_step(const char* kept, bool (*write)(FILE* out))
{
	char* drawn = NULL;
	size_t size = 0;
	unsigned line = 1;
	FILE* stream = open_memstream(&drawn, &size);
	FILE* file = fopen(kept, "r");

	assert_true(stream && file && write(stream));
	assert_int_equal(fclose(stream), 0);
	for (size_t i = 0; i <= size; i++)
	{
		if (fgetc(file) != (i < size ? (unsigned char)drawn[i] : EOF))
			fail_msg("%s is out of step from line %u on: regenerate it with `cmake --build <build "
			         "folder> --target docs`, and read what changed",
			         kept, line);
		line += drawn[i] == '\n';
	}
	(void)fclose(file);
	free(drawn);
}

int tree_page_write(const char* kept, bool (*write)(FILE* out))
{
	FILE* const out = fopen(kept, "w");

	return out && write(out) && fclose(out) == 0 ? 0 : 1;
}
