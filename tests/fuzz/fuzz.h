/* What a fuzz entry gives to whatever drives it: our own driver, or libFuzzer, which needs the first only. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Inputs worth starting from, and pieces worth putting in; each list ends with NULL. */
extern const char *const fuzz_seeds[];
extern const char *const fuzz_pieces[];

/* A promise of the code under test; what breaks it is a finding like a crash. */
#define fuzz_check(condition)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);              \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#endif
