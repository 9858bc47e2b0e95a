/* A peer: its public key is checked, the shared key computed once. */
#include "peer.h"

#include <errno.h>
#include <string.h>

#include "base64.h"
#include "key.h"
#include "tenantfs/digest.h"

static int read_point(const char *text, unsigned char out[POINT_BYTES], struct tfs_error *error)
{
	unsigned char bytes[POINT_BYTES + 2];
	size_t len = strlen(text);
	ssize_t got = len > POINT_TEXT - 1 ? -1 : envelope_base64_decode(text, len, bytes);

	if (len <= POINT_TEXT - 1 && got < 0)
		return tfs_error_set(error, -EINVAL, "envelope", "the public key is not base64");
	if (got != POINT_BYTES)
		return tfs_error_set(error, -EINVAL, "envelope", "the public key is not of 64 bytes");
	memcpy(out, bytes, POINT_BYTES);
	return 0;
}

/* Fills a zeroed peer. On failure the caller frees it half-filled. */
static int fill_peer(struct tfs_peer *peer, const struct tfs_key *key, const unsigned char point[POINT_BYTES],
		     struct tfs_error *error)
{
	int r;

	peer->shared = tfs_secret_new(NULL, SHARED_BYTES);
	if (!peer->shared)
		return tfs_error_set_memory(error);
	r = envelope_curve_agree(key->curve, tfs_secret_bytes(key->scalar), key->point, point,
				 tfs_secret_bytes(peer->shared), error);
	if (r < 0)
		return r;
	peer->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (!peer->cipher)
		return envelope_fail_crypto(error, "provide AES-256-GCM");
	envelope_base64_encode(point, POINT_BYTES, peer->public_text);
	if (tfs_fingerprint(point, POINT_BYTES, peer->fingerprint) < 0)
		return envelope_fail_crypto(error, "provide SHA-256");
	return 0;
}

int tfs_peer_new(const struct tfs_key *key, const char *public_key, struct tfs_peer **ret, struct tfs_error *error)
{
	cleanup_peer struct tfs_peer *peer = NULL;
	unsigned char point[POINT_BYTES];
	int r;

	r = read_point(public_key, point, error);
	if (r == 0)
		r = envelope_curve_check_point(key->curve, point, error);
	if (r < 0)
		return r;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return tfs_error_set_memory(error);
	r = fill_peer(peer, key, point, error);
	if (r < 0)
		return r;
	*ret = steal_pointer(&peer);
	return 0;
}

void tfs_peer_free(struct tfs_peer *peer)
{
	if (!peer)
		return;
	EVP_CIPHER_free(peer->cipher);
	tfs_secret_free(peer->shared);
	free(peer);
}

const char *tfs_peer_public(const struct tfs_peer *peer)
{
	return peer->public_text;
}

const char *tfs_peer_fingerprint(const struct tfs_peer *peer)
{
	return peer->fingerprint;
}
