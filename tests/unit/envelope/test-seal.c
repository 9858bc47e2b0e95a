/* Peers and sealed strings: recorded vectors of the wire format, and strings that must not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/envelope/base64.h"
#include "../../../src/envelope/peer.h"
#include "tenantfs/envelope.h"
#include "tenantfs/file.h"
#include "tenantfs/json.h"

enum { ROOM = 1 << 22 };

struct vector {
	enum tfs_curve curve;
	const char *client_private, *client_public, *service_private, *service_public, *shared, *plain, *sealed;
	size_t plain_len;
};

static json_t *load_vectors(void)
{
	struct tfs_buf path cleanup_buf = TFS_BUF_INIT(4096), text cleanup_buf = TFS_BUF_INIT(ROOM);
	const char *folder = getenv("TENANTFS_TEST_DATA");
	struct tfs_error error = { 0 };
	json_t *vectors = NULL;

	if (!folder)
		fail_msg("TENANTFS_TEST_DATA is not set");
	assert_int_equal(tfs_buf_printf(&path, "%s/envelope.json", folder), 0);
	if (tfs_file_read(path.data, &text, &error) < 0 || tfs_json_parse(text.data, text.len, &vectors, &error) < 0)
		fail_msg("%s", error.message);
	return vectors;
}

static struct vector read_vector(const char *curve, const json_t *item)
{
	struct vector vector = {
		.client_private = tfs_json_text(item, "client_private_key"),
		.client_public = tfs_json_text(item, "client_public_key"),
		.service_private = tfs_json_text(item, "service_private_key"),
		.service_public = tfs_json_text(item, "service_public_key"),
		.shared = tfs_json_text(item, "shared_key"),
		.plain = tfs_json_text(item, "plaintext"),
		.plain_len = json_string_length(json_object_get(item, "plaintext")),
		.sealed = tfs_json_text(item, "ciphertext"),
	};

	assert_int_equal(tfs_curve_from_name(curve, &vector.curve), 0);
	return vector;
}

static struct tfs_key *read_key(enum tfs_curve curve, const char *text, const char *public_text)
{
	struct tfs_error error = { 0 };
	struct tfs_key *key = NULL;

	if (tfs_key_from_base64(curve, text, strlen(text), &key, &error) < 0)
		fail_msg("%s", error.message);
	assert_string_equal(tfs_key_public(key), public_text);
	return key;
}

static struct tfs_peer *make_peer(const struct tfs_key *key, const char *public_text)
{
	struct tfs_error error = { 0 };
	struct tfs_peer *peer = NULL;

	if (tfs_peer_new(key, public_text, &peer, &error) < 0)
		fail_msg("%s", error.message);
	assert_string_equal(tfs_peer_public(peer), public_text);
	return peer;
}

static void assert_opens(const struct tfs_peer *peer, const char *sealed, size_t len, const char *plain,
			 size_t plain_len)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT_SECRET(ROOM);
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_buf_puts(&out, "before"), 0);
	if (tfs_open(peer, sealed, len, &out, &error) < 0)
		fail_msg("%s", error.message);
	assert_int_equal(out.len, 6 + plain_len);
	assert_memory_equal(out.data, "before", 6);
	assert_memory_equal(out.data + 6, plain, plain_len + 1);
}

static void check_vector(const struct vector *vector)
{
	cleanup_key struct tfs_key *client = read_key(vector->curve, vector->client_private, vector->client_public);
	cleanup_key struct tfs_key *service = read_key(vector->curve, vector->service_private, vector->service_public);
	cleanup_peer struct tfs_peer *at_client = make_peer(client, vector->service_public);
	cleanup_peer struct tfs_peer *at_service = make_peer(service, vector->client_public);
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM);
	char shared[45] = { 0 };

	envelope_base64_encode(tfs_secret_bytes(at_client->shared), SHARED_BYTES, shared);
	assert_string_equal(shared, vector->shared);
	envelope_base64_encode(tfs_secret_bytes(at_service->shared), SHARED_BYTES, shared);
	assert_string_equal(shared, vector->shared);
	assert_opens(at_client, vector->sealed, strlen(vector->sealed), vector->plain, vector->plain_len);
	assert_opens(at_service, vector->sealed, strlen(vector->sealed), vector->plain, vector->plain_len);
	assert_int_equal(tfs_seal(at_client, vector->plain, vector->plain_len, &sealed, NULL), 0);
	assert_int_equal(sealed.len, strlen(vector->sealed));
	assert_opens(at_service, sealed.data, sealed.len, vector->plain, vector->plain_len);
	tfs_buf_reset(&sealed);
	assert_int_equal(tfs_seal(at_service, vector->plain, vector->plain_len, &sealed, NULL), 0);
	assert_opens(at_client, sealed.data, sealed.len, vector->plain, vector->plain_len);
}

static void test_recorded_vectors_open(void **state)
{
	cleanup_json json_t *vectors = load_vectors();
	const char *curve;
	json_t *list, *item;
	size_t i, count = 0;

	(void)state;
	json_object_foreach (vectors, curve, list) {
		json_array_foreach (list, i, item) {
			struct vector vector = read_vector(curve, item);

			check_vector(&vector);
			count++;
		}
	}
	assert_int_equal(count, 12);
}

/* Two peers that have each other's key; new for each test. */
struct sides {
	struct tfs_key *mine, *theirs;
	struct tfs_peer *here, *there;
};

