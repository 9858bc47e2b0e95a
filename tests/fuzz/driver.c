/*
 * Drives a fuzz entry without libFuzzer: a fixed number of inputs, made from
 * its seeds by a repeatable pseudo-random sequence.
 *
 *	fuzz-NAME [-n COUNT] [-f FIRST] [FILE...]
 *
 * A failure prints the number of its input: -f NUMBER -n 1 repeats it.
 * A file is run as one input.
 */
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

enum { INPUT_MAX = 4096, DEFAULT_COUNT = 100000 };

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t len;
	uint64_t random;
};

/* Read by print_input() alone. */
static volatile unsigned long current;

static void print_input(void)
{
	char line[80];
	int len = snprintf(line, sizeof(line), "\ninput number %lu: -f %lu -n 1\n", current, current);

	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

static void on_signal(int number)
{
	print_input();
	signal(number, SIG_DFL);
	raise(number);
}

/* A sanitizer ends the process itself and calls this callback before. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static uint32_t next_random(struct input *input)
{
	input->random = input->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(input->random >> 33);
}

static uint32_t below(struct input *input, size_t limit)
{
	return limit == 0 ? 0 : next_random(input) % (uint32_t)limit;
}

static const char *pick(struct input *input, const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count == 0 ? "" : list[below(input, count)];
}

/* Inserts at most `len` bytes at `at`, as far as there is room. */
static void insert(struct input *input, size_t at, const void *bytes, size_t len)
{
	if (len > INPUT_MAX - input->len)
		len = INPUT_MAX - input->len;
	memmove(input->bytes + at + len, input->bytes + at, input->len - at);
	memcpy(input->bytes + at, bytes, len);
	input->len += len;
}

static void mutate(struct input *input)
{
	size_t at = below(input, input->len + 1), len;
	uint8_t copy[64], byte = (uint8_t)next_random(input);
	const char *piece;

	switch (below(input, 7)) {
	case 0: /* change a byte */
		if (at < input->len)
			input->bytes[at] = byte;
		break;
	case 1: /* flip a bit */
		if (at < input->len)
			input->bytes[at] ^= (uint8_t)(1 << byte % 8);
		break;
	case 2: /* insert a byte */
		insert(input, at, &byte, 1);
		break;
	case 3: /* remove some bytes */
		len = below(input, 16);
		if (len > input->len - at)
			len = input->len - at;
		memmove(input->bytes + at, input->bytes + at + len, input->len - at - len);
		input->len -= len;
		break;
	case 4: /* repeat some bytes */
		len = below(input, sizeof(copy));
		if (len > input->len - at)
			len = input->len - at;
		memcpy(copy, input->bytes + at, len);
		insert(input, at, copy, len);
		break;
	case 5: /* truncate */
		input->len = at;
		break;
	default:
		piece = pick(input, below(input, 4) == 0 ? fuzz_seeds : fuzz_pieces);
		insert(input, at, piece, strlen(piece));
		break;
	}
}

static void run(const uint8_t *bytes, size_t len)
{
	/* A copy of the exact size, so that a sanitizer sees reads past the end. */
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	fuzz_check(!!copy);
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_number(unsigned long number)
{
	struct input input = { .random = number * 0x9e3779b97f4a7c15u + 1 };
	const char *seed;

	current = number;
	for (int i = 0; i < 3; i++)
		next_random(&input);
	seed = pick(&input, fuzz_seeds);
	insert(&input, 0, seed, strlen(seed));
	/* One input in sixteen is an unchanged seed. */
	if (below(&input, 16) != 0)
		for (uint32_t rounds = 1 + below(&input, 8); rounds > 0; rounds--)
			mutate(&input);
	run(input.bytes, input.len);
}

static int run_file(const char *path)
{
	struct input input = { 0 };
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	input.len = fread(input.bytes, 1, sizeof(input.bytes), file);
	fclose(file);
	run(input.bytes, input.len);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long first = 0, count = DEFAULT_COUNT;
	int option;

	while ((option = getopt(argc, argv, "n:f:")) != -1) {
		if (option == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (option == 'f')
			first = strtoul(optarg, NULL, 10);
		else
			return 64;
	}
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(print_input);
	if (optind < argc) {
		int failed = 0;

		for (; optind < argc; optind++)
			failed |= run_file(argv[optind]);
		return failed;
	}
	for (unsigned long i = 0; i < count; i++)
		run_number(first + i);
	printf("%lu inputs\n", count);
	return 0;
}
