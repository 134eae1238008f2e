/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a file or pipe. See input.h.
 */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

/* A signal whose handler does not restart calls ends the wait, unless @stop says that it is no reason to. */
static ssize_t read_once(int fd, void *bytes, size_t length, bool (*stop)(void))
{
	ssize_t got;

	do {
		got = read(fd, bytes, length);
	} while (got < 0 && errno == EINTR && stop && !stop());
	return got < 0 ? -errno : got;
}

static ssize_t read_all(int fd, uint8_t *bytes, size_t length, bool (*stop)(void))
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = read_once(fd, bytes + done, length - done, stop);

		if (got < 0)
			return got;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int rec_input_open(struct rec_input *input, const char *path, struct rec_error *error)
{
	struct stat status;
	ssize_t got;

	memset(input, 0, sizeof(*input));
	input->owns_fd = strcmp(path, "-") != 0;
	input->fd = input->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (input->fd < 0)
		return rec_fail(error, -errno, 0, "cannot open: %s", strerror(errno));
	if (fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    lseek(input->fd, 0, SEEK_CUR) == 0) {
		input->seekable = true;
		input->size_bytes = (uint64_t)status.st_size;
	}
	got = read_all(input->fd, input->peek, sizeof(input->peek), NULL);
	if (got < 0) {
		rec_input_close(input);
		return rec_fail(error, (int)got, 0, "cannot read: %s", strerror((int)-got));
	}
	input->peek_bytes = (size_t)got;
	return 0;
}

static size_t take_peeked(struct rec_input *input, void *bytes, size_t length)
{
	size_t left = input->peek_bytes - input->peek_used;

	if (left > length)
		left = length;
	memcpy(bytes, input->peek + input->peek_used, left);
	input->peek_used += left;
	input->offset += left;
	return left;
}

ssize_t rec_input_read(struct rec_input *input, void *bytes, size_t length)
{
	size_t done = take_peeked(input, bytes, length);
	ssize_t got = 0;

	if (done < length) {
		got = read_all(input->fd, (uint8_t *)bytes + done, length - done, input->stop);
		if (got < 0)
			return got;
	}
	input->offset += (uint64_t)got;
	return (ssize_t)done + got;
}

ssize_t rec_input_read_some(struct rec_input *input, void *bytes, size_t length)
{
	size_t done = take_peeked(input, bytes, length);
	ssize_t got;

	if (done)
		return (ssize_t)done;
	got = read_once(input->fd, bytes, length, input->stop);
	if (got > 0)
		input->offset += (uint64_t)got;
	return got;
}

ssize_t rec_input_at(const struct rec_input *input, uint64_t offset, void *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = pread(input->fd, (uint8_t *)bytes + done, length - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

void rec_input_close(struct rec_input *input)
{
	if (input->owns_fd && input->fd >= 0)
		close(input->fd);
	input->fd = -1;
}

int rec_input_slurp(const char *path, size_t limit, char **bytes_out, size_t *length_out)
{
	size_t capacity = 4096, length = 0;
	char *bytes = malloc(capacity + 1);
	int fd = bytes ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	int result = bytes ? (fd < 0 ? -errno : 0) : -ENOMEM;

	while (result == 0) {
		ssize_t got = read_all(fd, (uint8_t *)bytes + length, capacity - length, NULL);

		if (got < 0)
			result = (int)got;
		else
			length += (size_t)got;
		if (result || length < capacity)
			break;
		if (capacity >= limit) {
			result = -EFBIG;
			break;
		}
		capacity = capacity * 2 < limit ? capacity * 2 : limit;
		char *larger = realloc(bytes, capacity + 1);

		if (!larger)
			result = -ENOMEM;
		else
			bytes = larger;
	}
	if (fd >= 0)
		close(fd);
	if (result) {
		free(bytes);
		return result;
	}
	bytes[length] = '\0';
	*bytes_out = bytes;
	*length_out = length;
	return 0;
}