static int make_sides(void **state)
{
	struct sides *sides = calloc(1, sizeof(*sides));

	if (!sides || tfs_key_generate(TFS_SECP256K1, &sides->mine, NULL) < 0 ||
	    tfs_key_generate(TFS_SECP256K1, &sides->theirs, NULL) < 0)
		return -1;
	sides->here = make_peer(sides->mine, tfs_key_public(sides->theirs));
	sides->there = make_peer(sides->theirs, tfs_key_public(sides->mine));
	*state = sides;
	return 0;
}

static int free_sides(void **state)
{
	struct sides *sides = *state;

	tfs_peer_free(sides->here);
	tfs_peer_free(sides->there);
	tfs_key_free(sides->mine);
	tfs_key_free(sides->theirs);
	free(sides);
	return 0;
}

static void assert_does_not_open(const struct tfs_peer *peer, const char *sealed, size_t len, const char *message)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM);
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_buf_resize(&out, 1000), 0);
	assert_int_equal(tfs_buf_resize(&out, 0), 0);
	assert_int_equal(tfs_buf_puts(&out, "kept"), 0);
	assert_int_equal(tfs_open(peer, sealed, len, &out, &error), -EBADMSG);
	assert_int_equal(error.code, -EBADMSG);
	assert_string_equal(error.origin, "envelope");
	assert_string_equal(error.message, message);
	assert_int_equal(out.len, 4);
	assert_string_equal(out.data, "kept");
	/* No plain text remains behind the end either. */
	for (size_t i = out.len; i < 1000; i++)
		assert_int_equal(out.data[i], 0);
}

static const char damaged[] = "the sealed text does not open: it is damaged, or was sealed for another key";

static void test_text_with_a_flipped_bit_does_not_open(void **state)
{
	struct sides *sides = *state;
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM);
	unsigned char frame[100];
	ssize_t len;

	assert_int_equal(tfs_seal(sides->here, "a secret of some length", 23, &sealed, NULL), 0);
	len = envelope_base64_decode(sealed.data, sealed.len, frame);
	assert_int_equal(len, 16 + 23 + 16);
	for (ssize_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			char text[200];

			frame[i] ^= (unsigned char)(1 << bit);
			envelope_base64_encode(frame, (size_t)len, text);
			assert_does_not_open(sides->there, text, base64_length((size_t)len), damaged);
			frame[i] ^= (unsigned char)(1 << bit);
		}
	}
}

