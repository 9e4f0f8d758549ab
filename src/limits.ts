// Every bound on what a peer can grow: the reason and the RAM it can cost. Constants, which stand in the code where they are used and nowhere else.

export const enum limits {
	/** Bytes on the wire of a stanza that is built as a whole; at most four times that in RAM. */
	builtBytes = 4096,
	/** Elements of a stanza that is built as a whole: 144 bytes each on XS, however short they are on the wire. */
	builtElements = 48,
	/** Bytes of any stanza, built or not; more ends the stream. A roster of 8,000 friends fits. Costs no RAM. */
	stanzaBytes = 1_048_576,
	/** Open elements (R-CORE-11). A stanza that breaks this bound, or one of the next six, is not built. */
	depth = 32,
	/** Attributes of one element (R-CORE-11). */
	attributes = 32,
	/** Bytes of one name, prefix included. */
	nameBytes = 128,
	/** Bytes of one attribute value, after references. A JID may have as many (RFC 7622 3.1). */
	attributeBytes = 3071,
	/** Bytes of one text node, after references. */
	textBytes = 4096,
	/** Namespace declarations in scope. */
	namespaces = 24,
	/** Bytes of one namespace name. */
	namespaceBytes = 256,
	/** Of a stanza that is not built: open elements, attributes of one of them, characters of a name; more ends the stream. */
	hardDepth = 256,
	hardAttributes = 256,
	hardNameBytes = 256,
	/** What is remembered of it, so that it can be checked: names and namespaces of open elements, and as much for one start tag. */
	openBytes = 2048,
	/** Bytes of one stanza we send (R-323-33 splits readouts at 4 KiB). */
	writtenBytes = 8192,
	/** Bytes waiting for room in the socket; beyond it the connection is given up. */
	queuedBytes = 16_384,
	/** Of those, what may wait before nothing more is listened to, and the bytes that are looked at before this is asked again: five requests. */
	unsentBytes = 1024,
	readBytes = 512,
	/** Stanzas kept until the server acknowledges them: 60 bytes each beside their own. */
	unackedStanzas = 16,
	/** Bytes of those; the socket's queue holds the same bytes, no others. A session that lost one of them cannot be resumed. */
	unackedBytes = 3072,
	/** Seconds that a session waits to be resumed where the server does not say how long it keeps it. */
	heldSeconds = 600,
	/** Our own IQ requests in flight: 80 bytes each. */
	pendingRequests = 16,
	/** Seconds until an IQ of ours counts as unanswered. */
	requestSeconds = 30,
	/** Readouts at once, all peers (R-323-31). */
	readouts = 8,
	/** Readouts at once of one full JID. */
	readoutsPerPeer = 2,
	/** Fields in one definition, those of its nodes among them; and as many parameters. */
	fields = 32,
	/** Nodes in one definition: 1,250 bytes each with one field, so that with all of them 10 KiB of 64 are never used. */
	nodes = 8,
	/** Characters in the name of a field, parameter or node. */
	fieldName = 64,
	/** Field names in one request. */
	requestedFields = 32,
	/** Characters of a readout's seqnr, kept while it runs. */
	sequence = 64,
	/** Bytes of one message of a readout (R-323-33). */
	fragmentBytes = 4096,
	/** Seconds that sensors get to answer one readout. */
	readoutSeconds = 10,
	/** Parameters set by one request: 100 bytes each, and their texts, until it is decided. */
	settings = 8,
	/** Sets of one bare JID in a second, the owner's too (R-325-27): an actuator is worn out by more, and no person does as many. */
	setsPerSecond = 10,
	/** Characters of a parameter's value that is text. */
	parameterText = 256,
	/** Seconds that an actuator gets to do one thing. */
	actuatorSeconds = 10,
	/** Answers to chat messages in one minute, of which refusals to others than the owner: machines that answer each other come to rest. */
	chatAnswers = 20,
	chatRefusals = 4,
	/** Characters of one such answer, besides what it always says: at most six bytes each. */
	chatText = 1200,
	/** Seconds that a message may have waited on its way: what was meant to happen then must not happen now. */
	delaySeconds = 30,
	/** Decisions of the provisioning service that are kept: 40 bytes of RAM each, 300 of storage. */
	decisions = 32,
	/** Questions to the provisioning service in flight: some 500 bytes each. */
	questions = 3,
	/** Of those, about one bare JID. */
	questionsPerPeer = 2,
	/** What requests that wait for a decision hold, all together: about as many bytes of RAM, where names are in ASCII. */
	waitingBytes = 3584,
	/** Characters of one token attribute that a requester shows. */
	token = 256,
	/** Requesters whose tokens are remembered for as many seconds as the service may challenge them (R-324-18): 900 bytes each at most. More than questions, so that none is forgotten while his own is asked. */
	shownTokens = 4,
	challengeSeconds = 60,
	/** Seconds after a login in which the provisioning service speaks first: what it took back while we were away must not be granted. */
	serviceFirstSeconds = 2,
	/** Characters of a sensor's own error text that are passed on. */
	errorText = 200,
	/** Seconds that the light blinks for one who wants to be paired, and others are refused (R-324-23). */
	pairingSeconds = 30,
	/** Components asked while looking for the registry (section 3.2). */
	discoItems = 16,
	/** Features and identities kept of a disco#info answer: some 60 bytes each, until its reader is done. */
	discoFeatures = 64,
	discoIdentities = 8,
	/** Roster entries kept; the rest is known to the broker alone. */
	rosterEntries = 64,
	/** Strangers that are counted, the loudest: 100 bytes each. */
	floodPeers = 4,
	/** Stanzas of one of them in so many seconds that are looked at (R-CORE-14); beyond the second number the server is asked to keep him away. */
	floodStanzas = 50,
	floodBlock = 500,
	floodSeconds = 10,
	/** SCRAM iterations below which a server is refused as weak (RFC 5802 asks for 4096). */
	scramIterationsLeast = 4096,
	/** SCRAM iterations above which a server is refused: it could keep a chip busy for minutes. */
	scramIterationsMost = 100_000,
	/** Characters of a token that a server gives for the next login (XEP-0484); in storage alone, two of them. */
	loginToken = 512,
	/** Seconds for each step of login (R-CORE-12). */
	stepSeconds = 15,
	/** Seconds of silence until the server is asked whether it is there, and those it then has for any byte at all. */
	silenceSeconds = 60,
	probeSeconds = 15,
	/** Longest pause between two tries, seconds (R-CORE-9). */
	retrySeconds = 300,
	/** SRV records and addresses of one name that are looked at: some 100 bytes each while a connection is made. */
	serviceRecords = 16,
	addresses = 4,
	/** Places tried one after the other before the next pause. */
	endpoints = 8,
	/** Times in a row that a server may send us to another (RFC 6120 4.9.3.19). */
	redirections = 3,
	/** Refusals of our password, and seconds from the first of them, after which the account counts as lost. */
	lostRefusals = 5,
	lostSeconds = 3600,
	/** Life of a connection that resets the pause, seconds. */
	stableSeconds = 60,
	/** Tag name and value, characters (XEP-0347 3.4). */
	tagName = 32,
	tagValue = 128
}

/** Those of the parser, which takes others for larger documents. */
export const xmlLimits = Object.freeze({
	builtBytes: limits.builtBytes,
	builtElements: limits.builtElements,
	stanzaBytes: limits.stanzaBytes,
	depth: limits.depth,
	attributes: limits.attributes,
	nameBytes: limits.nameBytes,
	attributeBytes: limits.attributeBytes,
	textBytes: limits.textBytes,
	namespaces: limits.namespaces,
	namespaceBytes: limits.namespaceBytes,
	hardDepth: limits.hardDepth,
	hardAttributes: limits.hardAttributes,
	hardNameBytes: limits.hardNameBytes,
	openBytes: limits.openBytes
});
