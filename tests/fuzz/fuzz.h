/* The interface of a fuzz entry to its driver: driver.c, or libFuzzer, which needs the first function only. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Inputs to start from, and pieces to insert; each list ends with NULL. */
extern const char *const fuzz_seeds[];
extern const char *const fuzz_pieces[];

/* A property of the code under test; its violation is a finding like a crash. */
#define fuzz_check(condition)                                                                   \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

#endif