static void test_truncated_text_does_not_open(void **state)
{
	struct sides *sides = *state;
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM);
	unsigned char frame[100];
	ssize_t len;

	assert_int_equal(tfs_seal(sides->here, "0123456789", 10, &sealed, NULL), 0);
	len = envelope_base64_decode(sealed.data, sealed.len, frame);
	for (ssize_t cut = 0; cut < len; cut++) {
		char text[200];

		envelope_base64_encode(frame, (size_t)cut, text);
		assert_does_not_open(sides->there, text, base64_length((size_t)cut),
				     cut < 32 ? "the sealed text is too short" : damaged);
	}
}

static void test_invalid_base64_does_not_open(void **state)
{
	static const char *const texts[] = { "hello", "{\"a\":1}", "YQ", "YQ==\n", " YQ==", "YQ==YQ==" };
	struct sides *sides = *state;
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_does_not_open(sides->there, texts[i], strlen(texts[i]), "the sealed text is not base64");
	/* White space at any position of a valid text. */
	assert_int_equal(tfs_seal(sides->here, "0123456789", 10, &sealed, NULL), 0);
	for (size_t i = 0; i < sealed.len; i++) {
		char was = sealed.data[i];

		sealed.data[i] = '\n';
		assert_does_not_open(sides->there, sealed.data, sealed.len, "the sealed text is not base64");
		sealed.data[i] = was;
	}
	assert_opens(sides->there, sealed.data, sealed.len, "0123456789", 10);
}

static void test_text_for_another_key_does_not_open(void **state)
{
	struct sides *sides = *state;
	cleanup_key struct tfs_key *stranger = NULL;
	cleanup_peer struct tfs_peer *peer = NULL;
	struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM);

	assert_int_equal(tfs_key_generate(TFS_SECP256K1, &stranger, NULL), 0);
	peer = make_peer(stranger, tfs_key_public(sides->mine));
	assert_int_equal(tfs_seal(sides->here, "for them", 8, &sealed, NULL), 0);
	assert_does_not_open(peer, sealed.data, sealed.len, damaged);
}

static void test_equal_texts_are_sealed_differently(void **state)
{
	struct sides *sides = *state;
	struct tfs_buf a cleanup_buf = TFS_BUF_INIT(ROOM), b cleanup_buf = TFS_BUF_INIT(ROOM);

	assert_int_equal(tfs_seal(sides->here, "same", 4, &a, NULL), 0);
	assert_int_equal(tfs_seal(sides->here, "same", 4, &b, NULL), 0);
	assert_int_equal(a.len, b.len);
	/* The IVs, then the rest. */
	assert_memory_not_equal(a.data, b.data, 20);
	assert_memory_not_equal(a.data + 24, b.data + 24, 20);
}

static void test_text_of_each_size_opens_again(void **state)
{
	static const size_t sizes[] = { 0,  1,  2,  3,  15,   16,    17,    31,    32,
					33, 63, 64, 65, 1000, 65535, 65536, 65537, 1000003 };
	struct sides *sides = *state;
	char *plain = malloc(1000004);

	for (size_t i = 0; i < 1000004; i++)
		plain[i] = (char)(i * 31 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM), out cleanup_buf = TFS_BUF_INIT(ROOM);

		assert_int_equal(tfs_seal(sides->here, plain, sizes[i], &sealed, NULL), 0);
		assert_int_equal(sealed.len, base64_length(sizes[i] + 32));
		assert_int_equal(tfs_open(sides->there, sealed.data, sealed.len, &out, NULL), 0);
		assert_int_equal(out.len, sizes[i]);
		if (sizes[i] > 0)
			assert_memory_equal(out.data, plain, sizes[i]);
	}
	free(plain);
}

static void test_text_above_the_limit_is_refused(void **state)
{
	struct sides *sides = *state;
	struct tfs_buf small cleanup_buf = TFS_BUF_INIT(55), fits cleanup_buf = TFS_BUF_INIT(56);
	struct tfs_buf nine cleanup_buf = TFS_BUF_INIT(9), ten cleanup_buf = TFS_BUF_INIT(10);
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_seal(sides->here, "0123456789", 10, &small, &error), -EFBIG);
	assert_string_equal(error.message, "the text is too large");
	assert_int_equal(tfs_seal(sides->here, "0123456789", 10, &fits, &error), 0);
	assert_int_equal(tfs_open(sides->there, fits.data, fits.len, &nine, &error), -EFBIG);
	assert_string_equal(error.message, "the text is too large");
	assert_int_equal(tfs_open(sides->there, fits.data, fits.len, &ten, &error), 0);
	assert_string_equal(ten.data, "0123456789");
	assert_int_equal(tfs_seal(sides->here, "", SIZE_MAX, &fits, &error), -EFBIG);
	assert_int_equal(tfs_open(sides->here, "", SIZE_MAX, &fits, &error), -EFBIG);
}

