// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A storm of short processes.
 *
 * Usage: forks PROCESSES [ALIVE] [SEED]. At most ALIVE run at a time; each copies some of the parent's pages by
 * writing to them, maps a little memory of its own, one in eight executes a program, and every 700th maps more than the
 * per-CPU lists of any kernel keep (an eighth of 1 GiB), so that frames come from the zones' lists and return there.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define SHARED_PAGES 512u
#define LARGE_EVERY 700u
#define LARGE_PAGES 36000u

static void child(char *shared, uint64_t state, int large)
{
	unsigned i, own = 1 + draw(&state) % 24;

	if (large)
		own = LARGE_PAGES;
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
			child(shared, seed, processes % LARGE_EVERY == LARGE_EVERY / 2);
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
