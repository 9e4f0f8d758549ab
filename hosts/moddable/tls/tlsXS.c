/* Binds tls.h to the classes of tls.ts. */
#include "xsmc.h"
#include "xsPlatform.h"
#include "tls.h"

#include "../mbedtls.h"

#include <mbedtls/platform_util.h>

/* Host data of a Trust: with the last session under it, outside XS's own memory. */
typedef struct {
	TLSTrust* trust;
	uint8_t* session;
	size_t length;
} Holder;

void xs_tls_trust_destructor(void* data);
void xs_tls_destructor(void* data);

typedef struct {
	void* bytes;
	xsUnsignedValue length;
} Bytes;

/* Where they lie: nothing may be allocated in XS while they are used. */
static Bytes bytesAt(xsMachine* the, int index, xsBooleanValue writable)
{
	Bytes bytes = { NULL, 0 };
	if (index < xsmcArgc && xsmcTypeOf(xsArg(index)) != xsUndefinedType)
		_xsmcGetBuffer(the, &xsArg(index), &bytes.bytes, &bytes.length, writable);
	return bytes;
}

/* An index or a count: 0 to `most`. */
static xsUnsignedValue indexAt(xsMachine* the, int index, xsUnsignedValue most)
{
	xsIntegerValue value = xsmcToInteger(xsArg(index));
	if (value < 0 || (xsUnsignedValue)value > most)
		xsRangeError("out of range");
	return (xsUnsignedValue)value;
}

static TLS* self(xsMachine* the)
{
	TLS* tls = xsmcGetHostDataValidate(xsThis, xs_tls_destructor);
	if (tls == NULL)
		xsUnknownError("freed");
	return tls;
}

static void refuse(xsMachine* the, TLSFailure failure)
{
	if (failure == tlsMemory)
		xsUnknownError("no memory for TLS");
	if (failure == tlsMisuse)
		xsRangeError("TLS cannot use this anchor, certificate, key or server name");
	xsUnknownError("TLS cannot begin");
}

static void forget(Holder* holder)
{
	if (holder->session)
		mbedtls_platform_zeroize(holder->session, holder->length);
	c_free(holder->session);
	holder->session = NULL;
	holder->length = 0;
}

void xs_tls_trust_destructor(void* data)
{
	Holder* holder = data;
	if (holder == NULL)
		return;
	forget(holder);
	tlsTrustRelease(holder->trust);
	c_free(holder);
}

void xs_tls_trust(xsMachine* the)
{
	TLSFailure failure;
	Holder* holder;
	Bytes anchors = bytesAt(the, 0, 0), certificate = bytesAt(the, 1, 0), key = bytesAt(the, 2, 0);
	if (xsmcGetHostDataValidate(xsThis, xs_tls_trust_destructor))
		xsUnknownError("made already");
	holder = c_calloc(1, sizeof(*holder));
	if (holder == NULL)
		refuse(the, tlsMemory);
	holder->trust = tlsTrustCreate(anchors.bytes, anchors.length, certificate.bytes, certificate.length, key.bytes, key.length, &failure);
	if (holder->trust == NULL) {
		c_free(holder);
		refuse(the, failure);
	}
	xsmcSetHostData(xsThis, holder);
}

/* The newest session of a connection; where memory is short there is none. */
void xs_tls_trust_keep(xsMachine* the)
{
	Holder* holder = xsmcGetHostDataValidate(xsThis, xs_tls_trust_destructor);
	TLS* tls = xsmcGetHostDataValidate(xsArg(0), xs_tls_destructor);
	uint8_t* all = holder && tls ? c_malloc(tlsSessionBytes) : NULL;
	size_t length = all ? tlsSession(tls, all, tlsSessionBytes) : 0;
	uint8_t* bytes = length > 0 ? c_malloc(length) : NULL;
	if (bytes) {
		forget(holder);
		c_memcpy(bytes, all, length);
		holder->session = bytes;
		holder->length = length;
	}
	if (all)
		mbedtls_platform_zeroize(all, length);
	c_free(all);
}

