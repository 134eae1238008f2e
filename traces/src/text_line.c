/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of tracefs text to events. See text_line.h.
 *
 * The kernel prints (trace_print_context, trace_print_lat_fmt, TP_printk of the kmem events):
 *
 *   "            bash-1234    [000] d..1.   123.456789: mm_page_free: page=00000000deadbeef pfn=0x1a2b order=0\n"
 *    |comm, 16 wide  |pid, 7 wide |cpu  |flags |seconds |name          |fields
 *
 * The first 31 bytes repeat from line to line and are compared with the last line's as a whole; likewise the
 * seconds. Numbers are converted eight digits at a time. Whatever does not fit goes through find_task(), which
 * tries every '[' of the line, so that a comm may hold anything.
 */
#include "text_line.h"

#include <string.h>

#include "mark.h"
#include "text_sized.h"

#define TASK_BYTES 31 /* up to the flags when pid and CPU fit their columns */

/* --- eight bytes at a time; on other byte orders the loops below do all the work --- */

#define EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EIGHT_AT_ONCE 1
#else
#define EIGHT_AT_ONCE 0
#endif

static inline uint64_t load8(const char *at)
{
	uint64_t value;

	memcpy(&value, at, 8);
	return value;
}

/* True when no byte is a space or below: no line ends here. */
static inline bool printable8(const char *at)
{
	uint64_t text = load8(at);

	return !((text - EACH(0x21)) & ~text & EACH(0x80));
}

#define SAME(at, literal) (!memcmp((at), (literal), sizeof(literal) - 1))

static const char *hex_slow(const char *at, uint64_t *out)
{
	const char *start = at;
	uint64_t value = 0;

	for (;; at++) {
		unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
				 : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
							    : 16;

		if (digit == 16)
			break;
		value = value << 4 | digit;
	}
	*out = value;
	return at == start || at - start > 16 ? NULL : at;
}

/* Hexadecimal digits. Return: the byte after them, or NULL when there are none or more than 16. */
static inline const char *hex(const char *at, uint64_t *out)
{
#if EIGHT_AT_ONCE
	uint64_t text = load8(at), spaces = text ^ EACH(' '), letters, value;
	uint64_t ends = (spaces - EACH(0x01)) & ~spaces & EACH(0x80);
	unsigned bits = ends ? (unsigned)__builtin_ctzll(ends) & ~7u : 0;

	/* Up to seven digits and a space: shift the digits to the top, put '0' below, and join them in pairs. */
	if (bits) {
		text = text << (64 - bits) | EACH('0') >> bits;
		letters = text >> 6 & EACH(0x01);
		value = (text & EACH(0x0f)) + letters * 9;
		if ((text & EACH(0xf0)) == EACH(0x30) + letters * 0x30 && !(value & EACH(0xf0)) &&
		    ((value + EACH(0x06)) >> 4 & EACH(0x01)) == letters) {
			value = (value << 4 | value >> 8) & 0x00ff00ff00ff00ffu;
			value = (value << 8 | value >> 16) & 0x0000ffff0000ffffu;
			*out = (value << 16 | value >> 32) & 0xffffffffu;
			return at + bits / 8;
		}
	}
#endif
	return hex_slow(at, out);
}

/* Decimal digits. Return: the byte after them, or NULL when there are none or too many. */
static inline const char *decimal(const char *at, uint64_t *out)
{
	const char *start = at;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (unsigned)(*at - '0');
	*out = value;
	return at == start || at - start > 20 ? NULL : at;
}

/* Six digits of microseconds. Return: false when they are not six digits. */
static inline bool six_digits(const char *at, uint32_t *out)
{
#if EIGHT_AT_ONCE
	/* Two '0' in front make it the eight-digit case; pairs, then fours, then all. */
	uint64_t text = load8(at) << 16 | 0x3030;

	if ((text & EACH(0xf0)) != EACH(0x30) || ((text + EACH(0x06)) & EACH(0xf0)) != EACH(0x30))
		return false;
	text = (text & EACH(0x0f)) * 2561 >> 8 & 0x00ff00ff00ff00ffu;
	text = text * 6553601 >> 16 & 0x0000ffff0000ffffu;
	*out = (uint32_t)(text * 42949672960001u >> 32);
	return true;
#else
	uint32_t value = 0;

	for (unsigned i = 0; i < 6; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		value = value * 10 + (unsigned)(at[i] - '0');
	}
	*out = value;
	return true;
#endif
}

