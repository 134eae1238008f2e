// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP and UDP over the loopback interface.
 *
 * Usage: tcp ROUNDS [SEED]. Each round connects, sends a request and a reply of many sizes in both directions, and
 * closes; some connections stay open with unread data. Every few rounds a burst of datagrams fills a socket's
 * buffer and is dropped with it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define KEPT 48u
#define PIECE_BYTES_MAX (64u << 10)

struct pair {
	int client, server;
};

static struct pair kept[KEPT];
static char piece[PIECE_BYTES_MAX];

static int bound(int type, struct sockaddr_in *where)
{
	socklen_t bytes = sizeof(*where);
	int s = socket(AF_INET, type, 0);

	memset(where, 0, sizeof(*where));
	where->sin_family = AF_INET;
	where->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s < 0 || bind(s, (struct sockaddr *)where, sizeof(*where)) != 0 ||
	    getsockname(s, (struct sockaddr *)where, &bytes) != 0)
		fail("bind");
	return s;
}

static struct pair connect_pair(int listener, const struct sockaddr_in *where)
{
	struct pair p = { .client = socket(AF_INET, SOCK_STREAM, 0) };
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (p.client < 0 || connect(p.client, (const struct sockaddr *)where, sizeof(*where)) != 0)
		fail("connect");
	p.server = accept(listener, NULL, NULL);
	if (p.server < 0)
		fail("accept");
	/* No TIME_WAIT: thousands of connections would use up the ports. */
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fcntl(p.client, F_SETFL, O_NONBLOCK);
	fcntl(p.server, F_SETFL, O_NONBLOCK);
	return p;
}

static void talk(int from, int to, uint64_t *state)
{
	unsigned i;

	for (i = 1 + draw(state) % 8; i > 0; i--)
		if (write(from, piece, 1 + draw(state) % PIECE_BYTES_MAX) < 0)
			break;
	if (draw(state) % 4)
		while (read(to, piece, sizeof(piece)) > 0)
			;
}

static void datagrams(uint64_t *state)
{
	struct sockaddr_in where;
	int to = bound(SOCK_DGRAM, &where), from = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned i;

	for (i = 0; i < 64; i++)
		if (sendto(from, piece, 1 + draw(state) % 9000, MSG_DONTWAIT, (struct sockaddr *)&where,
			   sizeof(where)) < 0)
			break;
	close(from);
	close(to);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argument(argc, argv, 1, 1000);
	uint64_t state = argument(argc, argv, 2, 1) * 2 + 1;
	struct sockaddr_in where;
	int listener = bound(SOCK_STREAM, &where);

	if (listen(listener, 16) != 0)
		fail("listen");
	while (rounds-- > 0) {
		struct pair *p = &kept[draw(&state) % KEPT];

		if (p->client > 0) {
			close(p->client);
			close(p->server);
		}
		*p = connect_pair(listener, &where);
		talk(p->client, p->server, &state);
		talk(p->server, p->client, &state);
		if (draw(&state) % 5 == 0)
			datagrams(&state);
	}
	return 0;
}
