// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A case in a process of its own: a failed assertion or a crash is a finding, not the end of the hunt.
 *
 * Interface: fuzz_share, fuzz_unshare, fuzz_child_begin, fuzz_child_end, fuzz_run_apart (fuzz.h).
 * Invariant: a child ends with its case, with its parent, or with its time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

void *fuzz_share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void fuzz_unshare(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}

static void silence(void)
{
	int nowhere = open("/dev/null", O_WRONLY);

	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
}

int fuzz_child_begin(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps, unsigned seconds,
		     bool quiet)
{
	pid_t parent = getpid(), child;

	memset(outcome, 0, sizeof(*outcome));
	fflush(NULL); /* what is buffered is the parent's to write */
	child = fork();
	if (child)
		return child < 0 ? -errno : child;
	/* A signal may go to the whole group; the parent decides what becomes of this process. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (quiet)
		silence();
	alarm(seconds);
	fuzz_run(c, outcome, steps);
	_exit(0);
}

void fuzz_child_end(struct fuzz_outcome *outcome, int status)
{
	if (outcome->finished && WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		outcome->fault = FUZZ_FAULT_HANG;
		snprintf(outcome->text, sizeof(outcome->text), "not finished in time");
		return;
	}
	outcome->fault = FUZZ_FAULT_CRASH;
	if (WIFSIGNALED(status))
		snprintf(outcome->text, sizeof(outcome->text), "the process died of signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(outcome->text, sizeof(outcome->text), "the process ended with code %d", WEXITSTATUS(status));
}

void fuzz_run_apart(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps, unsigned seconds,
		    bool quiet)
{
	int child = fuzz_child_begin(c, outcome, steps, seconds, quiet), status = 0;

	if (child < 0) {
		outcome->error = child;
		snprintf(outcome->text, sizeof(outcome->text), "no process for a case: %s", strerror(-child));
		return;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	fuzz_child_end(outcome, status);
}
