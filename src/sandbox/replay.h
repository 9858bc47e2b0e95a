/* Request ids seen, so that none is accepted twice. */
#ifndef SANDBOX_REPLAY_H
#define SANDBOX_REPLAY_H

#include <time.h>

struct replay;

/* Remembers each id for `seconds` to twice that; refuses more than `max` ids in that time. */
struct replay *sandbox_replay_new(unsigned seconds, size_t max);
void sandbox_replay_free(struct replay *replay);
/*
 * 0: new, now remembered. -EEXIST: seen before. -EINVAL: not a UUID of version 4. -EAGAIN: too many.
 * Thread-safe.
 */
int sandbox_replay_take(struct replay *replay, const char *uuid, time_t now);

#endif
