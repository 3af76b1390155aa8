/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A main() for a fuzz target that is built without a fuzzer: it hands every file it is given to the
 * target, once.  Include it last.
 */
#ifndef FAULTLINE_FUZZ_REPLAY_H
#define FAULTLINE_FUZZ_REPLAY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FUZZ_REPLAY
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);
	size_t len;

	if (!file || !data) {
		perror(path);
		if (file)
			fclose(file);
		free(data);
		return 1;
	}
	len = fread(data, 1, 1 << 20, file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2; /* nothing to run is no success */

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%d inputs replayed\n", argc - 1);
	return failed;
}
#endif

#endif
