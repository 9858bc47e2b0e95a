/* The daemon's command line. */
#ifndef TENANTFS_MOUNTD_OPTIONS_H
#define TENANTFS_MOUNTD_OPTIONS_H

#include "daemon.h"

struct options {
	const char *config; /* NULL: the usual file */
	const char *tenant; /* NULL: the only one */
	char *dir;          /* absolute; owned */
	bool foreground;
	bool read_only;
	bool debug;
	int ready_fd;         /* -1: none */
	gid_t gid;            /* the mount's group; (gid_t)-1: the process's */
	int umask;            /* bits that group and others are not given; -1: not said */
	uint64_t timeout_ms;  /* 0: the configuration's */
	struct tfs_buf write; /* patterns of `write=`, a newline between them; empty: the configuration's */
	struct tfs_buf mount; /* -o for libfuse, commas between */
};

/* 0; 1 when what was asked was printed and all is done; -EINVAL with the reason. */
int options_parse(int argc, char **argv, struct options *ret, struct tfs_error *error);
void options_finish(struct options *options);

#endif
