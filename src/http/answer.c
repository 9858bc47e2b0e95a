/* Parses the response headers that callers use. */
#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Below the limits of curl 8, which are 300 KiB and 5000 lines and end in an error that does not name the reason. */
enum { HEAD_MAX = 256 * 1024, LINE_COST = 64 };

void tfs_http_answer_finish(struct tfs_http_answer *answer)
{
	if (!answer)
		return;
	tfs_buf_finish(&answer->body);
	free(answer->location);
	answer->location = NULL;
}

/* The trimmed value of a line "Name: value"; NULL: another header. */
static const char *header_value(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return NULL;
	line += skip + 1;
	len -= skip + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	*ret_len = len;
	return line;
}

/* Copies a value without control bytes that fits; `out` is unchanged otherwise. */
static void copy_value(char *out, size_t room, const char *value, size_t len)
{
	if (len >= room)
		return;
	for (size_t i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] == 127)
			return;
	memcpy(out, value, len);
	out[len] = '\0';
}

static time_t parse_date(const char *value, size_t len)
{
	char text[64] = "";

	copy_value(text, sizeof(text), value, len);
	return text[0] != '\0' ? curl_getdate(text, NULL) : (time_t)-1;
}

static uint32_t clamp_seconds(long long seconds)
{
	if (seconds < 1)
		return 1;
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

/* Seconds, or a date, which is compared with the server's Date header if there is one. */
static uint32_t parse_retry_after(const struct tfs_http_answer *answer, const char *value, size_t len)
{
	char text[64] = "";
	time_t date, now;

	copy_value(text, sizeof(text), value, len);
	if (text[0] == '\0')
		return 0;
	if (strspn(text, "0123456789") == len)
		return len > 9 ? UINT32_MAX : clamp_seconds(atoll(text));
	date = parse_date(value, len);
	if (date == (time_t)-1)
		return 0;
	now = answer->server_time != 0 ? (time_t)answer->server_time : time(NULL);
	return clamp_seconds((long long)date - (long long)now);
}

/* The headers of an interim (1xx) response do not count for the final one. */
static void reset_head(struct tfs_http_answer *answer)
{
	answer->retry_after_s = 0;
	answer->server_time = 0;
	answer->request_id[0] = '\0';
	answer->content_type[0] = '\0';
	answer->content_disposition[0] = '\0';
	free(answer->location);
	answer->location = NULL;
}

static int take_location(struct tfs_http_answer *answer, const char *value, size_t len)
{
	char *copy = calloc(1, len + 1);

	if (!copy)
		return -ENOMEM;
	copy_value(copy, len + 1, value, len);
	free(answer->location);
	answer->location = copy;
	return 0;
}

static void take_date(struct tfs_http_answer *answer, const char *value, size_t len)
{
	time_t date = parse_date(value, len);

	if (date != (time_t)-1)
		answer->server_time = date;
}

int http_answer_take_header(struct exchange *exchange, const char *line, size_t len)
{
	struct tfs_http_answer *answer = &exchange->answer;
	const char *value;
	size_t value_len;

	if (len + LINE_COST > HEAD_MAX - exchange->head_cost)
		return -EFBIG;
	exchange->head_cost += len + LINE_COST;
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
		reset_head(answer);
	else if ((value = header_value(line, len, "date", &value_len)))
		take_date(answer, value, value_len);
	else if ((value = header_value(line, len, "retry-after", &value_len)))
		answer->retry_after_s = parse_retry_after(answer, value, value_len);
	else if ((value = header_value(line, len, "requestid", &value_len)))
		copy_value(answer->request_id, sizeof(answer->request_id), value, value_len);
	else if ((value = header_value(line, len, "content-type", &value_len)))
		copy_value(answer->content_type, sizeof(answer->content_type), value, value_len);
	else if ((value = header_value(line, len, "content-disposition", &value_len)))
		copy_value(answer->content_disposition, sizeof(answer->content_disposition), value, value_len);
	else if ((value = header_value(line, len, "location", &value_len)))
		return take_location(answer, value, value_len);
	return 0;
}