void xs_tls_destructor(void* data)
{
	if (data)
		tlsFree(data);
}

void xs_tls(xsMachine* the)
{
	char name[tlsNameBytes + 1], alpn[32];
	TLSOptions options = { .serverName = name };
	TLSFailure failure;
	TLS* tls;
	Holder* holder = xsmcGetHostDataValidate(xsArg(0), xs_tls_trust_destructor);
	if (holder == NULL || xsmcGetHostDataValidate(xsThis, xs_tls_destructor))
		xsUnknownError("made already, or no trust");
	xsmcToStringBuffer(xsArg(1), name, sizeof(name));
	if (xsmcTypeOf(xsArg(2)) != xsUndefinedType)
		options.alpn = xsmcToStringBuffer(xsArg(2), alpn, sizeof(alpn));
	options.now = (int64_t)xsmcToNumber(xsArg(3));
	options.session = holder->session;
	options.sessionLength = holder->length;
	tls = tlsCreate(holder->trust, &options, &failure);
	/* Offered once: nobody follows a thing by it (RFC 8446 C.4), and a server that stumbles over it meets it no more. */
	forget(holder);
	if (tls == NULL)
		refuse(the, failure);
	xsmcSetHostData(xsThis, tls);
}

void xs_tls_free(xsMachine* the)
{
	TLS* tls = xsmcGetHostDataValidate(xsThis, xs_tls_destructor);
	xsmcSetHostData(xsThis, NULL);
	if (tls)
		tlsFree(tls);
}

void xs_tls_receive(xsMachine* the)
{
	TLS* tls = self(the);
	Bytes bytes = bytesAt(the, 0, 0);
	xsUnsignedValue start = indexAt(the, 1, bytes.length);
	bytes = bytesAt(the, 0, 0);
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsReceive(tls, (uint8_t*)bytes.bytes + start, bytes.length - start));
}

void xs_tls_send(xsMachine* the)
{
	TLS* tls = self(the);
	Bytes bytes = bytesAt(the, 0, 1);
	xsUnsignedValue most = indexAt(the, 1, bytes.length);
	bytes = bytesAt(the, 0, 1);
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsSend(tls, bytes.bytes, most));
}

void xs_tls_ended(xsMachine* the)
{
	tlsEnd(self(the));
}

void xs_tls_read(xsMachine* the)
{
	TLS* tls = self(the);
	Bytes bytes = bytesAt(the, 0, 1);
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsRead(tls, bytes.bytes, bytes.length));
}

void xs_tls_write(xsMachine* the)
{
	TLS* tls = self(the);
	Bytes bytes = bytesAt(the, 0, 0);
	xsUnsignedValue start = indexAt(the, 1, bytes.length);
	bytes = bytesAt(the, 0, 0);
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsWrite(tls, (uint8_t*)bytes.bytes + start, bytes.length - start));
}

void xs_tls_end(xsMachine* the)
{
	tlsClose(self(the));
}

void xs_tls_channelBinding(xsMachine* the)
{
	TLS* tls = self(the);
	char type[32];
	uint8_t bytes[tlsBindingBytes];
	size_t length;
	xsmcToStringBuffer(xsArg(0), type, sizeof(type));
	length = tlsChannelBinding(tls, type, bytes, sizeof(bytes));
	if (length > 0)
		xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)length);
}

void xs_tls_get_state(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsState(self(the)));
}

void xs_tls_get_room(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsRoom(self(the)));
}

void xs_tls_get_sessions(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)tlsSessions(self(the)));
}

void xs_tls_get_reason(xsMachine* the)
{
	xsmcSetString(xsResult, (char*)tlsReason(tlsFailure(self(the))));
}

void xs_tls_get_detail(xsMachine* the)
{
	xsmcSetString(xsResult, (char*)tlsDetail(self(the)));
}
