/* For mbedTLS 2.28, which wants every handshake message whole in one record: gives it one record per message, however the server cut them. */
#include "tlsParts.h"

#include <string.h>

/* Takes bytes out of `in`. */
static size_t shift(TLS* tls, void* bytes, size_t size)
{
	size_t count = size < tls->inLength ? size : tls->inLength;
	if (count == 0)
		return 0;
	memcpy(bytes, tls->in, count);
	tls->inLength -= count;
	memmove(tls->in, tls->in + count, tls->inLength);
	return count;
}

#if mbedTLS4

int tlsTake(TLS* tls, uint8_t* bytes, size_t size)
{
	return (int)shift(tls, bytes, size);
}

#else

enum { changeCipherSpec = 20, handshake = 22 };

/* The next record's head: 1 when one was taken or may pass, 0 when it is not all there yet, -1 when it may not be here. */
static int nextRecord(TLS* tls, int inMessage)
{
	Records* records = &tls->records;
	const uint8_t* in = tls->in;
	uint8_t head[recordHead];
	if (tls->inLength < recordHead)
		return 0;
	if (in[0] != handshake) {
		/* RFC 5246 6.2.1: nothing comes between the fragments of a message. */
		if (inMessage)
			return -1;
		/* Encrypted from here on: no longer ours to look into. */
		if (in[0] == changeCipherSpec)
			records->through = 1;
		else
			records->pass = recordHead + (((uint32_t)in[3] << 8) | in[4]);
		return 1;
	}
	if (in[3] == 0 && in[4] == 0)
		return -1;
	if (inMessage && (in[1] != records->version[0] || in[2] != records->version[1]))
		return -1;
	shift(tls, head, recordHead);
	memcpy(records->version, head + 1, 2);
	records->left = (uint16_t)(((uint16_t)head[3] << 8) | head[4]);
	return 1;
}

/* The next message's head, which may itself be cut, behind the head of the record that it will be given in. As nextRecord. */
static int nextMessage(TLS* tls)
{
	Records* records = &tls->records;
	uint8_t* head = records->head;
	uint32_t length;
	while (records->headLength < recordHead + messageHead) {
		int inMessage = records->headLength > recordHead;
		if (records->left == 0) {
			int result = nextRecord(tls, inMessage);
			if (result <= 0 || records->left == 0)
				return result;
		}
		if (records->headLength < recordHead)
			records->headLength = recordHead;
		if (shift(tls, head + records->headLength, 1) == 0)
			return 0;
		records->headLength++;
		records->left--;
	}
	length = ((uint32_t)head[recordHead + 1] << 16) | ((uint32_t)head[recordHead + 2] << 8) | head[recordHead + 3];
	if (length > MBEDTLS_SSL_IN_CONTENT_LEN - messageHead)
		return -1;
	records->message = length;
	length += messageHead;
	head[0] = handshake;
	memcpy(head + 1, records->version, 2);
	head[3] = (uint8_t)(length >> 8);
	head[4] = (uint8_t)length;
	records->headGiven = 0;
	return 1;
}

int tlsTake(TLS* tls, uint8_t* bytes, size_t size)
{
	Records* records = &tls->records;
	for (;;) {
		size_t count;
		int result;
		if (records->through)
			return (int)shift(tls, bytes, size);
		if (records->pass > 0) {
			count = shift(tls, bytes, size < records->pass ? size : records->pass);
			records->pass -= (uint32_t)count;
			return (int)count;
		}
		if (records->headLength == recordHead + messageHead) {
			count = (size_t)(records->headLength - records->headGiven);
			if (count > size)
				count = size;
			if (count > 0) {
				memcpy(bytes, records->head + records->headGiven, count);
				records->headGiven = (uint8_t)(records->headGiven + count);
				return (int)count;
			}
			if (records->message == 0) {
				records->headLength = records->headGiven = 0;
				continue;
			}
			if (records->left > 0) {
				count = size < records->left ? size : records->left;
				count = shift(tls, bytes, count < records->message ? count : records->message);
				records->left = (uint16_t)(records->left - count);
				records->message -= (uint32_t)count;
				return (int)count;
			}
			result = nextRecord(tls, 1);
		}
		else
			result = nextMessage(tls);
		if (result <= 0)
			return result;
	}
}

#endif
