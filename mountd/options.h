/* The daemon's command line. */
#ifndef TENANTFS_MOUNTD_OPTIONS_H
#define TENANTFS_MOUNTD_OPTIONS_H

#include "daemon.h"

struct options {
	const char *config; /* NULL: the default file */
	const char *tenant; /* NULL: the only one configured */
	char *dir;          /* absolute; owned */
	bool foreground;
	bool read_only;
	bool debug;
	int ready_fd;        /* -1: none */
	gid_t gid;           /* group of the mount; (gid_t)-1: the process's group */
	int umask;           /* permission bits withheld from group and others; -1: not given */
	uint64_t timeout_ms; /* 0: that of the configuration */
	/* patterns of `write=`, separated by newlines; empty: those of the configuration */
	struct tfs_buf write;
	struct tfs_buf mount; /* -o for libfuse, separated by commas */
};

/* 0; 1: help or version was printed, exit; -EINVAL. */
int mountd_options_parse(int argc, char **argv, struct options *ret, struct tfs_error *error);
void mountd_options_finish(struct options *options);

#endif