/* --- fields --- */

/* "key=N" with a small number and the byte that must follow it. Return: the byte after that, or NULL. */
static inline const char *small(const char *at, unsigned *out, char follows)
{
	unsigned value = (unsigned)(uint8_t)*at - '0';

	if (value > 9)
		return NULL;
	at++;
	while (*at >= '0' && *at <= '9' && value < 10000)
		value = value * 10 + (unsigned)(*at++ - '0');
	*out = value;
	return *at == follows ? at + 1 : NULL;
}

#define FIELD(at, literal, out, follows) \
	(SAME(at, literal) ? small((at) + sizeof(literal) - 1, (out), (follows)) : NULL)

/*
 * "page=... pfn=..." and the space behind. The page is hashed, "(____ptrval____)", "(null)", or absent, and says
 * nothing but whether there is one.
 */
static inline const char *frame(const char *at, uint64_t *pfn_out, bool *no_page_out)
{
	*no_page_out = true;
	if (SAME(at, "page=")) {
		at += 5;
		if (at[16] == ' ' && SAME(at + 17, "pfn=") && printable8(at) && printable8(at + 8)) {
			*no_page_out = SAME(at, "0000000000000000");
			at += 17;
		} else {
			*no_page_out = SAME(at, "(null) ") || SAME(at, "0x0 ");
			while (*at != ' ' && *at != '\n')
				at++;
			at += *at == ' ';
		}
	}
	if (SAME(at, "pfn=0x"))
		at = hex(at + 6, pfn_out);
	else
		at = SAME(at, "pfn=") ? decimal(at + 4, pfn_out) : NULL;
	return at && *at == ' ' ? at + 1 : NULL;
}

/* --- GFP --- */

static uint32_t gfp_bits(struct text_scanner *scanner, const char *text, size_t length)
{
	struct gfp_cached *cached;
	uint64_t mix = length;

	if (length < 8 || length > GFP_CACHE_TEXT)
		return gfp_parse(scanner->gfp_table, text, length);
	mix ^= load8(text + length - 8) ^ load8(text + length / 2 - 4) * 3;
	cached = &scanner->gfp[(mix * 0x9e3779b97f4a7c15u) >> 56];
	if (cached->length != length || memcmp(cached->text, text, length)) {
		cached->bits = gfp_parse(scanner->gfp_table, text, length);
		cached->length = (uint32_t)length;
		memcpy(cached->text, text, length);
	}
	return cached->bits;
}

/* --- events; each takes the text behind "name: " and returns the byte behind the newline, or NULL --- */

static const char *line_alloc(struct text_scanner *scanner, const char *at, struct rec_event *event)
{
	unsigned order, migratetype;
	const char *end;
	bool no_page;

	at = frame(at, &event->pfn, &no_page);
	at = at ? FIELD(at, "order=", &order, ' ') : NULL;
	at = at ? FIELD(at, "migratetype=", &migratetype, ' ') : NULL;
	if (!at || !SAME(at, "gfp_flags=") || order > 255 || migratetype > 255)
		return NULL;
	at += 10;
	end = memchr(at, '\n', 4096);
	if (!end || end == at)
		return NULL;
	event->kind = REC_ALLOC;
	event->order = (uint8_t)order;
	event->migratetype = (uint8_t)migratetype;
	event->gfp = gfp_bits(scanner, at, (size_t)(end - at));
	if (no_page && event->pfn == 0)
		event->pfn = REC_NO_PFN;
	return end + 1;
}

static const char *line_free(const char *at, struct rec_event *event, uint8_t kind)
{
	unsigned order;
	bool no_page;

	at = frame(at, &event->pfn, &no_page);
	at = at ? FIELD(at, "order=", &order, '\n') : NULL;
	if (!at || order > 255)
		return NULL;
	event->kind = kind;
	event->order = kind == REC_FREE ? (uint8_t)order : 0;
	return at;
}

static const char *line_zone_locked(const char *at, struct rec_event *event)
{
	unsigned order, migratetype, refill = 0;
	const char *rest;
	bool no_page;

	at = frame(at, &event->pfn, &no_page);
	at = at ? FIELD(at, "order=", &order, ' ') : NULL;
	if (!at || order > 255)
		return NULL;
	/* percpu_refill came with 5.19. */
	rest = FIELD(at, "migratetype=", &migratetype, ' ');
	if (rest)
		at = FIELD(rest, "percpu_refill=", &refill, '\n');
	else
		at = FIELD(at, "migratetype=", &migratetype, '\n');
	if (!at || migratetype > 255)
		return NULL;
	event->kind = REC_ZONE_LOCKED;
	event->order = (uint8_t)order;
	event->migratetype = (uint8_t)migratetype;
	event->arg = refill;
	if (no_page && event->pfn == 0)
		event->pfn = REC_NO_PFN;
	return at;
}

