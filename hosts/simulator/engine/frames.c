/* Frames to and from the program that started this one. Writing waits until there is room; what must not be lost waits on the other side. */
#include "simulator.h"

enum {
	headLength = 9,
	mostWaiting = 1 << 18	/* bytes of frames that came while an answer was waited for */
};

static Frame* first;
static Frame** last = &first;
static uint32_t waiting;

static void writeAll(const void* bytes, size_t length)
{
	const uint8_t* p = bytes;
	while (length > 0) {
		ssize_t count = write(framesOut, p, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			exit(exitGone);
		p += count;
		length -= (size_t)count;
	}
}

static void readAll(void* bytes, size_t length)
{
	uint8_t* p = bytes;
	while (length > 0) {
		ssize_t count = read(framesIn, p, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			exit(exitGone);
		p += count;
		length -= (size_t)count;
	}
}

void frameSend(uint8_t op, uint32_t id, const Part* parts, int count)
{
	uint8_t head[headLength];
	uint32_t length = 5;
	int i;
	for (i = 0; i < count; i++)
		length += parts[i].length;	/* at most framesLongest: natives.c sees to it */
	c_memcpy(head, &length, 4);
	head[4] = op;
	c_memcpy(head + 5, &id, 4);
	writeAll(head, sizeof(head));
	for (i = 0; i < count; i++)
		writeAll(parts[i].bytes, parts[i].length);
}

/* The caller frees it. */
Frame* frameReceive(void)
{
	uint8_t head[headLength];
	uint32_t length;
	Frame* frame;
	readAll(head, sizeof(head));
	c_memcpy(&length, head, 4);
	if (length < 5 || length > framesLongest)
		fail(exitGone, "a frame of %u bytes came in", length);
	frame = need(c_malloc(sizeof(Frame) + length - 5 + 1));
	frame->next = NULL;
	frame->op = head[4];
	frame->length = length - 5;
	c_memcpy(&frame->id, head + 5, 4);
	readAll(frame->bytes, frame->length);
	frame->bytes[frame->length] = 0;
	return frame;
}

/* The oldest that came while an answer was waited for, or NULL. */
Frame* frameWaiting(void)
{
	Frame* frame = first;
	if (!frame)
		return NULL;
	first = frame->next;
	if (!first)
		last = &first;
	waiting -= (uint32_t)sizeof(Frame) + frame->length;
	return frame;
}

Frame* frameAnswer(uint32_t id)
{
	for (;;) {
		Frame* frame = frameReceive();
		if (frame->op == opAnswer && frame->id == id)
			return frame;
		waiting += (uint32_t)sizeof(Frame) + frame->length;
		if (waiting > mostWaiting)
			fail(exitGone, "more frames came in than were asked for");
		*last = frame;
		last = &frame->next;
	}
}