static void test_invalid_public_key_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", "the public key is not of 64 bytes" },
		{ "hello", "the public key is not base64" },
		{ "AQ==", "the public key is not of 64 bytes" },
		/* 65 bytes, with the 4 in front that does not belong here */
		{ "BHm+Zn753LusVaBilc6HCwcCm/zbLc4o2VnygVsW+BeYSDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj/sQ1Lg=",
		  "the public key is not of 64 bytes" },
		{ "eb5mfvncu6xVoGKVzocLBwKb/NstzijZWfKBWxb4F5hIOtp3JqPEZV2k+/wOEQio/Re0SKaFVBmcR9CP+xDUuQ==",
		  "the public key is not a point of the curve secp256k1" },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		  "the public key is not a point of the curve secp256k1" },
		{ "/////////////////////////////////////////////////////////////////////////////////////w==",
		  "the public key is not a point of the curve secp256k1" },
		/* the base point of the other curve */
		{ "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
		  "the public key is not a point of the curve secp256k1" },
	};
	struct sides *sides = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tfs_peer *peer = (struct tfs_peer *)-1;
		struct tfs_error error = { 0 };

		assert_int_equal(tfs_peer_new(sides->mine, cases[i].text, &peer, &error), -EINVAL);
		assert_string_equal(error.message, cases[i].message);
		assert_string_equal(error.origin, "envelope");
		assert_ptr_equal(peer, (struct tfs_peer *)-1);
	}
	tfs_peer_free(NULL);
}

static void test_fingerprint_is_of_the_public_key(void **state)
{
	cleanup_key struct tfs_key *one = NULL;
	cleanup_peer struct tfs_peer *peer = NULL;

	(void)state;
	assert_int_equal(tfs_key_from_base64(TFS_SECP256K1, "AQ==", 4, &one, NULL), 0);
	peer = make_peer(one, tfs_key_public(one));
	/* sha256sum of the 64 bytes of the base point */
	assert_string_equal(tfs_peer_fingerprint(peer), "09c0b2d1a486c439");
}

enum { THREADS = 4, TURNS = 400 };

static void *seal_and_open(void *data)
{
	struct sides *sides = data;

	for (int i = 0; i < TURNS; i++) {
		struct tfs_buf sealed cleanup_buf = TFS_BUF_INIT(ROOM), out cleanup_buf = TFS_BUF_INIT(ROOM);

		if (tfs_seal(sides->here, &i, sizeof(i), &sealed, NULL) < 0 ||
		    tfs_open(sides->there, sealed.data, sealed.len, &out, NULL) < 0 || out.len != sizeof(i) ||
		    memcmp(out.data, &i, sizeof(i)) != 0)
			return data;
	}
	return NULL;
}

static void test_threads_can_share_a_peer(void **state)
{
	pthread_t threads[THREADS];
	void *result;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, *state), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		assert_null(result);
	}
}

#define with_sides(test) cmocka_unit_test_setup_teardown(test, make_sides, free_sides)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_vectors_open),
		with_sides(test_text_with_a_flipped_bit_does_not_open),
		with_sides(test_truncated_text_does_not_open),
		with_sides(test_invalid_base64_does_not_open),
		with_sides(test_text_for_another_key_does_not_open),
		with_sides(test_equal_texts_are_sealed_differently),
		with_sides(test_text_of_each_size_opens_again),
		with_sides(test_text_above_the_limit_is_refused),
		with_sides(test_invalid_public_key_is_refused),
		cmocka_unit_test(test_fingerprint_is_of_the_public_key),
		with_sides(test_threads_can_share_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
