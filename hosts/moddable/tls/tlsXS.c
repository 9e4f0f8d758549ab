/* Binds tls.h to the classes of tls.ts. */
#include "xsmc.h"
#include "xsPlatform.h"
#include "tls.h"

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

void xs_tls_trust_destructor(void* data)
{
	if (data)
		tlsTrustRelease(data);
}

void xs_tls_trust(xsMachine* the)
{
	TLSFailure failure;
	TLSTrust* trust;
	Bytes anchors = bytesAt(the, 0, 0), certificate = bytesAt(the, 1, 0), key = bytesAt(the, 2, 0);
	if (xsmcGetHostDataValidate(xsThis, xs_tls_trust_destructor))
		xsUnknownError("made already");
	trust = tlsTrustCreate(anchors.bytes, anchors.length, certificate.bytes, certificate.length, key.bytes, key.length, &failure);
	if (trust == NULL)
		refuse(the, failure);
	xsmcSetHostData(xsThis, trust);
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
	Bytes session;
	TLSTrust* trust = xsmcGetHostDataValidate(xsArg(0), xs_tls_trust_destructor);
	if (trust == NULL || xsmcGetHostDataValidate(xsThis, xs_tls_destructor))
		xsUnknownError("made already, or no trust");
	xsmcToStringBuffer(xsArg(1), name, sizeof(name));
	if (xsmcTypeOf(xsArg(2)) != xsUndefinedType)
		options.alpn = xsmcToStringBuffer(xsArg(2), alpn, sizeof(alpn));
	options.now = (int64_t)xsmcToNumber(xsArg(3));
	session = bytesAt(the, 4, 0);
	options.session = session.bytes;
	options.sessionLength = session.length;
	tls = tlsCreate(trust, &options, &failure);
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

/* Into a buffer of XS, shortened to what it holds. */
void xs_tls_session(xsMachine* the)
{
	TLS* tls = self(the);
	void* bytes = c_malloc(tlsSessionBytes);
	size_t length = bytes ? tlsSession(tls, bytes, tlsSessionBytes) : 0;
	if (length > 0) {
		xsTry {
			xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)length);
		}
		xsCatch {
			c_memset(bytes, 0, length);
			c_free(bytes);
			xsThrow(xsException);
		}
		c_memset(bytes, 0, length);
	}
	c_free(bytes);
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

void xs_tls_get_resumed(xsMachine* the)
{
	xsmcSetBoolean(xsResult, tlsResumed(self(the)) != 0);
}

void xs_tls_get_alpn(xsMachine* the)
{
	xsmcSetBoolean(xsResult, tlsALPN(self(the)) != 0);
}

void xs_tls_get_version(xsMachine* the)
{
	const char* version = tlsVersion(self(the));
	if (version)
		xsmcSetString(xsResult, (char*)version);
}

void xs_tls_get_reason(xsMachine* the)
{
	xsmcSetString(xsResult, (char*)tlsReason(tlsFailure(self(the))));
}

void xs_tls_get_detail(xsMachine* the)
{
	xsmcSetString(xsResult, (char*)tlsDetail(self(the)));
}
