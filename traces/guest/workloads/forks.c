// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A storm of short processes.
 *
 * Usage: forks PROCESSES [ALIVE] [SEED]. At most ALIVE run at a time; each copies some of the parent's pages by
 * writing to them, maps a little memory of its own, one in eight executes a program, and one in 200 maps more than
 * per-CPU lists keep, so that frames come from the zones' lists and return there.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define SHARED_PAGES 512u
#define LARGE_ONE_IN 200u
#define LARGE_PAGES_MIN 6000u

static void child(char *shared, uint64_t state)
{
	unsigned i, own = 1 + draw(&state) % 24;

	if (draw(&state) % LARGE_ONE_IN == 0)
		own = LARGE_PAGES_MIN + draw(&state) % LARGE_PAGES_MIN;
	for (i = draw(&state) % 40; i > 0; i--)
		shared[(draw(&state) % SHARED_PAGES) * PAGE_BYTES] = 2;
	touch_pages(map_pages(own), own);
	if (draw(&state) % 8 == 0)
		execl("/bin/true", "true", (char *)NULL);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long processes = argument(argc, argv, 1, 1000);
	unsigned long alive_max = argument(argc, argv, 2, 12), alive = 0;
	uint64_t state = argument(argc, argv, 3, 1) * 2 + 1;
	char *shared = map_pages(SHARED_PAGES);

	touch_pages(shared, SHARED_PAGES);
	while (processes-- > 0) {
		uint64_t seed = ((uint64_t)draw(&state) << 32 | draw(&state)) | 1;
		pid_t pid = fork();

		if (pid == 0)
			child(shared, seed);
		if (pid < 0)
			fail("fork");
		if (++alive >= alive_max || draw(&state) % 4 == 0) {
			wait(NULL);
			alive--;
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
