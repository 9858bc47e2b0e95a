/* Parses any text as a time. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/clock.h"

const char *const fuzz_seeds[] = {
	"2024-05-01T10:20:30.123Z",
	"2024-05-01 10:20:30",
	"2024-02-29T23:59:60+05:30",
	"0001-01-01T00:00:00-23:59",
	"1714558830",
	"1714558830123",
	"",
	NULL,
};

const char *const fuzz_pieces[] = {
	"-", ":", "T", "Z", "+", ".", ",", " ", "0", "9999", "00", "60", "29", "\xff", NULL
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	cleanup_free char *text = strndup((const char *)data, len);
	struct timespec time = { -77, -77 };
	int r;

	fuzz_check(!!text);
	r = tfs_clock_parse(text, &time);
	if (r == 0) {
		fuzz_check(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
		/* From the year 1 to 33658, the last one in fifteen digits of milliseconds. */
		fuzz_check(time.tv_sec >= -62135683200 && time.tv_sec < 1000000000000);
	} else {
		fuzz_check(r == -EINVAL && time.tv_sec == -77 && time.tv_nsec == -77);
	}
	return 0;
}
