/*
 * Any bytes as a sealed text, a private key, a public key and a plain text:
 * only sealed texts open, and every sealed text opens.
 */
#include <errno.h>
#include <string.h>

#include "../../src/envelope/base64.h"
#include "fuzz.h"
#include "tenantfs/envelope.h"

#define PRIVATE "e3ynT+afLd7RtC/RhFuIrUHHfcu4iN19fcCvN+UxZCI="
#define PUBLIC "zrDBafnPhPXrU8A789QdudFD2Vl2oKN1y0vBeu9ez1XTzHDZ8+us1Yn3kgUOwIiIFLM3mNUx1lrnX4aUAd6tTw=="
#define SEALED "w8pxbyvS4I1m+Q6pTK5mQeudcU79JwY+Hb2oG6G9LUsm"

const char *const fuzz_seeds[] = {
	SEALED,
	PRIVATE,
	PUBLIC,
	"",
	"YQ==",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAA",
	"/////////////////////////////////////////////////////////////////////////////////////w==",
	"//////////////////////////////////////////8=",
	"AP////////////////////////////////////////8=",
	NULL,
};

const char *const fuzz_pieces[] = {
	"=",
	"==",
	"A",
	"AAAA",
	"////",
	"\n",
	" ",
	"-",
	"_",
	"\xff",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	NULL,
};

/* The peer for all inputs, made at the first one. */
static const struct tfs_peer *get_peer(void)
{
	static struct tfs_peer *peer;
	cleanup_key struct tfs_key *key = NULL;

	if (peer)
		return peer;
	fuzz_check(tfs_key_from_base64(TFS_SECP256K1, PRIVATE, strlen(PRIVATE), &key, NULL) == 0);
	fuzz_check(tfs_peer_new(key, PUBLIC, &peer, NULL) == 0);
	return peer;
}

static void try_open(const char *text, size_t len)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT_SECRET(1 << 20);
	struct tfs_error error = { 0 };
	int r;

	fuzz_check(tfs_buf_puts(&out, "kept") == 0);
	r = tfs_open(get_peer(), text, len, &out, &error);
	if (r == 0) {
		/* Only one sealed text for this key exists. */
		fuzz_check(len == strlen(SEALED) && memcmp(text, SEALED, len) == 0);
		fuzz_check(strcmp(out.data, "kepta") == 0);
		return;
	}
	fuzz_check(r == -EBADMSG && error.code == r && error.message[0] != '\0');
	fuzz_check(out.len == 4 && strcmp(out.data, "kept") == 0);
}

static void try_seal(const void *bytes, size_t len)
{
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(1 << 20), out cleanup_buf = TFS_BUF_INIT(1 << 20);

	fuzz_check(tfs_seal(get_peer(), bytes, len, &sealed, NULL) == 0);
	fuzz_check(tfs_open(get_peer(), sealed.data, sealed.len, &out, NULL) == 0);
	fuzz_check(out.len == len && (len == 0 || memcmp(out.data, bytes, len) == 0));
}

/* Vector and table implementations agree on bytes and refusals; a decoded text encodes to itself. */
static void try_base64(const char *text, size_t len)
{
	size_t room = base64_room(len);
	unsigned char *fast = malloc(room + !room), *slow = malloc(room + !room);
	ssize_t got, want;
	char *again;

	fuzz_check(fast && slow);
	got = envelope_base64_decode(text, len, fast);
	want = envelope_base64_decode_table(text, len, slow);
	fuzz_check(got == want);
	if (got >= 0) {
		fuzz_check(memcmp(fast, slow, (size_t)got) == 0);
		again = malloc(len + !len);
		fuzz_check(again && base64_length((size_t)got) == len);
		envelope_base64_encode(fast, (size_t)got, again);
		fuzz_check(memcmp(again, text, len) == 0);
		free(again);
	}
	free(fast);
	free(slow);
}

static void try_keys(const char *text, size_t len)
{
	struct tfs_buf copy cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_key struct tfs_key *key = NULL, *one = NULL;
	cleanup_peer struct tfs_peer *peer = NULL;
	struct tfs_error error = { 0 };
	int r = tfs_key_from_base64(TFS_PRIME256V1, text, len, &key, &error);

	fuzz_check(r == 0 || (r == -EINVAL && !key && error.message[0] != '\0'));
	fuzz_check(tfs_buf_add(&copy, text, len) == 0);
	fuzz_check(tfs_key_from_base64(TFS_PRIME256V1, "AQ==", 4, &one, NULL) == 0);
	r = tfs_peer_new(one, copy.data, &peer, &error);
	fuzz_check(r == 0 || (r == -EINVAL && !peer && error.message[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	try_base64(text, len);
	try_open(text, len);
	try_seal(data, len);
	try_keys(text, len);
	return 0;
}
