/* The log: one line for each event, written with one system call. */
#include "tenantfs/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tenantfs/clock.h"
#include "tenantfs/utf8.h"

enum { LINE_MAX_BYTES = 1024 };

static atomic_int log_level = TFS_LOG_INFO;

void tfs_log_set_level(enum tfs_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

/* systemd sets JOURNAL_STREAM to device:inode of its stream. A redirected standard error differs from it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

/* The systemd journal adds the time itself and takes the level as a "<number>" prefix. */
static int print_head(char *out, size_t room, enum tfs_log_level level)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	static const int syslog_levels[] = { 3, 4, 6, 7 };
	struct timespec now;
	struct tm tm;

	if (stderr_is_journal())
		return snprintf(out, room, "<%d>", syslog_levels[level]);
	now = tfs_clock_wall();
	gmtime_r(&now.tv_sec, &tm);
	return snprintf(out, room, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s ", tm.tm_year + 1900, tm.tm_mon + 1,
			tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000, names[level]);
}

void tfs_log(enum tfs_log_level level, uint64_t op, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	size_t at, len;
	va_list args;

	if ((int)level > atomic_load_explicit(&log_level, memory_order_relaxed) || (int)level < 0 ||
	    level > TFS_LOG_DEBUG)
		return;
	at = (size_t)print_head(line, sizeof(line), level);
	if (op != 0)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "op=%llu ", (unsigned long long)op);
	va_start(args, format);
	if (vsnprintf(line + at, sizeof(line) - at, format, args) < 0)
		line[at] = '\0';
	va_end(args);
	len = strlen(line);
	if (len == sizeof(line) - 1)
		line[tfs_utf8_cut(line, len)] = '\0';
	tfs_utf8_tame(line);
	len = strlen(line);
	/* A log line that cannot be written is lost; the caller goes on. */
	if (writev(STDERR_FILENO, (struct iovec[]){ { line, len }, { (char[]){ '\n' }, 1 } }, 2) < 0)
		return;
}
