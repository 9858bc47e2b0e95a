/* Data made from a seed: equal for equal seeds, different for different ones, and valid. */
#include "../scratch.h"
#include "client.c"

#include "seed-data.h"

/* All data of a newly seeded store as one text. */
static char *dump(uint64_t seed, unsigned users)
{
	char dir[40];
	char path[64], command[256];
	struct store *store = NULL;
	struct tfs_buf text = TFS_BUF_INIT(64 << 20);
	static const char *const kinds[] = { "tenant", "community", "service-key", "environment" };

	scratch_name(dir, sizeof(dir));
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/db", dir);
	assert_int_equal(sandbox_store_open(path, &store, NULL), 0);
	assert_int_equal(sandbox_seed_store(store, seed, users, NULL), 0);
	assert_int_equal(sandbox_store_begin(store), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		cleanup_json json_t *list = NULL;
		assert_int_equal(sandbox_store_list(store, "", kinds[i], &list), 0);
		assert_int_equal(tfs_json_print(list, &text), 0);
	}
	cleanup_json json_t *communities = NULL;
	assert_int_equal(sandbox_store_list(store, "", "community", &communities), 0);
	static const char *const own[] = { "module", "provider", "role", "mfa", "branding", "auth-scheme" };
	size_t index, m;
	json_t *community, *module;
	json_array_foreach (communities, index, community) {
		const char *id = tfs_json_text(community, "id");
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
			cleanup_json json_t *list = NULL;
			assert_int_equal(sandbox_store_list(store, id, own[i], &list), 0);
			assert_int_not_equal(json_array_size(list), 0);
			assert_int_equal(tfs_json_print(list, &text), 0);
			json_array_foreach (i == 0 ? list : NULL, m, module) {
				const struct store_page page = { .module = tfs_json_text(module, "_id"), .size = 5000 };
				long long total;
				assert_int_equal(sandbox_store_user_page(store, &page, &text, &total), 0);
			}
		}
	}
	sandbox_store_end(store, false);
	sandbox_store_free(store);
	snprintf(command, sizeof(command), "%s-wal", path);
	unlink(command);
	snprintf(command, sizeof(command), "%s-shm", path);
	unlink(command);
	unlink(path);
	rmdir(dir);
	return tfs_buf_steal(&text, NULL);
}

static void test_equal_seeds_give_equal_data(void **state)
{
	cleanup_free char *one = dump(42, 400);
	cleanup_free char *two = dump(42, 400);
	cleanup_free char *other = dump(43, 400);

	(void)state;
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
}

static void test_ids_have_their_form(void **state)
{
	uint64_t sequence = sandbox_seed_state(1, "test", 0);
	char id[SEED_ID], uuid[SEED_UUID], time[SEED_TIME];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		sandbox_seed_id(&sequence, id);
		sandbox_seed_uuid(&sequence, uuid);
		sandbox_seed_time(&sequence, time);
		assert_int_equal(strlen(id), 24);
		assert_int_equal(strspn(id, "0123456789abcdef"), 24);
		assert_int_equal(strlen(uuid), 36);
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
		assert_int_equal(strlen(time), 24);
		assert_int_equal(time[10], 'T');
	}
}

/* The users of one page. */
static json_t *read_users(const struct client *client, int index)
{
	char more[64];

	snprintf(more, sizeof(more), "\"pSize\":100,\"pIndex\":%d", index);
	char *scope = client_scope(client, more);
	json_t *answer = client_expect(client, 200, "POST", "/users/fetch", scope);
	free(scope);
	return answer;
}

static bool has_user(const json_t *pages, const char *name)
{
	size_t index;
	json_t *user;

	json_array_foreach ((json_t *)pages, index, user) {
		const char *own = tfs_json_text(user, "username");
		assert_non_null(own);
		if (!strcmp(own, name))
			return true;
	}
	return false;
}

static void test_awkward_names_exist(void **state)
{
	struct world *world = *state;
	static const char *const wanted[] = { "admin",      "sales/emea/anna", "Zoë O'Brien-Smith", "50%off", ".hidden",
					      "say \"hi\"", "line\nbreak",     "山田太郎",          "casey",  "Casey" };
	cleanup_json json_t *answer = read_users(&world->client, 0);
	const json_t *users = json_object_get(answer, "data");
	size_t longest = 0, sum = 0;
	size_t index;
	json_t *user;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		assert_true(has_user(users, wanted[i]));
	json_array_foreach ((json_t *)users, index, user) {
		cleanup_free char *text = json_dumps(user, JSON_COMPACT);
		size_t len = strlen(tfs_json_text(user, "username"));
		longest = len > longest ? len : longest;
		sum += strlen(text);
		assert_non_null(tfs_json_text(user, "roleValue"));
		assert_true(json_is_boolean(json_object_get(user, "isLocked")));
		assert_true(json_is_array(json_object_get(user, "mobiles")));
		assert_true(json_is_object(json_object_get(user, "aliases")));
	}
	assert_int_equal(longest, 300);
	assert_in_range(sum / json_array_size(users), 600, 720);
}

static void test_two_providers_share_a_name(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *list = client_expect(&world->client, 200, "POST", "/serviceprovider/fetch", NULL);
	int wikis = 0;
	size_t index;
	json_t *provider;

	json_array_foreach (list, index, provider) {
		const char *name = tfs_json_text(provider, "name");
		wikis += name && !strcmp(name, "Wiki");
	}
	assert_int_equal(wikis, 2);
}

/* The service would accept every seeded setting in an update. */
static void test_seeded_settings_pass_the_check(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char *const paths[] = { "/config/authentication/first_time_enrollment_settings",
					     "/config/authentication/liveid_selfie_settings",
					     "/config/authentication/mfa_settings",
					     "/config/authentication/orion_settings",
					     "/config/authentication/password_reset" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		cleanup_json json_t *doc = client_expect(client, 200, "GET", paths[i], NULL);
		cleanup_json json_t *body = json_copy(doc);
		json_object_set_new(body, "tenantId", json_string(client->tenant));
		json_object_set_new(body, "communityId", json_string(client->community));
		cleanup_free char *text = json_dumps(body, JSON_COMPACT);
		cleanup_json json_t *set = client_expect(client, 200, "PUT", paths[i], text);
		assert_true(json_equal(set, doc));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_seeds_give_equal_data),
		cmocka_unit_test(test_ids_have_their_form),
		cmocka_unit_test(test_awkward_names_exist),
		cmocka_unit_test(test_two_providers_share_a_name),
		cmocka_unit_test(test_seeded_settings_pass_the_check),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