static const char *line_drain(const char *at, struct rec_event *event)
{
	unsigned order, migratetype;
	bool no_page;

	at = frame(at, &event->pfn, &no_page);
	at = at ? FIELD(at, "order=", &order, ' ') : NULL;
	at = at ? FIELD(at, "migratetype=", &migratetype, '\n') : NULL;
	if (!at || order > 255 || migratetype > 255)
		return NULL;
	event->kind = REC_PCPU_DRAIN;
	event->order = (uint8_t)order;
	event->migratetype = (uint8_t)migratetype;
	return at;
}

static const char *line_extfrag(const char *at, struct rec_event *event)
{
	unsigned order, fallback_order, skipped, migratetype, fallback_migratetype, change;
	bool no_page;

	at = frame(at, &event->pfn, &no_page);
	at = at ? FIELD(at, "alloc_order=", &order, ' ') : NULL;
	at = at ? FIELD(at, "fallback_order=", &fallback_order, ' ') : NULL;
	at = at ? FIELD(at, "pageblock_order=", &skipped, ' ') : NULL;
	at = at ? FIELD(at, "alloc_migratetype=", &migratetype, ' ') : NULL;
	at = at ? FIELD(at, "fallback_migratetype=", &fallback_migratetype, ' ') : NULL;
	at = at ? FIELD(at, "fragmenting=", &skipped, ' ') : NULL;
	at = at ? FIELD(at, "change_ownership=", &change, '\n') : NULL;
	if (!at || order > 255 || fallback_order > 255 || migratetype > 255 || fallback_migratetype > 255)
		return NULL;
	event->kind = REC_EXTFRAG;
	event->order = (uint8_t)order;
	event->migratetype = (uint8_t)migratetype;
	event->arg = REC_EXTFRAG_ARG(fallback_order, fallback_migratetype, change != 0);
	return at;
}

/* "pageman: snapshot 0 begins" or "... ends"; other marks are other events. */
static const char *line_mark(const char *at, struct rec_event *event)
{
	mark_event(at, event);
	while (*at != '\n')
		at++;
	return at + 1;
}

/* Behind the time stamp. event->kind stays REC_NONE for tracepoints that are not ours. */
static const char *event_text(struct text_scanner *scanner, const char *at, struct rec_event *event)
{
	const char *end;

	if (SAME(at, "mm_page_")) {
		at += 8;
		if (SAME(at, "alloc: "))
			return line_alloc(scanner, at + 7, event);
		if (SAME(at, "free: "))
			return line_free(at + 6, event, REC_FREE);
		if (SAME(at, "free_batched: "))
			return line_free(at + 14, event, REC_FREE_BATCHED);
		if (SAME(at, "alloc_zone_locked: "))
			return line_zone_locked(at + 19, event);
		if (SAME(at, "pcpu_drain: "))
			return line_drain(at + 12, event);
		if (SAME(at, "alloc_extfrag: "))
			return line_extfrag(at + 15, event);
	}
	if (SAME(at, "tracing_mark_write: "))
		return line_mark(at + 20, event);
	if (SAME(at, "kmalloc: "))
		text_kmalloc(at + 9, event);
	end = at;
	while ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z') || (*end >= '0' && *end <= '9') ||
	       *end == '_')
		end++;
	if (end == at || *end != ':')
		return NULL;
	while (*end != '\n')
		end++;
	return end + 1;
}

/* --- the front of the line --- */

