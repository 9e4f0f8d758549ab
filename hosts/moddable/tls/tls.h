/* TLS between memory buffers and mbedTLS: a client, for the chip and the Moddable simulator. No sockets, no XS, no callbacks. */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <stdint.h>

/*
	Use, direct TLS and STARTTLS alike: create when the first byte of the other side is to be TLS, then
		bytes came:     tlsReceive until it took all of them, tlsRead until it gives 0 whenever it took fewer and at the end
		after any call: tlsSend until it gives 0, as far as the socket takes bytes; then look at tlsState
		socket ended:   tlsEnd
	After tlsFailed and tlsClose, tlsSend still gives what the other side is to be told.
*/

typedef struct TLSTrust TLSTrust;
typedef struct TLS TLS;

enum {
	tlsInBytes = 2048,	/* of TLS that wait for tlsRead: one TCP segment and a half */
	tlsOutBytes = 2048,	/* of TLS that wait for tlsSend */
	tlsAnchorBytes = 32768,	/* of trust anchors as given, PEM or DER; a certificate and a key of ours too */
	tlsNameBytes = 253,	/* RFC 1035 2.3.4 */
	tlsSessionBytes = 4096,	/* of a saved session, with the server's certificate and the ticket; a longer one is not saved */
	tlsBindingBytes = 64	/* of channel binding data: SHA-512 at most */
};

typedef enum {
	tlsHandshake,
	tlsOpen,
	tlsClosed,	/* orderly: the other side said close_notify and all it sent was read, or tlsClose was called */
	tlsFailed	/* tlsFailure says why */
} TLSState;

/* In the order in which one is told when several hold: first what makes the rest unbelievable, last what a right clock cures. */
typedef enum {
	tlsFine,
	tlsUnknownCA,
	tlsSelfSigned,	/* by its own key, and it is no anchor */
	tlsNotCA,	/* by one that may not sign certificates: a leaf */
	tlsWeakKey,	/* RSA under 2048 bits, a curve under 256, a signature with SHA-1 or MD5, anywhere in the chain */
	tlsWrongUsage,	/* the certificate is not for a server's signatures */
	tlsWrongName,
	tlsNotYetValid,
	tlsExpired,
	tlsWrongKey,	/* the server has not the private key of its certificate */
	tlsProtocol,	/* anything else TLS refuses, on either side */
	tlsTruncated,	/* the socket ended without close_notify */
	tlsMemory,
	tlsMisuse	/* an argument that can never work: no certificate in the anchors, not a host name, key and certificate apart */
} TLSFailure;

/* Parsed once, shared by connections, counted by them: release it when none is to be created any more.
   Certificate (with its chain) and key are a client's and may be NULL. NULL and *failure when it cannot be. */
TLSTrust* tlsTrustCreate(const void* anchors, size_t anchorsLength, const void* certificate, size_t certificateLength,
	const void* key, size_t keyLength, TLSFailure* failure);
void tlsTrustRelease(TLSTrust* trust);

typedef struct {
	const char* serverName;	/* of the certificate and SNI: ASCII (A-labels), never an address */
	const char* alpn;	/* "xmpp-client" (XEP-0368), or NULL */
	int64_t now;	/* seconds since 1970 UTC by the clock that certificates are judged by */
	const void* session;	/* what tlsSession gave, or NULL; one that does not fit is ignored */
	size_t sessionLength;
} TLSOptions;

/* NULL and *failure when it cannot be. The first flight waits in tlsSend. */
TLS* tlsCreate(TLSTrust* trust, const TLSOptions* options, TLSFailure* failure);
void tlsFree(TLS* tls);

/* From the socket: how many were taken. Fewer than given: read, and send what waits, first. */
size_t tlsReceive(TLS* tls, const void* bytes, size_t length);
/* For the socket: how many were given. */
size_t tlsSend(TLS* tls, void* bytes, size_t size);
/* The socket ended: an end without close_notify is a failure. */
void tlsEnd(TLS* tls);

/* Clear text; 0 when there is none now. tlsState may be another after it. */
size_t tlsRead(TLS* tls, void* bytes, size_t size);
/* What tlsWrite would take now. */
size_t tlsRoom(const TLS* tls);
/* How many were taken: at most tlsRoom. */
size_t tlsWrite(TLS* tls, const void* bytes, size_t length);
/* Says close_notify; nothing can be written or read after it. */
void tlsClose(TLS* tls);

TLSState tlsState(const TLS* tls);
TLSFailure tlsFailure(const TLS* tls);
/* A SocketFailure of src/host.ts. */
const char* tlsReason(TLSFailure failure);
/* For a person's log: what failed, with the library's own numbers. Holds no secret. Lives as long as tls. */
const char* tlsDetail(const TLS* tls);

/* While open: "TLSv1.2" or "TLSv1.3"; whether it was resumed; whether the server chose our ALPN. Otherwise NULL and 0. */
const char* tlsVersion(const TLS* tls);
int tlsResumed(const TLS* tls);
int tlsALPN(const TLS* tls);

/* Goes up by one when there is a session worth saving: once at the start of TLS 1.2, with every ticket of TLS 1.3. */
unsigned tlsSessions(const TLS* tls);
/* The newest of them, to be kept as a secret; 0 when there is none or no room. Each is given once. */
size_t tlsSession(TLS* tls, void* bytes, size_t size);

/* "tls-server-end-point" (RFC 5929), "tls-unique" (TLS 1.2 with extended master secret, mbedTLS 2.28 only), "tls-exporter"
   (RFC 9266, mbedTLS 4 only). 0 when the connection has none; size is at least tlsBindingBytes. */
size_t tlsChannelBinding(TLS* tls, const char* type, void* bytes, size_t size);

#endif
