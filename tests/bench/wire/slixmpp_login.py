"""Logs in with slixmpp, says "online" and keeps still, until its input ends.

Usage: slixmpp_login.py JID ADDRESS PORT CA; the password is in the environment.
"""

import os
import sys

import slixmpp

jid, address, port, ca = sys.argv[1:]

client = slixmpp.ClientXMPP(jid, os.environ["EXTASIS_PASSWORD"])
client.ca_certs = ca
# As the others have it.
client.register_plugin("xep_0198")


def refused(_event):
    print("login refused", file=sys.stderr, flush=True)
    os._exit(1)


client.add_event_handler("session_start", lambda _event: print("online", flush=True))
client.add_event_handler("failed_all_auth", refused)
client.loop.add_reader(sys.stdin, lambda: os._exit(0))
client.connect((address, int(port)), force_starttls=True)
# With an address to connect to, slixmpp checks the certificate's name only when told it.
client.default_domain = slixmpp.JID(jid).domain
client.loop.run_forever()
