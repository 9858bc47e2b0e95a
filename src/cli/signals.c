/* Reads terminating signals from a descriptor while the program must clean up before it ends. */
#include "signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

int cli_signals_hold(sigset_t *ret_before)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		return fd;
	int code = -errno;
	sigprocmask(SIG_SETMASK, ret_before, NULL);
	return code;
}

void cli_signals_release(int fd, const sigset_t *before)
{
	close(fd);
	sigprocmask(SIG_SETMASK, before, NULL);
}
