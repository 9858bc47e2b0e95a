/* Seeds the records of collections. */
#include <errno.h>
#include <string.h>

#include "collections.h"
#include "seed-data.h"

static int give_id(const struct collection *row, uint64_t *state, json_t *record)
{
	char id[SEED_UUID];

	if (json_object_get(record, row->id))
		return 0;
	if (row->ids == COLLECTION_HEX)
		sandbox_seed_id(state, id);
	else
		sandbox_seed_uuid(state, id);
	return json_object_set_new(record, row->id, json_string(id)) < 0 ? -ENOMEM : 0;
}

static int seed_record(const struct seed_place *place, const struct seeded *seeded, size_t number)
{
	const struct collection *row = sandbox_collections_find(seeded->kind);
	uint64_t state = sandbox_seed_state(sandbox_seed_state(place->seed, place->community, 0), seeded->kind, number);
	cleanup_json json_t *record = json_loads(seeded->text, 0, NULL);
	int r = record && row ? give_id(row, &state, record) : -EINVAL;

	if (r == 0 && row->born && strstr(row->born, "@community") &&
	    (json_object_set_new(record, "tenantId", json_string(place->tenant)) < 0 ||
	     json_object_set_new(record, "communityId", json_string(place->community)) < 0))
		r = -ENOMEM;
	return r < 0 ? r
		     : sandbox_store_put(place->store, place->community, row->kind, tfs_json_text(record, row->id),
					 record);
}

int sandbox_seed_records(const struct seed_place *place, const struct seeded *records, size_t n, unsigned number)
{
	const char *last = "";
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (number == 0 || strcmp(records[i].kind, last) != 0)
			r = seed_record(place, &records[i], i);
		last = records[i].kind;
	}
	return r;
}
