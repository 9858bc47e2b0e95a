/*
 * The speed of sealing and opening 64 kB in one thread, base64 included. Prints
 * one JSON object with the median of several runs, in 10^6 bytes of plain text
 * a second, comparable with `openssl speed -evp aes-256-gcm -bytes 65536`.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tenantfs/envelope.h"

enum { BLOCK = 65536, RUNS = 15, RUN_MS = 100, BATCH = 64 };

struct bench {
	struct tfs_key *key;
	struct tfs_peer *peer;
	struct tfs_buf plain, sealed, opened;
	struct tfs_error error;
};

typedef int (*step_fn)(struct bench *bench);

static int seal_once(struct bench *bench)
{
	tfs_buf_reset(&bench->sealed);
	return tfs_seal(bench->peer, bench->plain.data, bench->plain.len, &bench->sealed, &bench->error);
}

static int open_once(struct bench *bench)
{
	tfs_buf_reset(&bench->opened);
	return tfs_open(bench->peer, bench->sealed.data, bench->sealed.len, &bench->opened, &bench->error);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Speed of one run in MB/s; negative when a step failed. */
static double measure(struct bench *bench, step_fn step)
{
	double start = now_seconds(), spent = 0;
	long count = 0;

	while (spent < RUN_MS / 1e3) {
		for (int i = 0; i < BATCH; i++)
			if (step(bench) < 0)
				return -1;
		count += BATCH;
		spent = now_seconds() - start;
	}
	return (double)count * BLOCK / spent / 1e6;
}

static int compare_speeds(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double take_median(double *speeds, size_t count)
{
	qsort(speeds, count, sizeof(*speeds), compare_speeds);
	return speeds[count / 2];
}

/* Runs both in turn, so that other load affects both. */
static int run_all(struct bench *bench, double *ret_seal, double *ret_open)
{
	double seal[RUNS], open[RUNS];

	for (int i = 0; i < RUNS; i++) {
		seal[i] = measure(bench, seal_once);
		open[i] = measure(bench, open_once);
		if (seal[i] < 0 || open[i] < 0)
			return -1;
	}
	if (bench->opened.len != BLOCK || memcmp(bench->opened.data, bench->plain.data, BLOCK) != 0)
		return -1;
	*ret_seal = take_median(seal, RUNS);
	*ret_open = take_median(open, RUNS);
	return 0;
}

static int prepare(struct bench *bench)
{
	int r;

	*bench = (struct bench){
		.plain = TFS_BUF_INIT(BLOCK),
		.sealed = TFS_BUF_INIT(2 * BLOCK),
		.opened = TFS_BUF_INIT(BLOCK),
	};
	r = tfs_buf_resize(&bench->plain, BLOCK);
	for (size_t i = 0; r == 0 && i < BLOCK; i++)
		bench->plain.data[i] = (char)('a' + i * 7 % 26);
	if (r == 0)
		r = tfs_key_generate(TFS_SECP256K1, &bench->key, &bench->error);
	if (r == 0)
		r = tfs_peer_new(bench->key, tfs_key_public(bench->key), &bench->peer, &bench->error);
	return r;
}

int main(void)
{
	double seal = 0, open = 0;
	struct bench bench;
	int r = prepare(&bench);

	if (r == 0)
		r = run_all(&bench, &seal, &open);
	if (r == 0)
		printf("{\"bytes\": %d, \"runs\": %d, \"seal_mb_per_s\": %.1f, \"open_mb_per_s\": %.1f}\n", BLOCK, RUNS,
		       seal, open);
	else
		fprintf(stderr, "bench-seal: %s\n", bench.error.message);
	tfs_buf_finish(&bench.plain);
	tfs_buf_finish(&bench.sealed);
	tfs_buf_finish(&bench.opened);
	tfs_peer_free(bench.peer);
	tfs_key_free(bench.key);
	return r == 0 ? 0 : 1;
}
