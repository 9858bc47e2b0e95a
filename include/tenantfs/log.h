/* The log: one line for each event, to standard error or the systemd journal. */
#ifndef TENANTFS_LOG_H
#define TENANTFS_LOG_H

#include <stdint.h>

enum tfs_log_level { TFS_LOG_ERROR, TFS_LOG_WARNING, TFS_LOG_INFO, TFS_LOG_DEBUG };

void tfs_log_set_level(enum tfs_log_level level);
/* `op` is tfs_op_id() or 0. Never pass a secret. */
void tfs_log(enum tfs_log_level level, uint64_t op, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
