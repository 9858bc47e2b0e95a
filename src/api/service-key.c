/* A service's public key as this client holds it: counted, shared by the exchanges that use it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "client.h"

int api_pin_new(struct tfs_api *api, struct tfs_op *op, const char *text, const char *origin, struct pin **ret)
{
	struct pin *pin = calloc(1, sizeof(*pin));
	struct tfs_error error = { 0 };
	int r;

	if (!pin)
		return tfs_fail_memory(op);
	r = tfs_peer_new(api->key, text, &pin->peer, &error);
	if (r < 0) {
		free(pin);
		return tfs_fail(op, r == -EINVAL ? -EBADMSG : r, "api", "the service's key of %s cannot be used: %s",
				origin, error.message);
	}
	atomic_store(&pin->refs, 1);
	*ret = pin;
	return 0;
}

struct pin *api_pin_ref(struct pin *pin)
{
	atomic_fetch_add(&pin->refs, 1);
	return pin;
}

void api_pin_unref(struct pin *pin)
{
	unsigned refs = pin ? atomic_fetch_sub(&pin->refs, 1) : 0;

	assert(!pin || refs > 0);
	if (refs != 1)
		return;
	tfs_peer_free(pin->peer);
	free(pin);
}
