/* The program behind an operation, as /proc shows it. */
#ifndef TENANTFS_CALLER_H
#define TENANTFS_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TFS_CALLER_WORD = 32 };

struct tfs_caller {
	pid_t pid; /* the process; an operation may have the number of one of its threads */
	pid_t parent;
	uint64_t started_ms;           /* on CLOCK_BOOTTIME, up to 10 ms early; with `pid` unique until the next boot */
	char program[TFS_CALLER_WORD]; /* argv[0] without folders, or the applet of busybox and toybox; cut */
	/* The first argument that is no option, without folders: `checkout` of `git -C x checkout`; cut. */
	char verb[TFS_CALLER_WORD];
};

/*
 * Reads the process with the thread `thread`. A process can set its arguments, so the result must not decide what it
 * may do. False: there is no such process, or it belongs to another namespace.
 */
bool tfs_caller_read(pid_t thread, struct tfs_caller *ret);
/*
 * The outermost of the processes of the same program from `caller` up: `git pull` of the `git merge` that it runs.
 * `caller` itself if its parent is another program.
 */
struct tfs_caller tfs_caller_outermost(const struct tfs_caller *caller);
/* The process of a thread; `thread` itself if it cannot be found. */
pid_t tfs_caller_process(pid_t thread);
/* The time now on the clock of `started_ms`. */
uint64_t tfs_caller_now_ms(void);

#endif
