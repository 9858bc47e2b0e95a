/* Scratch names: temporary files that editors and tools create beside a file while saving it. */
#include "tenantfs/name.h"

#include <stdlib.h>
#include <string.h>

/* '*' matches any bytes, '?' one byte, '@' one character that mkstemp chooses. */
static const char *const patterns[] = {
	/* vim .x.swp, emacs .#x, rsync .x.RANDOM, glib .goutputstream-RANDOM, LibreOffice, macOS */
	".?*",
	"*~",              /* backups of vim, emacs, nano, gedit, joe */
	"?*.sw?",          /* vim, swap file of a dot file or with 'shortname' */
	"*.tmp",           /* many programs */
	"#?*#",            /* emacs, auto-save */
	"sed@@@@@@",       /* sed -i */
	"XX@@@@@@",        /* perl -i */
	"gawk.@@@@@@",     /* gawk -i inplace */
	"cooledit@@@@@@",  /* mcedit, safe save */
	"?*.json.@@@@@@",  /* Qt's QSaveFile, so Kate and KWrite */
	"?*.json@@@@@@",   /* busybox sed -i */
	"?*.json.o@@@@@@", /* patch */
	"?*.bck",          /* helix */
	"?*___jb_tmp___",  /* JetBrains, safe write */
	"?*___jb_old___",  /* JetBrains, safe write */
};

static bool matches_one(char pattern, char c)
{
	if (c == '\0')
		return false;
	if (pattern == '@')
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
	return pattern == '?' || pattern == c;
}

/* fnmatch depends on the locale. Backtracking to the last star is enough. */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name != '\0' || *pattern != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern != '\0' && matches_one(*pattern, *name)) {
			pattern++;
			name++;
		} else if (star && *from != '\0') {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	return true;
}

/*
 * vim tests whether it may create files with one named 4913; if that exists, it adds 123 until a name is
 * free.
 */
static bool is_vim_probe(const char *name)
{
	size_t len = strlen(name);
	long number = len >= 4 && len <= 5 && strspn(name, "123456789") > 0 ? strtol(name, NULL, 10) : 0;

	return strspn(name, "0123456789") == len && number >= 4913 && (number - 4913) % 123 == 0;
}

bool tfs_name_is_scratch(const char *name)
{
	if (strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (matches(patterns[i], name))
			return true;
	return is_vim_probe(name);
}
