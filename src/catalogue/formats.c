/* The formats of texts. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tenantfs/clock.h"
#include "tenantfs/rules.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define HEX DIGITS "ABCDEFabcdef"

enum {
	DAY_S = 24 * 3600,
	DAYS = 90,
	/* Bytes of a time, and before the space and the point in it. */
	TIME_TEXT = 23,
	TIME_DATE = 10,
	TIME_SECONDS = 19,
};

static bool consists_of(const char *text, const char *accepted)
{
	return *text != '\0' && text[strspn(text, accepted)] == '\0';
}

static bool has_space_or_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 127)
			return true;
	return false;
}

/* The characters of Windows-1252, which is what "ANSI" means on Windows. */
static bool is_ansi(const char *text)
{
	static const char beyond_latin_1[] = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";

	while (*text != '\0') {
		unsigned char lead = (unsigned char)*text;
		size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		char one[5] = { 0 };

		memcpy(one, text, strnlen(text, len));
		/* U+00A0 to U+00FF begin with C2 or C3; the controls U+0080 to U+009F with C2, too. */
		if (len == 1 ? lead < ' ' || lead == 127
			     : !((lead == 0xc2 && (unsigned char)one[1] >= 0xa0) || lead == 0xc3) &&
				       !strstr(beyond_latin_1, one))
			return false;
		text += strlen(one);
	}
	return true;
}

static bool is_base64(const char *text)
{
	size_t len = strspn(text, LETTERS DIGITS "+/"), padding = strspn(text + len, "=");

	return len > 0 && padding <= 2 && text[len + padding] == '\0' && (len + padding) % 4 == 0;
}

static bool is_digits(const char *text)
{
	return consists_of(text, DIGITS);
}

/* The document does not say more than "valid". A host name without a dot is accepted. */
static bool is_email(const char *text)
{
	const char *at = strrchr(text, '@');

	return at && at > text && !has_space_or_control(text) && consists_of(at + 1, LETTERS DIGITS ".-") &&
	       at[1] != '.' && at[strlen(at) - 1] != '.';
}

/* The document's example has no '#'. */
static bool is_hex_color(const char *text)
{
	size_t len;

	text += *text == '#';
	len = strlen(text);
	return (len == 3 || len == 4 || len == 6 || len == 8) && consists_of(text, HEX);
}

static bool is_hostname(const char *text)
{
	return consists_of(text, LETTERS DIGITS "-.");
}

/* As it is, or as a data URL. */
static bool is_image(const char *text)
{
	static const char scheme[] = "data:image/", marker[] = ";base64,";
	const char *data = strncasecmp(text, scheme, strlen(scheme)) == 0 ? strstr(text, marker) : NULL;

	return is_base64(data ? data + strlen(marker) : text);
}

/* "YYYY-MM-DD HH:mm:ss.SSS", nothing shorter. */
static bool has_time_layout(const char *text)
{
	return strlen(text) == TIME_TEXT && text[TIME_DATE] == ' ' && text[TIME_SECONDS] == '.' &&
	       consists_of(text + TIME_SECONDS + 1, DIGITS);
}

/* The service may be in another time zone. */
static bool is_recent_time(const char *text)
{
	time_t now = tfs_clock_wall().tv_sec;
	struct timespec at;

	return has_time_layout(text) && tfs_clock_parse(text, &at) == 0 &&
	       at.tv_sec > now - (time_t)(DAYS + 1) * DAY_S && at.tv_sec < now + DAY_S;
}

static bool is_uri(const char *text)
{
	size_t len = strspn(text, LETTERS DIGITS "+-.");

	return len > 0 && isalpha((unsigned char)text[0]) && text[len] == ':' && text[len + 1] != '\0' &&
	       !has_space_or_control(text);
}

static bool is_url(const char *text)
{
	size_t scheme = strncasecmp(text, "https://", 8) == 0 ? 8 : strncasecmp(text, "http://", 7) == 0 ? 7 : 0;

	return scheme > 0 && strcspn(text + scheme, "/?#") > 0 && !has_space_or_control(text);
}

static const struct {
	const char *name, *words;
	bool (*fits)(const char *text);
} formats[] = {
	[TFS_FORMAT_ANSI] = { "ansi", "a text in the ANSI character set", is_ansi },
	[TFS_FORMAT_BASE64] = { "base64", "base64", is_base64 },
	[TFS_FORMAT_DIGITS] = { "digits", "digits only", is_digits },
	[TFS_FORMAT_EMAIL] = { "email", "an email address", is_email },
	[TFS_FORMAT_HEX_COLOR] = { "hex-color", "a hex color such as #1a2b3c", is_hex_color },
	[TFS_FORMAT_HOSTNAME] = { "hostname", "a DNS name of letters, digits, '-' and '.'", is_hostname },
	[TFS_FORMAT_IMAGE] = { "image", "an image in base64", is_image },
	[TFS_FORMAT_RECENT_TIME] = { "recent-time", "a time of the last 90 days, YYYY-MM-DD HH:mm:ss.SSS",
				     is_recent_time },
	[TFS_FORMAT_URI] = { "uri", "a URI with a scheme", is_uri },
	[TFS_FORMAT_URL] = { "url", "an http or https URL", is_url },
};

bool tfs_format_fits(enum tfs_format format, const char *text)
{
	return format == TFS_FORMAT_ANY || formats[format].fits(text);
}

const char *tfs_format_words(enum tfs_format format)
{
	return format == TFS_FORMAT_ANY ? "" : formats[format].words;
}

const char *tfs_format_name(enum tfs_format format)
{
	return formats[format].name;
}