/* irqs-off in the first column, interrupt level in the third. Return: the space behind the flags, or NULL. */
static inline const char *flags_text(const char *at, uint8_t *context_out)
{
	uint8_t context = *at == 'd' || *at == 'D' ? REC_CTX_IRQS_OFF : 0;

	switch (at[2]) {
	case 'h':
		context |= REC_CTX_HARDIRQ;
		break;
	case 's':
		context |= REC_CTX_SOFTIRQ;
		break;
	case 'H':
		context |= REC_CTX_HARDIRQ | REC_CTX_SOFTIRQ;
		break;
	case 'z':
		context |= REC_CTX_NMI;
		break;
	case 'Z':
		context |= REC_CTX_NMI | REC_CTX_HARDIRQ;
		break;
	case '.':
		break;
	default:
		return NULL;
	}
	*context_out = context;
	if (at[0] <= ' ' || at[1] <= ' ')
		return NULL;
	if (at[5] == ' ' && at[3] > ' ' && at[4] > ' ')
		return at + 5;
	/* Kernels before 5.17 print four columns, some builds more. */
	for (unsigned i = 3; i < 9; i++)
		if (at[i] == ' ')
			return at + i;
		else if (at[i] < ' ')
			break;
	return NULL;
}

/* "  123.456789: " or, with a counting clock, "  123456: ". Return: the byte behind, or NULL. */
static const char *time_slow(struct text_scanner *scanner, const char *at, uint64_t *out)
{
	const char *start = at;
	uint64_t seconds;
	uint32_t micros;
	size_t length;

	while (*at == ' ')
		at++;
	at = decimal(at, &seconds);
	if (at && at[0] == ':' && at[1] == ' ') {
		*out = seconds;
		return at + 2;
	}
	if (!at || *at != '.' || seconds > UINT64_MAX / 1000000000 - 1 || !six_digits(at + 1, &micros) ||
	    at[7] != ':' || at[8] != ' ')
		return NULL;
	/* Remembered with the spaces in front, "   123.", as long as that fits eight bytes. */
	length = (size_t)(at + 1 - start);
	if (length <= 8) {
		scanner->seconds_length = (uint8_t)length;
		scanner->seconds_mask = ~(uint64_t)0 >> 8 * (8 - length);
		scanner->seconds_text = load8(start) & scanner->seconds_mask;
	}
	scanner->seconds_ns = seconds * 1000000000;
	*out = scanner->seconds_ns + (uint64_t)micros * 1000;
	return at + 9;
}

static inline const char *time_text(struct text_scanner *scanner, const char *at, uint64_t *out)
{
	const char *point = at + scanner->seconds_length;
	uint32_t micros;

	if ((load8(at) & scanner->seconds_mask) == scanner->seconds_text && six_digits(point, &micros) &&
	    point[6] == ':' && point[7] == ' ') {
		*out = scanner->seconds_ns + (uint64_t)micros * 1000;
		return point + 8;
	}
	return time_slow(scanner, at, out);
}

/* Behind "[cpu] ". Return: the byte behind the newline, or NULL when this is no event line from here. */
static inline const char *rest_of_line(struct text_scanner *scanner, const char *at, struct rec_event *event)
{
	event->context = 0;
	if (*at != ' ' && (*at < '0' || *at > '9')) {
		at = flags_text(at, &event->context);
		if (!at)
			return NULL;
	} else {
		scanner->saw_no_flags = true;
	}
	at = time_text(scanner, at, &event->time_ns);
	return at ? event_text(scanner, at, event) : NULL;
}

