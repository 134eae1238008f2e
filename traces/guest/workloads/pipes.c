// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic through pipes and sockets, with many opened and closed.
 *
 * Usage: pipes ROUNDS [SEED]. Each round opens a channel (pipe, stream or datagram socket pair), fills it with
 * pieces of many sizes, drains most of it, and closes some older channel, read or not.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define CHANNELS 96u
#define PIECE_BYTES_MAX (96u << 10)

struct channel {
	int in, out;
	int open;
};

static struct channel channels[CHANNELS];
static char piece[PIECE_BYTES_MAX];

static void open_channel(struct channel *c, uint64_t *state)
{
	int ends[2];
	uint32_t kind = draw(state) % 4;

	if (kind < 2) {
		if (pipe(ends) != 0)
			fail("pipe");
		if (draw(state) % 4 == 0)
			(void)fcntl(ends[1], F_SETPIPE_SZ, 256 << 10);
	} else if (socketpair(AF_UNIX, kind == 2 ? SOCK_STREAM : SOCK_DGRAM, 0, ends) != 0) {
		fail("socketpair");
	}
	c->out = ends[0];
	c->in = ends[1];
	c->open = 1;
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
}

static void close_channel(struct channel *c)
{
	close(c->in);
	close(c->out);
	c->open = 0;
}

static void traffic(struct channel *c, uint64_t *state)
{
	unsigned i, pieces = 1 + draw(state) % 6;

	for (i = 0; i < pieces; i++) {
		uint32_t bytes = 1 + draw(state) % (draw(state) % 3 ? 6000 : PIECE_BYTES_MAX);

		if (write(c->in, piece, bytes) < 0)
			break;
	}
	for (i = draw(state) % (pieces + 2); i > 0; i--)
		if (read(c->out, piece, 1 + draw(state) % PIECE_BYTES_MAX) <= 0)
			break;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argument(argc, argv, 1, 1000);
	uint64_t state = argument(argc, argv, 2, 1) * 2 + 1;

	memset(piece, 's', sizeof(piece));
	while (rounds-- > 0) {
		struct channel *c = &channels[draw(&state) % CHANNELS];

		if (!c->open)
			open_channel(c, &state);
		traffic(c, &state);
		if (draw(&state) % 6 == 0)
			close_channel(c);
	}
	return 0;
}
