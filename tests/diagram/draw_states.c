/* SPDX-License-Identifier: Apache-2.0
 *
 * draw_states FILE: writes the page of states_page.h. The CMake target `docs` runs it.
 */
#include "states_page.h"

int main(int argc, char** argv)
{
	FILE* out = argc == 2 ? fopen(argv[1], "w") : NULL;
	if (out == NULL)
	{
		fprintf(stderr, argc == 2 ? "cannot write the file\n" : "usage: draw_states FILE\n");
		return 2;
	}
	const bool written = states_page_write(out);
	return fclose(out) == 0 && written ? 0 : 1;
}
