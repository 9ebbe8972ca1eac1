/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file can be a server's SSPI module; see module_check.h.
 */
#include "module_check.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "root_path.h"

#define ENTRY_POINT "InitSecurityInterfaceA"
#define LARGEST_MODULE (64U << 20)

/* A part of the file at an offset that the file itself gives. */
static bool module_part(const struct textbuf* file, size_t offset, void* part, size_t size)
{
	if (offset > file->length || file->length - offset < size)
		return false;
	memcpy(part, file->bytes + offset, size);
	return true;
}

static bool module_is_entry_point(const struct textbuf* file, const ElfW(Shdr) * names,
                                  const ElfW(Sym) * symbol)
{
	char name[sizeof(ENTRY_POINT)];

	return symbol->st_shndx != SHN_UNDEF && symbol->st_name < names->sh_size &&
	       module_part(file, names->sh_offset + symbol->st_name, name, sizeof(name)) &&
	       memcmp(name, ENTRY_POINT, sizeof(name)) == 0;
}

/* Looks through the dynamic symbols of one section; anything out of bounds is not found. */
static bool module_section_exports(const struct textbuf* file, const ElfW(Ehdr) * header,
                                   const ElfW(Shdr) * section)
{
	ElfW(Shdr) names;
	ElfW(Sym) symbol;

	if (section->sh_type != SHT_DYNSYM || section->sh_link >= header->e_shnum ||
	    !module_part(file, header->e_shoff + section->sh_link * sizeof(names), &names,
	                 sizeof(names)))
		return false;
	for (size_t at = 0; at < section->sh_size; at += sizeof(symbol))
	{
		if (!module_part(file, section->sh_offset + at, &symbol, sizeof(symbol)))
			return false;
		if (module_is_entry_point(file, &names, &symbol))
			return true;
	}
	return false;
}

static bool module_exports(const struct textbuf* file, const ElfW(Ehdr) * header)
{
	ElfW(Shdr) section;

	for (size_t i = 0; i < header->e_shnum; i++)
		if (module_part(file, header->e_shoff + i * sizeof(section), &section, sizeof(section)) &&
		    module_section_exports(file, header, &section))
			return true;
	return false;
}

static enum module_verdict module_look(const struct textbuf* file, char* why, size_t size)
{
	ElfW(Ehdr) header;
	const char* wrong = NULL;
	enum module_verdict verdict = MODULE_BAD;

	if (!module_part(file, 0, &header, sizeof(header)) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		wrong = "it is no ELF file";
	else if (header.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	         header.e_type > ET_CORE || header.e_shentsize != sizeof(ElfW(Shdr)))
	{
		wrong = "it is for another kind of machine, so nothing more can be said about it";
		verdict = MODULE_DOUBTFUL;
	}
	else if (header.e_type != ET_DYN)
		wrong = "it is no shared object";
	else if (!module_exports(file, &header))
		wrong = "it does not define " ENTRY_POINT ", so it is no SSPI module";
	if (wrong)
		(void)snprintf(why, size, "%s", wrong);
	return wrong ? verdict : MODULE_GOOD;
}

/* Servers run as users of their own. The first folder on the way that shuts them out, or the file.
 */
static bool module_is_open_to_all(int root, const char* path, char* culprit, size_t size)
{
	struct stat status;

	for (size_t end = 1; path[end - 1]; end++)
	{
		if (path[end] && path[end] != '/')
			continue;
		(void)snprintf(culprit, size, "%.*s", (int)end, path);
		const int part = root_open_path(root, culprit, O_PATH);
		const mode_t needed = path[end] ? S_IXOTH : S_IROTH;
		const bool fine = part >= 0 && fstat(part, &status) == 0 && (status.st_mode & needed) != 0;
		if (part >= 0)
			(void)close(part);
		if (!fine)
			return false;
	}
	return true;
}

enum module_verdict module_check(int root, const char* path, char* why, size_t size)
{
	struct textbuf content = { 0 };
	char culprit[PATH_MAX];
	const int file = root_open_path(root, path, O_RDONLY | O_NONBLOCK);

	if (file < 0)
	{
		(void)snprintf(why, size, "%s", strerror(errno));
		return MODULE_BAD;
	}
	const bool read = root_read(file, LARGEST_MODULE, &content);
	const int error = errno;
	(void)close(file);
	enum module_verdict verdict = MODULE_BAD;
	if (read)
		verdict = module_look(&content, why, size);
	else
		(void)snprintf(why, size, "%s", error == EINVAL ? "it is no file" : strerror(error));
	textbuf_free(&content);
	if (verdict == MODULE_GOOD && !module_is_open_to_all(root, path, culprit, sizeof(culprit)))
	{
		(void)snprintf(why, size,
		               "servers that do not run as root cannot read it: see the mode of %s",
		               culprit);
		return MODULE_DOUBTFUL;
	}
	return verdict;
}

struct module_load
{
	const char* path;
	bool loaded;
	char why[512];
};

static void module_load(void* context)
{
	struct module_load* const load = context;
	void* const module = dlopen(load->path, RTLD_LAZY | RTLD_LOCAL);

	load->loaded = module && dlsym(module, ENTRY_POINT);
	if (!load->loaded)
		(void)snprintf(load->why, sizeof(load->why), "%s", dlerror());
}

bool module_loads(const char* path, char* why, size_t size)
{
	struct module_load load = { .path = path };

	if (!child_run(module_load, &load, sizeof(load)))
		(void)snprintf(load.why, sizeof(load.why), "loading it ends the process");
	if (!load.loaded)
		(void)snprintf(why, size, "%s", load.why);
	return load.loaded;
}