/* "[000] " at @at, and before it "-pid " and perhaps "(tgid) ". Return: the byte behind, or NULL. */
static const char *task_before(const char *line, const char *at, struct rec_event *event)
{
	uint64_t cpu, pid;
	const char *behind = decimal(at + 1, &cpu), *digits;

	if (!behind || behind[0] != ']' || behind[1] != ' ' || cpu > UINT16_MAX)
		return NULL;
	while (at > line && at[-1] == ' ')
		at--;
	if (at > line && at[-1] == ')') {
		while (at > line && at[-1] != '(')
			at--;
		at -= at > line;
		while (at > line && at[-1] == ' ')
			at--;
	}
	digits = at;
	while (digits > line && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	if (digits == line || digits[-1] != '-' || !decimal(digits, &pid) || pid > INT32_MAX)
		return NULL;
	event->pid = (int32_t)pid;
	event->cpu = (uint16_t)cpu;
	return behind + 2;
}

/* Tries every '[' of the line. Return: the byte behind the newline, or NULL when this is no event line. */
static const char *find_task(struct text_scanner *scanner, const char *line, const char *newline,
			     struct rec_event *event)
{
	for (const char *at = line; (at = memchr(at, '[', (size_t)(newline - at))); at++) {
		const char *behind = task_before(line, at, event), *next;

		next = behind ? rest_of_line(scanner, behind, event) : NULL;
		if (!next)
			continue;
		if (behind - line == TASK_BYTES) {
			memcpy(scanner->task_text, line, TASK_BYTES);
			scanner->task_pid = event->pid;
			scanner->task_cpu = event->cpu;
		}
		return next;
	}
	return NULL;
}

/* --- other lines --- */

void text_garbage(struct text_scanner *scanner)
{
	scanner->lines++;
	scanner->garbage_lines++;
	if (!scanner->first_garbage_line)
		scanner->first_garbage_line = scanner->lines;
}

/* "# entries-in-buffer/entries-written: 12/34   #P:1": what the buffer could not keep. */
static void comment(struct text_scanner *scanner, const char *line)
{
	uint64_t kept, written;

	if (!SAME(line, "# entries-in-buffer/entries-written: "))
		return;
	line = decimal(line + 37, &kept);
	if (line && *line == '/' && decimal(line + 1, &written) && written > kept)
		scanner->header_lost += written - kept;
}

/* "CPU:1 [LOST 123 EVENTS]" or "CPU:1 [LOST EVENTS]". Return: true when the line is that. */
static bool lost(struct text_scanner *scanner, const char *line, struct rec_event *event)
{
	uint64_t cpu, count = 0;

	if (!SAME(line, "CPU:"))
		return false;
	line = decimal(line + 4, &cpu);
	if (!line || cpu > UINT16_MAX || !SAME(line, " [LOST "))
		return false;
	line += 7;
	if (*line >= '0' && *line <= '9') {
		line = decimal(line, &count);
		if (!line || *line++ != ' ')
			return false;
	}
	if (!SAME(line, "EVENTS]"))
		return false;
	scanner->lines_lost += count;
	event->kind = REC_LOST;
	event->cpu = (uint16_t)cpu;
	event->arg = count;
	event->time_ns = scanner->time_ns;
	return true;
}

/* A line that the usual layout does not fit. Return: true when an event was made of it. */
static bool slow_line(struct text_scanner *scanner, const char *line, const char *newline, struct rec_event *event)
{
	if (line == newline || *line == '#') {
		comment(scanner, line);
		scanner->lines++;
		return false;
	}
	*event = (struct rec_event){ 0 };
	if (find_task(scanner, line, newline, event)) {
		scanner->lines++;
		scanner->other_events += event->kind == REC_NONE;
		return event->kind != REC_NONE;
	}
	*event = (struct rec_event){ 0 };
	if (lost(scanner, line, event)) {
		scanner->lines++;
		return true;
	}
	text_garbage(scanner);
	return false;
}

void text_scanner_init(struct text_scanner *scanner, const char *profile)
{
	memset(scanner, 0, sizeof(*scanner));
	scanner->seconds_text = 1; /* matches nothing under a mask of 0 */
	scanner->gfp_table = gfp_table_by_profile(profile);
}

static inline bool same_task(const struct text_scanner *scanner, const char *line)
{
	return ((load8(line) ^ load8(scanner->task_text)) | (load8(line + 8) ^ load8(scanner->task_text + 8)) |
		(load8(line + 16) ^ load8(scanner->task_text + 16)) |
		(load8(line + 23) ^ load8(scanner->task_text + 23))) == 0;
}

/* The last of @count events is new. Return: whether it stays. */
static inline bool take_event(struct text_scanner *scanner, struct rec_event *events, size_t count)
{
	if (events[count - 1].kind != REC_SIZED_ALLOC || text_place_size(events, count))
		return true;
	scanner->sizes_unmatched++;
	return false;
}

size_t text_lines(struct text_scanner *scanner, const char **text, const char *end, struct rec_event *events,
		  size_t room)
{
	const char *line = *text, *next;
	size_t count = 0;

	while (line < end && count < room) {
		struct rec_event *event = &events[count];

		next = NULL;
		if (same_task(scanner, line)) {
			*event = (struct rec_event){ .pid = scanner->task_pid, .cpu = scanner->task_cpu };
			next = rest_of_line(scanner, line + TASK_BYTES, event);
		}
		if (next) {
			bool ours = event->kind != REC_NONE;

			scanner->lines++;
			scanner->other_events += !ours;
			if (ours)
				scanner->time_ns = event->time_ns;
			count += ours && take_event(scanner, events, count + 1);
		} else {
			next = memchr(line, '\n', (size_t)(end - line));
			if (slow_line(scanner, line, next, event)) {
				scanner->time_ns = event->time_ns;
				count += take_event(scanner, events, count + 1);
			}
			next++;
		}
		line = next;
	}
	*text = line;
	return count;
}
