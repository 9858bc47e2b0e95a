/* Ids, times and look-ups of stored records. */
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "tenantfs/digest.h"

int sandbox_record_id(char out[RECORD_ID])
{
	unsigned char raw[8];

	if (tfs_random(raw, sizeof(raw)) < 0)
		return -EIO;
	int len = snprintf(out, RECORD_ID, "%08x", (unsigned)time(NULL));
	for (size_t i = 0; i < sizeof(raw); i++)
		len += snprintf(out + len, RECORD_ID - (size_t)len, "%02x", raw[i]);
	return 0;
}

void sandbox_record_now(char out[RECORD_TIME])
{
	struct timespec now = tfs_clock_wall();
	struct tm tm;

	gmtime_r(&now.tv_sec, &tm);
	size_t len = strftime(out, RECORD_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, RECORD_TIME - len, ".%03uZ", (unsigned)(now.tv_nsec / 1000000) % 1000);
}

long long sandbox_record_now_ms(void)
{
	struct timespec now = tfs_clock_wall();

	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int sandbox_record_module(struct call *call, const char *id, json_t **ret)
{
	int r = id ? sandbox_store_get(call->box->store, call->community->id, "module", id, ret) : -ENOENT;

	return r == -ENOENT ? call_refuse(call, 404, "moduleId", "auth module not found") : r;
}

int sandbox_record_take(const struct call *call, json_t *record, const char *const *members)
{
	for (; *members; members++) {
		const json_t *value = sandbox_call_member(call, *members);
		/*
		 * A copy: the record gets ids of its own inside, and the request's body is still to be
		 * logged.
		 */
		if (value && json_object_set_new(record, *members, json_deep_copy(value)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sandbox_record_number(struct call *call, const char *name, long long min, long long max, long long *value)
{
	const json_t *member = sandbox_call_member(call, name);

	if (!member)
		return 0;
	double number = json_number_value(member);
	if (number != (double)(long long)number)
		return call_refuse(call, 400, name, "\"%s\" must be an integer", name);
	if (number < (double)min)
		return call_refuse(call, 400, name, "\"%s\" must be greater than or equal to %lld", name, min);
	if (number > (double)max)
		return call_refuse(call, 400, name, "\"%s\" must be less than or equal to %lld", name, max);
	*value = (long long)number;
	return 0;
}
