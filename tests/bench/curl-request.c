/* Prints a curl configuration for one sealed call, so that curl can be timed making it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tenantfs/config.h"
#include "tenantfs/digest.h"
#include "tenantfs/envelope.h"
#include "tenantfs/file.h"

enum { LIMIT = 4 << 20 };

static int read_trimmed(const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	int r = tfs_file_read_private(path, out, error);
	while (r >= 0 && out->len && strchr(" \r\n\t", out->data[out->len - 1]))
		tfs_buf_resize(out, out->len - 1);
	return r;
}

static int seal_request_id(const struct tfs_peer *peer, struct tfs_buf *out, struct tfs_error *error)
{
	char uuid[TFS_UUID_TEXT], text[160];
	int r = tfs_uuid(uuid);
	if (r < 0)
		return r;
	int len = snprintf(text, sizeof(text), "{\"appid\":\"bench\",\"uuid\":\"%s\",\"ts\":%" PRId64 "}", uuid,
			   (int64_t)time(NULL));
	return tfs_seal(peer, text, (size_t)len, out, error);
}

/* Header lines and the sealed body; base64 needs no quoting inside curl's double quotes. */
static int print_call(const struct tfs_config *config, const struct tfs_key *key, const struct tfs_peer *peer,
		      char **argv, struct tfs_error *error)
{
	struct tfs_buf id = TFS_BUF_INIT(LIMIT), body = TFS_BUF_INIT(LIMIT), token = TFS_BUF_INIT(LIMIT);
	int r = seal_request_id(peer, &id, error);
	if (r >= 0)
		r = tfs_seal(peer, argv[4], strlen(argv[4]), &body, error);
	if (r >= 0)
		r = read_trimmed(config->token_file, &token, error);
	if (r >= 0) {
		printf("url = \"%s%s\"\nrequest = \"%s\"\noutput = /dev/null\nsilent\nfail\n", config->url, argv[3],
		       argv[2]);
		printf("header = \"publickey: %s\"\nheader = \"requestid: %s\"\n", tfs_key_public(key), id.data);
		printf("header = \"authorization: Bearer %s\"\n", token.data);
		printf("header = \"content-type: application/json\"\n");
		if (argv[4][0])
			printf("data = \"{\\\"data\\\":\\\"%s\\\",\\\"publicKey\\\":\\\"%s\\\"}\"\n", body.data,
			       tfs_key_public(key));
	}
	tfs_buf_finish(&id);
	tfs_buf_finish(&body);
	tfs_buf_wipe(&token);
	return r;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: bench-curl-request CONFIG METHOD PATH BODY\n");
		return 64;
	}
	struct tfs_error error = { 0 };
	cleanup_config struct tfs_config *config = NULL;
	cleanup_key struct tfs_key *key = NULL;
	cleanup_peer struct tfs_peer *peer = NULL;
	int r = tfs_config_load(argv[1], NULL, &config, &error);
	if (r >= 0)
		r = tfs_key_load(config->curve, config->key_file, &key, &error);
	if (r >= 0)
		r = tfs_peer_new(key, config->service_key, &peer, &error);
	if (r >= 0)
		r = print_call(config, key, peer, argv, &error);
	if (r < 0)
		fprintf(stderr, "bench-curl-request: %s\n", error.message);
	return r < 0 ? 1 : 0;
}
