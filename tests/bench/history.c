/*
 * The cost of recording: a baseline of documents, then changes of single documents in batches, for several sizes.
 * Prints a JSON line for each size: changes a second, bytes on disk, the cost of a change relative to the first size.
 * With BENCH_SIGNING_KEY in the environment each commit is signed with that key, and times are wall-clock times.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "observations.h"

enum { CHANGES = 2000, BATCH = 100, TEXT = 2048 };

/* The limits of the worker. */
enum { PACKS_IDLE = 12, PACKS_BUSY = 100 };

static double now(void)
{
	struct timespec time;

	/* Processor time does not depend on other load, but it excludes children, which sign. */
	clock_gettime(!getenv("BENCH_SIGNING_KEY") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const struct tfs_error *error)
{
	fprintf(stderr, "%s\n", error->message);
	exit(1);
}

/* About a kilobyte, mostly equal for all users, like real documents. */
static size_t make_text(char out[TEXT], unsigned user, unsigned version)
{
	size_t len = (size_t)snprintf(out, TEXT, "{\n  \"username\": \"user-%06u\",\n  \"firstname\": \"First %u\",\n",
				      user, user * 7919 % 10007);

	for (unsigned i = 0; i < 12; i++)
		len += (size_t)snprintf(out + len, TEXT - len, "  \"attribute-%u\": \"a value of %u, %u\",\n", i, user,
					user * 104729 % (10009 + i));
	len += (size_t)snprintf(out + len, TEXT - len, "  \"title\": \"version %u\",\n", version);
	return len + (size_t)snprintf(out + len, TEXT - len, "  \"_server\": {\n    \"id\": \"%024u\"\n  }\n}\n", user);
}

static void user_path(char out[256], unsigned user)
{
	snprintf(out, 256, "communities/default/users/Staff/user-%06u.json", user);
}

/* Merges packs as the idle worker does. */
static void care(struct recorder *recorder)
{
	struct tfs_error error = { 0 };
	int r;

	while ((r = history_batch_gc(recorder->batch, PACKS_IDLE, &error)) > 0)
		;
	if (r < 0)
		die(&error);
}

/* All at once, in the order of their names, as from a listing. */
static void add_baseline(struct recorder *recorder, unsigned users)
{
	struct observed_list *list = history_observed_list_new("communities/default/users/Staff");
	struct observations observations = { 0 };
	struct tfs_error error = { 0 };
	char text[TEXT], name[32];
	int r = 0;

	for (unsigned i = 0; i < users && r == 0; i++) {
		size_t len = make_text(text, i, 0);

		snprintf(name, sizeof(name), "user-%06u", i);
		r = history_observations_add(
			&observations,
			&(struct observation){ .list = list,
					       .doc = tfs_doc_new(name, name, text, len, (struct timespec){ 0 }) });
	}
	if (r == 0)
		r = history_observations_record(recorder, &observations, &error);
	if (r == 0)
		r = history_batch_flush(recorder->batch, &error);
	history_observations_finish(&observations);
	free(list);
	if (r == 0)
		care(recorder);
	if (r < 0)
		die(&error);
}

static void change_some(struct recorder *recorder, unsigned users, unsigned changes, unsigned batch)
{
	char before[TEXT], after[TEXT], path[256];
	struct tfs_error error = { 0 };
	int r = 0;

	for (unsigned i = 0; i < changes && r == 0; i++) {
		unsigned user = i * 7919u % users;
		struct tfs_change change = { .seq = i + 1,
					     .type = TFS_CHANGE_CHANGE,
					     .path = path,
					     .before = before,
					     .after = after,
					     .endpoint = "PUT /users/{uid}",
					     .request_id = "00000000-0000-4000-8000-000000000000" };

		change.time.tv_sec = time(NULL);
		change.caller.uid = 1000 + i % 5;
		make_text(before, user, i / users);
		make_text(after, user, i / users + 1);
		user_path(path, user);
		r = history_record_change(recorder, &change, &error);
		if (r == 0 && (i + 1) % batch == 0)
			r = history_batch_flush(recorder->batch, &error);
		if (r == 0 && (i + 1) % batch == 0 && history_batch_gc(recorder->batch, PACKS_BUSY, &error) < 0)
			die(&error);
	}
	if (r == 0)
		r = history_batch_flush(recorder->batch, &error);
	if (r < 0)
		die(&error);
}

static unsigned long counted;

static int count_bytes(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)path;
	(void)place;
	counted += type == FTW_F ? (unsigned long)st->st_size : 0;
	return 0;
}

static unsigned long disk_bytes(const char *folder)
{
	counted = 0;
	return nftw(folder, count_bytes, 16, FTW_PHYS) == 0 ? counted : 0;
}

static unsigned number(char **argv, int argc, int place, unsigned otherwise)
{
	return place < argc ? (unsigned)strtoul(argv[place], NULL, 10) : otherwise;
}

static double measure(const char *folder, unsigned users, unsigned changes, unsigned batch, double first)
{
	const struct tfs_config config = { .name = (char *)"bench",
					   .dns = (char *)"bench.example.com",
					   .history_signing_key = getenv("BENCH_SIGNING_KEY") };
	struct recorder recorder;
	struct tfs_error error = { 0 };
	unsigned long before, written;
	char path[512];
	double start, baseline, took, tidied;

	snprintf(path, sizeof(path), "%s/history-%u.git", folder, users);
	if (history_recorder_init(&recorder, &config, path, &error) < 0)
		die(&error);
	start = now();
	add_baseline(&recorder, users);
	baseline = now() - start;
	before = disk_bytes(path);
	start = now();
	change_some(&recorder, users, changes, batch);
	took = (now() - start) / changes;
	written = disk_bytes(path) - before;
	start = now();
	care(&recorder);
	tidied = now() - start;
	history_recorder_finish(&recorder);
	printf("{\"documents\": %u, \"baseline_s\": %.2f, \"changes_per_s\": %.0f, \"cost_against_first\": %.2f, "
	       "\"bytes_of_baseline\": %lu, \"bytes_per_10000_changes\": %.0f, \"tidy_s\": %.2f, "
	       "\"bytes_per_10000_changes_cared_for\": %.0f}\n",
	       users, baseline, 1 / took, first > 0 ? took / first : 1.0, before, (double)written / changes * 10000,
	       tidied, ((double)disk_bytes(path) - (double)before) / changes * 10000);
	fflush(stdout);
	return took;
}

int main(int argc, char **argv)
{
	unsigned changes = number(argv, argc, 2, CHANGES), batch = number(argv, argc, 3, BATCH);
	double first = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-history FOLDER [CHANGES [BATCH [DOCUMENTS…]]]\n");
		return 64;
	}
	history_repo_library_init();
	for (int i = 4; i < (argc > 4 ? argc : 7); i++) {
		static const unsigned sizes[] = { 1000, 10000, 100000 };
		unsigned users = number(argv, argc, i, i < 7 ? sizes[i - 4] : 0);
		double took = measure(argv[1], users, changes, batch, first);

		first = first > 0 ? first : took;
	}
	history_repo_library_end();
	return 0;
}
